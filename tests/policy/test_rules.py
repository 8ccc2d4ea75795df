from dataclasses import replace
from itertools import product

import pytest

from apps.policy.models import EscalationKind, Flag, Impact, Priority, Target, Urgency, Verb
from apps.policy.rulebook import ChecklistRule, LadderRules, Rulebook, RungRule, TriggerRule, fold
from apps.policy.rules import CLIMB_LEVEL, Assessment, Facts, RungStep, assess, items, next_rung, required_items

COMPLAINT, REFUND = 1, 2

CELLS = dict.fromkeys(product(Impact, Urgency), Priority.P4) | {
    (Impact.SOME, Urgency.HIGH): Priority.P2,
    (Impact.ONE, Urgency.MEDIUM): Priority.P3,
}
RULEBOOK = Rulebook(1, 1, 75, CELLS, {}, (), ())
FACTS = Facts(COMPLAINT, Impact.ONE, Urgency.MEDIUM, frozenset(), "画面が開きません")


def trigger(**changes):
    rule = TriggerRule(
        id=1,
        name="法務",
        category_id=None,
        flag=None,
        words=(),
        at_least=None,
        escalate_at_once=True,
        kind=EscalationKind.FUNCTIONAL,
        to_level_id=None,
        to_skill_id=None,
        tell_role="",
    )
    return replace(rule, **changes)


def fired(rule, **changes):
    return assess(replace(RULEBOOK, triggers=(rule,)), replace(FACTS, **changes)).triggers == (rule,)


# --- assess -----------------------------------------------------------------------------------------------------------


def test_the_cell_gives_the_priority():
    assert assess(RULEBOOK, FACTS) == Assessment(Priority.P3, ())
    assert assess(RULEBOOK, replace(FACTS, impact=Impact.SOME, urgency=Urgency.HIGH)) == Assessment(Priority.P2, ())


def test_plain_text_as_a_column_holds_it_does_as_well():
    assert assess(RULEBOOK, replace(FACTS, impact="SOME", urgency="HIGH")).priority is Priority.P2


@pytest.mark.parametrize(
    ("at_least", "expected"),
    [(Priority.P1, Priority.P1), (Priority.P4, Priority.P3), (None, Priority.P3)],
)
def test_a_trigger_raises_the_priority_and_never_lowers_it(at_least, expected):
    rule = trigger(category_id=COMPLAINT, at_least=at_least)
    assert assess(replace(RULEBOOK, triggers=(rule,)), FACTS) == Assessment(expected, (rule,))


def test_of_several_triggers_the_most_urgent_counts_and_their_order_is_kept():
    first = trigger(id=1, flag=Flag.REFUND, at_least=Priority.P2)
    silent = trigger(id=2, flag=Flag.LEGAL, at_least=Priority.P1)
    last = trigger(id=3, words=("画面",), at_least=Priority.P1)
    assessment = assess(
        replace(RULEBOOK, triggers=(first, silent, last)), replace(FACTS, flags=frozenset({Flag.REFUND}))
    )
    assert assessment == Assessment(Priority.P1, (first, last))


@pytest.mark.parametrize(
    ("word", "text", "expected"),
    [
        ("弁護士", "顧問弁護士に相談すると言われた", True),
        ("弁護士", "弁護の余地がない", False),
        ("ｶｽﾊﾗ", "これはカスハラです", True),  # half-width kana
        ("ＳＮＳ", "snsに書くと言われた", True),  # full-width letters
        ("Straße", "STRASSE", True),
    ],
)
def test_words_match_whatever_their_width_and_case(word, text, expected):
    assert fired(trigger(words=(fold(word),)), text=text) is expected


def test_a_flag_or_a_word_is_enough():
    rule = trigger(flag=Flag.LEGAL, words=("訴訟",))
    assert fired(rule, flags=frozenset({Flag.LEGAL}))
    assert fired(rule, text="訴訟を起こす")
    assert not fired(rule, flags=frozenset({Flag.REFUND}))


def test_a_category_narrows_a_trigger():
    rule = trigger(category_id=REFUND, flag=Flag.LEGAL)
    assert not fired(rule, flags=frozenset({Flag.LEGAL}))
    assert not fired(rule, category_id=REFUND)
    assert fired(rule, category_id=REFUND, flags=frozenset({Flag.LEGAL}))
    assert fired(trigger(category_id=REFUND), category_id=REFUND)


def test_a_trigger_without_a_condition_never_fires():
    assert not fired(trigger())


# --- next_rung --------------------------------------------------------------------------------------------------------

TEAM = RungRule(1, Target.TEAM, None, "", None, 5, ())
HEAD = RungRule(2, Target.DEPARTMENT_HEAD, None, "", None, 10, ())
LADDER = LadderRules(1, "P1", (TEAM, HEAD), 2, 1440)


@pytest.mark.parametrize(
    ("rung", "repeats", "expected"),
    [
        (0, 0, RungStep(TEAM, 0)),
        (1, 0, RungStep(HEAD, 0)),
        (2, 0, RungStep(HEAD, 1)),
        (2, 1, RungStep(HEAD, 2)),
        (2, 2, CLIMB_LEVEL),
    ],
)
def test_the_ladder_is_climbed_rung_by_rung_the_last_one_repeats_then_a_level_up(rung, repeats, expected):
    assert next_rung(LADDER, rung, repeats) == expected


def test_without_repeats_or_without_rungs_it_climbs_at_once():
    assert next_rung(replace(LADDER, last_rung_repeats=0), 2, 0) is CLIMB_LEVEL
    assert next_rung(replace(LADDER, rungs=()), 0, 0) is CLIMB_LEVEL


# --- checklists -------------------------------------------------------------------------------------------------------


def test_a_checklist_holds_the_verbs_items_of_the_category_and_of_all():
    facts = ChecklistRule(1, Verb.ESCALATE, None, "事実を書いた", "Facts are written", True)
    amount = ChecklistRule(2, Verb.ESCALATE, REFUND, "金額を書いた", "The amount is written", True)
    told = ChecklistRule(3, Verb.ESCALATE, None, "お客様に伝えた", "", False)
    result = ChecklistRule(4, Verb.RESOLVE, None, "結果を伝えた", "", True)
    rulebook = replace(RULEBOOK, checklist=(facts, amount, told, result))
    assert items(rulebook, Verb.ESCALATE, COMPLAINT) == (facts, told)
    assert items(rulebook, Verb.ESCALATE, REFUND) == (facts, amount, told)
    assert required_items(rulebook, Verb.ESCALATE, REFUND) == (facts, amount)
    assert required_items(rulebook, Verb.RESOLVE, None) == (result,)
