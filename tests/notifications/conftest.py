"""A named cast with mailboxes, and a mail server that really speaks SMTP."""

import email
import email.policy
import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from apps.notifications.models import Message
from apps.people.models import User

NOW = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)  # Tuesday, 15:30 in Tokyo


@pytest.fixture
def operator(db: None) -> User:
    return User.objects.create_user(
        "operator", "operator@example.jp", last_name="山田", first_name="花子", language="ja", time_zone="Asia/Tokyo"
    )


@pytest.fixture
def specialist(db: None) -> User:
    return User.objects.create_user(
        "specialist", "specialist@example.com", last_name="Weber", first_name="Anna", language="en",
        time_zone="Europe/Berlin",
    )  # fmt: skip


@pytest.fixture
def make_message(db: None) -> Callable[..., Message]:
    def make(**values: object) -> Message:
        defaults = {
            "about": "cases.case:42",
            "key": "escalated",
            "address": "operator@example.jp",
            "language": "ja",
            "subject": "緊急案件エスカレーション【株式会社サンプル/ESC-2026-000123】",
            "body": "お疲れさまです。\n",
            "why": "DESTINATION",
            "next_try_at": NOW,
            "created_at": NOW,
        }
        return Message.objects.create(**(defaults | values))

    return make


class Mailroom:
    """Answers RCPT with `answer` while it is set, and keeps what it accepts."""

    def __init__(self) -> None:
        self.answer = ""
        self.data_answer = ""
        self.connections = 0
        self.received: list[tuple[list[str], bytes]] = []

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.answer:
            return self.answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.data_answer:
            return self.data_answer
        self.received.append((list(envelope.rcpt_tos), envelope.content))
        return "250 OK"

    def mails(self) -> list[EmailMessage]:
        return [email.message_from_bytes(content, policy=email.policy.default) for _, content in self.received]


class AnyPort(Controller):
    """Listens on whatever port the system gives."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@pytest.fixture
def mailroom(settings) -> Iterator[Mailroom]:
    room = Mailroom()
    controller = AnyPort(room, hostname="127.0.0.1", port=0)
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", controller.port
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.DEFAULT_FROM_EMAIL = "esukare@example.jp"
    try:
        yield room
    finally:
        controller.stop(no_assert=True)


@pytest.fixture
def no_server(mailroom: Mailroom, settings) -> None:
    """A mail server's address where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        settings.EMAIL_PORT = probe.getsockname()[1]
