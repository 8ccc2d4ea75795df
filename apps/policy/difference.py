"""What one version of the policy changes against another, in words, part by part.

Parts are matched by what they stand for (a cell, a priority, a name), never by their ids: a copy shares none with its
original.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils.translation import gettext as _

from .models import (
    Calendar,
    ChecklistItem,
    Closure,
    Impact,
    Ladder,
    MatrixRow,
    OpenHours,
    PriorityCell,
    Rung,
    Trigger,
    Urgency,
    Version,
)
from .words import closed_days, in_words, label, minutes, open_hours, told

Key = Callable[[Any], Hashable]
Lines = dict[str, str]


class Kind(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Change:
    """A field, or a line such as one rung; `before` is empty where there was nothing, `after` where nothing is left."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Item:
    kind: Kind
    name: str
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    items: tuple[Item, ...]


class _Reading(NamedTuple):
    """How a kind of part is read: the parent that ties it to a version (""; the version itself), and what it names."""

    parent: str = ""
    named: tuple[str, ...] = ()
    listed: tuple[str, ...] = ()


PARTS: dict[type[models.Model], _Reading] = {
    PriorityCell: _Reading(),
    MatrixRow: _Reading(named=("destination_level", "destination_team", "ladder", "calendar")),
    Ladder: _Reading(listed=("rows",)),
    Rung: _Reading("ladder", named=("ladder", "team", "person")),
    Trigger: _Reading(named=("category", "to_level", "to_skill")),
    ChecklistItem: _Reading(named=("category",)),
    Calendar: _Reading(listed=("rows",)),
    OpenHours: _Reading("calendar", named=("calendar",)),
    Closure: _Reading("calendar", named=("calendar",)),
}


class Content:
    """A version with all its parts in memory."""

    def __init__(self, version: Version) -> None:
        self.version = version
        self.parts: dict[type[models.Model], list[Any]] = {model: [] for model in PARTS}

    def fingerprint(self) -> str:
        """Changes with anything that the version says."""
        values = [
            [getattr(part, field.attname) for field in part._meta.concrete_fields]
            for part in (self.version, *(part for parts in self.parts.values() for part in parts))
        ]
        return hashlib.sha256(json.dumps(values, cls=DjangoJSONEncoder).encode()).hexdigest()


def read(*versions: Version) -> list[Content]:
    """Their contents, in one statement for each kind of part and two for who uses the ladders and calendars."""
    contents = {version.pk: Content(version) for version in versions}
    for model, reading in PARTS.items():
        path = f"{reading.parent}__version" if reading.parent else "version"
        parts = model._default_manager.filter(**{f"{path}__in": contents}).order_by("pk")
        for part in parts.select_related(*reading.named).prefetch_related(*reading.listed):
            owner: Any = getattr(part, reading.parent) if reading.parent else part
            contents[owner.version_id].parts[model].append(part)
    return list(contents.values())


def difference(old: Content, new: Content) -> list[Section]:
    """What `new` changes against `old`; a section for each kind of part that differs at all."""
    sections = (
        Section(_("The version itself"), tuple(_version(old.version, new.version))),
        Section(_("Priority by impact and urgency"), _cells(old, new)),
        Section(
            _("Limits and destinations"),
            _items(old.parts[MatrixRow], new.parts[MatrixRow], keys=[lambda row: row.priority], name=_label),
        ),
        Section(_("Escalation paths"), _items(*_of(Ladder, old, new), keys=[str, _users], lines=_rungs(old, new))),
        Section(_("Triggers"), _items(*_of(Trigger, old, new), keys=[str, lambda trigger: trigger.position])),
        Section(
            _("Checklists"),
            _items(
                *_of(ChecklistItem, old, new),
                keys=[lambda item: (item.verb, item.category_id, item.text), lambda item: (item.verb, item.position)],
                name=lambda item: f"{item.get_verb_display()}: {item}",
            ),
        ),
        Section(_("Business calendars"), _items(*_of(Calendar, old, new), keys=[str, _users], lines=_days(old, new))),
    )
    return [section for section in sections if section.items]


def _of(model: type[models.Model], old: Content, new: Content) -> tuple[list[Any], list[Any]]:
    return old.parts[model], new.parts[model]


def _label(row: MatrixRow) -> str:
    return str(row.get_priority_display())


def _users(part: Ladder | Calendar) -> Hashable:
    """What got another name is still known by the priorities that use it."""
    return tuple(sorted(row.priority for row in part.rows.all())) or None


def _version(old: Version, new: Version) -> Iterable[Item]:
    changes = _changes(old, new, ["title", "warning_percent"])
    if changes:
        yield Item(Kind.CHANGED, str(new), tuple(changes))


def _cells(old: Content, new: Content) -> tuple[Item, ...]:
    """In the order of the grid."""
    grid = [(impact, urgency) for impact in Impact for urgency in Urgency]
    before, after = (
        sorted(content.parts[PriorityCell], key=lambda cell: grid.index((cell.impact, cell.urgency)))
        for content in (old, new)
    )
    return _items(
        before,
        after,
        keys=[lambda cell: (cell.impact, cell.urgency)],
        name=lambda cell: f"{cell.get_impact_display()} × {cell.get_urgency_display()}",
        names=["priority"],
    )


def _rungs(old: Content, new: Content) -> Callable[[Ladder], Lines]:
    lines: dict[int, Lines] = {}
    for rung in sorted((*old.parts[Rung], *new.parts[Rung]), key=lambda rung: rung.position):
        line = _("rung %(position)d") % {"position": rung.position}
        words = (told(rung), _("%(span)s to accept") % {"span": minutes(rung.wait)}, in_words(rung, "means"))
        lines.setdefault(rung.ladder_id, {})[line] = _(", ").join(filter(None, words))
    return lambda ladder: lines.get(ladder.pk, {})


def _days(old: Content, new: Content) -> Callable[[Calendar], Lines]:
    """A line for each weekday that opens at all, and for each closure."""
    lines: dict[int, Lines] = {}
    for hours in sorted((*old.parts[OpenHours], *new.parts[OpenHours]), key=lambda each: (each.weekday, each.opens)):
        _add_line(lines, hours.calendar_id, str(hours.get_weekday_display()), open_hours(hours.opens, hours.closes))
    for closure in sorted((*old.parts[Closure], *new.parts[Closure]), key=lambda each: each.starts_on):
        _add_line(lines, closure.calendar_id, closure.name, closed_days(closure))
    return lambda calendar: lines.get(calendar.pk, {})


def _add_line(lines: dict[int, Lines], pk: int, line: str, words: str) -> None:
    of_part = lines.setdefault(pk, {})
    of_part[line] = _(", ").join(filter(None, (of_part.get(line, ""), words)))


# --- comparing --------------------------------------------------------------------------------------------------------


def _items(
    old: Sequence[Any],
    new: Sequence[Any],
    *,
    keys: Sequence[Key],
    name: Callable[[Any], str] = str,
    names: Sequence[str] = (),
    lines: Callable[[Any], Lines] = lambda part: {},
) -> tuple[Item, ...]:
    """The differences of two lists of parts; `names`: the fields that count, all that say something if not given."""
    found = []
    for before, after in _pairs(old, new, keys):
        part = after or before
        changes = _changes(before, after, names or _telling(part))
        old_lines, new_lines = (lines(each) if each else {} for each in (before, after))
        changes += [
            Change(line, old_lines.get(line, ""), new_lines.get(line, ""))
            for line in {**old_lines, **new_lines}
            if old_lines.get(line) != new_lines.get(line)
        ]
        if changes:
            kind = Kind.ADDED if before is None else Kind.REMOVED if after is None else Kind.CHANGED
            found.append(Item(kind, name(part), tuple(changes)))
    return tuple(found)


def _pairs(old: Sequence[Any], new: Sequence[Any], keys: Sequence[Key]) -> list[tuple[Any, Any]]:
    """(before, after); None where one is missing. Each key in turn matches what the keys before left over."""
    partners: dict[int, Any] = {}
    missing, added = list(old), list(new)
    for key in keys:
        left: dict[Hashable, list[Any]] = {}
        for part in missing:
            left.setdefault(key(part), []).append(part)
        for part in added:
            candidates = left.get(key(part))
            if candidates and key(part) is not None:
                partners[part.pk] = candidates.pop(0)
        taken = {part.pk for part in partners.values()}
        missing = [part for part in missing if part.pk not in taken]
        added = [part for part in added if part.pk not in partners]
    return [(partners.get(part.pk), part) for part in new] + [(part, None) for part in missing]


def _telling(part: models.Model) -> list[str]:
    """All fields but the key and what ties the part to its version."""
    return [field.name for field in part._meta.concrete_fields if not field.primary_key and field.name != "version"]


def _changes(before: Any, after: Any, names: Sequence[str]) -> list[Change]:
    """The named fields that read differently. A ladder or calendar differs when its name does: a copy has its own."""
    found = []
    for name in names:
        old, new = (in_words(part, name) if part else "" for part in (before, after))
        if old != new:
            found.append(Change(label(type(after or before), name), old, new))
    return found
