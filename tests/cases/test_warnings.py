"""When each clock warns, and whom."""

from datetime import timedelta

import pytest

from apps.cases.models import Firing
from apps.notifications.models import Message
from tests.cases.life import NOW, Life
from tests.cases.moments import P2, SECOND_LINE, assert_sound, ended, firings, minutes

WARNED = [
    # clock, stage of the case, working minutes that it runs (P2), who is warned and why
    ("FIRST_RESPONSE", "received", 15, {("operator", "OWNER"), ("lead", "LEAD")}),
    ("FIRST_LINE_LIMIT", "received", 60, {("operator", "OWNER"), ("lead", "LEAD")}),
    ("ACCEPTANCE", "escalated", 15, {(name, "DESTINATION") for name in SECOND_LINE}),
    ("RESOLUTION", "in_progress", 480, {("responder", "OWNER"), ("lead", "LEAD")}),
    ("STATUS_UPDATE", "in_progress", 120, {("responder", "OWNER"), ("lead", "LEAD")}),
    ("STALE", "in_progress", 240, {("responder", "OWNER"), ("lead", "LEAD")}),
    ("CONFIRMATION", "resolved", 4320, {("responder", "OWNER"), ("lead", "LEAD")}),
    ("REVIEW", "resolved", 10080, {("lead", "LEAD")}),
]


@pytest.mark.parametrize(("kind", "stage", "span", "warned"), WARNED)
def test_a_clock_warns_once_when_three_quarters_of_its_span_have_passed(
    life: Life, kind: str, stage: str, span: int, warned: set[tuple[str, str]]
) -> None:
    case = getattr(life, stage)(**P2)
    began = life.now
    row = life.clocks(case)[kind]
    assert (row.started_at, row.span, row.warn_at, row.due_at) == (
        began, minutes(span), began + minutes(span * 0.75), began + minutes(span),
    )  # fmt: skip

    life.run_until(row.warn_at - timedelta(seconds=1))
    before = life.last_mail()
    assert not Firing.objects.filter(deadline=row).exists()

    life.sweep(row.warn_at)
    life.sweep(row.warn_at + timedelta(seconds=15))

    assert [f[2:] for f in firings(case) if f[:2] == (kind, 1)] == [("WARNING", row.warn_at)]
    assert {mail[1:] for mail in life.mail(case, after=before) if mail[0] == "warning"} == warned
    row.refresh_from_db()
    assert (row.state, row.warned_at, row.next_at) == ("RUNNING", row.warn_at, row.due_at)


def test_the_wish_for_a_date_warns_owner_and_lead_and_reminds_them_once(life: Life) -> None:
    """REQUESTED runs towards a moment that a person named: 40 minutes of the wall clock, so it warns after 30."""
    case = life.received(wanted_by=NOW + minutes(40), **P2)

    life.run_until(NOW + minutes(59))

    assert [each for each in firings(case) if each[0] == "REQUESTED"] == [
        ("REQUESTED", 1, "WARNING", NOW + minutes(30)),
        ("REQUESTED", 1, "DUE", NOW + minutes(40)),
    ]
    reminded = Message.objects.filter(key="reminder", created_at=NOW + minutes(40)).select_related("recipient")
    assert {(m.recipient.username, m.why) for m in reminded} == {("operator", "OWNER"), ("lead", "LEAD")}
    assert "REQUESTED" not in life.clocks(case)
    assert_sound()


def test_the_wish_for_a_date_runs_on_through_escalation_hold_and_acceptance_and_is_met_by_the_result(
    life: Life,
) -> None:
    case = life.in_progress(wanted_by=NOW + minutes(40), **P2)
    case = life.do("hold", case, by=life.cast.responder)
    assert life.clocks(case)["REQUESTED"].due_at == NOW + minutes(40)
    assert life.clocks(case)["REQUESTED"].state == "RUNNING"

    case = life.do("resolve", case, by=life.cast.responder)

    assert ended(case)["REQUESTED"] == "SETTLED"


def test_the_warning_follows_the_working_calendar(life: Life) -> None:
    """P3 reported on Tuesday at 10:00: its 4 working hours end at 15:00 (lunch 12–13), three of them at 14:00."""
    case = life.received()

    limit = life.clocks(case)["FIRST_LINE_LIMIT"]

    assert (limit.warn_at, limit.due_at) == (NOW + timedelta(hours=4), NOW + timedelta(hours=5))
