"""The admin's first page for four people at 100,000 cases: 5,000 of them open, a hand-off for each, over a year."""

import random
import statistics
import time
from datetime import timedelta

from django.core.files.storage import storages
from django.db import connection
from django.test import Client
from django.utils import timezone
from stage import CHUNK, receive, stage, statements

from apps.cases import clock
from apps.cases.models import Case, Deadline, HandOff, HandOffKind, State
from apps.people.models import Team, User

CASES, OPEN, TIMES = 100_000, 5_000, 25
PEOPLE = ("responder", "lead", "manager", "admin")  # an auditor has a page of their own, see bench/journal.py
NOW = timezone.now()  # the page reads the clock on the wall


def fill() -> None:
    """Copies of one case in every state, of every priority and team; one open case in fifty is overdue."""
    chance = random.Random(1)
    first = Case.objects.get(pk=receive(1, now=NOW)[0])
    names = [field.attname for field in Case._meta.concrete_fields if not field.primary_key]
    like_first = {name: getattr(first, name) for name in names}
    teams, owners = list(Team.objects.select_related("level")), list(User.objects.people())
    desk = first.team
    for start in range(1, CASES, CHUNK):
        cases, hand_offs, clocks = [], [], []
        for number in range(start, min(start + CHUNK, CASES)):
            team, owner = chance.choice(teams), chance.choice(owners)
            is_open = number < OPEN
            state = chance.choice([State.RECEIVED, State.ESCALATED, State.IN_PROGRESS]) if is_open else State.REVIEWED
            at = NOW - (chance.random() * timedelta(days=7 if is_open else 365))
            accepted_at = at + chance.random() * timedelta(hours=3)
            ended = {} if is_open else {"resolved_at": accepted_at, "reviewed_at": accepted_at}
            result = {} if is_open else {"outcome": "SOLVED", "resolution": "x"}
            cases.append(
                Case(
                    **like_first
                    | {"number": f"BENCH-{number}", "state": state, "priority": chance.choice(["P1", "P2", "P3", "P4"])}
                    | {"team_id": team.pk, "level_id": team.level_id, "department_id": team.department_id}
                    | {"owner_id": None if state == State.ESCALATED else owner.pk, "reporter_id": owner.pk}
                    | {"received_at": at, "escalated_at": at, "accepted_at": accepted_at}
                    | ended
                    | result
                )
            )
        Case.objects.bulk_create(cases)
        for case in cases:
            is_pending = case.state == State.ESCALATED
            hand_offs.append(
                HandOff(
                    case=case,
                    kind=HandOffKind.HIERARCHICAL if case.pk % 5 == 0 else HandOffKind.FUNCTIONAL,
                    status=HandOff.Status.PENDING if is_pending else HandOff.Status.ACCEPTED,
                    from_state=State.RECEIVED,
                    from_team=desk,
                    from_level_id=desk.level_id,
                    to_team_id=case.team_id,
                    to_level_id=case.level_id,
                    reason="x",
                    at=case.escalated_at,
                    answered_at=None if is_pending else case.accepted_at,
                )
            )
            if case.is_open:
                due = NOW + timedelta(minutes=case.pk % 50 * 30 - 15)
                started = {
                    "started_at": case.received_at,
                    "span": timedelta(hours=1),
                    "warn_at": due - timedelta(hours=1),
                }
                clocks.append(Deadline(case=case, kind="ACCEPTANCE", due_at=due, next_at=due, **started))
            else:
                ended_at = {"ended_at": case.accepted_at, "due_at": case.accepted_at, "state": "SETTLED"}
                clocks.append(
                    Deadline(case=case, kind="ACCEPTANCE", started_at=case.received_at, span=timedelta(0), **ended_at)
                )
        HandOff.objects.bulk_create(hand_offs)
        Deadline.objects.bulk_create(clocks)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


# Pages are rendered without `collectstatic` having run.
storages.backends["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
with stage():
    fill()
    clock.record(clock.Swept(), NOW)
    print(f"{Case.objects.count():,} cases, {Case.objects.open().count():,} open")
    for username in PEOPLE:
        client = Client(headers={"host": "localhost"})
        client.force_login(User.objects.get(username=username))
        client.get("/admin/")
        taken = []
        for _each in range(TIMES):
            began = time.perf_counter()
            assert client.get("/admin/").status_code == 200
            taken.append((time.perf_counter() - began) * 1000)
        p95 = statistics.quantiles(taken, n=20)[-1]
        count = statements(lambda client=client: client.get("/admin/"))
        print(f"{username:>10}: median {statistics.median(taken):.0f} ms, p95 {p95:.0f} ms, {count} statements")
