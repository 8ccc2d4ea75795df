"""Where a case goes: the destination of the matrix, the next level, the triggers of the default policy, and the way back."""

from __future__ import annotations

import pytest

from apps.cases.models import Case, HandOff
from apps.cases.routing import Directory
from apps.people.models import Membership, Role, Skill, Team, User
from tests.cases.life import Cast, Life


def destination(cast: Cast, rank: int, *, of: str = "phone-desk", skill: str = "", not_team: str = "") -> str | None:
    team = Directory.read().destination(
        department_id=cast.team(of).department_id,
        rank=rank,
        skill_id=Skill.objects.get(code=skill).pk if skill else None,
        not_team_id=cast.team(not_team).pk if not_team else None,
    )
    return team.code if team else None


# --- the destination ------------------------------------------------------------------------------------------------

DESTINATIONS = [
    # level, of the department of, skill, expected
    (2, "phone-desk", "", "support-leaders"),
    (2, "sales-desk", "", "support-leaders"),  # no second line of its own
    (3, "phone-desk", "refund", "refunds"),
    (3, "phone-desk", "system", "system-operations"),  # the skill wins wherever it sits
    (3, "phone-desk", "legal", "legal"),
    (3, "sales-desk", "privacy", "privacy"),
    (3, "phone-desk", "", "technical"),  # the others of level 3 are known for other work
    (3, "technical", "", "technical"),
    (4, "phone-desk", "", "managers"),  # nobody in the policy office accepts cases
    (4, "technical", "", "managers"),
    (5, "phone-desk", "", "board"),  # nor in the internal audit
    (6, "phone-desk", "", None),
]


@pytest.mark.parametrize(("rank", "of", "skill", "expected"), DESTINATIONS)
def test_the_destination(cast: Cast, rank: int, of: str, skill: str, expected: str | None) -> None:
    assert destination(cast, rank, of=of, skill=skill) == expected


def test_where_a_level_has_nobody_the_next_one_up_takes_the_case(cast: Cast) -> None:
    Team.objects.filter(level__rank__in=(2, 3)).update(is_active=False)

    assert destination(cast, 2) == "managers"


def test_a_team_whose_people_have_left_is_passed_over(cast: Cast) -> None:
    User.objects.filter(username="specialist").update(is_active=False)
    assert destination(cast, 3) == "technical"

    User.objects.filter(username="techlead").update(is_active=False)
    assert destination(cast, 3) not in ("technical", None)


def test_a_team_of_operators_alone_takes_no_escalation(cast: Cast) -> None:
    second_line = Membership.objects.filter(team=cast.team("support-leaders"))
    second_line.update(role=Role.OPERATOR)

    assert destination(cast, 2) == "technical"


def test_the_head_of_a_department_is_the_nearest_above(cast: Cast) -> None:
    directory = Directory.read()
    support = cast.team("phone-desk").department
    assert directory.head_of(support.pk) == cast.manager.pk

    support.head = None
    support.save()

    assert Directory.read().head_of(support.pk) == cast.director.pk


# --- which way an escalation takes ----------------------------------------------------------------------------------


def step(life: Life, case: Case, kind: str, who: str) -> tuple[Case, str]:
    case = life.do("escalate", case, by=getattr(life.cast, who), kind=kind)
    return case, case.team.code


@pytest.mark.parametrize(
    ("impact", "urgency", "priority", "team"),
    [
        ("ALL", "CRITICAL", "P1", "support-leaders"),
        ("SOME", "HIGH", "P2", "support-leaders"),
        ("ONE", "HIGH", "P3", "support-leaders"),
        ("ONE", "LOW", "P4", "technical"),  # its row names level 3
    ],
)
def test_from_the_first_line_the_matrix_names_the_destination(
    cast: Cast, life: Life, impact: str, urgency: str, priority: str, team: str
) -> None:
    case = life.escalated(impact=impact, urgency=urgency)

    assert (case.priority, case.team.code) == (priority, team)


def test_a_functional_escalation_looks_for_the_skill_and_a_hierarchical_one_goes_a_level_up(
    cast: Cast, life: Life
) -> None:
    refund = cast.category("refund")
    functional, hierarchical = life.in_progress(category=refund), life.in_progress(category=refund)

    assert step(life, functional, "FUNCTIONAL", "responder")[1] == "refunds"
    assert step(life, hierarchical, "HIERARCHICAL", "responder")[1] == "technical"


def test_the_hierarchy_ends_at_the_board(cast: Cast, life: Life) -> None:
    case, way = life.escalated(), []
    for who in ("responder", "specialist", "manager"):
        case, team = step(life, case, "HIERARCHICAL", who)
        way.append(team)

    assert way == ["technical", "managers", "board"]


# --- the triggers of the default policy -----------------------------------------------------------------------------

TRIGGERED = [
    # what the sheet says, priority at least, team, kind, trigger
    ({"flags": ["REFUND"]}, "P3", "managers", "HIERARCHICAL", "返金・補償 → 管理者"),
    ({"flags": ["PERSONAL_DATA"]}, "P2", "privacy", "FUNCTIONAL", "個人情報 → 責任者へ即時"),
    ({"facts": "請求書を別のお客様へ誤送信した。"}, "P2", "privacy", "FUNCTIONAL", "個人情報 → 責任者へ即時"),
    (
        {"flags": ["HARASSMENT"]},
        "P2",
        "support-leaders",
        "HIERARCHICAL",
        "従業員へのハラスメント → リーダーが即時交代",
    ),
    (
        {"customer_said": "他のお客様からも同じ声があるはずだ。"},
        "P2",
        "system-operations",
        "FUNCTIONAL",
        "複数のお客様から同じ不具合 → システム障害",
    ),
    ({"customer_said": "弁護士に相談する。"}, "P1", "legal", "FUNCTIONAL", "法的リスク → 法務"),
    ({"urgency_reason": "訴訟になりかねない。"}, "P1", "legal", "FUNCTIONAL", "法的リスク → 法務"),
]


@pytest.mark.parametrize(("sheet", "priority", "team", "kind", "trigger"), TRIGGERED)
def test_a_trigger_raises_the_priority_and_escalates_at_once(
    cast: Cast, life: Life, sheet: dict[str, object], priority: str, team: str, kind: str, trigger: str
) -> None:
    case = life.received(impact="ONE", urgency="LOW", **sheet)

    assert (case.state, case.priority, case.team.code) == ("ESCALATED", priority, team)
    assert list(case.hand_offs.values_list("kind", "status", "from_owner__username")) == [
        (kind, HandOff.Status.PENDING, "operator")
    ]
    assert trigger in case.hand_offs.get().reason
    assert life.journal(case) == [
        ("operator", "receive", "", "RECEIVED"),
        ("operator", "escalate", "RECEIVED", "ESCALATED"),
    ]


def test_a_trigger_never_lowers_the_priority(cast: Cast, life: Life) -> None:
    assert life.received(impact="ALL", urgency="CRITICAL", flags=["REFUND"]).priority == "P1"


def test_no_trigger_fires_on_an_ordinary_case(cast: Cast, life: Life) -> None:
    case = life.received()

    assert (case.state, case.priority, case.team.code) == ("RECEIVED", "P3", "phone-desk")


def test_of_two_triggers_the_first_takes_the_case_and_those_of_both_are_told(cast: Cast, life: Life) -> None:
    case = life.received(flags=["PERSONAL_DATA", "LEGAL"])

    assert (case.priority, case.team.code) == ("P1", "legal")
    told = {who for key, who, _why in life.mail(case) if key == "escalated"}
    assert {"legal", "privacy"} <= told


def test_harassment_is_confidential(cast: Cast, life: Life) -> None:
    case = life.received(category=cast.category("harassment"))

    def readers(*names: str) -> list[str]:
        return [name for name in names if Case.objects.visible_to(getattr(cast, name)).filter(pk=case.pk).exists()]

    everybody = ("operator", "tanaka", "lead", "responder", "manager", "director", "policy", "auditor", "admin", "shop")
    assert case.confidential
    assert readers(*everybody) == ["operator", "tanaka", "lead", "auditor", "admin"]

    case = life.do("escalate", case, by=cast.operator)

    assert readers(*everybody) == ["operator", "lead", "responder", "auditor", "admin"]


# --- the way back ---------------------------------------------------------------------------------------------------


def test_a_case_sent_back_by_the_second_line_is_its_reporters_again(cast: Cast, life: Life) -> None:
    case = life.do("send_back", life.escalated(), by=cast.responder)

    assert (case.state, case.owner, case.team.code) == ("RECEIVED", cast.operator, "phone-desk")


def test_a_case_sent_back_by_the_third_level_is_in_progress_with_who_had_it(cast: Cast, life: Life) -> None:
    case, _team = step(life, life.in_progress(), "FUNCTIONAL", "responder")
    case = life.do("send_back", case, by=cast.specialist)

    assert (case.state, case.owner, case.team.code) == ("IN_PROGRESS", cast.responder, "support-leaders")


def test_through_two_hand_offs_that_nobody_accepted_it_goes_back_to_the_last_holder(cast: Cast, life: Life) -> None:
    case, _team = step(life, life.in_progress(), "HIERARCHICAL", "responder")
    case, _team = step(life, case, "HIERARCHICAL", "specialist")
    assert case.team.code == "managers"

    case = life.do("send_back", case, by=cast.manager)

    assert (case.state, case.owner, case.team.code) == ("IN_PROGRESS", cast.responder, "support-leaders")
    assert list(case.hand_offs.order_by("at").values_list("kind", "status", "from_team__code", "to_team__code")) == [
        ("FUNCTIONAL", "ACCEPTED", "phone-desk", "support-leaders"),
        ("HIERARCHICAL", "SUPERSEDED", "support-leaders", "technical"),
        ("HIERARCHICAL", "SENT_BACK", "support-leaders", "managers"),
        ("SEND_BACK", "ACCEPTED", "managers", "support-leaders"),
    ]


def test_a_case_that_came_down_is_sent_back_up_to_who_had_it(cast: Cast, life: Life) -> None:
    case, _team = step(life, life.in_progress(), "FUNCTIONAL", "responder")
    case = life.do("accept", case, by=cast.specialist)
    case = life.do("de_escalate", case, by=cast.specialist, team=cast.team("support-leaders"))
    assert (case.state, case.owner, case.team.code) == ("ESCALATED", None, "support-leaders")

    case = life.do("send_back", case, by=cast.kobayashi)

    assert (case.state, case.owner, case.team.code) == ("IN_PROGRESS", cast.specialist, "technical")


def test_a_case_that_came_down_to_the_first_line_waits_there_for_somebody(cast: Cast, life: Life) -> None:
    case = life.do("de_escalate", life.in_progress(), by=cast.responder)

    assert (case.state, case.owner, case.team.code, case.level.rank) == ("RECEIVED", None, "phone-desk", 1)


def test_a_hand_over_may_change_the_team_within_the_level(cast: Cast, life: Life) -> None:
    case, _team = step(life, life.in_progress(), "FUNCTIONAL", "responder")
    case = life.do("accept", case, by=cast.specialist)

    case = life.do("hand_over", case, by=cast.specialist, owner=cast.sysops, team=cast.team("system-operations"))

    assert (case.state, case.owner, case.team.code, case.level.rank) == (
        "IN_PROGRESS",
        cast.sysops,
        "system-operations",
        3,
    )


def test_the_second_reopening_goes_up_a_level_as_well(cast: Cast, life: Life) -> None:
    case = life.do("reopen", life.resolved(), by=None)
    assert (case.state, case.owner, case.reopenings) == ("IN_PROGRESS", cast.responder, 1)
    case = life.do("resolve", case, by=cast.responder)

    case = life.do("reopen", case, by=None)

    assert (case.state, case.owner, case.team.code, case.reopenings) == ("ESCALATED", None, "technical", 2)
    assert life.journal(case)[-2:] == [
        ("", "reopen", "RESOLVED", "IN_PROGRESS"),
        ("", "escalate", "IN_PROGRESS", "ESCALATED"),
    ]
