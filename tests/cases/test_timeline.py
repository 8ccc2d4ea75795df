"""The timeline of a case: what stands on it, how it is filtered, and that its length costs nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from apps.audit import access
from apps.audit.access import Access
from apps.audit.models import Entry, Source
from apps.cases.admin.filtering import Filter, Kind
from apps.cases.admin.timeline import MOMENTS, Event, Timeline, timeline
from apps.cases.models import Case, HandOff, Update
from apps.notifications.models import Message
from tests.cases.adminpages import page_of, statements
from tests.cases.life import NOW, Cast, Life

pytestmark = pytest.mark.django_db


def read(case: Case, query: str = "") -> Timeline:
    hand_offs = HandOff.objects.filter(case=case).select_related("from_team", "to_team", "to_owner")
    with translation.override("en"):
        return timeline(Case.objects.get(pk=case.pk), hand_offs, Filter.read(QueryDict(query)))


def titles(found: Timeline) -> list[str]:
    return [event.title for event in found.events]


def texts(event: Event) -> list[tuple[str, str]]:
    return [(each.label, each.text) for each in event.texts]


@pytest.fixture
def told(cast: Cast, life: Life) -> Case:
    """Answered, escalated, accepted, noted twice."""
    case = life.do("respond", life.received(), by=cast.operator)
    case = life.do("escalate", case, by=cast.operator)
    case = life.do("accept", case, by=cast.responder)
    case = life.do("note", case, by=cast.responder, text="経理に確認中。")
    return life.do("note", case, by=cast.lead, text="15時に連絡します。", visibility="REPORTER")


# --- what stands on it ------------------------------------------------------------------------------------------------


def test_everything_stands_on_one_timeline_the_latest_first(told: Case) -> None:
    assert titles(read(told)) == [
        "Add a note", "Mail: Note to the reporter", "Add a note", "Accept → In progress", "Mail: Accepted",
        "Escalate → Escalated", "Mail: Escalated to you", "First response", "Received",
    ]  # fmt: skip


def test_a_hand_off_says_from_where_to_where_and_why(told: Case) -> None:
    escalated = next(event for event in read(told).events if event.kind == Kind.HAND_OFF)

    assert texts(escalated) == [("", "Phone desk → Support leaders"), ("Reason", "一次対応では判断できない。")]
    assert escalated.who == "花子 佐藤"


def test_clocks_say_what_they_did_by_themselves(cast: Cast, life: Life) -> None:
    case = life.escalated()
    life.run_until(NOW + timedelta(days=1))

    found = read(case, "kind=clock")

    assert set(titles(found)) == {"Soon due: Acceptance", "Due: Acceptance", "Next rung"}
    assert {event.who for event in found.events if event.title == "Next rung"} == {"by itself"}
    assert {event.tone for event in found.events if event.title == "Due: Acceptance"} == {"late"}


def test_the_customer_and_their_door_are_named(cast: Cast, life: Life) -> None:
    case = life.do("confirm", life.resolved(), by=None, source=Source.LINK)

    latest = read(case).events[0]

    assert (latest.title, latest.who, latest.door) == ("Confirm", "the customer", "Customer's link")


def test_who_merely_looked_is_not_on_it(told: Case, cast: Cast) -> None:
    before = titles(read(told))
    for looked in Access:
        access.record(f"cases.case:{told.pk}", looked, by=cast.auditor, now=NOW, source=Source.ADMIN)

    found = read(told)

    assert titles(found) == before
    assert str(cast.auditor.pk) not in dict(found.people)


def test_a_message_lists_its_recipients_with_their_delivery(told: Case, cast: Cast) -> None:
    Message.objects.filter(recipient=cast.lead).update(
        status="FAILED", next_try_at=None, error="550 <misaki@example.jp> unknown"
    )

    mail = next(event for event in read(told).events if event.title == "Mail: Escalated to you")

    assert sorted(texts(mail)) == [
        ("一郎 鈴木: Waiting to be sent", ""),
        ("美咲 高橋: Could not be delivered", "The recipient's mail server refused it: 550 <•••> unknown"),
        ("翔太 小林: Waiting to be sent", ""),
    ]
    assert mail.tone == "failed"


def test_long_texts_are_folded_and_short_ones_are_not(told: Case, cast: Cast, life: Life) -> None:
    life.do("note", told, by=cast.lead, text="長い話。" * 100)

    latest, before = read(told).events[:2]

    assert latest.texts[0].start == "長い話。" * 30 + "…"
    assert before.texts[0].start == ""


def test_days_are_those_of_the_readers_zone(cast: Cast, life: Life) -> None:
    case = life.received(now=datetime(2026, 11, 22, 14, 30, tzinfo=UTC))  # 23:30 in Tokyo
    life.do("note", case, by=cast.operator, now=datetime(2026, 11, 22, 15, 30, tzinfo=UTC))

    assert [(f"{day:%m-%d}", len(events)) for day, events in read(case).days] == [("11-23", 1), ("11-22", 1)]


# --- filters ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("kind=note", ["Add a note", "Add a note", "First response"]),
        ("kind=step", ["Accept → In progress", "Received"]),
        ("kind=hand_off&kind=message", [
            "Mail: Note to the reporter", "Mail: Accepted", "Escalate → Escalated", "Mail: Escalated to you",
        ]),
        ("kind=nonsense&order=oldest&kind=step", ["Received", "Accept → In progress"]),
        ("words=経理", ["Add a note"]),
        ("words=判断できない", ["Escalate → Escalated"]),
        ("words=Accept", ["Accept → In progress", "Mail: Accepted"]),
        ("words=Support leaders", ["Escalate → Escalated"]),
        ("words=%00", [
            "Add a note", "Mail: Note to the reporter", "Add a note", "Accept → In progress", "Mail: Accepted",
            "Escalate → Escalated", "Mail: Escalated to you", "First response", "Received",
        ]),
        ("words=nowhere", []),
        ("who=customer", []),
    ],
)  # fmt: skip
def test_filters(query: str, expected: list[str], told: Case) -> None:
    assert titles(read(told, query)) == expected


def test_a_person_is_found_by_what_they_did_and_what_they_were_sent(told: Case, cast: Cast) -> None:
    assert titles(read(told, f"who={cast.responder.pk}")) == [
        "Add a note", "Accept → In progress", "Mail: Escalated to you",
    ]  # fmt: skip
    assert dict(read(told).people).keys() == {
        *(str(user.pk) for user in (cast.operator, cast.responder, cast.kobayashi, cast.lead)), "customer",
    }  # fmt: skip


def test_what_the_reporter_sees_holds_nothing_internal(told: Case) -> None:
    found = read(told, "reporter=yes")

    assert titles(found) == [
        "Add a note", "Mail: Note to the reporter", "Accept → In progress", "Mail: Accepted", "Escalate → Escalated",
        "First response", "Received",
    ]  # fmt: skip
    said = " ".join(text for event in found.events for _label, text in texts(event))
    assert "15時に連絡します。" in said
    assert "経理に確認中。" not in said
    assert "一次対応では判断できない。" not in said
    assert titles(read(told, "reporter=yes&words=経理")) == []
    assert titles(read(told, "reporter=yes&words=判断できない")) == []


def test_filters_work_by_the_address_alone(told: Case, cast: Cast, as_user: Callable[..., Client]) -> None:
    html = as_user(cast.lead).get(page_of(told) + "?kind=note&words=経理").content.decode()

    assert "経理に確認中。" in html
    assert "15時に連絡します。" not in html
    assert 'name="kind" value="note" checked' in html


@pytest.mark.parametrize(
    "nonsense", ["who=99999999999999999999", "from=yesterday", "from=2026-02-31T00:00:00Z", "kind=x"]
)
def test_nonsense_in_the_address_is_as_if_it_had_not_been_said(nonsense: str) -> None:
    assert Filter.read(QueryDict(nonsense)) == Filter()


# --- length -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", ["", "order=oldest&"])
def test_pages_follow_one_another_without_gap_or_repetition(order: str, told: Case, cast: Cast, life: Life) -> None:
    for number in range(50):
        life.do("note", told, by=cast.responder, text=f"{number}回目")
    seen: list[str] = []
    pages, query = 0, f"{order}kind=note"
    while query:
        found = read(told, query)
        seen += [event.texts[0].text for event in found.events]
        pages, query = pages + 1, found.further

    numbered = [text for text in seen if text.endswith("回目")]
    assert sorted(numbered, key=lambda text: int(text[:-2])) == (numbered if order else numbered[::-1])
    assert len(seen) == len(set(seen)) == 53
    assert pages == -(-53 // MOMENTS)


def test_the_page_costs_the_same_however_long_the_case_is(
    told: Case, cast: Cast, life: Life, as_user: Callable[..., Client]
) -> None:
    short = statements(as_user(cast.lead), page_of(told))
    moments = [life.now + timedelta(seconds=number) for number in range(2000)]
    Update.objects.bulk_create(
        Update(case=told, at=at, by=cast.responder, verb="note", visibility="INTERNAL", text="…") for at in moments
    )
    Entry.objects.bulk_create(
        Entry(
            subject=f"cases.case:{told.pk}", sequence=1000 + number, at=at, actor=f"people.user:{cast.responder.pk}",
            source=Source.ADMIN, action="note", salt="", digest="", previous="", hash=str(number),
        )
        for number, at in enumerate(moments)
    )  # fmt: skip
    life.do("hold", told, by=cast.responder, now=moments[-1] + timedelta(minutes=1))
    life.run_until(life.now + timedelta(days=2))

    assert statements(as_user(cast.lead), page_of(told)) == short
    assert len(as_user(cast.lead).get(page_of(told)).content) < 300_000


def test_the_timeline_needs_six_statements(told: Case) -> None:
    hand_offs = list(HandOff.objects.filter(case=told).select_related("from_team", "to_team", "to_owner"))

    with CaptureQueriesContext(connection) as captured:
        timeline(told, hand_offs)

    assert len(captured) == 6
