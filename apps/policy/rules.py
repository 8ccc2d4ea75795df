"""What the policy decides for a case, from plain values. Reads no database, writes nothing, knows no clock."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final, Literal

from .models import Flag, Impact, Priority, Urgency, Verb
from .rulebook import ChecklistRule, LadderRules, Rulebook, RungRule, TriggerRule, fold


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known about a case. `text` is everything that a trigger's words may occur in, joined by line breaks."""

    category_id: int | None
    impact: Impact
    urgency: Urgency
    flags: frozenset[Flag]
    text: str


@dataclass(frozen=True, slots=True)
class Assessment:
    priority: Priority
    triggers: tuple[TriggerRule, ...]  # those that fired, in their order of precedence


@dataclass(frozen=True, slots=True)
class RungStep:
    """Tell this rung; `repeat` is 0 the first time it is told."""

    rung: RungRule
    repeat: int


class Climb(Enum):
    LEVEL = "LEVEL"


CLIMB_LEVEL: Final = Climb.LEVEL


def assess(rulebook: Rulebook, facts: Facts) -> Assessment:
    """The cell's priority, raised by the triggers that fire."""
    text = fold(facts.text)
    fired = tuple(trigger for trigger in rulebook.triggers if _fires(trigger, facts, text))
    cell = rulebook.cells[Impact(facts.impact), Urgency(facts.urgency)]
    # P1 sorts before P4, so the smallest is the most urgent.
    return Assessment(min([cell, *(trigger.at_least for trigger in fired if trigger.at_least)]), fired)


def next_rung(ladder: LadderRules, rung: int, repeats: int) -> RungStep | Literal[Climb.LEVEL]:
    """Whom to tell when nobody accepted: the next rung, the last one again, or CLIMB_LEVEL.

    `rung` is the position told last (0: none yet), `repeats` how often that one was told again. After CLIMB_LEVEL the
    caller starts at rung 0 of the level above, or alarms the policy owner every `ladder.alarm_interval` at the top.
    """
    above = next((each for each in ladder.rungs if each.position > rung), None)
    if above is not None:
        return RungStep(above, 0)
    if ladder.rungs and repeats < ladder.last_rung_repeats:
        return RungStep(ladder.rungs[-1], repeats + 1)
    return CLIMB_LEVEL


def items(rulebook: Rulebook, verb: Verb, category_id: int | None) -> tuple[ChecklistRule, ...]:
    """The checklist before a verb on a case of this category, in its order."""
    return tuple(
        item
        for item in rulebook.checklist
        if item.verb == verb and (item.category_id is None or item.category_id == category_id)
    )


def required_items(rulebook: Rulebook, verb: Verb, category_id: int | None) -> tuple[ChecklistRule, ...]:
    """Those of `items` without which the verb is refused."""
    return tuple(item for item in items(rulebook, verb, category_id) if item.required)


def _fires(trigger: TriggerRule, facts: Facts, text: str) -> bool:
    """Within its category, the flag or any of the words is enough; with neither the category alone is."""
    if trigger.category_id is not None and trigger.category_id != facts.category_id:
        return False
    if trigger.flag is None and not trigger.words:
        return trigger.category_id is not None
    return trigger.flag in facts.flags or any(word in text for word in trigger.words)
