"""What the tests of redactions share: texts that have to go, and a redaction from its request to its end."""

import io
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.db import connection

from apps.audit import redactions
from apps.audit.models import Redaction, Source
from apps.audit.redactions import Person
from apps.cases.models import Attachment, Case
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
