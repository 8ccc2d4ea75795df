"""The day's seal told outside: posted to a real HTTP server, retried, and mailed once."""

import json
import re
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from apps.audit import trail, witness
from apps.audit.canonical import moment
from apps.audit.models import Seal, SealReport
from apps.notifications import seals
from apps.notifications.models import Message
from apps.people.models import Department
from tests.audit.conftest import NOW

State = SealReport.State


class Witness:
    """A server that answers with `codes`, one after the other, the last one for ever."""

    def __init__(self) -> None:
        self.codes = [204]
        self.received: list[tuple[str, Any]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.received.append((self.headers["Content-Type"], json.loads(body)))
                code = outer.codes.pop(0) if len(outer.codes) > 1 else outer.codes[0]
                self.send_response(code)
                if code == 302:
                    self.send_header("Location", outer.url)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/seals"


@pytest.fixture
def outside(settings: Settings) -> Iterator[Witness]:
    witness = Witness()
    settings.SEAL_WEBHOOK_URL = witness.url
    thread = threading.Thread(target=witness.server.serve_forever)
    thread.start()
    yield witness
    witness.server.shutdown()
    thread.join()
    witness.server.server_close()


@pytest.fixture
def sealed(journal: None) -> Seal:
    seal = trail.seal(NOW)
    assert seal is not None
    return seal


def test_the_seal_is_posted_once(sealed: Seal, outside: Witness) -> None:
    row = witness.report(NOW)
    assert witness.report(NOW + timedelta(minutes=1)) == row

    assert (witness.post(NOW), witness.post(NOW)) == (1, 0)

    assert outside.received == [
        (
            "application/json",
            {
                "day": "2026-04-01",
                "site": "http://127.0.0.1:8000",
                "seal": 1,
                "sealed_at": moment(NOW),
                "entries": 7,
                "last_entry": sealed.last_id,
                "root": sealed.root,
                "previous": "0" * 64,
                "hash": sealed.hash,
            },
        )
    ]
    row = SealReport.objects.get()
    assert (row.state, row.sent_at, row.attempts, row.error) == (State.SENT, NOW, 1, "")


def test_a_day_without_a_new_seal_reports_nothing(sealed: Seal, outside: Witness, support: Department) -> None:
    witness.report(NOW)

    assert witness.report(NOW + timedelta(days=1)) is None
    support.save()
    trail.seal(NOW + timedelta(days=1))
    assert witness.report(NOW + timedelta(days=1)).seal.number == 2


@pytest.mark.parametrize("code", [302, 404, 500])
def test_what_does_not_arrive_is_tried_again(sealed: Seal, outside: Witness, code: int) -> None:
    outside.codes = [code, 200]
    witness.report(NOW)

    assert witness.post(NOW) == 0
    row = SealReport.objects.get()
    assert (row.state, row.next_try_at, row.attempts) == (State.QUEUED, NOW + timedelta(minutes=1), 1)
    assert str(code) in row.error

    assert witness.post(NOW + timedelta(seconds=59)) == 0
    assert witness.post(NOW + timedelta(minutes=1)) == 1
    assert SealReport.objects.get().state == State.SENT


def test_what_never_arrives_stays_visible_and_may_be_sent_again(
    sealed: Seal, outside: Witness, settings: Settings
) -> None:
    settings.SEAL_WEBHOOK_URL = "http://127.0.0.1:9/"  # nobody listens there
    witness.report(NOW)
    now = NOW
    for _attempt in range(len(witness.BACKOFF) + 1):
        witness.post(now)
        now += timedelta(days=2)
    row = SealReport.objects.get()
    assert (row.state, row.attempts, row.next_try_at) == (State.FAILED, 8, None)
    assert "refused" in row.error

    settings.SEAL_WEBHOOK_URL = outside.url
    assert witness.send_again(row.pk, now)
    assert witness.post(now) == 1


def test_a_sender_that_was_killed_leaves_a_later_try(sealed: Seal, outside: Witness) -> None:
    row = witness.report(NOW)

    assert witness._claimed(row, NOW)
    assert not witness._claimed(row, NOW)
    assert SealReport.objects.get().next_try_at == NOW + timedelta(minutes=1)


def test_without_an_address_the_row_says_so(sealed: Seal) -> None:
    witness.report(NOW)

    assert witness.post(NOW) == 0
    assert SealReport.objects.get().state == State.NONE


def test_the_seal_is_mailed_once(sealed: Seal, settings: Settings) -> None:
    settings.SEAL_MAIL_TO = ["archive@example.jp", "auditor@example.org"]

    assert (seals.mail(NOW), seals.mail(NOW)) == (2, 0)

    mail = Message.objects.get(address="archive@example.jp")
    assert mail.subject == "監査記録の封印（2026-04-01、第1号）"
    assert f"マークルルート：{sealed.root}" in mail.body
    assert f"ハッシュ：{sealed.hash}" in mail.body
    assert not re.search(r"\{[{%]|None|\n\n\n|[:：]\s*$", mail.body, re.MULTILINE)
    assert SealReport.objects.get().mailed_at == NOW


def test_without_addresses_nothing_is_mailed(sealed: Seal) -> None:
    assert seals.mail(NOW) == 0
    assert not Message.objects.exists()
