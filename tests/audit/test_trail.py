"""Appending and sealing."""

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.audit import trail
from apps.audit.hashes import NONE_BEFORE
from apps.audit.models import Chain, Entry, Seal, Source
from apps.people.models import Department, User

AT = datetime(2026, 4, 1, 9, 0, 0, 123456, tzinfo=UTC)


def new_entry(subject: str = "cases.case:1", **fields: object) -> trail.NewEntry:
    entry = trail.NewEntry(subject=subject, at=AT, actor="people.user:7", source=Source.DESK, action="escalate")
    return replace(entry, **fields)


def test_entries_of_one_subject_are_chained_in_the_order_given(db: None) -> None:
    first, other, second = trail.append(
        [new_entry(action="receive"), new_entry("cases.case:2"), new_entry(action="escalate")]
    )

    assert [(each.subject, each.sequence, each.previous) for each in (first, second, other)] == [
        ("cases.case:1", 1, NONE_BEFORE),
        ("cases.case:1", 2, first.hash),
        ("cases.case:2", 1, NONE_BEFORE),
    ]
    assert list(Chain.objects.order_by("subject").values_list("subject", "length", "head")) == [
        ("cases.case:1", 2, second.hash),
        ("cases.case:2", 1, other.hash),
    ]


def test_a_later_call_goes_on_from_the_end_of_the_chain(db: None) -> None:
    [first] = trail.append([new_entry()])
    [second] = trail.append([new_entry()])

    assert (second.sequence, second.previous) == (2, first.hash)
    assert trail.verify().ok


def test_the_entry_holds_what_was_given(db: None) -> None:
    [entry] = trail.append(
        [
            new_entry(
                from_state="RECEIVED",
                to_state="ESCALATED",
                reason="返金のご要望",
                details={"due": AT, "wait": timedelta(minutes=5), "flags": {"REFUND", "LEGAL"}, "source": Source.API},
            )
        ]
    )

    stored = Entry.objects.values().get(pk=entry.pk)
    kept = {"record": "", "sequence": 1, "previous": NONE_BEFORE}
    computed = {name: getattr(entry, name) for name in ("id", "salt", "digest", "hash")}
    assert stored == kept | computed | {
        "subject": "cases.case:1",
        "at": AT,
        "actor": "people.user:7",
        "source": "DESK",
        "action": "escalate",
        "from_state": "RECEIVED",
        "to_state": "ESCALATED",
        "reason": "返金のご要望",
        "details": {
            "due": "2026-04-01T09:00:00.123456+00:00",
            "wait": 300_000_000,
            "flags": ["LEGAL", "REFUND"],
            "source": "API",
        },
    }


def test_history_rows_written_in_bulk_are_recorded(db: None) -> None:
    departments = Department.objects.bulk_create([Department(code=f"d{n}", name=f"第{n}課") for n in range(3)])
    rows = Department.history.bulk_history_create(departments, default_date=AT)

    entries = trail.append(
        [new_entry(trail.subject_of(d), history=row) for d, row in zip(departments, rows, strict=True)]
    )

    assert [entry.record for entry in entries] == [f"people.historicaldepartment:{row.pk}" for row in rows]
    report = trail.verify()
    assert (report.entries, report.chains, report.faults) == (3, 3, [])


def test_an_unsaved_history_row_is_refused(db: None) -> None:
    with pytest.raises(ValueError, match="must be saved"):
        trail.append([new_entry(history=Department.history.model(code="x"))])


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_nothing_is_appended() -> None:
    with pytest.raises(RuntimeError):
        trail.append([new_entry()])

    assert not Entry.objects.exists()


def test_three_statements_however_many_entries(db: None) -> None:
    subjects = [f"cases.case:{n}" for n in range(300)]
    trail.append([new_entry(subject) for subject in subjects])

    with CaptureQueriesContext(connection) as queries:
        trail.append([new_entry(subject) for subject in subjects])
    with CaptureQueriesContext(connection) as queries_of_new:
        trail.append([new_entry(f"new:{n}") for n in range(300)])

    assert len(queries) == 3
    assert len(queries_of_new) == (4 if connection.vendor == "postgresql" else 3)


def test_nothing_to_append_costs_nothing(db: None) -> None:
    with CaptureQueriesContext(connection) as queries:
        assert trail.append([]) == []

    assert len(queries) == 0


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("exists", [True, False], ids=["a chain that exists", "a new subject"])
def test_two_writers_at_once_do_not_fork_a_chain(exists: bool) -> None:
    if exists:
        with transaction.atomic():
            trail.append([new_entry()])
    writers, rounds = 4, 10
    start = threading.Barrier(writers)
    failures: list[Exception] = []

    def write() -> None:
        try:
            start.wait()
            for _ in range(rounds):
                with transaction.atomic():
                    trail.append([new_entry(), new_entry("cases.case:2")])
        except Exception as failure:
            failures.append(failure)
        finally:
            connection.close()

    threads = [threading.Thread(target=write) for _ in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    report = trail.verify()
    assert (report.entries, report.chains, report.faults) == (2 * writers * rounds + exists, 2, [])


def test_names(db: None) -> None:
    user = User.objects.create(username="sato")
    department = Department.objects.create(code="support", name="サポート部")

    assert trail.actor_of(user) == f"people.user:{user.pk}"
    assert trail.actor_of(None) == ""
    assert trail.subject_of(department) == f"people.department:{department.pk}"
    assert trail.record_of(department.history.get()).startswith("people.historicaldepartment:")


# --- seals ------------------------------------------------------------------------------------------------------------


def test_a_seal_covers_what_was_written_since_the_seal_before(db: None) -> None:
    entries = trail.append([new_entry(), new_entry("cases.case:2")])
    first = trail.seal(AT)
    [later] = trail.append([new_entry()])
    second = trail.seal(AT + timedelta(hours=1))

    assert first is not None
    assert second is not None
    assert [(s.number, s.first_id, s.last_id, s.count, s.previous) for s in (first, second)] == [
        (1, entries[0].pk, entries[1].pk, 2, NONE_BEFORE),
        (2, later.pk, later.pk, 1, first.hash),
    ]
    assert trail.verify().ok


def test_nothing_new_is_not_sealed(db: None) -> None:
    assert trail.seal(AT) is None
    trail.append([new_entry()])
    assert trail.seal(AT) is not None
    assert trail.seal(AT) is None
    assert Seal.objects.count() == 1


def test_a_removed_seal_does_not_stop_the_sealing(lifted_guards: None) -> None:
    trail.append([new_entry()])
    trail.seal(AT)
    trail.append([new_entry()])
    trail.seal(AT)
    Seal.objects.filter(number=2).delete()
    trail.append([new_entry()])

    seal = trail.seal(AT)

    assert seal is not None
    assert seal.number == 3
    assert not trail.verify().ok


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_an_entry_that_commits_late_is_not_lost_to_the_seal() -> None:
    """Its id is lower than one that is committed already; sealing waits for it."""
    inserted, go_on = threading.Event(), threading.Event()

    def write_slowly() -> None:
        try:
            with transaction.atomic():
                trail.append([new_entry("cases.case:1")])
                inserted.set()
                go_on.wait(2)
        finally:
            connection.close()

    slow = threading.Thread(target=write_slowly)
    slow.start()
    inserted.wait(2)
    with transaction.atomic():
        trail.append([new_entry("cases.case:2")])
    threading.Timer(0.3, go_on.set).start()

    seal = trail.seal(timezone.now())

    slow.join()
    assert seal is not None
    assert seal.count == 2
    assert trail.verify().ok


def test_a_second_entry_of_the_same_number_is_refused_by_the_database(db: None) -> None:
    [entry] = trail.append([new_entry()])
    entry.pk, entry.hash = None, "0" * 64
    with pytest.raises(IntegrityError), transaction.atomic():
        entry.save(force_insert=True)
