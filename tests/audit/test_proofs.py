"""Verification as a job: its progress in a row, taken up again when its worker is gone, done once when two try."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone, translation

from apps.audit import guards, proofs, reading, trail
from apps.audit.models import Entry, Verification
from apps.people.models import Department
from tests.audit.conftest import NOW

State = Verification.State
pytestmark = pytest.mark.django_db(transaction=True)


def ask(subject: str = "") -> Verification:
    return proofs.request(subject=subject, since=None, by="people.user:7", now=NOW)


def test_everything_is_verified(journal: None) -> None:
    trail.seal(NOW)
    row = ask()

    assert proofs.run(timezone.now()) == 1

    row.refresh_from_db()
    found = (row.state, row.total, row.entries, row.chains, row.seals, row.redacted, row.fault_count, row.faults)
    assert found == (State.DONE, 7, 7, 4, 1, 0, 0, [])
    assert row.upto == Entry.objects.order_by("-at").values_list("at", flat=True)[0]


def test_what_is_broken_is_kept_with_its_place(journal: None, support: Department) -> None:
    guards.lift()
    Entry.objects.filter(subject=trail.subject_of(support), sequence=2).update(actor="people.user:8")
    row = ask(trail.subject_of(support))

    with translation.override("en"):
        proofs.run(timezone.now())

    row.refresh_from_db()
    sentence = "A field of the entry was changed after it was written."
    assert (row.fault_count, row.faults) == (1, [[f"{trail.subject_of(support)} #2", sentence]])


def test_asking_twice_makes_one(journal: None) -> None:
    assert ask() == ask()
    assert ask() != ask("cases.case:42")


def test_progress_is_seen_from_outside(journal: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "BATCH", 2)
    monkeypatch.setattr(proofs, "BEAT", 0)
    seen: list[tuple[int, int]] = []
    write = proofs._Progress._write

    def look(self: proofs._Progress, **columns: int) -> None:
        write(self, **columns)
        with self._connection.cursor() as cursor:
            cursor.execute("SELECT entries, total FROM audit_verification")
            seen.append(cursor.fetchone())

    monkeypatch.setattr(proofs._Progress, "_write", look)
    ask()

    proofs.run(timezone.now())

    assert seen[:5] == [(0, 7), (2, 7), (4, 7), (6, 7), (7, 7)]
    assert set(seen[5:]) == {(7, 7)}


def test_a_dead_workers_verification_is_taken_up_again(journal: None) -> None:
    row = ask()
    assert proofs._claim(NOW) is not None  # and then the worker was killed

    assert proofs.run(NOW + proofs.STUCK_AFTER - timedelta(seconds=1)) == 0
    assert proofs.run(NOW + proofs.STUCK_AFTER) == 1

    row.refresh_from_db()
    assert (row.state, row.attempts) == (State.DONE, 2)


def test_who_lost_the_claim_writes_nothing_more(journal: None) -> None:
    row = ask()
    slow = proofs._claim(NOW)
    assert slow is not None
    proofs.run(NOW + proofs.STUCK_AFTER)
    Verification.objects.filter(pk=row.pk).update(entries=99)

    proofs._read(slow)

    assert Verification.objects.get(pk=row.pk).entries == 99


def test_one_runs_at_a_time(journal: None) -> None:
    ask()
    assert proofs._claim(NOW) is not None
    ask("cases.case:42")

    assert proofs._claim(NOW) is None


def test_what_keeps_killing_its_worker_is_given_up(journal: None) -> None:
    row = ask()
    now = NOW
    for _attempt in range(proofs.MOST_ATTEMPTS):
        assert proofs._claim(now) is not None
        now += proofs.STUCK_AFTER

    assert proofs.run(now) == 0

    row.refresh_from_db()
    assert (row.state, row.fault_count) == (State.DONE, 1)
    assert not connection.in_atomic_block
