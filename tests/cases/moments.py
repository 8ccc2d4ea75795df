"""What the tests of clocks, sweeps and concurrency share: priorities that run around the clock, and when a database is sound."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import connections

from apps.audit import trail
from apps.audit.models import Source
from apps.cases import actions, integrity
from apps.cases.ledger import Book
from apps.cases.models import Case, Deadline, Firing
from tests.cases.life import NOW, SHEET, Life

# They keep the sums simple. P2: first response 15 minutes, first-line limit 60, ladder 15 – 30 – 30, resolution 480,
# status update 120, no activity 240, confirmation 4320, review 10080.
P1 = {"impact": "ALL", "urgency": "CRITICAL"}
P2 = {"impact": "SOME", "urgency": "HIGH"}
SECOND_LINE = {"responder", "kobayashi", "lead"}
LATER = NOW + timedelta(hours=2)  # the first response and the first-line limit of a P2 are over
PATIENCE = 60  # seconds; the machine may be busy


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def firings(case: Case) -> list[tuple[str, int, str, datetime]]:
    """(clock, round, step, moment) of all that warned and fell due, in the order of time."""
    rows = Firing.objects.filter(deadline__case=case).order_by("at", "pk").select_related("deadline")
    return [(row.deadline.kind, row.deadline.round, row.step, row.at) for row in rows]


def ended(case: Case) -> dict[str, str]:
    """How the clocks that no longer run came to an end, by kind."""
    rows = Deadline.objects.filter(case=case, ended_at__isnull=False).order_by("ended_at", "started_at")
    return {row.kind: row.state for row in rows}


def receive_many(life: Life, count: int) -> list[int]:
    """Cases of P2 reported by the operator at NOW, in one Book and without letters."""
    team = life.cast.team("phone-desk")
    sheet = SHEET | P2 | {"department": team.department}
    with Book(source=Source.DESK, is_silent=True) as book:
        cases = [
            actions.receive(book, by=life.cast.operator, now=NOW, team=team, sheet=sheet) for _each in range(count)
        ]
    return [case.pk for case in cases]


def assert_sound() -> None:
    """No case breaks an invariant, and the journal is whole."""
    assert [str(breach) for breach in integrity.faults()] == []
    assert trail.verify().faults == []


def attempt(work: Callable[[], None]) -> Exception | None:
    """What came of it, in a thread of its own with a connection of its own."""
    try:
        work()
    except Exception as error:
        return error
    finally:
        connections.close_all()
    return None
