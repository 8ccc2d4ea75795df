"""The arithmetic of the clocks: credit for a pause, the warning at 75 %, one live clock of a kind, what ends as met."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.cases.deadlines import GUARDED_BY, RUNS_IN, Clocks, Kind
from apps.cases.models import OPEN_STATES, Case, Deadline, State
from apps.policy import business_time
from apps.policy.models import Priority
from apps.policy.rulebook import Row, get_rulebook
from tests.cases.life import NOW, Cast, Life

TOKYO = ZoneInfo("Asia/Tokyo")
MINUTE = timedelta(minutes=1)


def tokyo(month: int, day: int, hour: int, minute: int = 0, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=TOKYO)


def due(life: Life, case: Case, kind: Kind) -> datetime:
    return life.clocks(case)[kind].due_at.astimezone(TOKYO)


# --- spans ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("received", "first_response", "first_line_limit"),
    [  # P3: 60 and 240 working minutes; open 9–12 and 13–18 on working days
        (tokyo(11, 24, 10), tokyo(11, 24, 11), tokyo(11, 24, 15)),  # across lunch
        (tokyo(11, 24, 11, 30), tokyo(11, 24, 13, 30), tokyo(11, 24, 16, 30)),
        (tokyo(11, 24, 17, 30), tokyo(11, 25, 9, 30), tokyo(11, 25, 13, 30)),  # overnight
        (tokyo(11, 20, 17, 30), tokyo(11, 24, 9, 30), tokyo(11, 24, 13, 30)),  # Friday; Monday is a holiday
        (tokyo(11, 24, 20), tokyo(11, 25, 10), tokyo(11, 25, 14)),  # reported at night
        (tokyo(12, 28, 16), tokyo(12, 28, 17), tokyo(1, 4, 11, year=2027)),  # over the turn of the year
    ],
)
def test_a_common_case_runs_in_working_time(
    cast: Cast, life: Life, received: datetime, first_response: datetime, first_line_limit: datetime
) -> None:
    case = life.received(now=received)

    assert due(life, case, Kind.FIRST_RESPONSE) == first_response
    assert due(life, case, Kind.FIRST_LINE_LIMIT) == first_line_limit


def test_a_grave_case_runs_around_the_clock(cast: Cast, life: Life) -> None:
    case = life.received(now=tokyo(12, 31, 23, 50), impact="ALL", urgency="CRITICAL")

    assert due(life, case, Kind.FIRST_RESPONSE) == tokyo(12, 31, 23, 55)
    assert due(life, case, Kind.FIRST_LINE_LIMIT) == tokyo(1, 1, 0, 5, year=2027)


def test_the_warning_comes_after_three_quarters_of_the_span(cast: Cast, life: Life) -> None:
    case = life.received(wanted_by=NOW + timedelta(days=4))

    warnings = {kind: clock.warn_at.astimezone(TOKYO) for kind, clock in life.clocks(case).items() if clock.warn_at}

    assert warnings == {
        "FIRST_RESPONSE": tokyo(11, 24, 10, 45),
        "FIRST_LINE_LIMIT": tokyo(11, 24, 14),  # 180 of 240 working minutes, lunch between
        "REQUESTED": tokyo(11, 27, 10),  # a moment that somebody named: three of four days by the wall clock
    }


# --- holds ----------------------------------------------------------------------------------------------------------


def test_a_hold_gives_its_working_time_back(cast: Cast, life: Life) -> None:
    """Reported at 10:00 with four hours; on hold from 11:00, that is with three left, until the next morning at 9:30."""
    case = life.received(now=tokyo(11, 24, 10))
    case = life.do("hold", case, by=cast.operator, now=tokyo(11, 24, 11), until=tokyo(11, 26, 9))
    paused = life.clocks(case)[Kind.FIRST_LINE_LIMIT]
    assert (paused.state, paused.remaining, paused.next_at) == ("PAUSED", timedelta(hours=3), None)

    case = life.do("resume", case, by=cast.operator, now=tokyo(11, 25, 9, 30))

    assert due(life, case, Kind.FIRST_LINE_LIMIT) == tokyo(11, 25, 13, 30)
    assert life.clocks(case)[Kind.FIRST_LINE_LIMIT].warn_at == tokyo(11, 25, 11, 30)
    assert Kind.HOLD not in life.clocks(case)


def test_a_hold_over_lunch_and_night_alone_gives_nothing(cast: Cast, life: Life) -> None:
    case = life.received(now=tokyo(11, 24, 10))
    before = {kind: (clock.warn_at, clock.due_at) for kind, clock in life.clocks(case).items()}

    case = life.do("hold", case, by=cast.operator, now=tokyo(11, 24, 12), until=tokyo(11, 24, 18))
    case = life.do("resume", case, by=cast.operator, now=tokyo(11, 24, 13))

    after = {kind: (clock.warn_at, clock.due_at) for kind, clock in life.clocks(case).items()}
    # the first response was due at 11:00, so nothing of it is left to give back
    assert after[Kind.FIRST_LINE_LIMIT] == before[Kind.FIRST_LINE_LIMIT]


def test_the_hold_ends_by_itself_and_resumes(cast: Cast, life: Life) -> None:
    case = life.received(now=tokyo(11, 24, 10))
    life.do("hold", case, by=cast.operator, now=tokyo(11, 24, 11), until=tokyo(11, 24, 16))

    life.run_until(tokyo(11, 24, 16))
    case.refresh_from_db()

    assert case.held_at is None
    assert due(life, case, Kind.FIRST_LINE_LIMIT) == tokyo(11, 25, 10)  # two of the three hours today, one tomorrow
    # and what was due when the hold began is due when it ends
    assert life.journal(case)[-2:] == [
        ("CLOCK", "resume", "RECEIVED", "RECEIVED"),
        ("CLOCK", "remind", "RECEIVED", "RECEIVED"),
    ]


def test_what_somebody_wished_for_is_not_put_off_by_a_hold(cast: Cast, life: Life) -> None:
    case = life.received(wanted_by=NOW + timedelta(hours=4))
    case = life.do("hold", case, by=cast.operator)

    assert life.clocks(case)[Kind.REQUESTED].state == "RUNNING"
    assert life.clocks(case)[Kind.REQUESTED].due_at == NOW + timedelta(hours=4)


def rows() -> Iterable[Row]:
    rulebook = get_rulebook(Case.objects.latest("pk").policy_version_id)
    return [rulebook.rows[priority] for priority in Priority]


class _Rules:
    """As much of a rulebook as the clocks need."""

    warning_percent = 75

    def __init__(self, row: Row) -> None:
        self.rows = {row.priority: row}


MOMENTS = st.timedeltas(timedelta(0), timedelta(days=80)).map(lambda passed: datetime(2026, 11, 1, tzinfo=UTC) + passed)
HOLDS = st.lists(
    st.tuples(st.timedeltas(timedelta(0), timedelta(hours=30)), st.timedeltas(timedelta(0), timedelta(days=9))),
    max_size=4,
)


def test_holds_give_back_exactly_their_working_time(cast: Cast, life: Life) -> None:
    """Whatever the holds: the working time at work between start and due time is the span, not a second more or less."""
    life.received()
    matrix = list(rows())

    @settings(max_examples=150, deadline=None, derandomize=True, database=None)
    @given(row=st.sampled_from(matrix), start=MOMENTS, holds=HOLDS)
    def check(row: Row, start: datetime, holds: list[tuple[timedelta, timedelta]]) -> None:
        case = Case(priority=row.priority, state=State.IN_PROGRESS)
        clocks = Clocks(case, [], _Rules(row))  # type: ignore[arg-type]
        clock = clocks.start(Kind.RESOLUTION, minutes=row.resolution_limit, now=start)
        at_work, now = timedelta(0), start
        for work, pause in holds:
            if now + work >= clock.due_at:
                break
            at_work += business_time.measure(now, now + work, row.calendar)
            now += work
            clocks.pause(now)
            assert clock.remaining == clock.span - at_work
            now += pause
            clocks.resume(now)
            assert clock.due_at >= now
            assert clock.warn_at is not None
            assert now <= clock.warn_at <= clock.due_at
            before_warning = at_work + business_time.measure(now, clock.warn_at, row.calendar)
            assert before_warning == max(clock.span * 3 / 4, at_work)
        assert at_work + business_time.measure(now, clock.due_at, row.calendar) == clock.span
        assert clock.next_at == clock.warn_at
        assert list(clocks.live.values()) == [clock]

    check()


# --- which clocks run -----------------------------------------------------------------------------------------------

RUNNING = {
    "received": {Kind.FIRST_RESPONSE, Kind.FIRST_LINE_LIMIT},
    "escalated": {Kind.ACCEPTANCE},
    "in_progress": {Kind.RESOLUTION, Kind.STATUS_UPDATE, Kind.STALE},
    "resolved": {Kind.CONFIRMATION, Kind.REVIEW},
    "reviewed": set(),
}


@pytest.mark.parametrize("stage", RUNNING)
def test_the_clocks_of_each_state(cast: Cast, life: Life, stage: str) -> None:
    plain, wished = getattr(life, stage)(), getattr(life, stage)(wanted_by=NOW + timedelta(days=30))

    assert set(life.clocks(plain)) == RUNNING[stage]
    wish = {Kind.REQUESTED} if plain.state in OPEN_STATES else set()
    assert set(life.clocks(wished)) == RUNNING[stage] | wish


def test_the_table_of_the_clocks_says_the_same(cast: Cast) -> None:
    for stage, kinds in RUNNING.items():
        state = State(stage.upper())
        assert kinds | ({Kind.REQUESTED} if state in OPEN_STATES else set()) == {
            kind for kind, states in RUNS_IN.items() if state in states and kind != Kind.HOLD
        }
        assert GUARDED_BY[state] <= kinds


def test_a_first_response_that_was_given_is_not_demanded_again(cast: Cast, life: Life) -> None:
    case = life.do("respond", life.received(), by=cast.operator)
    case = life.do("escalate", case, by=cast.operator)
    case = life.do("send_back", case, by=cast.responder)

    assert set(life.clocks(case)) == {Kind.FIRST_LINE_LIMIT}


# --- how they end ---------------------------------------------------------------------------------------------------


def ended(case: Case, *, by_verb: datetime) -> dict[str, str]:
    return dict(Deadline.objects.filter(case=case, ended_at=by_verb).values_list("kind", "state"))


ENDS = [
    # verb, the case before it, who, how its clocks end
    ("respond", "received", "operator", {"FIRST_RESPONSE": "SETTLED"}),
    ("escalate", "received", "operator", {"FIRST_RESPONSE": "CANCELLED", "FIRST_LINE_LIMIT": "SETTLED"}),
    ("accept", "escalated", "responder", {"ACCEPTANCE": "SETTLED"}),
    ("send_back", "escalated", "responder", {"ACCEPTANCE": "SETTLED"}),
    (
        "escalate",
        "in_progress",
        "responder",
        {"RESOLUTION": "CANCELLED", "STATUS_UPDATE": "CANCELLED", "STALE": "CANCELLED"},
    ),
    ("note", "in_progress", "responder", {"STALE": "SETTLED"}),
    ("hand_over", "in_progress", "responder", {"STALE": "SETTLED"}),
    (
        "resolve",
        "in_progress",
        "responder",
        {
            "RESOLUTION": "SETTLED",
            "STATUS_UPDATE": "CANCELLED",
            "STALE": "CANCELLED",
            "REQUESTED": "SETTLED",
        },
    ),
    ("resolve", "received", "operator", {"FIRST_RESPONSE": "CANCELLED", "FIRST_LINE_LIMIT": "SETTLED", "REQUESTED": "SETTLED"}),
    ("confirm", "resolved", "operator", {"CONFIRMATION": "SETTLED"}),
    ("reopen", "resolved", "operator", {"CONFIRMATION": "SETTLED", "REVIEW": "CANCELLED"}),
    ("review", "resolved", "lead", {"CONFIRMATION": "CANCELLED", "REVIEW": "SETTLED"}),
]  # fmt: skip


@pytest.mark.parametrize(("verb", "stage", "who", "expected"), ENDS)
def test_what_ends_as_met_and_what_as_no_longer_needed(
    cast: Cast, life: Life, verb: str, stage: str, who: str, expected: dict[str, str]
) -> None:
    case = getattr(life, stage)(wanted_by=NOW + timedelta(days=30))

    life.do(verb, case, by=getattr(cast, who))

    assert ended(case, by_verb=life.now) == expected


def test_a_clock_that_fell_due_stays_missed(cast: Cast, life: Life) -> None:
    case = life.received()
    life.run_until(NOW + timedelta(hours=1))

    life.do("respond", case, by=cast.operator)

    assert Deadline.objects.get(case=case, kind=Kind.FIRST_RESPONSE).state == "FIRED"


def test_a_note_that_the_reporter_reads_is_a_status_update(cast: Cast, life: Life) -> None:
    case = life.in_progress()

    life.do("note", case, by=cast.responder, visibility="REPORTER")

    assert ended(case, by_verb=life.now) == {"STALE": "SETTLED", "STATUS_UPDATE": "SETTLED"}
    assert life.clocks(case)[Kind.STATUS_UPDATE].started_at == life.now


def test_no_two_clocks_of_a_kind_are_ever_live(cast: Cast, life: Life) -> None:
    case = life.in_progress()
    for _each in range(3):
        case = life.do("note", case, by=cast.responder, visibility="CUSTOMER")
    case = life.do("hold", case, by=cast.responder)
    case = life.do("note", case, by=cast.responder, visibility="CUSTOMER")
    case = life.do("resume", case, by=cast.responder)

    kinds = list(Deadline.objects.filter(case=case, ended_at=None).values_list("kind", flat=True))

    assert sorted(kinds) == ["RESOLUTION", "STALE", "STATUS_UPDATE"]
