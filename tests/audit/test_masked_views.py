"""In no view of the audit is a customer's name, address or number to be read, unless for a reason."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.audit import trail
from apps.audit.models import Entry
from apps.cases.models import Case, HandOff
from apps.notifications.models import Message
from tests.cases.life import Cast, Life

pytestmark = pytest.mark.django_db
AsUser = Callable[..., Client]

PERSONAL = (
    "川口",
    "由紀子",
    "kawaguchi@example.com",
    "090-1234-5678",
    "(090)1234-5678",
    "０９０−１２３４−５６７８",
    "03-1111",
)
AUDIT = "/admin/audit/entry/"


@pytest.fixture
def told(life: Life, cast: Cast) -> Case:
    """A case whose customer is named wherever people write."""
    case = life.received(
        subject="川口 由紀子様からの苦情",
        customer="川口 由紀子",
        customer_email="kawaguchi@example.com",
        customer_phone="090-1234-5678",
        contact="03-1111-2222",
        facts="川口由紀子様より電話。折り返しは０９０−１２３４−５６７８かkawaguchi@example.comへ。",
        customer_said="川口様「二度と行かない」",
    )
    case = life.do("respond", case, by=cast.operator, told="川口様に折り返すとお伝えした。")
    case = life.do("note", case, by=cast.operator, text="川口様の携帯 (090)1234-5678 に架電。")
    case = life.do("escalate", case, by=cast.operator, **_escalation(life, case, "川口様が責任者を希望。03-1111-2222"))
    case = life.do("accept", case, by=cast.responder)
    waits = life.form("hold", case, now=life.now) | {"reason": "川口様からの折り返し待ち（090-1234-5678）"}
    return life.do("hold", case, by=cast.responder, **waits)


def _escalation(life: Life, case: Case, reason: str) -> dict[str, object]:
    return life.form("escalate", case, now=life.now) | {"reason": reason}


def read_in(answer: object) -> list[str]:
    streams = getattr(answer, "streaming", False)
    text = (b"".join(answer) if streams else answer.content).decode(errors="replace")  # type: ignore[attr-defined]
    return [each for each in PERSONAL if each in text]


def test_no_page_of_the_audit_tells_it(told: Case, cast: Cast, as_user: AsUser) -> None:
    client, subject = as_user(cast.auditor), trail.subject_of(told)
    entries = [f"{AUDIT}{pk}/change/" for pk in Entry.objects.filter(subject=subject).values_list("pk", flat=True)]
    pages = [f"{AUDIT}today/", AUDIT, f"{AUDIT}?q={told.number}", f"{AUDIT}story/?of={subject}"]

    found = {page: read_in(client.get(page)) for page in [*pages, f"{AUDIT}past/?of={subject}", *entries]}

    assert {page: names for page, names in found.items() if names} == {}
    assert len(entries) == 6


def test_nor_does_a_page_of_the_case_itself(told: Case, cast: Cast, as_user: AsUser) -> None:
    client, admin = as_user(cast.auditor), f"/admin/cases/case/{told.pk}/"
    versions = [f"{admin}history/{pk}/" for pk in told.history.values_list("history_id", flat=True)]
    pages = [f"{admin}change/", f"{admin}print/", f"{admin}history/", *versions, f"/cases/{told.number}/"]
    hand_offs = "/admin/cases/handoff/"
    pages += ["/admin/cases/case/?queue=all", hand_offs, f"{hand_offs}{HandOff.objects.get().pk}/change/"]

    answers = {page: client.get(page) for page in pages}

    assert {page: found for page, answer in answers.items() if (found := read_in(answer))} == {}
    assert {answer.status_code for answer in answers.values()} == {200}
    assert "川口" in as_user(cast.responder).get(f"{admin}change/").content.decode(), "Who works on it reads it."


def test_nor_does_the_page_of_another_case_that_is_linked_or_alike(
    told: Case, life: Life, cast: Cast, as_user: AsUser
) -> None:
    linked, alike = life.received(customer="山田 太郎"), life.received(customer=told.customer, subject="別件")
    life.do("link", linked, by=cast.operator, kind="PARENT", other=told)
    pages = {f"/admin/cases/case/{each.pk}/change/": each.number for each in (linked, alike)}
    pages[f"/cases/{linked.number}/"] = linked.number

    shown = {page: as_user(cast.auditor).get(page) for page in pages}

    assert told.number in shown[f"/cases/{linked.number}/"].content.decode()
    assert {page: read_in(answer) for page, answer in shown.items() if read_in(answer)} == {}


def test_nor_do_the_outbox_and_the_members(told: Case, cast: Cast, as_user: AsUser) -> None:
    client, letter = as_user(cast.auditor), Message.objects.filter(about=trail.subject_of(told)).latest("pk")
    outbox, members = "/admin/notifications/message/", "/admin/people/user/"
    type(cast.lead).objects.filter(pk=cast.lead.pk).update(phone="03-1111-9999")
    pages = [outbox, f"{outbox}{letter.pk}/change/", f"{outbox}?q=川口", members, f"{members}{cast.lead.pk}/change/"]

    answers = {page: client.get(page) for page in pages}
    exported = client.post(f"{members}export/", {"format": "0", "resource": "0"})

    assert {answer.status_code for answer in answers.values()} == {200}
    assert {page: found for page, answer in answers.items() if (found := read_in(answer)) and "q=" not in page} == {}
    assert cast.lead.email not in "".join(answer.content.decode() for answer in answers.values())
    assert (read_in(exported), cast.lead.email in exported.content.decode()) == ([], False)
    assert cast.lead.email in as_user(cast.manager).get(members).content.decode()


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_no_exported_file_tells_it(kind: str, told: Case, cast: Cast, as_user: AsUser) -> None:
    answer = as_user(cast.auditor).post(f"{AUDIT}export/", {"format": kind})

    assert answer.status_code == 200
    assert read_in(answer) == []


@pytest.mark.parametrize("page", ["story", "past", "entry"])
def test_for_a_reason_it_is_told(page: str, told: Case, cast: Cast, as_user: AsUser) -> None:
    subject = trail.subject_of(told)
    received = Entry.objects.get(subject=subject, action="receive")
    asked = {"page": page, "of": subject, "entry": received.pk, "at": "2026-11-24T10:30", "reason": "苦情の調査"}

    answer = as_user(cast.auditor).post(f"{AUDIT}unmask/", asked)

    assert {"川口", "由紀子", "kawaguchi@example.com", "090-1234-5678"} <= set(read_in(answer))
    assert Entry.objects.filter(subject=subject, action="unmasked", reason="苦情の調査").count() == 1


def test_a_former_name_is_masked_too(told: Case, cast: Cast, as_user: AsUser) -> None:
    """A value that the live row no longer holds."""
    Case.objects.filter(pk=told.pk).update(customer="別の方")

    assert read_in(as_user(cast.auditor).get(f"{AUDIT}story/?of={trail.subject_of(told)}")) == []


def test_masking_a_page_of_the_journal_costs_one_statement(life: Life, cast: Cast, as_user: AsUser) -> None:
    client = as_user(cast.auditor)
    life.received()

    def statements() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            client.get(AUDIT)
        return len(queries)

    statements()
    few = statements()
    for number in range(5):
        life.received(customer=f"顧客{number}")

    assert statements() == few <= 10
