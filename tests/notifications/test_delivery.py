import os
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.conf import settings as django_settings
from django.core import mail
from django.db import connection

from apps.audit.models import Entry, Source
from apps.notifications import delivery, tasks
from apps.notifications.channels import DeliveryFailed
from apps.notifications.channels.email import Email
from apps.notifications.delivery import BACKOFF, MAX_ATTEMPTS, Result
from apps.notifications.models import Message

NOW = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)
SOON = timedelta(seconds=30)  # a call notes moments as they pass, from `now` on


def reread(message: Message) -> Message:
    return Message.objects.get(pk=message.pk)


def is_about(moment: datetime | None, expected: datetime) -> bool:
    return moment is not None and expected <= moment < expected + SOON


def test_what_is_due_is_sent(mailroom, make_message) -> None:
    message = make_message(error="450 earlier")
    later = make_message(next_try_at=NOW + timedelta(seconds=1))

    result = delivery.deliver(NOW)

    assert result == Result(sent=1)
    sent = reread(message)
    assert (sent.status, sent.attempts, sent.error, sent.next_try_at, sent.claimed_at) == ("SENT", 1, "", None, None)
    assert is_about(sent.sent_at, NOW)
    assert reread(later).status == "QUEUED"
    assert [rcpt for rcpt, _ in mailroom.received] == [["operator@example.jp"]]


def test_nothing_is_sent_twice(mailroom, make_message) -> None:
    make_message()

    assert [delivery.deliver(NOW), delivery.deliver(NOW)] == [Result(sent=1), Result()]


def test_the_longest_waiting_goes_first_and_the_limit_holds(make_message) -> None:
    make_message(subject="second", next_try_at=NOW - timedelta(minutes=1))
    make_message(subject="third")
    make_message(subject="first", next_try_at=NOW - timedelta(minutes=2))

    assert delivery.deliver(NOW, limit=2) == Result(sent=2)
    assert [sent.subject for sent in mail.outbox] == ["first", "second"]


def test_a_slow_server_does_not_keep_the_worker(make_message, monkeypatch) -> None:
    monkeypatch.setattr(delivery, "BUDGET", timedelta(0))
    message = make_message()

    assert delivery.deliver(NOW) == Result()
    assert reread(message).status == "QUEUED"


def test_a_temporary_refusal_is_tried_again_later(mailroom, make_message) -> None:
    mailroom.answer = "450 4.2.1 Try later"
    message = make_message()

    assert delivery.deliver(NOW) == Result(retried=1)

    waiting = reread(message)
    assert (waiting.status, waiting.attempts, waiting.error) == ("QUEUED", 1, "450 4.2.1 Try later")
    assert is_about(waiting.next_try_at, NOW + BACKOFF[0])
    mailroom.answer = ""
    assert delivery.deliver(NOW + BACKOFF[0] + SOON) == Result(sent=1)


def test_a_server_that_is_down_is_tried_again_later(no_server, make_message) -> None:
    message = make_message()

    assert delivery.deliver(NOW) == Result(retried=1)

    waiting = reread(message)
    assert (waiting.status, "ConnectionRefusedError" in waiting.error) == ("QUEUED", True)
    assert is_about(waiting.next_try_at, NOW + BACKOFF[0])


def test_a_permanent_refusal_fails_at_once_and_alone(mailroom, make_message) -> None:
    mailroom.answer = "550 5.1.1 No such user"
    refused = make_message()

    assert delivery.deliver(NOW) == Result(failed=1)

    failed = reread(refused)
    assert (failed.status, failed.attempts, failed.error) == ("FAILED", 1, "550 5.1.1 No such user")
    assert failed.next_try_at is None


def test_the_wait_grows_and_ends(make_message, monkeypatch) -> None:
    def refuse(channel: Email, message: Message) -> None:
        raise DeliveryFailed(permanent=False, reason="450 busy")

    monkeypatch.setattr(Email, "send", refuse)
    message, at, waits = make_message(), NOW, []

    for _ in range(MAX_ATTEMPTS - 1):
        assert delivery.deliver(at) == Result(retried=1)
        next_try_at = reread(message).next_try_at
        waits.append(round((next_try_at - at).total_seconds() / 60))
        at = next_try_at

    assert waits == [1, 5, 15, 60, 240, 720, 1440]
    assert delivery.deliver(at) == Result(failed=1)
    assert (reread(message).status, reread(message).error) == ("FAILED", "450 busy")


def test_an_unforeseen_fault_does_not_stop_the_others(make_message, monkeypatch) -> None:
    send = Email.send

    def stumble(channel: Email, message: Message) -> None:
        if message.subject == "bad":
            raise LookupError("surprise")
        send(channel, message)

    monkeypatch.setattr(Email, "send", stumble)
    bad = make_message(subject="bad", next_try_at=NOW - timedelta(minutes=1))
    make_message()

    assert delivery.deliver(NOW) == Result(sent=1, retried=1)
    assert reread(bad).error == "LookupError: surprise"


# --- rescue ----------------------------------------------------------------------------------------------------------


def test_what_a_killed_sender_left_is_rescued_and_sent(make_message) -> None:
    stuck = make_message(status="SENDING", next_try_at=None, claimed_at=NOW - timedelta(minutes=5), attempts=1)
    fresh = make_message(status="SENDING", next_try_at=None, claimed_at=NOW - timedelta(minutes=4), attempts=1)

    assert delivery.deliver(NOW) == Result(sent=1, rescued=1)
    assert [(reread(m).status, reread(m).attempts) for m in (stuck, fresh)] == [("SENT", 2), ("SENDING", 1)]


def test_what_keeps_killing_its_sender_is_given_up(make_message) -> None:
    message = make_message(
        status="SENDING", next_try_at=None, claimed_at=NOW - timedelta(hours=1), attempts=MAX_ATTEMPTS
    )

    assert delivery.deliver(NOW) == Result(rescued=1)
    assert (reread(message).status, reread(message).error != "") == ("FAILED", True)


def test_a_sender_that_was_too_slow_leaves_the_rescued_message_alone(make_message, monkeypatch) -> None:
    message = make_message()

    def be_rescued(channel: Email, sending: Message) -> None:
        Message.objects.filter(pk=sending.pk).update(status="QUEUED", claimed_at=None, next_try_at=NOW + SOON)

    monkeypatch.setattr(Email, "send", be_rescued)
    delivery.deliver(NOW)

    assert reread(message).status == "QUEUED"


# --- resend ----------------------------------------------------------------------------------------------------------


def test_only_what_has_not_left_is_sent_again_and_the_journal_says_who_wanted_it(make_message, operator) -> None:
    failed = make_message(status="FAILED", next_try_at=None, error="550 no such user", attempts=8)
    waiting = make_message(next_try_at=NOW + timedelta(hours=4), attempts=4)
    sending = make_message(status="SENDING", next_try_at=None, claimed_at=NOW)
    sent = make_message(status="SENT", next_try_at=None, sent_at=NOW)
    messages = [failed, waiting, sending, sent]

    assert delivery.resend([message.pk for message in messages], NOW, by=operator, source=Source.ADMIN) == 2

    assert [(reread(m).status, reread(m).attempts, reread(m).next_try_at) for m in messages] == [
        ("QUEUED", 0, NOW),
        ("QUEUED", 0, NOW),
        ("SENDING", 0, None),
        ("SENT", 0, None),
    ]
    entries = (
        Entry.objects.filter(action="resent").order_by("pk").values_list("subject", "actor", "source", "action", "at")
    )
    assert list(entries) == [
        (f"notifications.message:{message.pk}", f"people.user:{operator.pk}", "ADMIN", "resent", NOW)
        for message in (failed, waiting)
    ]


def test_the_task_sends_what_is_due(make_message) -> None:
    message = make_message()

    with time_machine.travel(NOW, tick=False):
        tasks.deliver()

    assert (tasks.deliver.name, reread(message).status) == ("notifications.deliver", "SENT")


# --- several senders -------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgres
def test_two_senders_at_once_send_each_message_once(mailroom, make_message) -> None:
    for number in range(40):
        make_message(subject=f"{number}")
    start, results = threading.Barrier(2), []

    def send() -> None:
        start.wait()
        try:
            results.append(delivery.deliver(NOW))
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(result.sent for result in results) == 40
    assert sorted(int(received["Subject"]) for received in mailroom.mails()) == list(range(40))


SENDER = """
import os, signal, django
from datetime import datetime
django.setup()
from django.conf import settings
settings.DATABASES["default"]["NAME"] = os.environ["TEST_NAME"]
from apps.notifications import delivery
from apps.notifications.channels.email import Email
Email.send = lambda channel, message: os.kill(os.getpid(), signal.SIGKILL)
delivery.deliver(datetime.fromisoformat(os.environ["TEST_NOW"]))
"""


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgres
def test_a_sender_killed_in_mid_sending_is_made_good_by_the_next(mailroom, make_message) -> None:
    message, other = make_message(), make_message()
    environment = os.environ | {"TEST_NAME": str(connection.settings_dict["NAME"]), "TEST_NOW": NOW.isoformat()}

    killed = subprocess.run([sys.executable, "-c", SENDER], env=environment, cwd=django_settings.BASE_DIR, check=False)

    assert killed.returncode == -signal.SIGKILL
    assert [reread(m).status for m in (message, other)] == ["SENDING", "QUEUED"]
    assert delivery.deliver(NOW + SOON) == Result(sent=1)
    assert delivery.deliver(NOW + timedelta(minutes=6)) == Result(sent=1, rescued=1)
    assert [(reread(m).status, reread(m).attempts) for m in (message, other)] == [("SENT", 2), ("SENT", 1)]
