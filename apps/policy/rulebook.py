"""A version of the policy as plain frozen values: what `rules` decides from, without another look at the database."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from . import business_time
from .models import (
    Calendar,
    ChecklistItem,
    EscalationKind,
    Flag,
    Impact,
    Ladder,
    MatrixRow,
    Means,
    NoPublishedVersion,
    Priority,
    PriorityCell,
    Target,
    Trigger,
    Urgency,
    Verb,
    Version,
)
from .models.checklist import in_active_language


@dataclass(frozen=True, slots=True)
class RungRule:
    position: int  # 1 is the first
    target: Target
    team_id: int | None  # exactly with Target.NAMED_TEAM
    role: str  # a people.Role exactly with Target.TEAM_ROLE, else ""
    person_id: int | None  # exactly with Target.PERSON
    wait: int  # working minutes of the row's calendar
    means: tuple[Means, ...]


@dataclass(frozen=True, slots=True)
class LadderRules:
    id: int
    name: str
    rungs: tuple[RungRule, ...]  # ascending by position, at least one in a published version
    last_rung_repeats: int
    alarm_interval: int  # working minutes of the row's calendar


@dataclass(frozen=True, slots=True)
class Row:
    """All limits are working minutes of `calendar`."""

    priority: Priority
    first_response: int
    first_line_limit: int
    resolution_limit: int
    status_interval: int
    stale_limit: int
    confirmation_limit: int
    review_limit: int
    destination_level_id: int
    destination_team_id: int | None  # None: look the team up on the destination level
    alert_head: bool
    means: tuple[Means, ...]
    ladder: LadderRules
    calendar: business_time.Calendar | None  # None: around the clock


@dataclass(frozen=True, slots=True)
class TriggerRule:
    id: int
    name: str
    category_id: int | None  # None: any
    flag: Flag | None
    words: tuple[str, ...]  # already folded by `fold`
    at_least: Priority | None
    escalate_at_once: bool
    kind: EscalationKind
    to_level_id: int | None
    to_skill_id: int | None
    tell_role: str  # a people.Role, or ""


@dataclass(frozen=True, slots=True)
class ChecklistRule:
    id: int
    verb: Verb
    category_id: int | None  # None: any
    text: str
    text_en: str
    required: bool

    @property
    def label(self) -> str:
        """The text in the active language."""
        return in_active_language(self.text, self.text_en)


@dataclass(frozen=True, slots=True)
class Rulebook:
    version_id: int
    number: int
    warning_percent: int
    cells: dict[tuple[Impact, Urgency], Priority]
    rows: dict[Priority, Row]
    triggers: tuple[TriggerRule, ...]  # in their order of precedence
    checklist: tuple[ChecklistRule, ...]


def fold(text: str) -> str:
    """The text as words are compared: full-width as half-width, upper as lower case."""
    return unicodedata.normalize("NFKC", text).casefold()


class _Rulebooks:
    """Reads a version once per process when it is published, each time while it is a draft."""

    def __init__(self) -> None:
        self._published: dict[int, Rulebook] = {}

    def __call__(self, version_id: int) -> Rulebook:
        """Raises Version.DoesNotExist. Published versions never change, hence may be kept.

        Not to be asked for a version published in the same, still open transaction: a rollback would not be noticed.
        """
        known = self._published.get(version_id)
        if known is not None:
            return known
        version = Version.objects.get(pk=version_id)
        rulebook = _read(version)
        if version.is_published:
            self._published[version_id] = rulebook
        return rulebook

    def cache_clear(self) -> None:
        self._published.clear()


get_rulebook = _Rulebooks()


def current_version_id() -> int:
    """The version that a new case begins under, in one statement. Raises NoPublishedVersion."""
    latest = Version.objects.published().order_by("-published_at", "-number").values_list("pk", flat=True).first()
    if latest is None:
        raise NoPublishedVersion
    return latest


def _read(version: Version) -> Rulebook:
    ladders = {
        ladder.pk: _ladder(ladder) for ladder in Ladder.objects.filter(version=version).prefetch_related("rungs")
    }
    calendars = {
        calendar.pk: _calendar(calendar)
        for calendar in Calendar.objects.filter(version=version).prefetch_related("hours", "closures")
    }
    return Rulebook(
        version_id=version.pk,
        number=version.number,
        warning_percent=version.warning_percent,
        cells={
            (Impact(cell.impact), Urgency(cell.urgency)): Priority(cell.priority)
            for cell in PriorityCell.objects.filter(version=version)
        },
        rows={
            Priority(row.priority): Row(
                priority=Priority(row.priority),
                first_response=row.first_response,
                first_line_limit=row.first_line_limit,
                resolution_limit=row.resolution_limit,
                status_interval=row.status_interval,
                stale_limit=row.stale_limit,
                confirmation_limit=row.confirmation_limit,
                review_limit=row.review_limit,
                destination_level_id=row.destination_level_id,
                destination_team_id=row.destination_team_id,
                alert_head=row.alert_head,
                means=_means(row.means),
                ladder=ladders[row.ladder_id],
                calendar=calendars[row.calendar_id] if row.calendar_id else None,
            )
            for row in MatrixRow.objects.filter(version=version)
        },
        triggers=tuple(_trigger(trigger) for trigger in Trigger.objects.filter(version=version)),
        checklist=tuple(_checklist_item(item) for item in ChecklistItem.objects.filter(version=version)),
    )


def _ladder(ladder: Ladder) -> LadderRules:
    return LadderRules(
        id=ladder.pk,
        name=ladder.name,
        rungs=tuple(
            RungRule(
                position=rung.position,
                target=Target(rung.target),
                team_id=rung.team_id,
                role=rung.role,
                person_id=rung.person_id,
                wait=rung.wait,
                means=_means(rung.means),
            )
            for rung in sorted(ladder.rungs.all(), key=lambda rung: rung.position)
        ),
        last_rung_repeats=ladder.last_rung_repeats,
        alarm_interval=ladder.alarm_interval,
    )


def _calendar(calendar: Calendar) -> business_time.Calendar:
    weekly = defaultdict(list)
    for hours in calendar.hours.all():
        weekly[hours.weekday].append((hours.opens, hours.closes))
    monday, tuesday, wednesday, thursday, friday, saturday, sunday = (
        tuple(sorted(weekly[weekday])) for weekday in range(7)
    )
    return business_time.Calendar(
        zone=ZoneInfo(calendar.time_zone),
        weekly=(monday, tuesday, wednesday, thursday, friday, saturday, sunday),
        closed=business_time.ClosedDays(
            country=calendar.country,
            spans=tuple(
                business_time.ClosedSpan(closure.starts_on, closure.ends_on, closure.every_year)
                for closure in calendar.closures.all()
            ),
        ),
    )


def _trigger(trigger: Trigger) -> TriggerRule:
    return TriggerRule(
        id=trigger.pk,
        name=trigger.name,
        category_id=trigger.category_id,
        flag=Flag(trigger.flag) if trigger.flag else None,
        words=tuple(fold(line.strip()) for line in trigger.words.splitlines() if line.strip()),
        at_least=Priority(trigger.at_least) if trigger.at_least else None,
        escalate_at_once=trigger.escalate_at_once,
        kind=EscalationKind(trigger.kind),
        to_level_id=trigger.to_level_id,
        to_skill_id=trigger.to_skill_id,
        tell_role=trigger.tell_role,
    )


def _checklist_item(item: ChecklistItem) -> ChecklistRule:
    return ChecklistRule(
        id=item.pk,
        verb=Verb(item.verb),
        category_id=item.category_id,
        text=item.text,
        text_en=item.text_en,
        required=item.required,
    )


def _means(values: list[str]) -> tuple[Means, ...]:
    return tuple(Means(value) for value in values)
