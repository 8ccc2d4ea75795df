"""The journal's pages over millions of entries: p95 and statements of the first page of every filter (PostgreSQL).

    DATABASE_URL=postgres://… .venv/bin/python bench/journal.py [ENTRIES] [CASES]

The entries are made up by the database (generate_series) and in no valid chain; the database of its own is dropped at
the end.
"""

import hashlib
import statistics
import sys
import time
from datetime import timedelta
from urllib.parse import quote

from django.conf import settings
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from stage import NOW, multiply, stage

from apps.audit import trail
from apps.audit.journal import Key
from apps.audit.models import Entry
from apps.cases.models import Case
from apps.people.models import User

ENTRIES = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
CASES = int(sys.argv[2]) if len(sys.argv) > 2 else 2_000
TIMES = 20

# Nine entries in ten are of cases, a third of all is done by the clock, one in fifty missed a limit; one department, one
# person and one action have a handful of entries only, all of them old: the worst that a filter can meet.
FILL = """
    INSERT INTO audit_entry
        (subject, sequence, at, actor, source, action, from_state, to_state, reason, details, record, salt, digest,
         previous, hash)
    SELECT
        CASE WHEN n %% 10 < 9 THEN 'cases.case:' || (n %% %(cases)s + 1)
             WHEN n %% 100 = 9 THEN 'policy.matrixrow:' || (n %% 400 + 1)
             WHEN n %% 100 = 19 THEN 'people.membership:' || (n %% 4000 + 1)
             ELSE 'people.user:' || (n %% 3000 + 1000000) END,
        n,
        %(now)s::timestamptz - (%(entries)s - n) * interval '9 seconds',
        CASE WHEN n < 20 THEN 'people.user:' || %(rare)s
             WHEN n %% 3 = 0 THEN 'people.user:' || %(clock)s
             ELSE 'people.user:' || (%(first)s + n %% %(people)s) END,
        CASE WHEN n %% 3 = 0 THEN 'CLOCK' ELSE 'ADMIN' END,
        CASE WHEN n < 50 THEN 'deleted'
             WHEN n %% 10 = 9 THEN (ARRAY['signed_in', 'signed_out', 'changed', 'created'])[n / 10 %% 4 + 1]
             WHEN n %% 1000 = 4 THEN 'viewed'
             ELSE (ARRAY['receive', 'respond', 'escalate', 'accept', 'note', 'hand_over', 'resolve', 'review'])[n %% 8 + 1] END,
        CASE WHEN n %% 10 < 9 THEN 'RECEIVED' ELSE '' END,
        CASE WHEN n %% 10 < 9 THEN 'ESCALATED' ELSE '' END,
        '一次対応では判断できない。',
        CASE WHEN n %% 10 = 9 THEN '{}'::jsonb
             WHEN n < 90 THEN '{"department": "people.department:1"}'::jsonb
             WHEN n %% 50 = 7 THEN jsonb_build_object('department', 'people.department:' || (n %% 3 + 2), 'breach',
                                                      '["FIRST_RESPONSE"]'::jsonb)
             ELSE jsonb_build_object('department', 'people.department:' || (n %% 3 + 2)) END,
        '', md5(n::text), md5(n::text) || md5((-n)::text), md5((n - 1)::text) || md5((1 - n)::text),
        md5(n::text) || md5((-n)::text)
    FROM generate_series(1, %(entries)s) AS n
"""


UNIQUE = ("audit_entry_subject_sequence", "audit_entry_hash")


def fill() -> None:
    """Without indexes, which are made at the end: many times faster."""
    people = User.objects.filter(is_system=False)
    numbers = {
        "entries": ENTRIES,
        "cases": CASES * 50,
        "now": NOW,
        "rare": people.get(username="tanaka").pk,
        "clock": User.objects.clock().pk,
        "first": people.earliest("pk").pk,
        "people": people.count(),
    }
    constraints = [each for each in Entry._meta.constraints if each.name in UNIQUE]
    with connection.schema_editor() as editor:
        for index in Entry._meta.indexes:
            editor.remove_index(Entry, index)
        for constraint in constraints:
            editor.remove_constraint(Entry, constraint)
        editor.execute(FILL, numbers)
    with connection.schema_editor() as editor:
        for index in Entry._meta.indexes:
            editor.add_index(Entry, index)
        for constraint in constraints:
            editor.add_constraint(Entry, constraint)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE audit_entry")


def measure(what: str, address: str) -> None:
    """The whole page, warm: on the clock, and by the processor time of this process and the database's own time."""
    assert auditor.get(address).status_code == 200, address
    with CaptureQueriesContext(connection) as captured:
        auditor.get(address)
    statements = len(captured)
    reads = [query["sql"] for query in captured if query["sql"].startswith(("SELECT", "("))]
    wall, processor, database = [], [], []
    for _each in range(TIMES):
        began, begun = time.perf_counter(), time.process_time()
        auditor.get(address)
        wall.append((time.perf_counter() - began) * 1000)
        processor.append((time.process_time() - begun) * 1000)
        database.append(sum(map(spent, reads)))
    print(
        f"{what:<40} p95 {p95(wall):7.1f} ms (page {p95(processor):6.1f}, database {p95(database):6.1f})"
        f" {statements:3} statements",
        flush=True,
    )


def p95(taken: list[float]) -> float:
    return statistics.quantiles(taken, n=20)[-1]


def spent(sql: str) -> float:
    """Milliseconds that the database needs to plan and run the statement, by its own account."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}")
        ((plan,),) = cursor.fetchone()
    return float(plan["Planning Time"] + plan["Execution Time"])


if connection.vendor != "postgresql":
    print("The journal is measured on PostgreSQL only: set DATABASE_URL.")
    sys.exit()

# Static files need not have been collected.
plain = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
with stage(), override_settings(STORAGES=settings.STORAGES | plain):
    began = time.perf_counter()
    multiply(CASES)
    fill()
    print(f"{Entry.objects.count():,} entries filled and indexed in {time.perf_counter() - began:.0f} s")
    auditor = Client(SERVER_NAME="localhost")
    auditor.force_login(User.objects.get(username="auditor"))
    day, journal = (NOW - timedelta(days=400)).date(), reverse("admin:audit_entry_changelist")
    number = Case.objects.exclude(number__startswith="BENCH").get().number
    middle = Entry.objects.get(hash__startswith=hashlib.md5(str(ENTRIES // 2).encode()).hexdigest())
    for what, query in (
        ("everything", ""),
        ("a page in the middle", f"before={quote(str(Key.of(middle)))}"),
        ("a busy person", "person=responder"),
        ("a person with 19 entries, long ago", "person=tanaka"),
        ("the most frequent kind of thing", "kind=cases.case"),
        ("a kind of thing, one in a hundred", "kind=policy.matrixrow"),
        ("all kinds of an app", "kind=policy."),
        ("a frequent action", "action=escalate"),
        ("an action with 49 entries, long ago", "action=deleted"),
        ("everything that was looked at", "action=looked"),
        ("everything about signing in", "action=sign_ins"),
        ("one day, 400 days ago", f"since={day}&until={day}"),
        ("a department", "department=people.department:2"),
        ("a department with 81 entries, long ago", "department=people.department:1"),
        ("missed limits", "breach=on"),
        ("the number of a case", f"q={number}"),
        ("the name of a busy person", f"q={quote('鈴木')}"),
        ("person, kind and a month", f"person=responder&kind=cases.case&since={day}&until={day + timedelta(days=30)}"),
        ("department and missed limits", "department=people.department:3&breach=on"),
    ):
        measure(what, f"{journal}?{query}")
    measure("the auditor's first page", reverse("admin:audit_entry_today"))
    case = Case.objects.exclude(number__startswith="BENCH").get()
    measure("the story of a case", f"{reverse('admin:audit_entry_story')}?of={trail.subject_of(case)}")
