"""What the list of cases is narrowed down by: filters, their chips and drawer, what makes no sense, search."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from apps.people.models import User
from tests.cases.adminpages import LIST, complaints, numbers, page_of
from tests.cases.life import NOW, Cast, Life

pytestmark = pytest.mark.django_db

SignIn = Callable[..., Client]


# --- filters ----------------------------------------------------------------------------------------------------------


def test_each_filter_keeps_what_it_names(cast: Cast, life: Life, as_user: SignIn) -> None:
    fault = cast.category("system-fault")
    received = life.received(category=fault, impact="ALL", urgency="CRITICAL")
    taken = life.in_progress()
    client = as_user(cast.auditor)
    both = {received.number, taken.number}

    def kept(**asked: Any) -> set[str]:
        return set(numbers(client, queue="all", **asked))

    assert kept(state="IN_PROGRESS") == {taken.number}
    assert kept(state=["IN_PROGRESS", received.state]) == both
    assert kept(priority=received.priority) == {received.number}
    assert kept(level=taken.level_id) == {taken.number}
    assert kept(team=taken.team_id) == {taken.number}
    assert kept(owner=cast.responder.pk) == {taken.number}
    assert kept(category=fault.pk) == {received.number}
    assert kept(department=received.department_id) == both
    assert kept(received_from="2026-11-24", received_to="2026-11-24") == both
    assert kept(received_from="2026-11-25") == kept(received_to="2026-11-23") == set()
    assert kept(state="IN_PROGRESS", priority=received.priority) == set()


def test_nobody_as_an_owner_and_a_missed_clock(cast: Cast, life: Life, as_user: SignIn) -> None:
    waiting, taken = life.escalated(), life.in_progress()
    client = as_user(cast.lead)
    assert numbers(client, owner="none") == [waiting.number]
    assert set(numbers(client, owner=["none", cast.responder.pk])) == {waiting.number, taken.number}
    assert numbers(client, breach="ACCEPTANCE") == []

    life.run_until(NOW + timedelta(hours=2))

    assert numbers(client, breach="ACCEPTANCE") == [waiting.number]
    assert numbers(client, breach=["ACCEPTANCE", "REVIEW"]) == [waiting.number]
    assert numbers(client, breach="REVIEW") == []


def test_the_day_is_the_readers(cast: Cast, life: Life, as_user: SignIn) -> None:
    case = life.received(now=NOW.replace(hour=15, minute=30))  # half past midnight on the 25th in Tokyo
    User.objects.filter(pk=cast.auditor.pk).update(time_zone="Europe/London")

    assert numbers(as_user(cast.lead), queue="all", received_from="2026-11-25") == [case.number]
    assert numbers(as_user(cast.auditor), queue="all", received_to="2026-11-24") == [case.number]
    assert numbers(as_user(cast.auditor), queue="all", received_from="2026-11-25") == []


def test_chips_name_each_condition_and_take_it_away(cast: Cast, life: Life, as_user: SignIn) -> None:
    case = life.in_progress()
    asked = {"q": "請求書", "state": ["IN_PROGRESS", "RECEIVED"], "team": case.team_id, "owner": "none", "o": "age"}

    response = as_user(cast.lead).get(LIST, asked)

    chips = [(chip.label, chip.value, chip.without) for chip in response.context["chips"]]
    words, team = "q=%E8%AB%8B%E6%B1%82%E6%9B%B8", f"team={case.team_id}"
    assert chips == [
        ("Search", "請求書", f"queue=open&state=IN_PROGRESS&state=RECEIVED&{team}&owner=none&o=age"),
        ("State", "In progress", f"queue=open&{words}&state=RECEIVED&{team}&owner=none&o=age"),
        ("State", "Received", f"queue=open&{words}&state=IN_PROGRESS&{team}&owner=none&o=age"),
        ("Team", "Support leaders", f"queue=open&{words}&state=IN_PROGRESS&state=RECEIVED&owner=none&o=age"),
        ("Owner", "nobody yet", f"queue=open&{words}&state=IN_PROGRESS&state=RECEIVED&{team}&o=age"),
    ]
    assert "Take all conditions away" in response.content.decode()


def test_the_drawer_offers_only_what_the_person_may_see(cast: Cast, life: Life, as_user: SignIn) -> None:
    life.in_progress(category=cast.category("system-fault"))
    life.receive(by=cast.shop, team=cast.team("sales-desk"))

    def offered(who: User, name: str) -> list[str]:
        drawer = as_user(who).get(LIST, {"dialog": "filters"}).context["drawer"]
        return [choice.label for each in drawer if each.name == name for choice in each.choices]

    assert offered(cast.lead, "team") == ["Support leaders"]
    assert offered(cast.lead, "owner") == ["nobody yet", "一郎 鈴木"]
    assert offered(cast.lead, "department") == ["Customer support"]
    assert offered(cast.auditor, "team") == ["Sales desk", "Support leaders"]
    assert offered(cast.auditor, "level") == ["First line", "Second line and leads"]
    assert offered(cast.policy, "team") == []


def test_a_filter_by_what_one_may_not_see_tells_nothing(cast: Cast, life: Life, as_user: SignIn) -> None:
    life.receive(by=cast.shop, team=cast.team("sales-desk"))

    response = as_user(cast.lead).get(LIST, {"team": cast.team("sales-desk").pk, "owner": cast.shop.pk})

    assert response.context["rows"] == []
    assert [chip.value for chip in response.context["chips"]] == ["nothing that you may see"] * 2
    assert "中村" not in response.content.decode()


@pytest.mark.parametrize(
    ("asked", "complaint"),
    [
        ({"queue": "none"}, "There is no list “none”; instead you see: All open."),
        ({"state": "GONE"}, "“State” was not understood and left out. Please choose it again."),
        ({"team": "abc"}, "“Team” was not understood and left out. Please choose it again."),
        ({"team": "9" * 30}, "“Team” was not understood and left out. Please choose it again."),
        ({"owner": "-1"}, "“Owner” was not understood and left out. Please choose it again."),
        ({"level": [*range(1, 60)]}, "“Level” was not understood and left out. Please choose it again."),
        ({"received_from": "yesterday"}, "“Received from” was not understood and left out. Please choose it again."),
        ({"received_from": "0001-01-01"}, "“Received from” was not understood and left out. Please choose it again."),
        ({"received_to": "9999-12-31"}, "“Received until” was not understood and left out. Please choose it again."),
        ({"o": "password"}, "“Order” was not understood and left out. Please choose it again."),
        ({"q": "x" * 201}, "“Search” was not understood and left out. Please choose it again."),
        ({"q": "\0"}, "“Search” was not understood and left out. Please choose it again."),
        ({"state__exact": "x"}, "The condition “state__exact” is not known and was left out."),
        ({"owner__password__startswith": "p"}, "The condition “owner__password__startswith” is not known and was left out."),
        ({"view": "<script>"}, "That saved list is no longer there, or not shared with you."),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_left_out_with_a_sentence(
    asked: dict[str, Any], complaint: str, cast: Cast, life: Life, as_user: SignIn
) -> None:
    case, client = life.received(), as_user(cast.lead)

    assert complaints(client, **asked) == [complaint]
    assert numbers(client, **asked) == [case.number]


def test_an_upside_down_range_is_left_out_at_its_end(cast: Cast, life: Life, as_user: SignIn) -> None:
    case, client = life.received(), as_user(cast.lead)

    assert numbers(client, received_from="2026-11-24", received_to="2026-11-01") == [case.number]


# --- search -----------------------------------------------------------------------------------------------------------


def test_search_finds_number_subject_customer_and_telephone(cast: Cast, life: Life, as_user: SignIn) -> None:
    case = life.escalated(subject="決済が止まる", customer="株式会社ｱｵｿﾞﾗ", customer_phone="03-1234-5678")
    life.escalated()
    client = as_user(cast.lead)

    for words in (case.number[4:], "決済", "アオゾラ", "0312345678", "決済　アオゾラ"):
        assert numbers(client, q=words) == [case.number]


@pytest.mark.parametrize("width", [str, lambda number: number.translate({ord(c): ord(c) + 0xFEE0 for c in number})])
def test_the_number_of_a_visible_case_opens_it_whatever_the_tab(
    width: Callable[[str], str], cast: Cast, life: Life, as_user: SignIn
) -> None:
    case = life.reviewed()

    response = as_user(cast.lead).get(LIST, {"queue": "inbox", "q": width(case.number)})

    assert (response.status_code, response["Location"]) == (302, page_of(case))


def test_the_number_of_a_foreign_case_opens_nothing(cast: Cast, life: Life, as_user: SignIn) -> None:
    foreign = life.receive(by=cast.shop, team=cast.team("sales-desk"))

    response = as_user(cast.lead).get(LIST, {"q": foreign.number})

    assert response.status_code == 200
    assert response.context["rows"] == []
    assert foreign.subject not in response.content.decode()


def test_a_search_that_finds_nothing_here_can_go_on_everywhere(cast: Cast, life: Life, as_user: SignIn) -> None:
    case, client = life.reviewed(subject="決済が止まる"), as_user(cast.lead)

    response = client.get(LIST, {"queue": "inbox", "q": "決済", "priority": "P3"})

    assert response.context["rows"] == []
    assert "Search all cases" in response.content.decode()
    further = client.get(f"{LIST}?{response.context['in_all']}")
    assert [row.case.number for row in further.context["rows"]] == [case.number]
