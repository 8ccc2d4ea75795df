"""Who signed in, who left, who could not – without what people type into the wrong field."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from apps.audit import trail
from apps.audit.models import Entry
from apps.audit.receivers import FAILURES_WITHIN, MOST_FAILURES
from apps.people.models import User

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"


@pytest.fixture
def hanako() -> User:
    return User.objects.create_user("hanako", password=PASSWORD, is_staff=True)


def entries() -> list[tuple[str, str, str, str]]:
    """(subject, action, actor, source) of everything about signing in, in order."""
    found = Entry.objects.filter(action__in=["signed_in", "signed_out", "sign_in_failed"]).order_by("id")
    return list(found.values_list("subject", "action", "actor", "source"))


@pytest.mark.parametrize(("path", "source"), [("/login/", "DESK"), ("/admin/login/", "ADMIN")])
def test_signing_in_and_out_are_entries_with_their_door(path: str, source: str, hanako: User, client: Client) -> None:
    client.post(path, {"username": "hanako", "password": PASSWORD})
    client.post(path.replace("login", "logout"))

    name = trail.actor_of(hanako)
    assert entries() == [(name, "signed_in", name, source), (name, "signed_out", name, source)]
    assert trail.verify().ok


def test_a_failure_names_whose_name_was_used(hanako: User, client: Client) -> None:
    client.post("/login/", {"username": "hanako", "password": "wrong"})

    assert entries() == [(trail.actor_of(hanako), "sign_in_failed", "", "DESK")]


def test_neither_an_unknown_name_nor_any_password_is_written_down(hanako: User, client: Client) -> None:
    client.post("/login/", {"username": PASSWORD, "password": "secret typed"})

    assert entries() == [("audit.login:unknown", "sign_in_failed", "", "DESK")]
    everything = str(list(Entry.objects.values()))
    assert PASSWORD not in everything
    assert "secret typed" not in everything


def test_a_million_tries_do_not_fill_the_journal(hanako: User, client: Client) -> None:
    for _each in range(MOST_FAILURES + 3):
        client.post("/login/", {"username": "hanako", "password": "wrong"})
    assert len(entries()) == MOST_FAILURES

    client.post("/login/", {"username": "nobody", "password": "wrong"})
    assert len(entries()) == MOST_FAILURES + 1


def test_after_a_while_failures_are_written_again(
    hanako: User, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _each in range(MOST_FAILURES):
        client.post("/login/", {"username": "hanako", "password": "wrong"})
    later = timezone.now() + FAILURES_WITHIN + timedelta(seconds=1)
    monkeypatch.setattr("apps.audit.receivers.timezone.now", lambda: later)

    client.post("/login/", {"username": "hanako", "password": "wrong"})

    assert len(entries()) == MOST_FAILURES + 1


def test_nobody_who_leaves_is_no_entry(client: Client) -> None:
    client.post("/logout/")

    assert entries() == []
