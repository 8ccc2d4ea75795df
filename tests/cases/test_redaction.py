"""Personal data leaves for good: two people agree, nothing of it stays in the database, and the chain still verifies."""

import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, transaction

from apps.audit import bundle, redactions, trail
from apps.audit.models import Entry, Redaction, Source
from apps.audit.personal import BLACK
from apps.audit.redactions import Person, Refused
from apps.cases.models import Attachment, Case, HandOff, Update
from apps.notifications.models import Message
from apps.people.models import User
from tests.cases.life import Life
from tests.cases.redacting import LATER, SECRETS, dump, redact

pytestmark = pytest.mark.usefixtures("english")

TRACES = ("蓬莱", "秘密商事", "SECRET-4711", "hourai@secret.example", "090-1111-2222", "09011112222")


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
