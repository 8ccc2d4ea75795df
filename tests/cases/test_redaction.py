"""Personal data leaves for good: two people agree, nothing of it stays in the database, and the chain still verifies."""

import io
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.files.base import ContentFile
from django.db import IntegrityError, connection, transaction
from django.utils import translation

from apps.audit import bundle, guards, redactions, trail
from apps.audit.models import Entry, RedactedEntry, Redaction, Source
from apps.audit.personal import BLACK
from apps.audit.redactions import Person, Refused
from apps.cases.models import Attachment, Case, HandOff, Update
from apps.notifications.models import Message
from apps.people.models import User
from tests.cases.life import NOW, Life

LATER = NOW + timedelta(days=400)
SECRETS = {
    "subject": "秘密商事からの苦情",
    "customer": "秘密商事 蓬莱様",
    "customer_plan": "契約 SECRET-4711",
    "customer_email": "hourai@secret.example",
    "customer_phone": "090-1111-2222",
    "customer_said": "蓬莱様はお怒り。",
    "first_line_did": "蓬莱様に謝罪。",
    "stuck_on": "蓬莱様が納得しない。",
    "facts": "蓬莱様の請求書が二重。",
    "place": "蓬莱様の店",
    "contact": "蓬莱様の隣の席",
    "urgency_reason": "蓬莱様は明日出張。",
}
TRACES = ("蓬莱", "秘密商事", "SECRET-4711", "hourai@secret.example", "090-1111-2222", "09011112222")


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def asker(life: Life) -> Person:
    return redactions.person(User.objects.get(pk=life.cast.manager.pk))


@pytest.fixture
def approver(life: Life) -> Person:
    return redactions.person(User.objects.get(pk=life.cast.policy.pk))


@pytest.fixture
def told(life: Life) -> Case:
    """A reviewed case with personal text in everything that a person can write."""
    case = life.received(**SECRETS)
    case = life.do("respond", case, by=life.cast.operator, told="蓬莱様に折り返す。")
    case = life.do(
        "escalate", case, by=life.cast.operator, **life.form("escalate", case, now=NOW) | {"reason": "蓬莱様が上司を。"}
    )
    case = life.do("send_back", case, by=life.cast.responder, advice="蓬莱様の番号を。")
    case = life.do("escalate", case, by=life.cast.operator)
    case = life.do("accept", case, by=life.cast.responder)
    case = life.do(
        "hold", case, by=life.cast.responder, **life.form("hold", case, now=life.now) | {"reason": "蓬莱様の返事待ち。"}
    )
    case = life.do("resume", case, by=life.cast.responder)
    texts = {"resolution": "蓬莱様の件を取消。", "cause": "蓬莱様の二重登録。", "prevention": "蓬莱様に検査。"}
    case = life.do("resolve", case, by=life.cast.responder, **life.form("resolve", case, now=life.now) | texts)
    case = life.do(
        "review", case, by=life.cast.lead, **life.form("review", case, now=life.now) | {"lesson": "蓬莱様に学ぶ。"}
    )
    row = Attachment(
        case=case, at=NOW, visibility="INTERNAL", name="蓬莱様.txt", content_type="text/plain", size=6, sha256="a" * 64
    )
    row.file.save("hourai.txt", ContentFile("蓬莱".encode()))
    return case


def redact(subjects: list[str], *, by: Person, approved_by: Person) -> Redaction:
    redaction = redactions.request(subjects, by=by, now=LATER, source=Source.ADMIN, reason="本人からの請求")
    redactions.approve(redaction.pk, by=approved_by, now=LATER, source=Source.ADMIN)
    redactions.carry_out_approved(LATER)
    redaction.refresh_from_db()
    return redaction


def dump() -> bytes:
    """Everything that the database holds: on SQLite the bytes of the file itself, on PostgreSQL every table's rows."""
    if connection.vendor == "sqlite":
        return bytes(connection.connection.serialize())
    out = io.BytesIO()
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            with cursor.copy(f'COPY "{table}" TO STDOUT') as copy:
                for part in copy:
                    out.write(part)
    return out.getvalue()


def traces() -> list[str]:
    held = dump()
    return [trace for trace in TRACES if trace.encode() in held]


@pytest.mark.django_db(transaction=True)
def test_nothing_personal_is_left_in_a_full_dump_and_the_journal_verifies(
    life: Life, told: Case, asker: Person, approver: Person
) -> None:
    trail.seal(LATER)
    assert traces() == list(TRACES)
    before = list(Entry.objects.order_by("id").values_list("id", "hash", "digest", "record"))
    path = Attachment.objects.get().file.path

    redaction = redact([f"cases.case:{told.pk}"], by=asker, approved_by=approver)
    redactions.forget()

    assert (redaction.state, redaction.error) == ("DONE", "")
    assert traces() == []
    assert not Path(path).exists()
    report = trail.verify()
    assert report.faults == []
    assert report.redacted == redaction.count == 10
    assert list(Entry.objects.order_by("id").values_list("id", "hash", "digest", "record"))[: len(before)] == before


@pytest.mark.django_db(transaction=True)
def test_what_is_not_personal_stays(life: Life, told: Case, asker: Person, approver: Person) -> None:
    kept = (
        "number",
        "state",
        "priority",
        "impact",
        "category_id",
        "owner_id",
        "received_at",
        "outcome",
        "satisfaction",
    )
    before = Case.objects.values(*kept).get(pk=told.pk)

    redact([f"cases.case:{told.pk}"], by=asker, approved_by=approver)

    case = Case.objects.get(pk=told.pk)
    assert Case.objects.values(*kept).get(pk=told.pk) == before
    assert (case.customer, case.customer_email, case.resolution) == (BLACK, "", BLACK)
    assert set(Update.objects.values_list("text", flat=True)) == {BLACK}
    assert set(HandOff.objects.values_list("reason", flat=True)) == {BLACK}
    assert set(Message.objects.values_list("body", flat=True)) == {BLACK}
    assert not Message.objects.filter(status="QUEUED").exists()
    assert life.journal(case)[-1] == ("policy", "redact", "REVIEWED", "REVIEWED")


@pytest.mark.django_db(transaction=True)
def test_the_exported_history_of_a_redacted_case_verifies(
    life: Life, told: Case, asker: Person, approver: Person, tmp_path: Path
) -> None:
    redact([f"cases.case:{told.pk}"], by=asker, approved_by=approver)
    file = tmp_path / "history.zip"
    file.write_bytes(b"".join(bundle.stream(LATER)))

    def verify() -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-I", "-S", str(bundle.VERIFIER), str(file)], capture_output=True, text=True
        )
        return done.returncode, done.stdout

    code, out = verify()
    assert code == 0
    assert ", 10 redacted\n" in out
    with zipfile.ZipFile(file) as archive:
        held = {name: archive.read(name).decode() for name in archive.namelist()}
    assert [trace for trace in TRACES if trace in "".join(held.values())] == []
    with zipfile.ZipFile(file, "w") as archive:
        for name, text in held.items():
            archive.writestr(name, text.replace(BLACK, "別人") if name == "entries.jsonl" else text)
    code, out = verify()
    assert code == 1
    assert f"cases.case:{told.pk} #1: The reason, the details or the history row was changed." in out


@pytest.mark.django_db(transaction=True)
def test_a_case_is_redacted_twice(life: Life, told: Case, asker: Person, approver: Person) -> None:
    redact([f"cases.case:{told.pk}"], by=asker, approved_by=approver)

    again = redact([f"cases.case:{told.pk}"], by=asker, approved_by=approver)

    assert (again.state, again.count) == ("DONE", 0)
    assert trail.verify().faults == []


@pytest.mark.django_db(transaction=True)
def test_a_member_who_has_left(life: Life, told: Case, asker: Person, approver: Person) -> None:
    person = User.objects.get(pk=life.cast.tanaka.pk)
    person.last_name, person.first_name, person.email, person.phone = (
        "秘田",
        "密子",
        "hida@secret.example",
        "03-9999-8888",
    )
    person.save()
    kind = ContentType.objects.get_for_model(User)
    LogEntry.objects.create(
        user=person, content_type=kind, object_id=str(person.pk), object_repr="秘田 密子", action_flag=CHANGE
    )
    Message.objects.filter(pk=life.last_mail()).update(body="秘田 密子さんが引き受けました。")
    subject = f"people.user:{person.pk}"
    with pytest.raises(Refused, match="has not left"):
        redact([subject], by=asker, approved_by=approver)
    person.is_active = False
    person.save()

    assert redact([subject], by=asker, approved_by=approver).error == ""
    redactions.forget()

    held = dump()
    assert [
        text for text in ("秘田", "密子", "hida@secret.example", "03-9999-8888", "tanaka") if text.encode() in held
    ] == []
    person.refresh_from_db()
    assert (person.username, person.last_name, person.email) == (f"member-{person.pk}", BLACK, "")
    assert Message.objects.get(pk=life.last_mail()).body == f"{BLACK}さんが引き受けました。"
    assert trail.verify().faults == []


# --- two persons ------------------------------------------------------------------------------------------------------


def test_nobody_approves_what_they_asked_for(told: Case, asker: Person) -> None:
    redaction = redactions.request([f"cases.case:{told.pk}"], by=asker, now=LATER, source=Source.ADMIN, reason="請求")

    with pytest.raises(Refused, match="somebody other than the person who asked"):
        redactions.approve(redaction.pk, by=asker, now=LATER, source=Source.ADMIN)
    with pytest.raises(IntegrityError, match="audit_redaction_two_persons"), transaction.atomic():
        Redaction.objects.update(state="APPROVED", decided_by=asker.actor, decided_at=LATER)


def test_without_the_right_nobody_asks_and_nobody_approves(life: Life, told: Case, asker: Person) -> None:
    operator = redactions.person(life.cast.operator)
    ask = {"now": LATER, "source": Source.ADMIN, "reason": "請求"}
    with pytest.raises(Refused, match="do not have the right"):
        redactions.request([f"cases.case:{told.pk}"], by=operator, **ask)
    redaction = redactions.request([f"cases.case:{told.pk}"], by=asker, **ask)
    with pytest.raises(Refused, match="do not have the right"):
        redactions.approve(redaction.pk, by=operator, now=LATER, source=Source.ADMIN)


@pytest.mark.parametrize(
    ("subjects", "reason", "sentence"),
    [
        ([], "請求", "between 1 and 1000"),
        (["policy.version:1"], "請求", "nothing that can be redacted"),
        (["cases.case:999999"], "請求", "does not exist"),
        (["cases.case:1"], " ", "give a reason"),
    ],
)
def test_what_cannot_be_asked_for(told: Case, asker: Person, subjects: list[str], reason: str, sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        redactions.request(subjects, by=asker, now=LATER, source=Source.ADMIN, reason=reason)
    assert not Redaction.objects.exists()


def test_an_open_case_keeps_its_data(life: Life, asker: Person) -> None:
    case = life.in_progress()

    with pytest.raises(Refused, match=f"{case.number} is not settled yet"):
        redactions.request([f"cases.case:{case.pk}"], by=asker, now=LATER, source=Source.ADMIN, reason="請求")


def test_a_declined_redaction_changes_nothing(told: Case, asker: Person, approver: Person) -> None:
    redaction = redactions.request([f"cases.case:{told.pk}"], by=asker, now=LATER, source=Source.ADMIN, reason="請求")

    redactions.decline(redaction.pk, by=approver, now=LATER, source=Source.ADMIN)

    assert redactions.carry_out_approved(LATER) == 0
    assert Case.objects.get(pk=told.pk).customer == SECRETS["customer"]
    steps = Entry.objects.filter(subject=f"audit.redaction:{redaction.pk}").order_by("sequence")
    assert [(each.action, each.actor) for each in steps] == [("requested", asker.actor), ("declined", approver.actor)]


def test_one_that_cannot_be_carried_out_does_not_keep_the_others_from_it(
    life: Life, told: Case, asker: Person, approver: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, whole = (
        redactions.request([f"cases.case:{case.pk}"], by=asker, now=LATER, source=Source.ADMIN, reason="請求")
        for case in (told, life.reviewed())
    )
    for each in (broken, whole):
        redactions.approve(each.pk, by=approver, now=LATER, source=Source.ADMIN)
    keeper = redactions._keepers["cases.case"]
    blank = keeper.blank

    def fail_for_one(keys: list[int], **how: Any) -> None:
        blank(keys, **how)
        if keys == [told.pk]:
            raise OSError("disk full")

    monkeypatch.setattr(keeper, "blank", fail_for_one)

    assert redactions.carry_out_approved(LATER) == 1

    broken.refresh_from_db()
    assert (broken.state, broken.error) == ("APPROVED", "OSError")
    assert Case.objects.get(pk=told.pk).customer == SECRETS["customer"]


# --- what a redaction cannot be used for ------------------------------------------------------------------------------


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
