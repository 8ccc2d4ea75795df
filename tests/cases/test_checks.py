"""Every demand of every verb: what is missing or not enough is refused with its code and the field at fault."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.utils import translation

from apps.audit.models import Source
from apps.cases import actions
from apps.cases.checks import Refused
from apps.cases.ledger import one_case
from apps.cases.models import Case
from apps.people.models import Membership, Role, User
from apps.policy.models import Verb
from tests.cases.life import NOW, Cast, Life, everything


def refusal(life: Life, verb: str, case: Case, *, by: User | None, **form: Any) -> tuple[str, str]:
    """(code, field) of the refusal; caught inside the Book, so that anything decided before it would be written."""
    values = life.form(verb, case, now=life.now) | form
    before = everything()
    with (
        translation.override("en"),
        one_case(case.pk, source=Source.DESK) as (locked, book),
        pytest.raises(Refused) as caught,
    ):
        getattr(actions, verb)(locked, book, by=by, now=life.now, **values)
    assert everything() == before, "A refused verb left a trace."
    assert caught.value.sentence.endswith((".", "”.", "?"))
    return caught.value.code, caught.value.field


# --- what must be filled in -----------------------------------------------------------------------------------------

DEMANDED = [
    # verb, the case before it, who, the empty field
    ("respond", "received", "operator", "told"),
    ("escalate", "received", "operator", "reason"),
    ("send_back", "escalated", "responder", "advice"),
    ("de_escalate", "in_progress", "responder", "reason"),
    ("hand_over", "in_progress", "responder", "reason"),
    ("hold", "in_progress", "responder", "waiting_for"),
    ("resolve", "in_progress", "responder", "outcome"),
    ("resolve", "in_progress", "responder", "resolution"),
    ("resolve", "in_progress", "responder", "cause"),
    ("reopen", "resolved", "operator", "reason"),
    ("review", "resolved", "lead", "verdict"),
    ("review", "resolved", "lead", "thanks"),
    ("note", "in_progress", "responder", "text"),
]


@pytest.mark.parametrize(("verb", "stage", "who", "field"), DEMANDED)
def test_an_empty_field_is_refused(cast: Cast, life: Life, verb: str, stage: str, who: str, field: str) -> None:
    case = getattr(life, stage)()

    assert refusal(life, verb, case, by=getattr(cast, who), **{field: " 　"}) == ("missing", field)


@pytest.mark.parametrize("field", ["subject", "facts", "impact", "urgency", "department"])
def test_a_sheet_without_its_required_fields_is_refused(cast: Cast, life: Life, field: str) -> None:
    before = everything()

    with pytest.raises(Refused) as caught, transaction.atomic():
        life.received(**{field: None})

    assert (caught.value.code, caught.value.field) == ("missing", field)
    assert everything() == before


def test_a_grave_case_demands_how_a_recurrence_is_prevented(cast: Cast, life: Life) -> None:
    grave, common = life.in_progress(impact="ONE", urgency="CRITICAL"), life.in_progress()

    assert (grave.priority, common.priority) == ("P2", "P3")
    assert refusal(life, "resolve", grave, by=cast.responder, prevention="") == ("missing", "prevention")
    assert life.do("resolve", common, by=cast.responder, prevention="").state == "RESOLVED"


@pytest.mark.parametrize("outcome", ["WITHDRAWN", "DUPLICATE"])
def test_a_withdrawal_and_a_duplicate_need_neither_cause_nor_checklist(cast: Cast, life: Life, outcome: str) -> None:
    original, case = life.received(), life.in_progress(impact="ONE", urgency="CRITICAL")
    named = {"duplicate_of": original} if outcome == "DUPLICATE" else {}

    case = life.do("resolve", case, by=cast.responder, outcome=outcome, cause="", prevention="", checklist=(), **named)

    assert (case.state, case.outcome) == ("RESOLVED", outcome)
    assert list(case.links.values_list("kind", "other")) == [("DUPLICATE_OF", original.pk)] * bool(named)


def test_a_duplicate_demands_the_original(cast: Cast, life: Life) -> None:
    case = life.in_progress()

    assert refusal(life, "resolve", case, by=cast.responder, outcome="DUPLICATE") == ("missing", "duplicate_of")


def test_a_case_on_hold_is_not_a_duplicate_of_itself_and_stays_on_hold(cast: Cast, life: Life) -> None:
    case = life.do("hold", life.in_progress(), by=cast.responder)

    found = refusal(life, "resolve", case, by=cast.responder, outcome="DUPLICATE", duplicate_of=case)

    assert found[0] == "same_case"


# --- holds, satisfaction, hand-overs, links -------------------------------------------------------------------------


def test_a_hold_ends_in_the_future(cast: Cast, life: Life) -> None:
    case = life.in_progress()

    assert refusal(life, "hold", case, by=cast.responder, until=None) == ("missing", "until")
    assert refusal(life, "hold", case, by=cast.responder, until=life.now) == ("past", "until")


@pytest.mark.parametrize("satisfaction", [0, 6, -1])
def test_satisfaction_goes_from_1_to_5(cast: Cast, life: Life, satisfaction: int) -> None:
    case = life.resolved()

    assert refusal(life, "confirm", case, by=None, satisfaction=satisfaction) == ("range", "satisfaction")


def test_the_customers_answer_is_given_once(cast: Cast, life: Life) -> None:
    case = life.do("confirm", life.resolved(), by=None, satisfaction=5)

    assert refusal(life, "confirm", case, by=None, satisfaction=1) == ("answered", "")


def test_a_case_is_handed_over_to_somebody_who_works_there(cast: Cast, life: Life) -> None:
    case = life.in_progress()

    assert refusal(life, "hand_over", case, by=cast.lead, owner=cast.responder) == ("same_owner", "owner")
    assert refusal(life, "hand_over", case, by=cast.lead, owner=cast.specialist) == ("not_a_member", "owner")
    assert refusal(life, "hand_over", case, by=cast.lead, owner=cast.specialist, team=cast.team("technical")) == (
        "other_level",
        "team",
    )


def test_a_case_is_not_handed_over_to_somebody_who_has_left(cast: Cast, life: Life) -> None:
    case = life.in_progress()
    User.objects.filter(pk=cast.kobayashi.pk).update(is_active=False)

    gone = User.objects.get(pk=cast.kobayashi.pk)

    assert refusal(life, "hand_over", case, by=cast.responder, owner=gone) == ("not_a_member", "owner")


def test_a_case_is_linked_to_another_case_once(cast: Cast, life: Life) -> None:
    other, case = life.received(), life.received()
    case = life.do("link", case, by=cast.operator, kind="PARENT", other=other)

    assert refusal(life, "link", case, by=cast.operator, kind="PARENT", other=other) == ("linked", "other")
    assert refusal(life, "link", case, by=cast.operator, kind="PARENT", other=case) == ("same_case", "")


def test_a_case_may_turn_out_to_be_the_same_duplicate_twice(cast: Cast, life: Life) -> None:
    original, case = life.received(), life.in_progress()
    duplicate = {"outcome": "DUPLICATE", "duplicate_of": original}
    case = life.do("resolve", case, by=cast.responder, **duplicate)
    case = life.do("reopen", case, by=None)

    case = life.do("resolve", case, by=cast.responder, **duplicate)

    assert case.state == "RESOLVED"
    assert list(case.links.values_list("kind", "other")) == [("DUPLICATE_OF", original.pk)]


# --- the checklist --------------------------------------------------------------------------------------------------


def test_every_required_item_of_the_checklist_is_ticked(cast: Cast, life: Life) -> None:
    case, ticked = life.received(), cast.checklist(Verb.ESCALATE)

    assert refusal(life, "escalate", case, by=cast.operator, checklist=()) == ("checklist", "checklist")
    assert refusal(life, "escalate", case, by=cast.operator, checklist=ticked[1:]) == ("checklist", "checklist")
    assert refusal(life, "escalate", case, by=cast.operator, checklist=ticked[:1]) == ("checklist", "checklist")
    # the third is optional, the fourth is for personal data
    assert life.do("escalate", case, by=cast.operator, checklist=ticked[:2]).state == "ESCALATED"


def test_a_kind_of_case_has_items_of_its_own(cast: Cast, life: Life) -> None:
    refund = cast.category("refund")
    case, ticked = life.in_progress(category=refund), cast.checklist(Verb.RESOLVE)

    assert refusal(life, "resolve", case, by=cast.responder, checklist=ticked[:2]) == ("checklist", "checklist")
    assert life.do("resolve", case, by=cast.responder, checklist=[ticked[0], ticked[2]]).state == "RESOLVED"


# --- levels ---------------------------------------------------------------------------------------------------------


def test_passing_over_a_level_demands_a_reason_of_its_own(cast: Cast, life: Life) -> None:
    case, technical = life.received(), cast.team("technical")

    assert refusal(life, "escalate", case, by=cast.operator, team=technical) == ("skip_level", "skip_reason")
    assert refusal(life, "escalate", case, by=cast.operator, team=technical, skip_reason=" ") == (
        "skip_level",
        "skip_reason",
    )

    case = life.do("escalate", case, by=cast.operator, team=technical, skip_reason="二次対応は不在。")

    assert list(case.hand_offs.values_list("from_level__rank", "to_level__rank", "skip_reason")) == [
        (1, 3, "二次対応は不在。")
    ]


def test_the_next_level_demands_no_reason_for_skipping(cast: Cast, life: Life) -> None:
    case = life.do("escalate", life.received(), by=cast.operator, team=cast.team("support-leaders"))

    assert (case.team.code, case.level.rank) == ("support-leaders", 2)


def test_an_escalation_does_not_lead_down(cast: Cast, life: Life) -> None:
    case = life.in_progress()

    assert refusal(life, "escalate", case, by=cast.responder, team=cast.team("phone-desk")) == ("lower_level", "team")


def test_a_de_escalation_leads_down(cast: Cast, life: Life) -> None:
    case = life.in_progress()

    for code in ("support-leaders", "technical"):
        assert refusal(life, "de_escalate", case, by=cast.responder, team=cast.team(code)) == ("not_lower", "team")


def test_nobody_is_above_the_top(cast: Cast, life: Life) -> None:
    case = life.do("escalate", life.received(), by=cast.operator, team=cast.team("board"), skip_reason="社長案件。")

    assert refusal(life, "escalate", case, by=cast.director) == ("no_destination", "")


# --- authority ------------------------------------------------------------------------------------------------------

AMOUNTS = [
    # who decides, up to which amount
    ("responder", Decimal(50_000)),
    ("specialist", Decimal(500_000)),
    ("manager", Decimal(5_000_000)),
]


@pytest.mark.parametrize(("who", "limit"), AMOUNTS)
def test_authority_ends_at_the_amount_of_the_level(cast: Cast, life: Life, who: str, limit: Decimal) -> None:
    person = getattr(cast, who)
    team = {"responder": "support-leaders", "specialist": "technical", "manager": "managers"}[who]

    def accepted(amount: Decimal) -> Case:
        sent = {"team": cast.team(team), "skip_reason": "直接お願いした。"}
        case = life.do("escalate", life.received(amount=amount), by=cast.operator, **sent)
        return life.do("accept", case, by=person)

    assert life.do("resolve", accepted(limit), by=person).state == "RESOLVED"
    assert refusal(life, "resolve", accepted(limit + 1), by=person) == ("authority", "")


def test_the_first_line_decides_about_no_money_and_the_top_about_any(cast: Cast, life: Life) -> None:
    mine = life.received(amount=Decimal(1))
    assert refusal(life, "resolve", mine, by=cast.operator) == ("authority", "")

    sent = {"team": cast.team("board"), "skip_reason": "直接お願いした。"}
    theirs = life.do("escalate", life.received(amount=Decimal(10**13)), by=cast.operator, **sent)
    theirs = life.do("accept", theirs, by=cast.director)
    assert life.do("resolve", theirs, by=cast.director).state == "RESOLVED"


def test_the_refusal_names_both_amounts(cast: Cast, life: Life) -> None:
    case = life.in_progress(amount=Decimal(1_200_000))

    with translation.override("en"), pytest.raises(Refused) as caught, transaction.atomic():
        life.do("resolve", case, by=cast.responder)

    assert caught.value.sentence == (
        "¥1,200,000 is at stake; your authority to decide ends at ¥50,000. Please escalate it."
    )


def test_a_kind_of_case_is_decided_from_its_level_up(cast: Cast, life: Life) -> None:
    complaint = cast.category("complaint")  # from level 2

    assert refusal(life, "resolve", life.received(category=complaint), by=cast.operator) == ("authority", "")
    assert life.do("resolve", life.in_progress(category=complaint), by=cast.responder).state == "RESOLVED"


def test_looking_on_from_the_top_gives_no_authority_to_decide(cast: Cast, life: Life) -> None:
    """The internal audit sits at level 5; whoever audits beside their work decides no more than their work allows."""
    Membership.objects.create(user=cast.responder, team=cast.team("internal-audit"), role=Role.AUDITOR)
    case = life.in_progress(amount=Decimal(1_200_000))

    assert refusal(life, "resolve", case, by=User.objects.get(pk=cast.responder.pk)) == ("authority", "")


# --- review ---------------------------------------------------------------------------------------------------------


def test_nobody_reviews_their_own_case_not_even_as_its_reporter(cast: Cast, life: Life) -> None:
    case = life.do("resolve", life.received(), by=cast.operator)

    assert refusal(life, "review", case, by=cast.operator) == ("own_review", "")
    assert life.do("review", case, by=cast.tanaka, now=NOW + timedelta(days=1)).state == "REVIEWED"
