"""A database of its own beside that of DATABASE_URL, with the policy, the demo organisation and cases; dropped at the end."""

import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "escalation_site.settings")

import django

django.setup()

from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.audit.models import Source
from apps.cases import actions
from apps.cases.ledger import Book
from apps.cases.models import Case, Deadline
from apps.people import seed as people_seed
from apps.people.models import Team, User
from apps.policy.seed import seed_policy

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)  # Tuesday 10:00 in Tokyo
CHUNK = 1000
FRAME = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "ROLLBACK")


@contextmanager
def stage() -> Iterator[None]:
    """SQLite as a file in WAL mode like the real one; on PostgreSQL the server's database `bench_<name>`."""
    with TemporaryDirectory() as folder:
        is_sqlite = connection.vendor == "sqlite"
        name = f"{folder}/bench.sqlite3" if is_sqlite else f"bench_{connection.settings_dict['NAME']}"
        connection.settings_dict["TEST"]["NAME"] = name
        before = connection.settings_dict["NAME"]
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        try:
            people_seed.DUTY_DAYS = 0
            people_seed.seed_demo(NOW)
            seed_policy()
            print(f"{connection.vendor}, {os.cpu_count()} cores")
            yield
        finally:
            connection.creation.destroy_test_db(before, verbosity=0)


def receive(count: int, *, now: datetime = NOW) -> list[int]:
    """Cases of priority P2 at the phone desk, held by their reporter; without letters."""
    team = Team.objects.select_related("level", "department").get(code="phone-desk")
    operator = User.objects.get(username="operator")
    sheet = {
        "subject": "請求書が二重に届く",
        "facts": "11月24日の朝、同じ請求書が2通届いた。",
        "impact": "SOME",
        "urgency": "HIGH",
        "department": team.department,
    }
    with Book(source=Source.DESK, is_silent=True) as book:
        cases = [actions.receive(book, by=operator, now=now, sheet=sheet, team=team) for _each in range(count)]
    return [case.pk for case in cases]


def multiply(count: int) -> None:
    """Raise the number of open cases to `count` by copies of the first one and its clocks, none of them due by NOW."""
    first = Case.objects.get(pk=receive(1)[0])
    clocks = Deadline.objects.filter(case=first)
    names = [field.attname for field in Case._meta.concrete_fields if not field.primary_key]
    like_first = {name: getattr(first, name) for name in names}
    for start in range(Case.objects.count(), count, CHUNK):
        numbers = range(start, min(start + CHUNK, count))
        cases = Case.objects.bulk_create(Case(**like_first | {"number": f"BENCH-{number}"}) for number in numbers)
        Deadline.objects.bulk_create(
            Deadline(
                case=case,
                kind=clock.kind,
                started_at=clock.started_at,
                span=clock.span,
                due_at=clock.due_at,
                next_at=clock.next_at + timedelta(seconds=number),
            )
            for number, case in zip(numbers, cases, strict=True)
            for clock in clocks
        )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def median_ms(work: Callable[[], object], times: int) -> float:
    """Median of the milliseconds that `work` takes."""
    taken = []
    for _each in range(times):
        began = time.perf_counter()
        work()
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken)


def statements(work: Callable[[], object]) -> int:
    """How many SQL statements `work` makes, but for those that frame a transaction."""
    with CaptureQueriesContext(connection) as queries:
        work()
    return sum(not query["sql"].startswith(FRAME) for query in queries)
