"""What is personal is masked until somebody says why, and each look at it is written down."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from apps.audit import trail
from apps.audit.differences import MASK
from apps.audit.models import Entry
from apps.people.models import TeamSkill
from apps.people.permissions import UNMASKS
from tests.audit.adminpages import JOURNAL, PAST, STORY, UNMASK, text
from tests.cases.adminpages import page_of
from tests.cases.life import Cast, Life

AsUser = Callable[..., Client]


def looks(subject: str) -> list[tuple[str, str, str, str]]:
    """(action, actor, source, reason) of all entries by which somebody looked at it."""
    entries = Entry.objects.filter(subject=subject, action__in=["viewed", "unmasked"]).order_by("sequence")
    return list(entries.values_list("action", "actor", "source", "reason"))


@pytest.fixture
def secret(life: Life) -> str:
    """A confidential case with a customer's data in it, as the journal names it."""
    case = life.received(confidential=True, customer_phone="03-0000-5678", contact="内線 2104")
    return trail.subject_of(case)


PERSONAL = ("株式会社サンプル", "customer@example.com", "03-0000-5678", "内線 2104")


def addresses(subject: str) -> list[str]:
    entry = Entry.objects.filter(subject=subject).earliest("sequence")
    return [
        f"{STORY}?of={subject}",
        f"{PAST}?of={subject}&at=2027-01-01T00:00",
        f"{JOURNAL}{entry.pk}/change/",
        JOURNAL,
    ]


def test_personal_data_is_masked_in_every_view(auditor: Client, secret: str) -> None:
    for address in addresses(secret):
        html = auditor.get(address).content.decode()
        assert [value for value in PERSONAL if value in html] == [], address
        assert (MASK in html) == (address != JOURNAL)


@pytest.mark.parametrize("page", ["story", "past", "entry"])
def test_a_reason_lifts_the_mask_and_becomes_an_entry(page: str, auditor: Client, cast: Cast, secret: str) -> None:
    entry = Entry.objects.filter(subject=secret).earliest("sequence")
    asked = {"page": page, "of": secret, "entry": entry.pk, "at": "2027-01-01T00:00:00"}

    refused = auditor.post(UNMASK, asked | {"reason": " "}).content.decode()
    assert looks(secret) == []
    shown = auditor.post(UNMASK, asked | {"reason": "苦情の調査 No.12"}).content.decode()

    assert [value for value in PERSONAL if value in refused] == []
    assert [value for value in PERSONAL if value in shown] == list(PERSONAL)
    assert looks(secret) == [("unmasked", trail.actor_of(cast.auditor), "ADMIN", "苦情の調査 No.12")]


def test_without_the_right_no_reason_helps(cast: Cast, secret: str, as_user: AsUser) -> None:
    TeamSkill.objects.filter(skill__code=UNMASKS).delete()
    client = as_user(cast.auditor)

    assert client.post(UNMASK, {"page": "story", "of": secret, "reason": "x"}).status_code == 403
    assert "Personal data is masked." in text(client.get(STORY, {"of": secret}).content)
    assert looks(secret) == [("viewed", trail.actor_of(cast.auditor), "ADMIN", "")]


def test_opening_a_confidential_case_is_an_entry_and_an_ordinary_one_is_not(
    cast: Cast, life: Life, as_user: AsUser
) -> None:
    secret, plain = life.received(confidential=True), life.received()
    version = secret.history.get().pk
    admin, desk = as_user(cast.lead), as_user(cast.operator)

    for case in (secret, plain):
        admin.get(page_of(case))
        admin.get(f"/admin/cases/case/{case.pk}/history/{case.history.get().pk}/")
        desk.get(f"/cases/{case.number}/")

    lead, operator = trail.actor_of(cast.lead), trail.actor_of(cast.operator)
    assert looks(trail.subject_of(plain)) == []
    assert looks(trail.subject_of(secret)) == [
        ("viewed", lead, "ADMIN", ""), ("viewed", lead, "ADMIN", ""), ("viewed", operator, "DESK", ""),
    ]  # fmt: skip
    assert Entry.objects.get(details__version=version).action == "viewed"
    assert "Looked at" not in text(admin.get(page_of(secret)).content)
    assert trail.verify().ok


@pytest.mark.parametrize("door", ["admin", "desk"])
def test_a_customers_number_is_one_tap_away_and_the_tap_is_an_entry(
    door: str, cast: Cast, life: Life, as_user: AsUser
) -> None:
    case = life.received(customer_phone="03-0000-5678")
    subject, client = trail.subject_of(case), as_user(cast.operator if door == "desk" else cast.lead)
    page = page_of(case) if door == "admin" else f"/cases/{case.number}/"
    show = f"/admin/cases/case/{case.pk}/show/" if door == "admin" else f"/cases/{case.number}/show/"

    assert "03-0000-5678" not in client.get(page).content.decode()
    answer = client.post(show, {"field": "customer_phone"}, headers={"accept": "application/json"})

    assert answer.json() == {"text": "03-0000-5678"}
    actor = trail.actor_of(cast.operator if door == "desk" else cast.lead)
    assert looks(subject) == [("unmasked", actor, door.upper(), "")]
    assert client.get(show).status_code in (404, 405)
    without_script = client.post(show, {"field": "customer_phone"}, follow=True)
    assert "03-0000-5678" in without_script.content.decode()


def test_an_auditor_says_why_on_the_page_of_a_case_too(cast: Cast, life: Life, as_user: AsUser) -> None:
    case = life.received(customer_phone="03-0000-5678")
    client, show = as_user(cast.auditor), f"/admin/cases/case/{case.pk}/show/"
    as_json = {"headers": {"accept": "application/json"}}

    refused = client.post(show, {"field": "customer_phone"}, **as_json)
    shown = client.post(show, {"field": "customer_phone", "reason": "No. 12"}, **as_json)
    other = client.post(show, {"field": "facts", "reason": "No. 12"}, **as_json)

    assert (refused.status_code, refused.json()) == (403, {"text": "Please say why you need to see it."})
    assert shown.json() == {"text": "03-0000-5678"}
    assert (other.status_code, other.json()) == (403, {"text": "There is nothing masked here."})
    assert looks(trail.subject_of(case)) == [("unmasked", trail.actor_of(cast.auditor), "ADMIN", "No. 12")]


def test_who_may_not_see_the_case_cannot_show_its_data(cast: Cast, life: Life, as_user: AsUser) -> None:
    case = life.received(customer_phone="03-0000-5678", confidential=True)
    client = as_user(cast.shop)

    assert client.post(f"/cases/{case.number}/show/", {"field": "customer_phone"}).status_code == 404
    assert looks(trail.subject_of(case)) == []
