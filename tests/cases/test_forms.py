"""What each verb's form demands and offers, and which verbs a screen offers to whom."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone, translation

from apps.audit.models import Source
from apps.cases import checks, verbs
from apps.cases.checks import Refused
from apps.cases.forms import VerbForm
from apps.cases.models import Case, HandOff, Link
from apps.people.models import User
from tests.cases.life import Cast, Life

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _in_english() -> Any:
    with translation.override("en"):
        yield


def form_of(verb: str, case: Case, user: User, data: dict[str, Any] | None = None) -> VerbForm:
    return verbs.VERBS[verb].form(data, case=case, user=user)


def names(case: Case, user: User) -> list[str]:
    return [spec.name for spec in verbs.legal_verbs(case, user)]


def test_every_verb_that_a_person_may_do_is_in_the_table() -> None:
    assert set(verbs.VERBS) == set(checks.MAY)
    assert all(spec.form.verb == name for name, spec in verbs.VERBS.items())


def test_every_verb_is_offered_in_some_state_and_only_where_it_may_start() -> None:
    offered = {(verb, state) for state, row in verbs.LIKELIHOOD.items() for verb in row}
    assert {verb for verb, _state in offered} == set(verbs.VERBS) - checks.FOR_READERS
    for verb, state in offered:
        case = Case(number="ESC-2026-000001")
        case.__dict__["state"] = state
        checks.state_allows(case, verb)


# --- which verbs are offered ------------------------------------------------------------------------------------------


def test_the_likeliest_step_comes_first(cast: Cast, life: Life) -> None:
    assert names(life.received(), cast.operator) == [
        "respond",
        "escalate",
        "resolve",
        "note",
        "attach",
        "hand_over",
        "hold",
        "merge",
        "link",
    ]
    assert names(life.escalated(), cast.responder) == ["accept", "send_back", "note", "attach", "escalate", "link"]
    in_progress = life.in_progress()
    assert names(in_progress, cast.responder) == [
        "resolve", "note", "attach", "escalate", "hand_over", "hold", "de_escalate", "merge", "link",
    ]  # fmt: skip
    assert names(life.do("hold", in_progress, by=cast.responder), cast.responder)[0] == "resume"
    assert names(life.resolved(), cast.lead) == ["confirm", "review", "reopen", "note", "attach", "link"]
    assert names(life.reviewed(), cast.lead) == ["link"]


def test_nothing_is_offered_to_those_who_only_look_on(cast: Cast, life: Life) -> None:
    case = life.in_progress()

    assert [names(case, user) for user in (cast.auditor, cast.policy, cast.specialist)] == [[], [], []]


def test_a_manager_is_recognised_by_the_department(cast: Cast, life: Life) -> None:
    assert "escalate" in names(life.in_progress(), cast.manager)


def test_an_owner_is_not_offered_the_review_of_their_own_case(cast: Cast, life: Life) -> None:
    case = life.resolved()

    assert "review" not in names(case, cast.responder)
    refused = verbs.refusal(case, "review", cast.responder)
    assert refused is not None
    assert refused.code == "own_review"


# --- what the forms offer ---------------------------------------------------------------------------------------------


def test_escalation_goes_to_teams_above_only(cast: Cast, life: Life) -> None:
    form = form_of("escalate", life.in_progress(), cast.responder)

    ranks = {team.level.rank for team in form.fields["team"].queryset}  # type: ignore[attr-defined]
    assert ranks == {3, 4, 5}


def test_de_escalation_goes_to_teams_below_only(cast: Cast, life: Life) -> None:
    form = form_of("de_escalate", life.in_progress(), cast.responder)

    assert {team.code for team in form.fields["team"].queryset} == {"phone-desk", "sales-desk"}  # type: ignore[attr-defined]


def test_a_case_is_handed_over_to_colleagues_of_the_level_each_named_once(cast: Cast, life: Life) -> None:
    case = life.in_progress()

    form = form_of("hand_over", case, cast.responder)

    assert form.fields["owner"].choices == [  # type: ignore[attr-defined]
        ("", "Please choose"),
        (
            "Support leaders",
            [
                (f"{case.team_id}-{cast.kobayashi.pk}", "翔太 小林"),
                (f"{case.team_id}-{cast.lead.pk}", "美咲 高橋"),
            ],
        ),
    ]


def test_only_an_open_case_of_ones_own_eyes_can_be_linked(cast: Cast, life: Life) -> None:
    case, foreign = life.in_progress(), life.received(confidential=True, by=cast.shop, team=cast.team("sales-desk"))

    wrong = form_of("link", case, cast.responder, {"kind": "PARENT", "other": foreign.number})
    right = form_of("link", case, cast.responder, {"kind": "PARENT", "other": f" {case.number.lower()}"})

    assert wrong.errors == {"other": [f"No case {foreign.number} is open to you. Please check the number."]}
    assert right.is_valid()
    assert right.values() == {"kind": "PARENT", "other": case}


# --- what the forms demand --------------------------------------------------------------------------------------------


def test_all_that_is_missing_is_said_at_once(cast: Cast, life: Life) -> None:
    case = life.in_progress(impact="ALL", urgency="CRITICAL")

    form = form_of("resolve", case, cast.responder, {"outcome": "SOLVED", "resolution": "Done."})

    assert form.errors == {
        "cause": ["Please fill in “cause”."],
        "prevention": ["Please fill in “prevention”."],
        "checklist": ["Please check first: “The customer has been told the result”."],
    }


@pytest.mark.parametrize("outcome", ["DUPLICATE", "WITHDRAWN"])
def test_a_case_that_needed_no_work_needs_no_cause(outcome: str, cast: Cast, life: Life) -> None:
    case, other = life.in_progress(), life.in_progress()

    form = form_of(
        "resolve", case, cast.responder, {"outcome": outcome, "resolution": "See there.", "duplicate_of": other.number}
    )

    assert form.is_valid()
    assert form.values()["duplicate_of"] == (other if outcome == "DUPLICATE" else None)


def test_a_duplicate_names_its_original(cast: Cast, life: Life) -> None:
    form = form_of("resolve", life.in_progress(), cast.responder, {"outcome": "DUPLICATE", "resolution": "See there."})

    assert form.errors == {"duplicate_of": ["Please fill in “original case”."]}


def test_a_skipped_level_is_explained(cast: Cast, life: Life) -> None:
    data = {"kind": "FUNCTIONAL", "reason": "Logs.", "checklist": [], "team": cast.team("technical").pk}

    form = form_of("escalate", life.received(), cast.operator, data | {"checklist": cast.checklist("ESCALATE")[:3]})

    assert form.errors == {"skip_reason": ["This passes over level 2. Please say why that level is skipped."]}


def test_until_is_in_the_readers_own_zone(cast: Cast, life: Life) -> None:
    data = {"waiting_for": "CUSTOMER", "until": "2026-12-01T10:00"}

    with timezone.override(ZoneInfo("Europe/Berlin")):
        form = form_of("hold", life.in_progress(), cast.responder, data)
        assert form.is_valid()

    assert form.values()["until"].isoformat() == "2026-12-01T10:00:00+01:00"


# --- running them -----------------------------------------------------------------------------------------------------


def test_what_the_forms_give_is_what_the_verbs_take(cast: Cast, life: Life) -> None:
    """A case is walked from report to review through the forms alone."""
    case, other = life.received(), life.received()
    until = timezone.localtime(timezone.now() + timedelta(days=1))
    ticked = {verb: [str(pk) for pk in cast.checklist(verb)] for verb in ("ESCALATE", "RESOLVE")}
    result = {"outcome": "SOLVED", "resolution": "Done.", "cause": "Typo.", "prevention": "Check."}
    steps: list[tuple[str, User, dict[str, Any]]] = [
        ("respond", cast.operator, {"told": "We will call back."}),
        ("note", cast.operator, {"text": "Called.", "visibility": "INTERNAL"}),
        ("link", cast.operator, {"kind": "PARENT", "other": other.number}),
        ("escalate", cast.operator, {"kind": "FUNCTIONAL", "reason": "Logs.", "checklist": ticked["ESCALATE"]}),
        ("send_back", cast.responder, {"advice": "The number of the order helps."}),
        ("escalate", cast.operator, {"kind": "HIERARCHICAL", "reason": "Decision.", "checklist": ticked["ESCALATE"]}),
        ("accept", cast.responder, {}),
        ("hold", cast.responder, {"waiting_for": "CUSTOMER", "until": f"{until:%Y-%m-%dT%H:%M}"}),
        ("resume", cast.responder, {}),
        (
            "hand_over",
            cast.responder,
            {"owner": f"{cast.team('support-leaders').pk}-{cast.kobayashi.pk}", "reason": "Shift ends."},
        ),
        ("de_escalate", cast.kobayashi, {"team": cast.team("phone-desk").pk, "reason": "Only a call is left."}),
        ("resolve", cast.operator, result | {"checklist": ticked["RESOLVE"]}),
        ("reopen", cast.lead, {"reason": "It came back."}),
        ("resolve", cast.operator, result | {"checklist": ticked["RESOLVE"]}),
        ("confirm", cast.tanaka, {"satisfaction": "4"}),
        ("review", cast.lead, {"verdict": "TOO_EARLY", "worked": "yes", "may_recur": "no", "thanks": "Thank you."}),
    ]
    for verb, who, data in steps:
        who = User.objects.get(pk=who.pk)
        if verb == "resolve" and case.owner is None:
            case = life.do("hand_over", case, by=cast.lead, owner=cast.operator)
        allowed = {str(key) for key, _label in form_of(verb, case, who).fields.get("checklist", _NoChoices).choices}
        if "checklist" in data:
            data["checklist"] = [key for key in data["checklist"] if key in allowed]
        form = form_of(verb, case, who, data)
        assert form.is_valid(), (verb, form.errors)
        case = verbs.run_verb(case.pk, verb, who, form.values(), Source.ADMIN, seen=verbs.fingerprint(case))
        case = Case.objects.get(pk=case.pk)

    assert case.state == "REVIEWED"
    assert case.satisfaction == 4
    assert case.review_record.worked is True  # type: ignore[attr-defined]
    assert Link.objects.get(case=case).other == other


class _NoChoices:
    choices: tuple[()] = ()


def test_a_form_sent_twice_acts_once(cast: Cast, life: Life) -> None:
    case = life.escalated()
    values = {"kind": "HIERARCHICAL", "reason": "Decision.", "checklist": cast.checklist("ESCALATE")}
    seen = verbs.fingerprint(case)
    verbs.run_verb(case.pk, "escalate", cast.responder, values, Source.ADMIN, seen=seen)

    with pytest.raises(Refused) as refusal:
        verbs.run_verb(case.pk, "escalate", cast.responder, values, Source.ADMIN, seen=seen)

    assert refusal.value.code == "stale"
    assert str(refusal.value).startswith(f"Meanwhile {case.number} has moved on: it is Escalated at")
    assert HandOff.objects.filter(case=case).count() == 2


def test_a_note_is_welcome_wherever_the_case_has_moved(cast: Cast, life: Life) -> None:
    case = life.escalated()
    seen = verbs.fingerprint(case)
    life.do("accept", case, by=cast.responder)

    verbs.run_verb(case.pk, "note", cast.lead, {"text": "Called.", "visibility": "INTERNAL"}, Source.ADMIN, seen=seen)

    assert life.journal(case)[-1] == ("lead", "note", "IN_PROGRESS", "IN_PROGRESS")


def test_a_refusal_stands_at_its_field_and_keeps_what_was_typed(cast: Cast, life: Life) -> None:
    form = form_of("note", life.in_progress(), cast.responder, {"text": "Called.", "visibility": "INTERNAL"})

    form.refuse(Refused("missing", "Too short.", field="text"))
    form.refuse(Refused("state", "Too late."))

    assert form.errors == {"__all__": ["Too late."]}
    assert form["text"].value() == "Called."
