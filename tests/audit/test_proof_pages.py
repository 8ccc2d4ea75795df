"""The pages of the proof: asking for a verification, its progress and report, the bundle, the seals outside."""

import io
import zipfile
from unittest.mock import Mock

import pytest
from django.test import Client
from django.utils import timezone

from apps.audit import guards, proofs, trail, witness
from apps.audit.admin import proof
from apps.audit.models import Entry, SealReport, Verification
from apps.people.models import Department, User
from tests.audit.conftest import NOW

PAGE = "/admin/audit/verification/"


@pytest.fixture(autouse=True)
def nudges(monkeypatch: pytest.MonkeyPatch) -> Mock:
    """No broker: the nudge that is lost here is the beat's to make up for."""
    tasks = Mock()
    monkeypatch.setattr(proof, "tasks", tasks)
    return tasks


def client_of(user: User) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(user)
    return client


@pytest.fixture
def admin(journal: None) -> Client:
    return client_of(User.objects.create_superuser("root", "root@example.com", "x", language="en"))


@pytest.mark.django_db(transaction=True)
def test_a_verification_from_the_page_to_its_report(admin: Client, nudges: Mock) -> None:
    trail.seal(NOW)
    answer = admin.post(f"{PAGE}ask/", {"subject": "", "since": ""})
    row = Verification.objects.get()
    assert answer["Location"] == f"{PAGE}{row.pk}/change/"
    nudges.verify.delay.assert_called_once_with()
    assert admin.get(f"{PAGE}{row.pk}/progress/").json() == {
        "entries": 0,
        "total": 0,
        "done": False,
        "words": "Waiting for a worker.",
    }
    assert b"data-progress" in admin.get(answer["Location"]).content

    proofs.run(timezone.now())

    assert admin.get(f"{PAGE}{row.pk}/progress/").json()["words"] == "Nothing was altered."
    report = admin.get(answer["Location"]).content.decode()
    assert "Everything that was read is as it was written" in report
    assert "data-progress" not in report
    assert "unaltered" in admin.get(PAGE).content.decode()


@pytest.mark.django_db(transaction=True)
def test_the_report_names_what_is_broken(admin: Client, support: Department) -> None:
    guards.lift()
    Entry.objects.filter(subject=trail.subject_of(support), sequence=2).update(actor="people.user:8")
    admin.post(f"{PAGE}ask/", {"subject": trail.subject_of(support)})
    proofs.run(timezone.now())

    report = admin.get(f"{PAGE}{Verification.objects.get().pk}/change/").content.decode()

    assert f"{trail.subject_of(support)} #2" in report
    assert "A field of the entry was changed after it was written." in report or "書き換え" in report


def test_what_nobody_knows_cannot_be_verified(admin: Client) -> None:
    page = admin.post(f"{PAGE}ask/", {"subject": "ESC-1999-000001"}).content.decode()

    assert "is called “ESC-1999-000001”" in page
    assert not Verification.objects.exists()


def test_the_bundle_is_for_a_reason_that_is_an_entry(admin: Client) -> None:
    assert admin.post(f"{PAGE}bundle/", {"reason": ""}).status_code == 200
    assert not Entry.objects.filter(action="exported").exists()

    answer = admin.post(f"{PAGE}bundle/", {"reason": "外部監査"})

    with zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as archive:
        assert "verify.py" in archive.namelist()
    entry = Entry.objects.get(action="exported")
    assert (entry.subject, entry.reason, entry.details) == ("audit.entry:all", "外部監査", {"format": "bundle"})


def test_a_seal_that_did_not_arrive_is_sent_again(admin: Client, settings: object, nudges: Mock) -> None:
    settings.SEAL_WEBHOOK_URL = "http://127.0.0.1:9/"  # type: ignore[attr-defined]
    trail.seal(NOW)
    row = witness.report(NOW)
    SealReport.objects.update(state="FAILED", next_try_at=None, error="Connection refused")
    assert "Connection refused" in admin.get(PAGE).content.decode()

    admin.post(f"{PAGE}send-again/{row.pk}/")

    assert SealReport.objects.get().state == "QUEUED"
    nudges.post_seals.delay.assert_called_once_with()


@pytest.mark.parametrize("address", ["ask/", "bundle/", "send-again/1/"])
def test_nothing_happens_on_get_or_without_the_right(admin: Client, address: str) -> None:
    assert admin.get(PAGE + address).status_code == 405
    clerk = client_of(User.objects.create_user("clerk", is_staff=True))
    assert clerk.post(PAGE + address, {"reason": "x"}).status_code == 403
    assert not Verification.objects.exists()


def test_the_pages_number_of_statements_does_not_grow(admin: Client, django_assert_max_num_queries: object) -> None:
    for number in range(12):
        proofs.request(subject=f"cases.case:{number}", since=None, by="people.user:1", now=NOW)
        trail.seal(NOW)

    with django_assert_max_num_queries(10):  # type: ignore[operator]
        assert admin.get(PAGE).status_code == 200
