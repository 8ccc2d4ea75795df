"""Who guesses passwords is locked out: this name from this address, for a quarter of an hour, and is told until when."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client

from apps.people.models import User
from escalation_site.sign_in import address_of

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)  # 12:00 in Tokyo
DOORS = ["/login/", "/admin/login/"]


@pytest.fixture(autouse=True)
def person(db) -> User:
    return User.objects.create_user("lead", password="right-Secret-2026", is_staff=True)


def sign_in(path: str, password: str, *, username: str = "lead", address: str = "192.0.2.7", **headers: str):
    return Client().post(path, {"username": username, "password": password}, REMOTE_ADDR=address, **headers)


def fail(path: str, times: int, **of) -> list[int]:
    return [sign_in(path, "wrong", **of).status_code for _ in range(times)]


@pytest.mark.parametrize("path", DOORS)
def test_the_tenth_failure_locks_out_for_a_quarter_of_an_hour_and_the_page_says_until_when(path):
    with time_machine.travel(NOW, tick=False) as clock:
        assert fail(path, 10) == [200] * 9 + [429]
        clock.shift(timedelta(minutes=5))
        locked = sign_in(path, "right-Secret-2026")
        assert (locked.status_code, locked["Retry-After"]) == (429, "601")
        assert "組み合わせが10回続けて違いました。12:16を過ぎてから、もう一度お試しください。" in locked.text
        clock.shift(timedelta(minutes=10, seconds=1))  # what was tried meanwhile has not put it off
        assert sign_in(path, "right-Secret-2026").status_code == 302


def test_both_doors_count_together_and_other_names_and_addresses_stay_open():
    User.objects.create_user("colleague", password="right-Secret-2026")
    assert fail("/login/", 5) + fail("/admin/login/", 5) == [200] * 9 + [429]
    assert sign_in("/login/", "right-Secret-2026", username="colleague").status_code == 302
    assert sign_in("/login/", "right-Secret-2026", address="192.0.2.8").status_code == 302
    assert sign_in("/login/", "right-Secret-2026").status_code == 429


def test_signing_in_forgets_the_failures_before():
    assert fail("/login/", 9) == [200] * 9
    assert sign_in("/login/", "right-Secret-2026").status_code == 302
    assert fail("/login/", 9) == [200] * 9


def test_a_name_that_nobody_has_is_treated_the_same():
    assert fail("/login/", 10, username="nobody") == [200] * 9 + [429]


@pytest.mark.parametrize(
    ("https", "forwarded", "address"),
    [
        (False, "203.0.113.9", "192.0.2.7"),  # nobody in front: the header is the client's own word
        (True, "203.0.113.9", "203.0.113.9"),
        (True, "198.51.100.1, 203.0.113.9", "203.0.113.9"),  # the balancer adds the last
        (True, "2001:db8::1", "2001:db8::1"),
        (True, "not an address", "192.0.2.7"),
        (True, "", "192.0.2.7"),
    ],
)
def test_behind_the_balancer_the_address_is_the_one_that_it_adds(rf, settings, https, forwarded, address):
    settings.HTTPS = https
    request = rf.post("/login/", REMOTE_ADDR="192.0.2.7", headers={"x-forwarded-for": forwarded})
    assert address_of(request) == address


def test_axes_shows_nothing_of_its_own_in_the_admin():
    from django.contrib import admin

    assert [model for model in admin.site._registry if model._meta.app_label == "axes"] == []
