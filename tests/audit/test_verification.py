"""The verification of the journal: what it reads and how often, what its command says, and that it reads one snapshot."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.audit import reading, trail, verification
from apps.audit.models import Entry, Seal
from apps.people.models import Department
from tests.audit.tampering import entry, faults, update

pytestmark = pytest.mark.usefixtures("journal", "lifted_guards", "english")


def test_an_untouched_journal_is_whole(sealed: Seal) -> None:
    report = trail.verify()

    assert (report.entries, report.seals, report.chains, report.faults) == (7, 1, 4, [])
    assert report.ok


# --- what it reads ----------------------------------------------------------------------------------------------------


def test_one_subject_alone(subject: str, sealed: Seal) -> None:
    update(entry("cases.case:42", 1), actor="people.user:8")

    report = trail.verify(subject=subject)
    assert (report.entries, report.seals, report.chains, report.ok) == (3, 0, 1, True)
    assert not trail.verify(subject="cases.case:42").ok


def test_only_chains_touched_since(subject: str, support: Department, sealed: Seal) -> None:
    since = timezone.now()
    support.save()

    report = trail.verify(since=since)
    assert (report.entries, report.seals, report.chains, report.ok) == (4, 0, 1, True)


def test_statements_do_not_grow_with_the_journal(support: Department, systems: Department) -> None:
    with CaptureQueriesContext(connection) as before:
        trail.verify()
    for department in (support, systems) * 10:
        department.save()

    with CaptureQueriesContext(connection) as after:
        trail.verify()

    assert len(after) == len(before)


def test_batches_end_anywhere(monkeypatch: pytest.MonkeyPatch, subject: str, sealed: Seal) -> None:
    monkeypatch.setattr(reading, "BATCH", 2)
    assert trail.verify().ok

    entry(subject, 3).delete()
    assert faults()[0] == f"{subject}: The chain ends after 2 entries, but 3 were written."


def test_of_many_faults_the_first_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification, "MOST_FAULTS", 2)
    Entry.objects.update(actor="people.user:8")

    report = trail.verify()
    assert (len(report.faults), report.fault_count) == (2, 7)


# --- the command ------------------------------------------------------------------------------------------------------


def test_the_command_says_what_it_checked(sealed: Seal) -> None:
    out = StringIO()
    call_command("verify_history", stdout=out)

    assert out.getvalue().strip() == "7 entries, 1 seals, 4 chains checked"


def test_the_command_names_the_first_fault_and_counts_the_rest(subject: str) -> None:
    out = StringIO()
    entry(subject, 3).delete()

    with pytest.raises(CommandError) as error:
        call_command("verify_history", stdout=out)

    assert str(error.value) == f"{subject}: The chain ends after 2 entries, but 3 were written. (and 1 more)"
    assert error.value.returncode == 1
    assert out.getvalue().strip() == "6 entries, 0 seals, 4 chains checked"


def test_the_command_takes_a_subject_and_a_moment(subject: str) -> None:
    out = StringIO()
    call_command("verify_history", "--subject", subject, "--since", "2026-01-01", stdout=out)

    assert out.getvalue().strip() == "3 entries, 0 seals, 1 chains checked"


def test_the_command_refuses_what_is_no_moment() -> None:
    with pytest.raises(CommandError, match="“yesterday” is not a moment"):
        call_command("verify_history", "--since", "yesterday")


# --- one snapshot -----------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_it_reads_one_snapshot_and_leaves_none_open(sealed: Seal) -> None:
    assert trail.verify().ok
    assert trail.verify().ok
    assert not connection.in_atomic_block
