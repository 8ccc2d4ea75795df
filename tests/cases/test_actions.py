"""What each verb does when it may: the case, its hand-offs, its timeline and its journal, as whole values."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from apps.audit.models import Entry, Source
from apps.cases import actions
from apps.cases.ledger import Book
from apps.cases.models import Case, HandOff, Link, Pause, Review, Update
from tests.cases.life import NOW, SHEET, Cast, Life

MINUTE = timedelta(minutes=1)


def told(case: Case) -> list[tuple[str, str, str]]:
    return list(Update.objects.filter(case=case).values_list("verb", "visibility", "text"))


def hand_offs(case: Case) -> list[tuple[Any, ...]]:
    """(kind, status, from whom, from team, to team, to whom, answered by)"""
    return list(
        HandOff.objects.filter(case=case)
        .order_by("at", "answered_at")
        .values_list(
            "kind", "status", "from_owner__username", "from_team__code", "to_team__code", "to_owner__username",
            "answered_by__username",
        )
    )  # fmt: skip


def last_entry(case: Case) -> dict[str, object]:
    """Without the department, which the details of every entry name."""
    entry = Entry.objects.filter(subject=f"cases.case:{case.pk}").latest("sequence")
    assert entry.details.pop("department") == f"people.department:{case.department_id}"
    return {
        name: getattr(entry, name) for name in ("action", "from_state", "to_state", "source", "reason", "details", "at")
    }


# --- receive -----------------------------------------------------------------------------------------------------


def test_a_received_case(cast: Cast, life: Life) -> None:
    case = life.received(now=NOW)

    assert {name: getattr(case, name) for name in SHEET} == SHEET
    assert case.number == "ESC-2026-000001"
    assert (case.state, case.priority, case.reporter, case.owner) == ("RECEIVED", "P3", cast.operator, cast.operator)
    assert (case.team, case.level.rank, case.received_at, case.active_at) == (cast.team("phone-desk"), 1, NOW, NOW)
    assert last_entry(case) == {
        "action": "receive",
        "from_state": "",
        "to_state": "RECEIVED",
        "source": "DESK",
        "reason": "",
        "details": {},
        "at": NOW,
    }


def test_numbers_count_through_the_year_of_tokyo(cast: Cast, life: Life) -> None:
    before_midnight, midnight = (
        NOW.replace(month=12, day=31, hour=14, minute=59),
        NOW.replace(month=12, day=31, hour=15),
    )

    numbers = [life.received(now=now).number for now in (NOW, before_midnight, midnight, midnight)]

    assert numbers == ["ESC-2026-000001", "ESC-2026-000002", "ESC-2027-000001", "ESC-2027-000002"]


def test_several_cases_in_one_book_are_numbered_in_their_order(cast: Cast, life: Life) -> None:
    desk = cast.team("phone-desk")
    with Book(source=Source.IMPORT) as book:
        sheet = SHEET | {"department": desk.department}
        cases = [actions.receive(book, by=cast.importer, now=NOW, sheet=sheet, team=desk) for _each in range(3)]

    assert [case.number for case in cases] == ["ESC-2026-000001", "ESC-2026-000002", "ESC-2026-000003"]
    assert [case.reporter for case in cases] == [None] * 3  # the import is nobody to thank


def test_an_error_in_the_book_leaves_nothing_not_even_a_number(cast: Cast, life: Life) -> None:
    desk = cast.team("phone-desk")
    sheet = SHEET | {"department": desk.department}
    with pytest.raises(ZeroDivisionError), transaction.atomic(), Book(source=Source.DESK) as book:
        actions.receive(book, by=cast.operator, now=NOW, sheet=sheet, team=desk)
        raise ZeroDivisionError

    assert (Case.objects.count(), Entry.objects.filter(subject__startswith="cases.").count()) == (0, 0)
    assert life.received().number == "ESC-2026-000001"


# --- respond, escalate, accept -----------------------------------------------------------------------------------


def test_a_response_gives_a_case_without_a_holder_one(cast: Cast, life: Life) -> None:
    case = life.receive(by=None)
    assert (case.reporter, case.owner) == (None, None)

    case = life.do("respond", case, by=cast.tanaka)

    assert (case.state, case.owner, case.responded_at) == ("RECEIVED", cast.tanaka, life.now)
    assert told(case) == [("respond", "REPORTER", "確認して折り返しますとお伝えした。")]


def test_the_first_response_is_the_first(cast: Cast, life: Life) -> None:
    case = life.do("respond", life.received(), by=cast.operator)
    first = case.responded_at

    case = life.do("respond", case, by=cast.tanaka)

    assert (case.responded_at, case.owner) == (first, cast.operator)


def test_an_escalated_case_waits_for_somebody(cast: Cast, life: Life) -> None:
    case = life.escalated()

    assert (case.state, case.owner, case.team.code, case.level.rank) == ("ESCALATED", None, "support-leaders", 2)
    assert (case.escalations, case.rung, case.rung_repeats, case.escalated_at) == (1, 1, 0, life.now)
    assert hand_offs(case) == [("FUNCTIONAL", "PENDING", "operator", "phone-desk", "support-leaders", None, None)]
    assert last_entry(case) == {
        "action": "escalate",
        "from_state": "RECEIVED",
        "to_state": "ESCALATED",
        "source": "ADMIN",
        "reason": "一次対応では判断できない。",
        "details": {"kind": "FUNCTIONAL", "to": "support-leaders", "former_owner": cast.operator.pk},
        "at": life.now,
    }


def test_an_escalation_ends_a_hold(cast: Cast, life: Life) -> None:
    case = life.do("hold", life.received(), by=cast.operator)

    case = life.do("escalate", case, by=cast.operator)

    assert case.held_at is None
    assert Pause.objects.get(case=case).ended_at == life.now


def test_an_accepted_case_has_an_owner(cast: Cast, life: Life) -> None:
    case = life.in_progress()

    assert (case.state, case.owner, case.accepted_at, case.rung) == ("IN_PROGRESS", cast.responder, life.now, 0)
    assert hand_offs(case) == [
        ("FUNCTIONAL", "ACCEPTED", "operator", "phone-desk", "support-leaders", None, "responder")
    ]


# --- back, down, over --------------------------------------------------------------------------------------------


def test_sending_back_keeps_the_advice(cast: Cast, life: Life) -> None:
    case = life.do("send_back", life.escalated(), by=cast.responder, advice="番号もお願いします。")

    assert hand_offs(case) == [
        ("FUNCTIONAL", "SENT_BACK", "operator", "phone-desk", "support-leaders", None, "responder"),
        ("SEND_BACK", "ACCEPTED", None, "support-leaders", "phone-desk", "operator", "responder"),
    ]
    assert told(case) == [("send_back", "REPORTER", "番号もお願いします。")]
    assert last_entry(case)["reason"] == "番号もお願いします。"


def test_a_de_escalation_is_a_hand_off_downwards(cast: Cast, life: Life) -> None:
    case = life.do("de_escalate", life.in_progress(), by=cast.responder)

    assert (case.state, case.owner, case.team.code) == ("RECEIVED", None, "phone-desk")
    assert hand_offs(case)[1:] == [
        ("DE_ESCALATION", "ACCEPTED", "responder", "support-leaders", "phone-desk", None, "responder")
    ]


def test_a_hand_over_changes_the_owner_alone(cast: Cast, life: Life) -> None:
    case = life.do("hand_over", life.in_progress(), by=cast.responder)

    assert (case.state, case.owner, case.team.code) == ("IN_PROGRESS", cast.kobayashi, "support-leaders")
    assert hand_offs(case)[1:] == [
        ("HAND_OVER", "ACCEPTED", "responder", "support-leaders", "support-leaders", "kobayashi", "responder")
    ]


def test_a_case_on_hold_stays_on_hold_when_handed_over(cast: Cast, life: Life) -> None:
    case = life.do("hold", life.in_progress(), by=cast.responder)

    case = life.do("hand_over", case, by=cast.responder)
    case = life.do("resume", case, by=cast.kobayashi)

    assert (case.held_at, case.owner) == (None, cast.kobayashi)


# --- hold and resume ---------------------------------------------------------------------------------------------


def test_a_hold_says_for_whom_and_until_when(cast: Cast, life: Life) -> None:
    until = NOW + timedelta(days=1)
    case = life.do("hold", life.in_progress(), by=cast.responder, until=until, waiting_for="VENDOR")

    assert case.held_at == life.now
    pause = Pause.objects.get(case=case)
    assert (pause.waiting_for, pause.began_at, pause.until, pause.ended_at, pause.by) == (
        "VENDOR",
        life.now,
        until,
        None,
        cast.responder,
    )

    case = life.do("resume", case, by=cast.responder)

    assert case.held_at is None
    assert Pause.objects.get(case=case).ended_at == life.now


# --- resolve, confirm, reopen, review ----------------------------------------------------------------------------


def test_a_resolved_case(cast: Cast, life: Life) -> None:
    case = life.do("resolve", life.in_progress(), by=cast.responder)
    form = life.form("resolve", case, now=NOW)

    assert (case.state, case.resolved_at, case.owner) == ("RESOLVED", life.now, cast.responder)
    assert {name: getattr(case, name) for name in ("outcome", "resolution", "cause", "prevention")} == {
        name: form[name] for name in ("outcome", "resolution", "cause", "prevention")
    }
    assert told(case) == [("resolve", "REPORTER", form["resolution"])]
    assert last_entry(case)["details"] == {"outcome": "SOLVED"}


def test_the_first_line_resolves_what_it_can(cast: Cast, life: Life) -> None:
    case = life.do("resolve", life.received(), by=cast.operator)

    assert (case.state, case.owner, case.accepted_at) == ("RESOLVED", cast.operator, None)


def test_no_answer_is_not_a_yes_and_may_still_become_one(cast: Cast, life: Life) -> None:
    case = life.resolved()
    life.run_until(NOW + timedelta(days=5))
    case.refresh_from_db()
    assert (case.state, case.confirmation) == ("RESOLVED", "NO_ANSWER")

    case = life.do("confirm", case, by=None, satisfaction=4)

    assert (case.state, case.confirmation, case.satisfaction) == ("RESOLVED", "SETTLED", 4)


def test_a_case_of_the_first_line_may_be_reopened(cast: Cast, life: Life) -> None:
    case = life.do("reopen", life.do("resolve", life.received(), by=cast.operator), by=None)

    assert (case.state, case.owner, case.accepted_at, case.resolved_at) == (
        "IN_PROGRESS",
        cast.operator,
        life.now,
        None,
    )
    assert (case.confirmation, case.reopenings) == ("NOT_SETTLED", 1)


def test_a_new_result_asks_the_customer_anew(cast: Cast, life: Life) -> None:
    case = life.do("reopen", life.do("confirm", life.resolved(), by=None, satisfaction=2), by=None)

    case = life.do("resolve", case, by=cast.responder)

    assert (case.confirmation, case.satisfaction) == ("", None)


def test_a_review_closes_the_case_and_keeps_the_thanks(cast: Cast, life: Life) -> None:
    case = life.do("review", life.resolved(), by=cast.lead, verdict="TOO_LATE", may_recur=True)
    review = Review.objects.get(case=case)

    assert (case.state, case.reviewed_at) == ("REVIEWED", life.now)
    assert (review.by, review.at, review.verdict, review.worked, review.may_recur) == (
        cast.lead,
        life.now,
        "TOO_LATE",
        True,
        True,
    )
    assert review.thanks == "早い報告をありがとうございました。"


def test_a_recurrence_is_a_new_case_linked_to_the_closed_one(cast: Cast, life: Life) -> None:
    old, new = life.reviewed(), life.received()

    life.do("link", new, by=cast.operator, kind="RECURRENCE_OF", other=old)

    assert list(Link.objects.values_list("case", "kind", "other")) == [(new.pk, "RECURRENCE_OF", old.pk)]
    assert last_entry(new)["details"] == {"kind": "RECURRENCE_OF", "other": old.number}


# --- notes -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("visibility", ["INTERNAL", "REPORTER", "CUSTOMER"])
def test_a_note_is_for_those_whom_it_names(cast: Cast, life: Life, visibility: str) -> None:
    case = life.do("note", life.in_progress(), by=cast.kobayashi, visibility=visibility)

    assert told(case) == [("note", visibility, "経理に確認中。")]
    assert (case.active_at, case.owner) == (life.now, cast.responder)


# --- whose word it is --------------------------------------------------------------------------------------------


def test_an_import_ticks_no_checklist_and_its_acts_are_marked(cast: Cast, life: Life) -> None:
    case = life.received(source=Source.IMPORT)

    case = life.do("escalate", case, by=cast.operator, source=Source.IMPORT, checklist=())
    case = life.do("accept", case, by=cast.responder, source=Source.IMPORT)
    case = life.do("resolve", case, by=cast.responder, source=Source.IMPORT, checklist=())

    sources = Entry.objects.filter(subject=f"cases.case:{case.pk}").values_list("source", flat=True)
    assert (case.state, set(sources)) == ("RESOLVED", {"IMPORT"})


def test_a_case_keeps_the_policy_that_it_began_under(cast: Cast, life: Life) -> None:
    case = life.received()
    old = case.policy_version
    draft = old.copy_as_draft()
    draft.publish(by=cast.policy, at=NOW + MINUTE)

    later = life.received()
    case = life.do("escalate", case, by=cast.operator)

    assert (case.policy_version, later.policy_version) == (old, draft)
