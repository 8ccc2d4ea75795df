from datetime import UTC, datetime

import pytest
from django.test import Client
from django.urls import reverse

from apps.notifications.models import Message
from apps.people.models import Department, Level, Membership, Role, Team, User

NOW = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)


@pytest.fixture
def failed(make_message) -> Message:
    return make_message(status="FAILED", next_try_at=None, error="550 5.1.1 No such user", attempts=1)


def sign_in(role: Role) -> Client:
    level = Level.objects.create(rank=3, name="専門", response_minutes=240, authority="MEDIUM", amount_limit=500_000)
    department = Department.objects.create(name="情報システム部", code="it")
    team = Team.objects.create(name="運用", code="ops", department=department, level=level)
    user = User.objects.create_user("watcher", is_staff=True, language="en")
    Membership.objects.create(user=user, team=team, role=role)
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def viewer(db: None) -> Client:
    return sign_in(Role.AUDITOR)


@pytest.fixture
def resender(db: None) -> Client:
    return sign_in(Role.POLICY_OWNER)


def page(name: str, message: Message | None = None) -> str:
    return reverse(f"admin:notifications_message_{name}", args=[message.pk] if message else [])


def test_who_may_view_finds_the_failed_and_the_reason(viewer, failed) -> None:
    listed = viewer.get(page("changelist"), {"status__exact": "FAILED"})
    shown = viewer.get(page("change", failed))

    assert (listed.status_code, failed.subject in listed.text) == (200, True)
    assert (shown.status_code, "550 5.1.1 No such user" in shown.text) == (200, True)


def test_nobody_writes_or_deletes_a_message(resender, failed) -> None:
    answers = [
        resender.get(page("add")),
        resender.post(page("add"), {}),
        resender.post(page("change", failed), {"subject": "x"}),
        resender.get(page("delete", failed)),
        resender.post(page("delete", failed), {"post": "yes"}),
    ]

    assert [answer.status_code for answer in answers] == [403] * 5
    assert Message.objects.get().subject == failed.subject


def test_opening_the_dialog_sends_nothing(resender, failed) -> None:
    answer = resender.get(page("resend", failed))

    assert (answer.status_code, Message.objects.get().status) == (200, "FAILED")


def test_confirming_the_dialog_queues_the_message_again(resender, failed) -> None:
    answer = resender.post(page("resend", failed), {"_form_submitted": "on"})

    message = Message.objects.get()
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (200, page("change", failed))
    assert (message.status, message.attempts) == ("QUEUED", 0)


def test_several_are_queued_again_from_the_list(resender, failed, make_message) -> None:
    make_message(status="FAILED", next_try_at=None, error="down")
    selected = list(Message.objects.values_list("pk", flat=True))

    resender.post(page("changelist"), {"action": "resend_selected", "_selected_action": selected})

    assert list(Message.objects.values_list("status", flat=True)) == ["QUEUED", "QUEUED"]


def test_who_may_only_view_sends_nothing_again(viewer, failed) -> None:
    direct = viewer.post(page("resend", failed), {"_form_submitted": "on"})
    viewer.post(page("changelist"), {"action": "resend_selected", "_selected_action": [failed.pk]})

    assert (direct.status_code, Message.objects.get().status) == (403, "FAILED")


def test_what_was_sent_is_not_sent_again(resender, make_message) -> None:
    sent = make_message(status="SENT", next_try_at=None, sent_at=NOW)

    answer = resender.post(page("resend", sent), {"_form_submitted": "on"})

    assert (answer.status_code, Message.objects.get().status) == (403, "SENT")
