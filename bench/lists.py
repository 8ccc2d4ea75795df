"""The list of cases with 100,000 of them, a tenth still open: p50 and p95 of each tab as three people ask for it, and
of a search, a filter, the filter drawer and a later page."""

import itertools
import random
import re
import statistics
import time
from datetime import timedelta
from urllib.parse import unquote, urlencode

from django.core.files.storage import storages
from django.db import connection
from django.test import Client
from stage import CHUNK, NOW, receive, stage, statements

from apps.cases import search
from apps.cases.admin.queues import QUEUES
from apps.cases.models import Case, Deadline
from apps.people.models import Department, Team, User
from apps.policy.models import Category

CASES = 100_000
TIMES = 20
ADDRESS = "/admin/cases/case/"
WORDS = ("請求書", "返金", "決済", "印刷", "障害", "納品", "見積", "契約", "会員", "店舗")
ENDED = {
    "RESOLVED": {"outcome": "SOLVED", "resolution": "対応した。"},
    "REVIEWED": {"outcome": "SOLVED", "resolution": "対応した。"},
}


def fill(count: int, chance: random.Random) -> None:
    """A year's cases of all teams and owners, the younger a tenth mostly open; each with three clocks."""
    first = Case.objects.get(pk=receive(1)[0])
    like_first = {f.attname: getattr(first, f.attname) for f in Case._meta.concrete_fields if not f.primary_key}
    teams = list(Team.objects.select_related("level").filter(memberships__isnull=False).distinct())
    people = {team.pk: list(User.objects.filter(memberships__team=team)) for team in teams}
    departments, categories = list(Department.objects.all()), list(Category.objects.all())
    numbers = iter(range(1, count))
    while chunk := list(itertools.islice(numbers, CHUNK)):
        made = [_case(n, like_first, chance, teams, people, departments, categories) for n in chunk]
        cases = Case.objects.bulk_create(made)
        Deadline.objects.bulk_create(clock for case in cases for clock in _clocks(case, chance))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _case(number, like, chance, teams, people, departments, categories):  # type: ignore[no-untyped-def]
    states = ("RECEIVED", "ESCALATED", "IN_PROGRESS", "RESOLVED", "REVIEWED")
    state = chance.choices(states, (25, 15, 35, 10, 15) if number > 0.87 * CASES else (0, 0, 1, 1, 98))[0]
    team = chance.choice(teams)
    received = NOW - timedelta(minutes=5 * (CASES - number))
    later = received + timedelta(hours=1)
    case = Case(
        **like
        | {
            "number": f"ESC-2025-{number:06d}",
            "state": state,
            "priority": chance.choice(("P1", "P2", "P3", "P3", "P4")),
            "subject": f"{chance.choice(WORDS)}と{chance.choice(WORDS)}の問い合わせ {number}",
            "customer": f"株式会社サンプル{number % 5000}",
            "customer_phone": f"03-{number % 10000:04d}-{number // 10:04d}",
            "team_id": team.pk,
            "level_id": team.level_id,
            "department_id": chance.choice(departments).pk,
            "category_id": chance.choice(categories).pk,
            "owner_id": None if state == "ESCALATED" else chance.choice(people[team.pk]).pk,
            "received_at": received,
            "escalated_at": later,
            "accepted_at": later,
            "held_at": later if state == "IN_PROGRESS" and chance.random() < 0.1 else None,
            "resolved_at": later if state in ENDED else None,
            "reviewed_at": later if state == "REVIEWED" else None,
        }
        | ENDED.get(state, {})
    )
    case.search_text = search.text_of(case)
    return case


def _clocks(case, chance):  # type: ignore[no-untyped-def]
    def clock(kind: str, state: str, due):  # type: ignore[no-untyped-def]
        runs = state == "RUNNING"
        return Deadline(
            case=case,
            kind=kind,
            state=state,
            started_at=case.received_at,
            span=timedelta(hours=1),
            warn_at=due - timedelta(minutes=15),
            due_at=due,
            next_at=due if runs else None,
            ended_at=None if runs else due,
        )

    due = NOW + timedelta(minutes=chance.randrange(-300, 3000))
    yield clock("FIRST_RESPONSE", chance.choice(("SETTLED", "SETTLED", "FIRED")), case.received_at)
    running = {
        "RECEIVED": "FIRST_LINE_LIMIT",
        "ESCALATED": "ACCEPTANCE",
        "IN_PROGRESS": "RESOLUTION",
        "RESOLVED": "REVIEW",
    }
    if kind := running.get(case.state):
        yield clock(kind, "RUNNING", due)
        yield clock("REQUESTED", "RUNNING", due + timedelta(hours=1))
    else:
        yield clock("RESOLUTION", "SETTLED", case.received_at)
        yield clock("REVIEW", "SETTLED", case.received_at)


def measure(client: Client, title: str, **asked: str) -> None:
    path = f"{ADDRESS}?{urlencode(asked)}"
    client.get(path)  # policy versions and content types are kept from the first time on
    count = statements(lambda: client.get(path))
    taken = []
    for _each in range(TIMES):
        began = time.perf_counter()
        assert client.get(path).status_code == 200
        taken.append((time.perf_counter() - began) * 1000)
    print(
        f"  {title:<28} p50 {statistics.median(taken):6.0f} ms  p95 {statistics.quantiles(taken, n=20)[-1]:6.0f} ms "
        f"{count:3} statements"
    )


storages.backends["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
with stage():
    fill(CASES, random.Random(7))
    print(f"{Case.objects.count():,} cases, {Deadline.objects.count():,} clocks")
    for username in ("lead", "manager", "auditor"):
        person = User.objects.get(username=username)
        client = Client(SERVER_NAME="127.0.0.1", headers={"accept-language": "ja"})
        client.force_login(person)
        print(f"{username}, who may see {Case.objects.visible_to(person).count():,}")
        for name in QUEUES:
            measure(client, name, queue=name)
        measure(client, "all, searched: 返金 請求書", queue="all", q="返金 請求書")
        measure(client, "all, searched: nothing fits", queue="all", q="存在しない語")
        measure(client, "all, by telephone", queue="all", q="03-0123-4012")
        measure(client, "open, P1 of one team", queue="open", priority="P1", team=str(Team.objects.first().pk))
        measure(client, "all, by deadline", queue="all", o="deadline")
        measure(client, "open, drawer", queue="open", dialog="filters")
        after = re.findall('after=([^"]+)', client.get(f"{ADDRESS}?queue=open").content.decode())[0]
        measure(client, "open, second page", queue="open", after=unquote(after))
