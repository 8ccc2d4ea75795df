"""Several at once: people on one case, sweepers on many, and a sweeper that is killed in the middle of its work."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from apps.audit import trail
from apps.audit.models import Entry, Source
from apps.cases import actions, clock, ledger
from apps.cases.checks import Refused
from apps.cases.ledger import Book, one_case
from apps.cases.models import Case, Firing, HandOff, Pause
from apps.notifications.models import Message
from apps.people.models import User
from tests.cases.life import NOW, SHEET, Life
from tests.cases.moments import P2, assert_sound, receive_many

LATER = NOW + timedelta(hours=2)  # the first response and the first-line limit of a P2 are over
PATIENCE = 60  # seconds; the machine may be busy


def assert_each_fired_once(ids: list[int]) -> None:
    """Reminded once of the first response, escalated once by the first-line limit, told once, written down once."""
    cases = Case.objects.filter(pk__in=ids)
    assert Counter(cases.values_list("state", flat=True)) == {"ESCALATED": len(ids)}
    assert set(cases.values_list("escalations", flat=True)) == {1}
    due = Firing.objects.filter(step="DUE").values_list("deadline__case", "deadline__kind")
    assert Counter(due) == {(pk, kind): 1 for pk in ids for kind in ("FIRST_RESPONSE", "FIRST_LINE_LIMIT")}
    assert Counter(HandOff.objects.values_list("case", flat=True)) == dict.fromkeys(ids, 1)
    letters = Message.objects.filter(key="escalated").values_list("about", flat=True)
    assert Counter(letters) == {f"cases.case:{pk}": 3 for pk in ids}  # three people work in the second line
    steps = Entry.objects.filter(subject__startswith="cases.case:").values_list("subject", "action")
    assert Counter(steps) == {(f"cases.case:{pk}", step): 1 for pk in ids for step in ("receive", "remind", "escalate")}
    assert_sound()


# --- people on one case ---------------------------------------------------------------------------------------------------


def act(verb: str, pk: int, *, by: User, at_the_end: Callable[[], None] | None = None, **form: Any) -> None:
    with one_case(pk, source=Source.ADMIN) as (case, book):
        getattr(actions, verb)(case, book, by=by, now=NOW + timedelta(minutes=5), **form)
        if at_the_end is not None:
            at_the_end()


def attempt(work: Callable[[], None]) -> Exception | None:
    """What came of it, in a thread of its own with a connection of its own."""
    try:
        work()
    except Exception as error:
        return error
    finally:
        connections.close_all()
    return None


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


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_sweepers_in_threads_fire_each_clock_once(life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = receive_many(life, 200)
    monkeypatch.setattr(clock, "BATCH", 20)
    barrier = threading.Barrier(2)
    swept: list[clock.Swept] = []

    def sweep() -> None:
        barrier.wait(PATIENCE)
        swept.append(clock.sweep(LATER))

    with ThreadPoolExecutor(2) as pool:
        assert [job.result() for job in [pool.submit(attempt, sweep) for _each in range(2)]] == [None, None]

    assert sum((each.fired for each in swept), Counter()) == {"FIRST_RESPONSE": 200, "FIRST_LINE_LIMIT": 200}
    assert [each.failed for each in swept] == [0, 0]
    assert_each_fired_once(ids)


# --- sweepers in processes of their own, on both databases ---------------------------------------------------------------------

SWEEPER = """
import json, sys, time
import django
django.setup()
from datetime import datetime
from apps.audit import trail
from apps.cases import clock

now, batch, stop_in_batch = datetime.fromisoformat(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
clock.BATCH = batch
append, batches = trail.append, 0

def append_or_stop(entries):
    # Cases, clocks and hand-offs of the batch are written by now, but not committed.
    global batches
    batches += 1
    if batches == stop_in_batch:
        print("stopped", flush=True)
        time.sleep(600)
    return append(entries)

trail.append = append_or_stop
print("ready", flush=True)
sys.stdin.readline()
swept = clock.sweep(now)
print(json.dumps({"fired": dict(swept.fired), "failed": swept.failed}), flush=True)
"""


class Elsewhere:
    """The test's database as other processes reach it. SQLite's lives in this process's memory: they get it as a file."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "elsewhere.sqlite3"
        self.processes: list[subprocess.Popen[str]] = []
        if connection.vendor == "sqlite":
            connection.ensure_connection()
            with sqlite3.connect(self.file) as copy:
                connection.connection.backup(copy)
            copy.close()

    @property
    def url(self) -> str:
        if connection.vendor == "sqlite":
            return f"sqlite:///{self.file}"
        place = connection.settings_dict
        login = quote(place["USER"]) + (":" + quote(place["PASSWORD"]) if place["PASSWORD"] else "")
        return f"postgres://{login}@{place['HOST'] or '127.0.0.1'}:{place['PORT'] or 5432}/{place['NAME']}"

    def sweeper(self, now: datetime, *, batch: int, stop_in_batch: int = 0) -> subprocess.Popen[str]:
        """A process that is about to sweep and waits for `go`."""
        process = subprocess.Popen(
            [sys.executable, "-c", SWEEPER, now.isoformat(), str(batch), str(stop_in_batch)],
            cwd=settings.BASE_DIR,
            env=os.environ | {"DATABASE_URL": self.url, "DJANGO_SETTINGS_MODULE": "escalation_site.settings"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.processes.append(process)
        return process

    def bring_back(self) -> None:
        """What the others wrote, into the test's database."""
        if connection.vendor == "sqlite":
            with sqlite3.connect(self.file) as there:
                there.backup(connection.connection)
            there.close()


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Callable[[], Elsewhere]]:
    made: list[Elsewhere] = []

    def make() -> Elsewhere:
        made.append(Elsewhere(tmp_path))
        return made[-1]

    yield make
    for process in (process for each in made for process in each.processes):
        process.kill()
        process.communicate()


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def go(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()


@pytest.mark.django_db(transaction=True)
def test_sweepers_in_several_processes_fire_each_clock_once(life: Life, elsewhere: Callable[[], Elsewhere]) -> None:
    ids = receive_many(life, 200)
    place = elsewhere()
    sweepers = [place.sweeper(LATER, batch=20) for _each in range(3)]
    assert [said(each) for each in sweepers] == ["ready"] * 3

    for each in sweepers:
        go(each)
    results = [json.loads(said(each)) for each in sweepers]

    place.bring_back()
    assert sum((Counter(each["fired"]) for each in results), Counter()) == {
        "FIRST_RESPONSE": 200,
        "FIRST_LINE_LIMIT": 200,
    }
    assert [each["failed"] for each in results] == [0, 0, 0]
    assert_each_fired_once(ids)


@pytest.mark.django_db(transaction=True)
def test_when_a_sweeper_is_killed_in_the_middle_another_finishes_and_all_fires_once(
    life: Life, elsewhere: Callable[[], Elsewhere]
) -> None:
    """200 cases, 50 a batch. It is killed when it has committed two batches and written the third."""
    ids = receive_many(life, 200)
    place = elsewhere()
    victim = place.sweeper(LATER, batch=50, stop_in_batch=3)
    assert said(victim) == "ready"
    go(victim)
    assert said(victim) == "stopped"

    victim.send_signal(signal.SIGKILL)

    assert victim.wait(PATIENCE) == -signal.SIGKILL
    place.bring_back()
    assert Case.objects.filter(state="ESCALATED").count() == 100
    assert Firing.objects.count() == 2 * 100
    assert_sound()

    heir = place.sweeper(LATER, batch=50)
    assert said(heir) == "ready"
    go(heir)
    assert json.loads(said(heir)) == {"fired": {"FIRST_RESPONSE": 100, "FIRST_LINE_LIMIT": 100}, "failed": 0}
    place.bring_back()
    assert_each_fired_once(ids)
