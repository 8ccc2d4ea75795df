"""Browsing the journal: every filter, pages by key, entries in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from apps.audit import journal, trail
from apps.audit.journal import Filters, Key
from apps.audit.models import Entry, Source

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
JOURNAL = "/admin/audit/entry/"


def write(subject: str, action: str, *, minute: int = 0, actor: str = "", **details: object) -> None:
    entry = trail.NewEntry(subject, NOW + timedelta(minutes=minute), actor, Source.ADMIN, action, details=details)
    with transaction.atomic():
        trail.append([entry])


@pytest.fixture
def few() -> None:
    """Of two cases in two departments, a rule, and a look."""
    write("cases.case:1", "receive", minute=0, actor="people.user:1", department="people.department:1")
    write("cases.case:2", "receive", minute=1, actor="people.user:2", department="people.department:2")
    write("policy.matrixrow:1", "changed", minute=2, actor="people.user:3")
    write("cases.case:1", "escalate", minute=3, department="people.department:1", breach=["FIRST_LINE_LIMIT"])
    write("cases.case:1", "viewed", minute=4, actor="people.user:3")


def found(filters: Filters) -> list[tuple[str, str]]:
    return [(entry.subject, entry.action) for entry in journal.page(filters).entries]


RECEIVED_1, RECEIVED_2 = ("cases.case:1", "receive"), ("cases.case:2", "receive")
CHANGED, ESCALATED, VIEWED = ("policy.matrixrow:1", "changed"), ("cases.case:1", "escalate"), ("cases.case:1", "viewed")


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(), [VIEWED, ESCALATED, CHANGED, RECEIVED_2, RECEIVED_1]),
        (Filters(actor="people.user:3"), [VIEWED, CHANGED]),
        (Filters(kind="policy.matrixrow"), [CHANGED]),
        (Filters(kind="policy."), [CHANGED]),
        (Filters(action="receive"), [RECEIVED_2, RECEIVED_1]),
        (Filters(action="looked"), [VIEWED]),
        (Filters(department="people.department:1"), [ESCALATED, RECEIVED_1]),
        (Filters(breach=True), [ESCALATED]),
        (Filters(since=NOW + timedelta(minutes=2)), [VIEWED, ESCALATED, CHANGED]),
        (Filters(until=NOW + timedelta(minutes=1)), [RECEIVED_1]),
        (Filters(actor="people.user:3", kind="cases.case"), [VIEWED]),
    ],
)
def test_each_filter_narrows(filters: Filters, expected: list[tuple[str, str]]) -> None:
    assert found(filters) == expected


def test_pages_meet_without_a_gap_in_both_directions() -> None:
    for number in range(7):
        write("cases.case:1", f"step {number}", minute=number // 2)  # two entries a moment

    first = journal.page(Filters(), size=3)
    second = journal.page(Filters(), before=first.older, size=3)
    last = journal.page(Filters(), before=second.older, size=3)
    back = journal.page(Filters(), after=last.newer, size=3)

    steps = [[entry.action[-1] for entry in page.entries] for page in (first, second, last, back)]
    assert steps == [["6", "5", "4"], ["3", "2", "1"], ["0"], ["3", "2", "1"]]
    assert (first.newer, last.older) == (None, None)
    assert (back.newer is not None, back.older is not None) == (True, True)


def test_a_key_is_read_back_and_nothing_else_is() -> None:
    key = Key(NOW, 42)

    assert Key.read(str(key)) == key
    assert [Key.read(text) for text in ("", "~", "2026-11-24~1", "2026-99-99T00:00+00:00~1", "x~y")] == [None] * 5


def test_an_index_holds_what_each_filter_asks() -> None:
    names = {index.name for index in Entry._meta.indexes}

    assert {f"audit_entry_{name}_at_id" for name in ("actor", "action", "kind", "department", "breach")} | {
        "audit_entry_at_id"
    } <= names


@pytest.mark.postgres
@pytest.mark.usefixtures("few")
@pytest.mark.parametrize(
    ("filters", "index"),
    [
        (Filters(), "audit_entry_at_id"),
        (Filters(actor="people.user:3"), "audit_entry_actor_at_id"),
        (Filters(action="deleted"), "audit_entry_action_at_id"),
        (Filters(kind="policy.matrixrow"), "audit_entry_kind_at_id"),
        (Filters(department="people.department:1"), "audit_entry_department_at_id"),
        (Filters(breach=True), "audit_entry_breach_at_id"),
        (Filters(since=NOW), "audit_entry_at_id"),
    ],
)
def test_postgresql_can_answer_by_that_index(filters: Filters, index: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_sort = off")
    (entries,) = journal.matching(filters)
    plan = entries[:51].explain()

    assert f"using {index} on" in plan
    assert "Sort" not in plan


def test_the_page_needs_the_right(client: Client) -> None:
    assert client.get(JOURNAL).status_code == 302
    assert client.get(reverse("admin:audit_entry_people")).status_code == 302
