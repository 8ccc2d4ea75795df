"""A version of the policy as the way a case takes, for people to read: what is asked first, then a lane per priority.

Reads names in at most four statements besides the rulebook; decides nothing and draws nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import cached_property

from django.utils.translation import gettext as _

from apps.people.models import Level, Role, Skill, Team, User

from .models import Category, Flag, Impact, Means, Priority, Target, Urgency, Verb
from .rulebook import Row, Rulebook, RungRule, TriggerRule, get_rulebook
from .rules import items


class StopKind(StrEnum):
    """What happens at a stop; in brackets what its limit counts from."""

    REPORT = "report"
    RESPOND = "respond"  # (the report)
    ESCALATE = "escalate"  # (the report)
    TELL = "tell"  # (the stop before; none at the first)
    TOP = "top"  # (the stop before)
    ACCEPT = "accept"
    RESOLVE = "resolve"  # (the acceptance)


@dataclass(frozen=True, slots=True)
class Stop:
    """One box of a lane, and the limit after which it is reached or by which it must be."""

    kind: StopKind
    title: str
    limit: timedelta | None = None  # of business hours, unless the lane is around the clock
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Lane:
    priority: Priority
    when: tuple[tuple[Impact, Urgency], ...]  # the cells of the matrix that lead here
    means: tuple[Means, ...]
    is_around_the_clock: bool
    stops: tuple[Stop, ...]


@dataclass(frozen=True, slots=True)
class Alarm:
    """A trigger: what it looks for, and what it does."""

    name: str
    flag: str
    words: tuple[str, ...]
    effects: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Flow:
    number: int
    checklist: tuple[tuple[str, bool], ...]  # before an escalation: (label, required)
    alarms: tuple[Alarm, ...]
    lanes: tuple[Lane, ...]


def flow(version_id: int, category: Category | None = None) -> Flow:
    """The way of a case of the `category` (None: of no particular kind) under this version."""
    book = get_rulebook(version_id)
    names = _Names(book)
    category_id = category.pk if category else None
    return Flow(
        number=book.number,
        checklist=tuple((item.label, item.required) for item in items(book, Verb.ESCALATE, category_id)),
        alarms=tuple(_alarm(each, names) for each in book.triggers if each.category_id in (None, category_id)),
        lanes=tuple(_lane(book, priority, category, names) for priority in Priority if priority in book.rows),
    )


def effects_of_flags(book: Rulebook) -> dict[str, tuple[str, ...]]:
    """What each sign of danger that a reporter ticks brings about, whatever the kind of case. Two statements."""
    names = _Names(book)
    found: dict[str, tuple[str, ...]] = {}
    for each in book.triggers:
        if each.flag and each.category_id is None:
            found[each.flag] = found.get(each.flag, ()) + _alarm(each, names).effects
    return found


class _Names:
    """What levels, teams, skills and the people on ladders are called, in a statement for each kind that is asked for."""

    def __init__(self, book: Rulebook) -> None:
        self.book = book

    @cached_property
    def levels(self) -> dict[int, Level]:
        return {level.pk: level for level in Level.objects.all()}

    @cached_property
    def teams(self) -> dict[int, str]:
        return {team.pk: str(team) for team in Team.objects.all()}

    @cached_property
    def skills(self) -> dict[int, str]:
        return {skill.pk: str(skill) for skill in Skill.objects.all()}

    @cached_property
    def people(self) -> dict[int, str]:
        rungs = (rung for row in self.book.rows.values() for rung in row.ladder.rungs)
        found = User.objects.in_bulk({rung.person_id for rung in rungs if rung.person_id})
        return {pk: str(user) for pk, user in found.items()}

    def level(self, pk: int | None) -> str:
        level = self.levels.get(pk or 0)
        return _("level %(rank)d, %(name)s") % {"rank": level.rank, "name": level} if level else ""


def _lane(book: Rulebook, priority: Priority, category: Category | None, names: _Names) -> Lane:
    row = book.rows[priority]
    return Lane(
        priority=priority,
        when=tuple(cell for cell, found in book.cells.items() if found == priority),
        means=row.means,
        is_around_the_clock=row.calendar is None,
        stops=tuple(_stops(row, category, names)),
    )


def _stops(row: Row, category: Category | None, names: _Names) -> Iterator[Stop]:
    yield Stop(StopKind.REPORT, _("Reported"))
    yield Stop(StopKind.RESPOND, _("First answer to the customer"), timedelta(minutes=row.first_response))
    yield Stop(
        StopKind.ESCALATE,
        _("Not settled yet: it escalates by itself"),
        timedelta(minutes=row.first_line_limit),
        _destination(row, category, names),
    )
    wait: timedelta | None = None
    for rung in row.ladder.rungs:
        yield Stop(StopKind.TELL, _("%(whom)s is told") % {"whom": _whom(rung, names)}, wait)
        wait = timedelta(minutes=rung.wait)
    yield Stop(StopKind.TOP, _("Told again %(count)d times") % {"count": row.ladder.last_rung_repeats}, wait, _top())
    yield Stop(StopKind.ACCEPT, _("Somebody accepts it and works on it"))
    yield Stop(StopKind.RESOLVE, _("Settled, or else one level up"), timedelta(minutes=row.resolution_limit))


def _destination(row: Row, category: Category | None, names: _Names) -> str:
    where = names.teams.get(row.destination_team_id or 0) or names.level(row.destination_level_id)
    if category is not None and category.skill_id and row.destination_team_id is None:
        where = _("%(where)s, with the skill %(skill)s") % {"where": where, "skill": names.skills[category.skill_id]}
    if row.alert_head:
        return _("to %(where)s, and the head of the department is told") % {"where": where}
    return _("to %(where)s") % {"where": where}


def _whom(rung: RungRule, names: _Names) -> str:
    match rung.target:
        case Target.TEAM:
            return _("the whole team")
        case Target.NAMED_TEAM:
            return names.teams.get(rung.team_id or 0, "")
        case Target.TEAM_ROLE:
            return _("the team's %(role)s") % {"role": Role(rung.role).label}
        case Target.DEPARTMENT_HEAD:
            return _("the head of the department")
        case Target.PERSON:
            return names.people[rung.person_id or 0]
        case Target.POLICY_OWNER:
            return _("the policy owner")


def _top() -> str:
    return _("then the next level; at the very top the policy owner is alarmed")


def _alarm(trigger: TriggerRule, names: _Names) -> Alarm:
    effects = []
    if trigger.at_least:
        effects.append(_("at least %(priority)s") % {"priority": Priority(trigger.at_least).label})
    if trigger.escalate_at_once:
        skill = names.skills.get(trigger.to_skill_id or 0)
        where = names.level(trigger.to_level_id) or _("the level that the matrix names")
        if skill:
            where = _("%(where)s, with the skill %(skill)s") % {"where": where, "skill": skill}
        effects.append(_("escalated at once to %(where)s") % {"where": where})
    if trigger.tell_role:
        effects.append(_("the %(role)s there is told as well") % {"role": Role(trigger.tell_role).label})
    flag = str(Flag(trigger.flag).label) if trigger.flag else ""
    return Alarm(trigger.name, flag, trigger.words, tuple(effects))
