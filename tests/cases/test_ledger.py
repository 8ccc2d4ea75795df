"""The one writer: all of a Book or nothing, the numbers that it gives, and what it may leave out."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

from apps.audit import trail
from apps.audit.models import Entry, Source
from apps.cases import actions, audience
from apps.cases.checks import Refused
from apps.cases.ledger import Book, one_case
from apps.cases.models import Case, HandOff
from apps.notifications import outbox
from apps.notifications.models import Message
from tests.cases.life import NOW, SHEET, Life, everything
from tests.cases.moments import P2, assert_sound

pytestmark = pytest.mark.django_db(transaction=True)  # a Book that fails takes the surrounding transaction with it


def receive(life: Life, book: Book, *, now: datetime = NOW, **sheet: Any) -> Case:
    team = life.cast.team("phone-desk")
    values = SHEET | {"department": team.department} | sheet
    return actions.receive(book, by=life.cast.operator, now=now, sheet=values, team=team)


# --- all or nothing -------------------------------------------------------------------------------------------------------


def fail(*args: object, **values: object) -> None:
    raise RuntimeError("The disk is full.")


@pytest.mark.parametrize("broken", [(trail, "append"), (outbox, "put"), (audience, "notices")])
@pytest.mark.parametrize("verb", ["receive", "escalate", "resolve"])
def test_when_one_part_cannot_be_written_nothing_is(
    life: Life, monkeypatch: pytest.MonkeyPatch, broken: tuple[object, str], verb: str
) -> None:
    stages: dict[str, Callable[[], Case | None]] = {
        "receive": lambda: None,
        "escalate": life.received,
        "resolve": life.in_progress,
    }
    case, before = stages[verb](), everything()
    monkeypatch.setattr(*broken, fail)

    with pytest.raises(RuntimeError, match="The disk is full"):
        if case is None:
            life.receive(by=None, now=NOW)  # without a holder: the team is told
        else:
            life.do(verb, case, by=life.cast.operator if verb == "escalate" else life.cast.responder)

    assert everything() == before


def test_when_the_database_refuses_one_row_nothing_of_the_others_is_written(life: Life) -> None:
    first, second = life.received(**P2), life.received(**P2)
    before = everything()

    with pytest.raises(IntegrityError, match="cases_case_satisfaction_1_to_5"), Book(source=Source.DESK) as book:
        good, bad = book.load([first.pk, second.pk])
        for case in (good, bad):
            actions.respond(case, book, by=life.cast.operator, now=NOW, told="折り返します。")
        actions.escalate(
            bad, book, by=life.cast.operator, now=NOW, **life.form("escalate", bad, now=NOW) | {"reason": "至急。"}
        )
        bad.satisfaction = 9
        actions.note(bad, book, by=life.cast.operator, now=NOW, text="このメモも残らない。")

    assert everything() == before


def test_a_refused_verb_leaves_nothing_of_what_the_book_held_already(life: Life) -> None:
    first, second = life.received(**P2), life.escalated(**P2)
    before = everything()

    with pytest.raises(Refused) as refused, Book(source=Source.DESK) as book:
        one, other = book.load([first.pk, second.pk])
        actions.respond(one, book, by=life.cast.operator, now=NOW, told="折り返します。")
        actions.respond(other, book, by=life.cast.operator, now=NOW, told="折り返します。")

    assert refused.value.code == "state"
    assert everything() == before


def test_a_book_of_which_nothing_is_asked_writes_nothing(life: Life) -> None:
    case, before = life.received(), everything()

    with one_case(case.pk, source=Source.DESK):
        pass

    assert everything() == before


def test_a_discarded_case_stays_as_it_was_while_the_others_are_written(life: Life) -> None:
    first, second = life.received(**P2), life.received(**P2)
    journal, clocks = life.journal(second), life.clocks(second)

    with Book(source=Source.DESK) as book:
        kept, dropped = book.load([first.pk, second.pk])
        for case in (kept, dropped):
            actions.respond(case, book, by=life.cast.operator, now=NOW + timedelta(minutes=5), told="折り返します。")
        book.discard(dropped)

    assert life.journal(first)[-1][1] == "respond"
    assert (life.journal(second), life.clocks(second)) == (journal, clocks)
    assert Case.objects.get(pk=second.pk).responded_at is None
    with pytest.raises(KeyError):
        book.draft(dropped)


def test_a_case_that_the_book_did_not_load_cannot_be_acted_on(life: Life) -> None:
    case = life.received()

    with pytest.raises(KeyError), Book(source=Source.DESK) as book:
        actions.respond(case, book, by=life.cast.operator, now=NOW, told="折り返します。")


def test_a_case_that_does_not_exist_is_not_found(life: Life) -> None:
    with pytest.raises(Case.DoesNotExist), one_case(4711, source=Source.DESK):
        pass


# --- many at once ---------------------------------------------------------------------------------------------------------


def test_a_book_of_many_cases_costs_the_statements_of_one(life: Life) -> None:
    def statements(ids: list[int]) -> int:
        with CaptureQueriesContext(connection) as queries, Book(source=Source.DESK) as book:
            for case in book.load(ids):
                actions.respond(case, book, by=life.cast.operator, now=NOW, told="折り返します。")
        return len(queries)

    with Book(source=Source.DESK) as book:
        cases = [receive(life, book, **P2) for _each in range(31)]
    ids = [case.pk for case in cases]

    assert statements(ids[1:]) == statements(ids[:1])
    assert Entry.objects.filter(action="respond").count() == 31
    assert trail.verify().faults == []


def test_several_verbs_on_one_case_in_one_book_each_leave_their_history_and_entry(life: Life) -> None:
    case = life.received(**P2)

    with one_case(case.pk, source=Source.DESK) as (locked, book):
        actions.respond(locked, book, by=life.cast.operator, now=NOW, told="折り返します。")
        actions.escalate(locked, book, by=life.cast.operator, now=NOW, **life.form("escalate", case, now=NOW))

    rows = Case.history.filter(id=case.pk).order_by("history_id")
    assert [(row.history_change_reason, row.state, row.responded_at is not None) for row in rows] == [
        ("receive", "RECEIVED", False),
        ("respond", "RECEIVED", True),
        ("escalate", "ESCALATED", True),
    ]
    entries = Entry.objects.filter(subject=f"cases.case:{case.pk}").order_by("sequence")
    assert [entry.record for entry in entries] == [trail.record_of(row) for row in rows]
    assert_sound()


def test_a_silent_book_writes_everything_but_letters(life: Life) -> None:
    case = life.received(**P2)
    before = Message.objects.count()

    with Book(source=Source.IMPORT, is_silent=True) as book:
        locked = book.case(case.pk)
        actions.escalate(locked, book, by=life.cast.operator, now=NOW, **life.form("escalate", case, now=NOW))

    assert Message.objects.count() == before
    assert HandOff.objects.get(case=case).status == "PENDING"
    assert life.journal(case)[-1] == ("operator", "escalate", "RECEIVED", "ESCALATED")


def test_the_words_of_the_house_reach_each_reader_in_their_own_language(life: Life) -> None:
    """What the model or a team is called is translated when the letter is written, not when the verb is called."""
    life.escalated(**P2)
    case = Case.objects.select_related("level", "team", "owner", "reporter").get()
    case.support_wanted = "DECISION"
    each = audience.Announcement(case, outbox.Key.ESCALATED, audience.team(case.team_id), NOW, None)

    with override("ja"):
        context = audience.notices([each])[0].context
    with override("en"):
        english = {name: str(context[name]) for name in ("priority_label", "state_label", "support_wanted", "team")}

    assert english == {
        "priority_label": "P2 high",
        "state_label": "Escalated",
        "support_wanted": "A decision",
        "team": "Support leaders",
    }


# --- numbers --------------------------------------------------------------------------------------------------------------


def test_numbers_run_through_the_year_as_tokyo_counts_it(life: Life) -> None:
    new_year = datetime(2026, 12, 31, 15, 0, tzinfo=UTC)  # midnight in Tokyo
    moments = [NOW, new_year - timedelta(seconds=1), new_year, NOW, new_year + timedelta(days=1)]

    with Book(source=Source.IMPORT) as book:
        cases = [receive(life, book, now=at) for at in moments]
    late = life.received(now=NOW)

    assert [case.number for case in (*cases, late)] == [
        "ESC-2026-000001",
        "ESC-2026-000002",
        "ESC-2027-000001",
        "ESC-2026-000003",
        "ESC-2027-000002",
        "ESC-2026-000004",
    ]


def test_a_case_that_came_to_nothing_leaves_no_gap_in_the_numbers(life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken, pytest.raises(RuntimeError):
        broken.setattr(trail, "append", fail)
        life.received()

    assert life.received().number == "ESC-2026-000001"


# --- the case as the writer leaves it -------------------------------------------------------------------------------------


def test_a_case_can_be_read_again(life: Life) -> None:
    case = life.received(**P2)
    assert str(case.team) == str(life.cast.team("phone-desk"))
    life.do("escalate", case, by=life.cast.operator)

    case.refresh_from_db()

    assert (case.state, case.team, case.owner) == ("ESCALATED", life.cast.team("support-leaders"), None)
    with pytest.raises(AttributeError):
        case.state = "RESOLVED"  # its protection is back


def test_the_state_can_be_left_out_and_read_later(life: Life) -> None:
    life.escalated()

    assert Case.objects.defer("state", "facts").get().state == "ESCALATED"
