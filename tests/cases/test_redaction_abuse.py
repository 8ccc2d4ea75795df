"""What a redaction cannot be used for: covering up, forging, changing more than its permit says."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from apps.audit import guards, redactions, trail
from apps.audit.models import Entry, RedactedEntry, Redaction, Source
from apps.audit.personal import BLACK
from apps.audit.redactions import Person
from apps.cases.models import Case
from tests.cases.redacting import LATER, SECRETS, redact

pytestmark = pytest.mark.usefixtures("english")


def lifted(work: Callable[[], Any]) -> None:
    guards.lift()
    work()
    guards.install()


def test_what_was_tampered_with_is_not_covered_up(told: Case, asker: Person, approver: Person) -> None:
    lifted(lambda: Case.history.filter(id=told.pk, history_change_reason="accept").update(amount=5))

    redaction = redact([f"cases.case:{told.pk}"], by=asker, approved_by=approver)

    assert (redaction.state, redaction.error) == (
        "APPROVED",
        f"cases.case:{told.pk} is not as it was written. Have the journal verified before anything of it is blanked.",
    )
    assert Case.objects.get(pk=told.pk).customer == SECRETS["customer"]
    assert not RedactedEntry.objects.exists()


@pytest.mark.parametrize(
    "change",
    [
        lambda pk: Case.history.filter(id=pk, history_change_reason="accept").update(amount=5),
        lambda pk: Case.history.filter(id=pk, history_change_reason="accept").update(customer="別人"),
        lambda pk: Entry.objects.filter(subject=f"cases.case:{pk}", sequence=3).update(reason="別の理由"),
        lambda pk: Entry.objects.filter(subject=f"cases.case:{pk}", sequence=3).update(salt="0" * 32),
    ],
    ids=["another field", "a blanked field", "the reason", "the salt"],
)
def test_what_is_changed_after_a_redaction_is_found(
    told: Case, asker: Person, approver: Person, change: Callable[[int], int]
) -> None:
    redact([f"cases.case:{told.pk}"], by=asker, approved_by=approver)

    lifted(lambda: change(told.pk))

    [fault] = trail.verify().faults
    assert fault.where.startswith(f"cases.case:{told.pk} #")
    assert "was changed" in fault.sentence


def test_a_redacted_digest_cannot_be_taken_anew(told: Case, asker: Person, approver: Person) -> None:
    redaction = redact([f"cases.case:{told.pk}"], by=asker, approved_by=approver)

    lifted(lambda: RedactedEntry.objects.filter(entry__sequence=3).update(digest="0" * 64))

    assert f"audit.redaction:{redaction.pk}: The redacted entries are not those that the journal names." in [
        str(fault) for fault in trail.verify().faults
    ]
    assert trail.verify(subject=f"cases.case:{told.pk}").fault_count == 2


def test_a_redaction_forged_in_the_database_is_found(told: Case) -> None:
    """Somebody with the database's password, who knows how digests are made, but wrote nothing into the journal."""

    def forge() -> None:
        entry = Entry.objects.get(subject=f"cases.case:{told.pk}", sequence=3)
        values = {"requested_by": "people.user:1", "decided_by": "people.user:2", "reason": "x", "done_at": LATER}
        redaction = Redaction.objects.create(subjects=[entry.subject], state="DONE", created_at=LATER, **values)
        RedactedEntry.objects.create(redaction=redaction, entry=entry, salt="0" * 32, digest=entry.digest)

    lifted(forge)

    redaction = Redaction.objects.get()
    assert [str(fault) for fault in trail.verify().faults] == [
        f"audit.redaction:{redaction.pk}: The journal does not know of this redaction."
    ]


# --- what the guards let through --------------------------------------------------------------------------------------


def refused(sql: str) -> str:
    with pytest.raises(IntegrityError) as error, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
    return str(error.value).splitlines()[0]


@pytest.fixture
def permitted(told: Case, asker: Person, approver: Person) -> Entry:
    """An approved redaction has given its permit for one entry, and not used it yet."""
    entry: Entry = Entry.objects.get(subject=f"cases.case:{told.pk}", sequence=3)
    redaction = redactions.request([entry.subject], by=asker, now=LATER, source=Source.ADMIN, reason="請求")
    redactions.approve(redaction.pk, by=approver, now=LATER, source=Source.ADMIN)
    RedactedEntry.objects.create(redaction=redaction, entry=entry, record=entry.record, salt="f" * 32, digest="0" * 64)
    return entry


def test_the_permit_lets_exactly_the_blanking_through_once(permitted: Entry) -> None:
    row = permitted.record.partition(":")[2]
    history = f"UPDATE cases_historicalcase SET {{}} WHERE history_id = {row}"
    entry = f"UPDATE audit_entry SET {{}} WHERE id = {permitted.pk}"
    only_added = "Rows of cases_historicalcase are only ever added, never changed or deleted."
    assert refused(history.format("customer = 'x'")) == only_added
    assert refused(history.format(f"customer = '{BLACK}', amount = 5")) == only_added
    assert refused(history.format(f"customer_email = '{BLACK}'")) == only_added
    assert refused(f"UPDATE cases_historicalcase SET customer = '{BLACK}' WHERE history_id <> {row}") == only_added
    assert "audit_entry" in refused(entry.format("salt = 'x'"))
    assert "audit_entry" in refused(entry.format(f"salt = '{'f' * 32}', reason = 'x'"))
    assert "audit_entry" in refused(entry.format(f"salt = '{'f' * 32}', digest = 'x'"))
    assert "audit_entry" in refused(f"DELETE FROM audit_entry WHERE id = {permitted.pk}")

    with connection.cursor() as cursor:
        cursor.execute(history.format(f"customer = '{BLACK}', customer_email = ''"))
        cursor.execute(entry.format(f"salt = '{'f' * 32}', reason = '{BLACK}'"))

    assert refused(history.format(f"subject = '{BLACK}'")) == only_added
    assert "audit_entry" in refused(entry.format(f"salt = '{'f' * 32}'"))


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE audit_redactedentry SET digest = 'x'",
        "DELETE FROM audit_redactedentry",
        "INSERT INTO audit_redactedentry (redaction_id, entry_id, record, salt, digest) "
        "SELECT 999, id, record, salt, digest FROM audit_entry",
    ],
)
def test_permits_are_only_given_by_an_approved_redaction(permitted: Entry, sql: str) -> None:
    assert refused(sql).startswith("A redacted entry is written while its approved redaction is carried out")


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM audit_redaction",
        "UPDATE audit_redaction SET state = 'REQUESTED', decided_by = ''",
        "UPDATE audit_redaction SET requested_by = 'people.user:99'",
        "UPDATE audit_redaction SET decided_by = 'people.user:99'",
        "UPDATE audit_redaction SET subjects = '[\"cases.case:999\"]'",
        "INSERT INTO audit_redaction (subjects, state, reason, created_at, requested_by, decided_by, count, error) "
        "SELECT subjects, 'APPROVED', reason, created_at, requested_by, decided_by, 0, '' FROM audit_redaction",
    ],
)
def test_a_redactions_steps_are_never_taken_back(permitted: Entry, sql: str) -> None:
    assert refused(sql).startswith("A redaction is proposed or asked for, then decided")
