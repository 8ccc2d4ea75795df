"""One case, from a report that nobody answered in time to the thanks at the end; told with a clock on the wall."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction

from apps.audit import trail
from apps.audit.models import Entry
from apps.cases import integrity
from apps.cases.checks import Refused
from apps.cases.models import Case, Deadline, HandOff, Update
from apps.notifications.models import Message
from tests.cases.life import CUSTOMER, Cast, Life

TOKYO = ZoneInfo("Asia/Tokyo")


def at(hour: int, minute: int = 0, second: int = 0, *, day: int = 24) -> datetime:
    return datetime(2026, 11, day, hour, minute, second, tzinfo=TOKYO)


def clocks(case: Case) -> list[tuple[str, str, datetime, datetime, str]]:
    """(kind, started, due, ended, how) of every clock that ever ran, in their order."""
    rows = Deadline.objects.filter(case=case).order_by("started_at", "kind")
    return [
        (
            row.kind,
            row.started_at.astimezone(TOKYO),
            row.due_at.astimezone(TOKYO),
            row.ended_at.astimezone(TOKYO),
            row.state,
        )
        for row in rows
        if row.ended_at
    ]


def letters(case: Case) -> dict[datetime, set[tuple[str, str, str]]]:
    found = defaultdict(set)
    for each in Message.objects.filter(about=f"cases.case:{case.pk}").select_related("recipient"):
        to = each.recipient.username if each.recipient else each.address
        found[each.created_at.astimezone(TOKYO)].add((each.key, to, each.why))
    return dict(found)


def test_a_case_from_its_report_to_the_thanks(cast: Cast, life: Life) -> None:
    """P2, so around the clock: 15 minutes to answer, 60 for the first line, rungs of 15 and 30, 480 to resolve."""
    # A refund of 300,000 yen is at stake. The operator reports it and is called away.
    case = life.received(now=at(10), impact="SOME", urgency="HIGH", amount=Decimal(300_000))
    assert (case.state, case.priority) == ("RECEIVED", "P2")

    # Nobody answers the customer; after an hour the clock escalates, after another quarter it climbs to the lead.
    life.run_until(at(11, 15))

    # The responder accepts, waits for the customer, and goes on when the answer is there.
    case = life.do("accept", case, by=cast.responder, now=at(11, 20))
    case = life.do("hold", case, by=cast.responder, now=at(11, 40), until=at(10, day=25))
    life.run_until(at(13, 39))
    case = life.do("resume", case, by=cast.responder, now=at(13, 40))

    # To refund that much is more than the second line may decide.
    with pytest.raises(Refused) as refused, transaction.atomic():
        life.do("resolve", case, by=cast.responder, now=at(14))
    assert refused.value.code == "authority"

    # So the specialists do.
    case = life.do("escalate", case, by=cast.responder, now=at(14, 5), reason="返金の決裁が必要。")
    case = life.do("accept", case, by=cast.specialist, now=at(14, 10))
    case = life.do("resolve", case, by=cast.specialist, now=at(15))

    # Not settled, says the customer; then it is.
    case = life.do("reopen", case, by=None, now=at(16), reason="まだ返金されていない。")
    life.run_until(at(16, 59))
    case = life.do("resolve", case, by=cast.specialist, now=at(17))
    case = life.do("confirm", case, by=None, now=at(17, 30), satisfaction=4)
    case = life.do("review", case, by=cast.techlead, now=at(10, day=25), verdict="TOO_LATE")
    life.run_until(at(10, day=30))

    case = Case.objects.get(pk=case.pk)
    assert (case.state, case.owner, case.team.code, case.level.rank) == ("REVIEWED", cast.specialist, "technical", 3)
    assert (case.escalations, case.reopenings, case.confirmation, case.satisfaction) == (2, 1, "SETTLED", 4)

    assert life.journal(case) == [
        ("operator", "receive", "", "RECEIVED"),
        ("CLOCK", "remind", "RECEIVED", "RECEIVED"),
        ("CLOCK", "escalate", "RECEIVED", "ESCALATED"),
        ("CLOCK", "climb", "ESCALATED", "ESCALATED"),
        ("responder", "accept", "ESCALATED", "IN_PROGRESS"),
        ("responder", "hold", "IN_PROGRESS", "IN_PROGRESS"),
        ("responder", "resume", "IN_PROGRESS", "IN_PROGRESS"),
        ("responder", "escalate", "IN_PROGRESS", "ESCALATED"),
        ("specialist", "accept", "ESCALATED", "IN_PROGRESS"),
        ("specialist", "resolve", "IN_PROGRESS", "RESOLVED"),
        ("", "reopen", "RESOLVED", "IN_PROGRESS"),
        ("specialist", "resolve", "IN_PROGRESS", "RESOLVED"),
        ("", "confirm", "RESOLVED", "RESOLVED"),
        ("techlead", "review", "RESOLVED", "REVIEWED"),
    ]
    entries = Entry.objects.filter(subject=f"cases.case:{case.pk}").order_by("sequence")
    assert [entry.at.astimezone(TOKYO) for entry in entries] == [
        at(10), at(10, 15), at(11), at(11, 15), at(11, 20), at(11, 40), at(13, 40), at(14, 5), at(14, 10), at(15), at(16),
        at(17), at(17, 30), at(10, day=25),
    ]  # fmt: skip
    assert [row.history_change_reason for row in case.history.order_by("history_id")] == [e.action for e in entries]

    assert list(
        HandOff.objects.filter(case=case)
        .order_by("at")
        .values_list(
            "kind", "status", "from_team__code", "from_owner__username", "to_team__code", "answered_by__username"
        )
    ) == [
        ("FUNCTIONAL", "ACCEPTED", "phone-desk", "operator", "support-leaders", "responder"),
        ("FUNCTIONAL", "ACCEPTED", "support-leaders", "responder", "technical", "specialist"),
    ]

    assert clocks(case) == [
        ("FIRST_LINE_LIMIT", at(10), at(11), at(11), "FIRED"),
        ("FIRST_RESPONSE", at(10), at(10, 15), at(10, 15), "FIRED"),
        ("ACCEPTANCE", at(11), at(11, 15), at(11, 15), "FIRED"),
        ("ACCEPTANCE", at(11, 15), at(11, 45), at(11, 20), "SETTLED"),
        ("RESOLUTION", at(11, 20), at(21, 20), at(14, 5), "CANCELLED"),  # eight hours, and two on hold
        ("STALE", at(11, 20), at(15, 20), at(11, 40), "SETTLED"),
        ("STATUS_UPDATE", at(11, 20), at(15, 20), at(14, 5), "CANCELLED"),  # two hours, and two on hold
        ("HOLD", at(11, 40), at(10, day=25), at(13, 40), "SETTLED"),
        ("STALE", at(11, 40), at(17, 40), at(14, 5), "CANCELLED"),
        ("ACCEPTANCE", at(14, 5), at(14, 20), at(14, 10), "SETTLED"),
        ("RESOLUTION", at(14, 10), at(22, 10), at(15), "SETTLED"),
        ("STALE", at(14, 10), at(18, 10), at(15), "CANCELLED"),
        ("STATUS_UPDATE", at(14, 10), at(16, 10), at(15), "CANCELLED"),
        ("CONFIRMATION", at(15), at(15, day=27), at(16), "SETTLED"),
        ("REVIEW", at(15), at(15, day=24) + timedelta(days=7), at(16), "CANCELLED"),
        ("RESOLUTION", at(16), at(0, day=25), at(17), "SETTLED"),
        ("STALE", at(16), at(20), at(17), "CANCELLED"),
        ("STATUS_UPDATE", at(16), at(18), at(17), "CANCELLED"),
        ("CONFIRMATION", at(17), at(17, day=27), at(17, 30), "SETTLED"),
        ("REVIEW", at(17), at(17, day=24) + timedelta(days=7), at(10, day=25), "SETTLED"),
    ]
    assert not Deadline.objects.filter(case=case, ended_at=None).exists()

    first_line = {("operator", "OWNER"), ("lead", "LEAD")}
    second_line = {(who, "DESTINATION") for who in ("responder", "kobayashi", "lead")}
    assert letters(case) == {
        at(10, 11, 15): {("warning", *each) for each in first_line},
        at(10, 15): {("reminder", *each) for each in first_line},
        at(10, 45): {("warning", *each) for each in first_line},
        at(11): {("escalated", *each) for each in second_line} | {("status", "operator", "REPORTER")},
        at(11, 11, 15): {("warning", *each) for each in second_line},
        at(11, 15): {("escalated", "lead", "RULE")},
        at(11, 20): {("accepted", "operator", "REPORTER")},
        at(14, 5): {
            ("escalated", "specialist", "DESTINATION"),
            ("escalated", "techlead", "DESTINATION"),
            ("status", "operator", "REPORTER"),
        },
        at(14, 10): {("accepted", "operator", "REPORTER")},
        at(15): {
            ("resolved", "operator", "REPORTER"),
            ("resolved", "techlead", "CONCERNED"),
            ("confirmation", CUSTOMER, "CUSTOMER"),
        },
        at(16): {("reopened", "specialist", "OWNER"), ("reopened", "operator", "REPORTER")},
        at(17): {
            ("resolved", "operator", "REPORTER"),
            ("resolved", "techlead", "CONCERNED"),
            ("confirmation", CUSTOMER, "CUSTOMER"),
        },
        at(10, day=25): {("reviewed", "operator", "REPORTER"), ("reviewed", "specialist", "OWNER")},
    }

    assert list(Update.objects.filter(case=case).values_list("verb", "by__username")) == [
        ("resolve", "specialist"),
        ("reopen", None),
        ("resolve", "specialist"),
    ]
    assert list(integrity.faults()) == []
    assert trail.verify().ok
