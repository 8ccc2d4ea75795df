"""Nothing that people did with a case or a member keeps what a redaction blanks: files sent and taken, looks, searches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.test import Client
from django.urls import reverse

from apps.audit import redactions, trail
from apps.audit.models import Entry
from apps.cases.models import Attachment
from apps.people.models import User
from tests.cases.life import Life, sent
from tests.cases.redacting import dump, redact

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("english")]
TRACES = ("蓬莱", "hourai@secret.example")


def test_a_file_sent_taken_away_and_searched_for(
    life: Life, as_user: Callable[..., Client], asker: Any, approver: Any
) -> None:
    case = life.in_progress(customer="蓬莱 一郎", customer_email="hourai@secret.example", subject="蓬莱様の件")
    files = [sent("蓬莱様.txt", "蓬莱".encode())]
    case = life.do("attach", case, by=life.cast.responder, files=files, visibility="INTERNAL")
    auditor, subject = as_user(life.cast.auditor), trail.subject_of(case)
    auditor.get(reverse("attachment", args=[Attachment.objects.get().pk]))
    auditor.post("/admin/audit/entry/export/", {"format": "csv", "q": "蓬莱"})
    auditor.get("/admin/cases/case/", {"q": "蓬莱"})
    auditor.post("/admin/audit/entry/unmask/", {"page": "story", "of": subject, "reason": "蓬莱様の請求"})
    case = life.do("resolve", case, by=life.cast.responder)

    done = redact([subject], by=asker, approved_by=approver)
    redactions.forget()

    assert (done.state, done.error) == ("DONE", "")
    assert [trace for trace in TRACES if trace.encode() in dump()] == []
    assert set(Entry.objects.values_list("action", flat=True)) >= {"attach", "downloaded", "exported", "unmasked"}
    assert trail.verify().faults == []


def test_a_member_who_could_not_sign_in(life: Life, client: Client, asker: Any, approver: Any) -> None:
    person = User.objects.get(pk=life.cast.tanaka.pk)
    client.post("/login/", {"username": person.username, "password": "wrong"})
    assert AccessAttempt.objects.filter(username="tanaka").exists()
    person.is_active = False
    person.save()

    redact([trail.subject_of(person)], by=asker, approved_by=approver)
    redactions.forget()

    assert b"tanaka" not in dump()
