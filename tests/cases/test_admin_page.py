"""The page of a case in the admin: what it shows to whom, and its history."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client

from apps.people.models import User
from tests.cases.adminpages import LIST, door, offered, page_of, statements
from tests.cases.life import Cast, Life, everything

pytestmark = pytest.mark.django_db

# Signing in is written down with the user: `everything(but=[User])` is all that a verb could have changed.


# --- the page ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["lead", "responder", "manager", "auditor"])
def test_page_needs_few_statements(who: str, cast: Cast, life: Life, as_user: Callable[..., Client]) -> None:
    case = life.in_progress()
    for _ in range(10):
        life.do("note", case, by=cast.responder)

    assert statements(as_user(getattr(cast, who)), page_of(case)) <= 25


def test_page_of_a_manager_with_a_case_in_hand_needs_few_too(
    cast: Cast, life: Life, as_user: Callable[..., Client]
) -> None:
    case = life.do("escalate", life.in_progress(), by=cast.responder, team=cast.team("managers"), skip_reason="急ぐ。")
    case = life.do("accept", case, by=cast.manager)

    assert statements(as_user(cast.manager), page_of(case)) <= 25


def test_page_offers_the_legal_verbs_and_no_others(cast: Cast, life: Life, as_user: Callable[..., Client]) -> None:
    case = life.escalated()

    assert offered(as_user(cast.lead).get(page_of(case)).content.decode()) == [
        "accept", "send_back", "note", "escalate", "attach", "link",
    ]  # fmt: skip
    assert offered(as_user(cast.auditor).get(page_of(case)).content.decode()) == []


def test_page_tells_the_whole_story(cast: Cast, life: Life, as_user: Callable[..., Client]) -> None:
    case = life.in_progress()
    life.do("note", case, by=cast.responder, text="経理に確認中。")
    life.do("hold", case, by=cast.responder)

    html = as_user(cast.lead).get(page_of(case)).content.decode()

    for words in ("請求書が二重に届く", "どちらを払えばよいのか。", "経理に確認中。", "一次対応では判断できない。"):
        assert words in html
    titles = [event.title for event in as_user(cast.lead).get(page_of(case)).context["timeline"].events]
    assert [title for title in titles if not title.startswith("Mail")] == [
        "Put on hold", "Add a note", "Accept → In progress", "Escalate → Escalated", "Received",
    ]  # fmt: skip


def test_personal_data_is_shown_on_request_only(cast: Cast, life: Life, as_user: Callable[..., Client]) -> None:
    html = as_user(cast.lead).get(page_of(life.escalated(customer_phone="03-0000-5678"))).content.decode()

    assert "<span data-value>0••••••5678</span>" in html
    assert "03-0000-5678" not in html


def test_links_name_only_cases_that_the_reader_may_see(cast: Cast, life: Life, as_user: Callable[..., Client]) -> None:
    case, other = life.in_progress(), life.received()
    secret = life.received(by=cast.shop, team=cast.team("sales-desk"), confidential=True, subject="Secret")
    for each in (other, secret):
        life.do("link", case, by=cast.responder, kind="PARENT", other=each)

    html = as_user(cast.lead).get(page_of(case)).content.decode()

    assert f"{other.number}</span> {other.subject}" in html
    assert "Secret" not in html


def test_a_foreign_case_does_not_exist(cast: Cast, life: Life, as_user: Callable[..., Client]) -> None:
    """Whatever the road: page, verb, history, an older version, the records."""
    case = life.received(by=cast.shop, team=cast.team("sales-desk"), department=cast.team("sales-desk").department)
    version = case.history.get().pk
    client = as_user(cast.specialist)
    before = everything(but=[User])

    for path in (page_of(case), f"{LIST}{case.pk}/history/", f"{LIST}{case.pk}/history/{version}/"):
        assert client.get(path).status_code == 404
    for verb in ("note", "accept", "escalate"):
        assert client.post(door(case, verb), {"text": "x", "visibility": "INTERNAL"}).status_code == 404
    assert client.get(LIST).context["rows"] == []
    assert client.get("/admin/cases/deadline/").context["cl"].result_count == 0
    assert client.get("/admin/cases/handoff/").context["cl"].result_count == 0
    assert everything(but=[User]) == before


def test_a_number_that_is_none_does_not_exist(cast: Cast, as_user: Callable[..., Client]) -> None:
    client = as_user(cast.lead)

    for pk in ("0", "x", "99999999999999999999"):
        assert client.get(f"{LIST}{pk}/change/").status_code == 404


# --- the history ------------------------------------------------------------------------------------------------------


def test_history_is_to_be_read_not_reverted(cast: Cast, life: Life, as_user: Callable[..., Client]) -> None:
    case = life.in_progress()
    version = case.history.last().pk
    before = everything(but=[User])

    for who in (cast.lead, cast.auditor, cast.admin):
        client = as_user(who)
        for path in (f"{LIST}{case.pk}/history/", f"{LIST}{case.pk}/history/{version}/"):
            assert client.get(path).status_code == 200
            for send in (client.post, client.put, client.delete, client.patch):
                assert send(path).status_code == (403 if who == cast.auditor else 405)
    assert everything(but=[User]) == before


def test_an_older_state_is_shown_as_it_was(cast: Cast, life: Life, as_user: Callable[..., Client]) -> None:
    case = life.in_progress(customer_phone="03-0000-5678")
    first = case.history.earliest("history_date").pk

    html = as_user(cast.lead).get(f"{LIST}{case.pk}/history/{first}/").content.decode()

    assert "after: Received" in html
    assert "ek-state-received" in html
    assert "<form" not in html.partition('id="content-main"')[2].partition("</main")[0].partition("ek-card")[2]
    assert as_user(cast.lead).get(f"{LIST}{case.pk}/history/999999/").status_code == 404
    assert as_user(cast.lead).get(f"{LIST}{case.pk}/history/x/").status_code == 404


def test_history_speaks_in_words(cast: Cast, life: Life, as_user: Callable[..., Client]) -> None:
    case = life.in_progress()

    html = as_user(cast.lead).get(f"{LIST}{case.pk}/history/").content.decode()

    assert "pk=None" not in html
    assert "+00:00" not in html
    assert "IN_PROGRESS" not in html
    assert re.search(r">\s*Accept\s*<", html)
