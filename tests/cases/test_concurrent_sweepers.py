"""Several sweepers at once, in threads and in processes, and one that is killed in the middle of its work."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection

from apps.audit.models import Entry
from apps.cases import clock
from apps.cases.models import Case, Firing, HandOff
from apps.notifications.models import Message
from tests.cases.life import Life
from tests.cases.moments import LATER, PATIENCE, assert_sound, attempt, receive_many


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
