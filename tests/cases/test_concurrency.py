"""Several people at once on one case, and beside them the sweep."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.audit import trail
from apps.audit.models import Source
from apps.cases import actions, clock, ledger
from apps.cases.checks import Refused
from apps.cases.ledger import Book, one_case
from apps.cases.models import Case, HandOff, Pause
from apps.people.models import User
from tests.cases.life import NOW, SHEET, Life
from tests.cases.moments import LATER, P2, PATIENCE, assert_sound, attempt


def act(verb: str, pk: int, *, by: User, at_the_end: Callable[[], None] | None = None, **form: Any) -> None:
    with one_case(pk, source=Source.ADMIN) as (case, book):
        getattr(actions, verb)(case, book, by=by, now=NOW + timedelta(minutes=5), **form)
        if at_the_end is not None:
            at_the_end()


def one_behind_the_other(
    first: Callable[[Callable[[], None]], None], second: Callable[[], None]
) -> tuple[Exception | None, Exception | None]:
    """`second` begins while `first` holds its locks; `first` goes on when `second` waits for one of them."""
    has_locked = threading.Event()

    def until_the_second_waits() -> None:
        has_locked.set()
        wait_for(lambda: waiting_for_locks() > 0)

    def begin_second() -> None:
        assert has_locked.wait(PATIENCE)
        second()

    with ThreadPoolExecutor(2) as pool:
        results = pool.submit(attempt, lambda: first(until_the_second_waits)), pool.submit(attempt, begin_second)
    return results[0].result(), results[1].result()


def waiting_for_locks() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")  # within a transaction the first answer would be repeated
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return int(cursor.fetchone()[0])


def wait_for(condition: Callable[[], object]) -> None:
    limit = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < limit, "It did not come about in time."
        time.sleep(0.01)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_two_who_accept_at_once_one_gets_the_case_and_the_other_a_sentence(life: Life) -> None:
    case = life.escalated(**P2)

    won, lost = one_behind_the_other(
        lambda before_the_end: act("accept", case.pk, by=life.cast.responder, at_the_end=before_the_end),
        lambda: act("accept", case.pk, by=life.cast.kobayashi),
    )

    assert won is None
    assert isinstance(lost, Refused)
    assert lost.code == "state"
    assert case.number in lost.sentence
    case.refresh_from_db()
    assert (case.state, case.owner) == ("IN_PROGRESS", life.cast.responder)
    assert life.journal(case)[-1] == ("responder", "accept", "ESCALATED", "IN_PROGRESS")
    assert [step[1] for step in life.journal(case)] == ["receive", "escalate", "accept"]
    assert trail.verify().faults == []


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_a_whole_team_that_accepts_at_once_exactly_one_wins(life: Life) -> None:
    case = life.escalated(**P2)
    team = [life.cast.responder, life.cast.kobayashi, life.cast.lead]
    barrier = threading.Barrier(len(team))

    def rush(person: User) -> None:
        barrier.wait(PATIENCE)
        act("accept", case.pk, by=person)

    with ThreadPoolExecutor(len(team)) as pool:
        results = list(pool.map(lambda person: attempt(lambda: rush(person)), team))

    assert [type(result) for result in results].count(Refused) == 2
    assert Case.objects.get(pk=case.pk).owner == team[results.index(None)]
    assert HandOff.objects.get(case=case).answered_by == team[results.index(None)]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_who_waited_for_the_lock_sees_the_case_as_the_other_left_it(life: Life) -> None:
    """The other changed its team, level and owner: joined rows read before the wait would be the old ones."""
    case = life.received(**P2)

    won, lost = one_behind_the_other(
        lambda before_the_end: act(
            "escalate",
            case.pk,
            by=life.cast.operator,
            at_the_end=before_the_end,
            **life.form("escalate", case, now=NOW),
        ),
        lambda: act("respond", case.pk, by=life.cast.operator, told="折り返します。"),
    )

    assert won is None
    assert isinstance(lost, Refused)
    assert lost.code == "state"


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_the_owner_who_came_meanwhile_is_known_to_the_next_verb(life: Life) -> None:
    case = life.escalated(**P2)
    lead = life.cast.lead

    results = one_behind_the_other(
        lambda before_the_end: act("accept", case.pk, by=life.cast.responder, at_the_end=before_the_end),
        lambda: act("hand_over", case.pk, by=lead, owner=life.cast.kobayashi, reason="担当を交代する。"),
    )

    assert results == (None, None)
    hand_over = HandOff.objects.get(case=case, kind="HAND_OVER")
    assert (hand_over.from_owner, hand_over.to_owner) == (life.cast.responder, life.cast.kobayashi)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_the_hold_that_came_meanwhile_is_known_to_the_next_verb(life: Life) -> None:
    case = life.in_progress(**P2)
    resolution = life.form("resolve", case, now=NOW)

    results = one_behind_the_other(
        lambda before_the_end: act(
            "hold", case.pk, by=life.cast.responder, at_the_end=before_the_end, **life.form("hold", case, now=NOW)
        ),
        lambda: act("resolve", case.pk, by=life.cast.responder, **resolution),
    )

    assert results == (None, None)
    assert Pause.objects.get(case=case).ended_at == NOW + timedelta(minutes=5)
    assert_sound()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_the_sweep_leaves_a_case_alone_that_somebody_is_working_on_and_takes_it_next_time(life: Life) -> None:
    case, other = life.received(**P2), life.received(**P2)
    swept: list[clock.Swept] = []

    def write_a_note() -> None:
        with one_case(case.pk, source=Source.ADMIN) as (locked, book):
            actions.note(locked, book, by=life.cast.operator, now=LATER, text="電話中。")
            with ThreadPoolExecutor(1) as pool:
                assert pool.submit(attempt, lambda: swept.append(clock.sweep(LATER))).result() is None

    assert attempt(write_a_note) is None

    assert swept[0].fired == {"FIRST_RESPONSE": 1, "FIRST_LINE_LIMIT": 1}
    assert [Case.objects.get(pk=pk).state for pk in (case.pk, other.pk)] == ["RECEIVED", "ESCALATED"]
    assert life.sweep(LATER).fired == {"FIRST_RESPONSE": 1, "FIRST_LINE_LIMIT": 1}


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_pushing_back_locks_the_case_before_its_clocks_like_everybody_else(life: Life) -> None:
    case = life.received(**P2)

    with CaptureQueriesContext(connection) as queries:
        ledger.push_back({case.pk: "Stumble: a bug"}, now=LATER)

    locking = [query["sql"] for query in queries if "FOR UPDATE" in query["sql"]]
    assert ['FROM "cases_case"' in locking[0], 'FROM "cases_deadline"' in locking[-1]] == [True, True]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_cases_received_at_once_get_numbers_without_a_gap_or_a_double(life: Life) -> None:
    threads, each = 4, 5
    barrier = threading.Barrier(threads)

    def report() -> None:
        barrier.wait(PATIENCE)
        for _case in range(each):
            with Book(source=Source.DESK) as book:
                team = life.cast.team("phone-desk")
                sheet = SHEET | P2 | {"department": team.department}
                actions.receive(book, by=life.cast.operator, now=NOW, team=team, sheet=sheet)

    with ThreadPoolExecutor(threads) as pool:
        assert [job.result() for job in [pool.submit(attempt, report) for _each in range(threads)]] == [None] * threads

    numbers = Case.objects.order_by("number").values_list("number", flat=True)
    assert list(numbers) == [f"ESC-2026-{n:06d}" for n in range(1, threads * each + 1)]
