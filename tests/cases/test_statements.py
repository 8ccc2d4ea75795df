"""How many SQL statements a verb and a sweep cost: a promise of issue 2 that a stray query would break silently."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.audit.models import Source
from apps.cases import actions, clock
from apps.cases.ledger import Book
from apps.cases.models import Case, Deadline
from apps.people.models import User
from apps.policy.rulebook import get_rulebook
from tests.cases.life import NOW, SHEET, Life, sent
from tests.cases.moments import receive_many

VERB_LIMIT = 14
SWEEP_LIMIT = 40
RULEBOOK = 12  # once per process and version

FRAME = re.compile(r"(BEGIN|COMMIT|SAVEPOINT|RELEASE|ROLLBACK)\b")


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements but for those that only frame a transaction."""
    statements: list[str] = []
    with CaptureQueriesContext(connection) as queries:
        yield statements
    statements += [query["sql"] for query in queries if not FRAME.match(query["sql"])]


def assert_at_most(limit: int, statements: list[str]) -> None:
    shown = "\n".join(f"{number:3} {sql[:160]}" for number, sql in enumerate(statements, start=1))
    assert len(statements) <= limit, f"{len(statements)} statements, {limit} are allowed:\n{shown}"


# --- verbs ----------------------------------------------------------------------------------------------------------------


Walk = Callable[[Life], Case]


def held(life: Life) -> Case:
    return life.do("hold", life.in_progress(), by=life.cast.responder)


def reopened_once(life: Life) -> Case:
    case = life.do("reopen", life.resolved(), by=life.cast.operator)
    return life.do("resolve", case, by=life.cast.responder)


def with_specialists(life: Life) -> Case:
    case = life.do("escalate", life.in_progress(), by=life.cast.responder, team=life.cast.team("technical"))
    return life.do("accept", case, by=life.cast.specialist)


def followed(life: Life) -> Case:
    """By four people: a colleague, the lead, and two managers."""
    case = life.in_progress()
    for user in (life.cast.kobayashi, life.cast.lead, life.cast.manager, life.cast.director):
        case = life.do("follow", case, by=user)
    return case


VERBS: dict[str, tuple[str, str, Walk, dict[str, Any]]] = {
    # name: verb, who, on what, form
    "respond": ("respond", "operator", Life.received, {}),
    "escalate from the first line": ("escalate", "operator", Life.received, {}),
    "escalate by a manager": ("escalate", "manager", Life.received, {}),
    "escalate what waits already": ("escalate", "responder", Life.escalated, {"kind": "HIERARCHICAL"}),
    "escalate on hold": ("escalate", "responder", held, {}),
    "accept": ("accept", "responder", Life.escalated, {}),
    "send_back": ("send_back", "responder", Life.escalated, {}),
    "de_escalate": ("de_escalate", "responder", Life.in_progress, {}),
    "de_escalate to a queue": ("de_escalate", "specialist", with_specialists, {"team": "support-leaders"}),
    "hand_over": ("hand_over", "responder", Life.in_progress, {}),
    "hold": ("hold", "responder", Life.in_progress, {}),
    "resume": ("resume", "responder", held, {}),
    "resolve": ("resolve", "responder", Life.in_progress, {}),
    "resolve on hold": ("resolve", "responder", held, {}),
    "confirm": ("confirm", "operator", Life.resolved, {"satisfaction": 5}),
    "reopen": ("reopen", "operator", Life.resolved, {}),
    "reopen for the second time": ("reopen", "operator", reopened_once, {}),
    "review": ("review", "lead", Life.resolved, {}),
    "review by a manager": ("review", "manager", Life.resolved, {}),
    "note": ("note", "responder", Life.in_progress, {}),
    "note to the reporter": ("note", "responder", Life.in_progress, {"visibility": "REPORTER"}),
    "attach": ("attach", "responder", Life.in_progress, {"visibility": "REPORTER"}),
    "follow": ("follow", "kobayashi", Life.in_progress, {}),
    "unfollow": ("unfollow", "kobayashi", followed, {}),
}


@pytest.mark.parametrize("people", ["cold", "warm"])
@pytest.mark.parametrize("name", VERBS)
def test_a_verb_on_one_case_costs_few_statements(life: Life, name: str, people: str) -> None:
    verb, username, walk, form = VERBS[name]
    form = {key: life.cast.team(value) if key == "team" else value for key, value in form.items()}
    case = walk(life)
    person = User.objects.get(username=username)
    form = life.form(verb, case, now=life.now + timedelta(minutes=1)) | form
    if people == "warm":
        assert person.membership_list

    with counted() as statements, Book(source=Source.ADMIN) as book:
        getattr(actions, verb)(book.case(case.pk), book, by=person, now=life.now + timedelta(minutes=1), **form)

    assert_at_most(VERB_LIMIT, statements)


RECEIVED: dict[str, tuple[str | None, dict[str, Any]]] = {
    "by a member": ("operator", {}),
    "by nobody known": (None, {}),
    "with a trigger that escalates at once": (
        "operator",
        {"flags": ["REFUND"], "urgency_reason": "弁護士から連絡があった。"},
    ),
}


@pytest.mark.parametrize("people", ["cold", "warm"])
@pytest.mark.parametrize("name", RECEIVED)
def test_receiving_a_case_costs_few_statements(life: Life, name: str, people: str) -> None:
    username, sheet = RECEIVED[name]
    life.received()  # the rulebook is read
    person = User.objects.get(username=username) if username else None
    if person and people == "warm":
        assert person.membership_list
    team = life.cast.team("phone-desk")

    with counted() as statements, Book(source=Source.DESK) as book:
        actions.receive(book, by=person, now=NOW, team=team, sheet=SHEET | {"department": team.department} | sheet)

    assert_at_most(VERB_LIMIT, statements)


def test_linking_two_cases_costs_few_statements(life: Life) -> None:
    case, other = life.in_progress(), life.received()
    person = User.objects.get(username="responder")

    with counted() as statements, Book(source=Source.ADMIN) as book:
        actions.link(book.case(case.pk), book, by=person, now=life.now, kind="RECURRENCE_OF", other=other)

    assert_at_most(VERB_LIMIT, statements)


FOLLOWED = 4  # who follows, what they may see, and whether they may still read it; however many they are


@pytest.mark.parametrize("verb", ["escalate", "resolve", "hand_over"])
def test_followers_cost_four_statements_more(life: Life, verb: str) -> None:
    case = followed(life)
    person = User.objects.get(username="responder")
    form = life.form(verb, case, now=life.now)

    with counted() as statements, Book(source=Source.ADMIN) as book:
        getattr(actions, verb)(book.case(case.pk), book, by=person, now=life.now, **form)

    assert_at_most(VERB_LIMIT + FOLLOWED, statements)


def test_mentioning_and_attaching_in_a_note_costs_few_statements(life: Life) -> None:
    case = life.in_progress()
    person = User.objects.get(username="responder")
    files = [sent(f"{number}.txt", str(number).encode()) for number in range(5)]
    text = "@lead @kobayashi @manager @auditor @operator"

    with counted() as statements, Book(source=Source.ADMIN) as book:
        locked = book.case(case.pk)
        actions.note(locked, book, by=person, now=life.now, text=text, visibility="REPORTER", files=files)

    assert_at_most(VERB_LIMIT + 5, statements)


def test_merging_two_followed_cases_costs_few_statements(life: Life) -> None:
    case, original = followed(life), followed(life)
    person = User.objects.get(username="responder")

    with counted() as statements, Book(source=Source.ADMIN) as book:
        first, second = book.load([case.pk, original.pk])
        actions.merge(first, book, by=person, now=life.now, into=second)

    assert_at_most(24, statements)


def test_the_rulebook_is_read_once_in_few_statements(life: Life) -> None:
    version_id = life.received().policy_version_id
    get_rulebook.cache_clear()

    with counted() as first:
        get_rulebook(version_id)
    with counted() as second:
        get_rulebook(version_id)

    assert_at_most(RULEBOOK, first)
    assert second == []


# --- sweeps ---------------------------------------------------------------------------------------------------------------


def test_a_sweep_of_500_due_cases_costs_few_statements(life: Life) -> None:
    """First all their first-line limits (60 minutes), then all their acceptances (15 minutes later)."""
    receive_many(life, 500)
    life.sweep(NOW + timedelta(minutes=59))  # the first responses are over with

    for minute, kind in ((60, "FIRST_LINE_LIMIT"), (75, "ACCEPTANCE")):
        now = NOW + timedelta(minutes=minute)
        with counted() as statements:
            swept = clock.sweep(now)

        assert (swept.fired, swept.failed) == ({kind: 500}, 0)
        assert_at_most(SWEEP_LIMIT, statements)


def test_a_sweep_of_500_cases_with_two_due_clocks_each_costs_few_statements(life: Life) -> None:
    receive_many(life, 500)

    with counted() as statements:
        swept = clock.sweep(NOW + timedelta(hours=2))

    assert swept.fired == {"FIRST_RESPONSE": 500, "FIRST_LINE_LIMIT": 500}
    assert_at_most(SWEEP_LIMIT, statements)


def test_an_empty_sweep_is_one_statement(life: Life) -> None:
    receive_many(life, 3)

    with counted() as statements:
        assert clock.sweep(NOW) == clock.Swept()

    assert_at_most(1, statements)


def test_the_health_is_three_statements(life: Life) -> None:
    receive_many(life, 3)
    clock.record(clock.sweep(NOW), NOW)

    with counted() as statements:
        clock.health(NOW + timedelta(minutes=30))

    assert_at_most(3, statements)


def test_what_is_due_is_found_by_the_partial_index(life: Life) -> None:
    """Among a thousand running and many ended clocks, of which only the last are due, the planner takes the index."""
    receive_many(life, 500)
    Deadline.objects.filter(kind="FIRST_RESPONSE", case__number__lte="ESC-2026-000250").update(
        state="SETTLED", ended_at=NOW, next_at=None
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    with counted() as statements:
        clock.sweep(NOW)

    with connection.cursor() as cursor:
        cursor.execute(("EXPLAIN " if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN ") + statements[0])
        plan = "\n".join(str(row) for row in cursor.fetchall())

    assert "cases_deadline_next_at" in plan, plan
