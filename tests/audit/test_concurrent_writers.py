"""Eight processes write into the same chains at once, while another seals: no chain forks."""

import os
import subprocess
import sys
from collections import Counter

import pytest
from django.conf import settings
from django.db import connection
from django.db.models import Count

from apps.audit import trail
from apps.audit.models import Chain, Entry

WRITERS, ROUNDS = 8, 25
SUBJECTS = ("cases.case:1", "cases.case:2", "cases.case:3")
PATIENCE = 120  # seconds; the machine may be busy

WRITER = """
import random, sys
import django
django.setup()
from django.db import transaction
from django.utils import timezone
from apps.audit import trail
from apps.audit.models import Source
me, rounds, *subjects = sys.argv[1:]
random.seed(me)
print("ready", flush=True)
sys.stdin.readline()
for number in range(int(rounds)):
    chosen = random.sample(subjects, random.randint(1, len(subjects)))
    with transaction.atomic():
        trail.append([
            trail.NewEntry(each, timezone.now(), f"people.user:{me}", Source.COMMAND, "note", reason=str(number))
            for each in chosen
        ])
    if me == "1" and number % 5 == 0:
        trail.seal(timezone.now())
print("written", flush=True)
"""


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_eight_processes_never_fork_a_chain() -> None:
    database = connection.settings_dict
    place = f"{database['HOST']}:{database['PORT'] or 5432}/{database['NAME']}"
    secret = f":{database['PASSWORD']}" if database["PASSWORD"] else ""
    env = {**os.environ, "DATABASE_URL": f"postgres://{database['USER']}{secret}@{place}"}
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(number), str(ROUNDS), *SUBJECTS],
            cwd=settings.BASE_DIR,
            env={**env, "DJANGO_SETTINGS_MODULE": "escalation_site.settings"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(1, WRITERS + 1)
    ]
    try:
        for writer in writers:
            assert writer.stdout is not None
            assert writer.stdout.readline() == "ready\n"
        for writer in writers:  # all at once
            assert writer.stdin is not None
            writer.stdin.write("go\n")
            writer.stdin.flush()
        assert [writer.communicate(timeout=PATIENCE)[0] for writer in writers] == ["written\n"] * WRITERS
    finally:
        for writer in writers:
            writer.kill()
            writer.wait()
    trail.seal(Entry.objects.latest("at").at)

    report = trail.verify()
    assert report.faults == []
    assert report.chains == len(SUBJECTS)
    lengths = dict(Chain.objects.filter(subject__in=SUBJECTS).values_list("subject", "length"))
    assert Counter(Entry.objects.values_list("subject", flat=True)) == lengths
    previous = Entry.objects.values("subject", "previous").annotate(times=Count("id")).filter(times__gt=1)
    assert list(previous) == []
    assert Entry.objects.values("actor").distinct().count() == WRITERS
