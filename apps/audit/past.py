"""Things as they were at a past moment, read from their history rows. Nothing here can be saved."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.text import capfirst

from apps.audit import words
from apps.audit.differences import Teller, Value, subject_of
from apps.audit.masks import Maskers
from apps.audit.words import Kind


@dataclass(frozen=True, slots=True)
class Thing:
    name: str
    values: list[Value]


@dataclass(frozen=True, slots=True)
class Past:
    """A thing and its parts at a moment; `parts` by what they are called."""

    subject: str
    name: str
    kind: str
    at: datetime
    values: list[Value]
    parts: list[tuple[str, list[Thing]]]

    @property
    def is_masked(self) -> bool:
        things = [thing for _label, group in self.parts for thing in group]
        return any(value.is_masked for values in (self.values, *(each.values for each in things)) for value in values)


def as_it_was(subject: str, at: datetime, *, shows_personal: bool = False) -> Past | None:
    """None where there was no such thing at that moment: not yet, not any more, or never."""
    kind = words.kind_of(subject)
    if kind is None or not hasattr(kind.table, "history"):
        return None
    key = words.key_of(kind, subject)
    row = None if key is None else next(iter(_rows(kind, at, {"id": key})), None)
    if row is None:
        return None
    groups = list(_parts(kind, [row], at))
    everything = [row, *(each for _kind, rows in groups for each in rows)]
    records = {subject_of(each): _record(each) for each in everything}
    maskers = Maskers(records, shows_personal=shows_personal)
    teller = Teller(everything, maskers, shows_personal=shows_personal)
    called = {each: maskers.say(each, name) for each, name in words.past_names(records).items()}
    return Past(
        subject,
        called[subject],
        str(capfirst(kind.label)),
        at,
        teller.values(row),
        [
            (_plural(part), [Thing(called[subject_of(each)], teller.values(each)) for each in rows])
            for part, rows in groups
        ],
    )


def _parts(kind: Kind, rows: list[Any], at: datetime) -> Iterable[tuple[Kind, list[Any]]]:
    """The parts that the rows had at that moment, and the parts of those; a statement for each kind."""
    for part in kind.parts:
        other = words.kind_of(part.kind)
        if other is None:
            continue
        found = _rows(other, at, {f"{part.key}__in": [row.id for row in rows]}, narrow=part)
        if found:
            yield other, found
            yield from _parts(other, found, at)


def _rows(kind: Kind, at: datetime, where: dict[str, Any], *, narrow: words.Part | None = None) -> list[Any]:
    """The last history row by then of each thing, unless it says that the thing was deleted."""
    history: Any = kind.table.history  # type: ignore[attr-defined]
    # Which parts a thing had by then is asked of what they said by then, not of what they said ever.
    latest = history.filter(history_date__lte=at, id__in=history.filter(**where).values("id"))
    newest: dict[Any, Any] = {}
    for row in latest.order_by("history_date", "history_id"):
        newest[row.id] = row
    alive = [row.pk for row in newest.values() if row.history_type != "-"]
    rows = history.filter(pk__in=alive, **where)
    if narrow is not None and narrow.narrow is not None:
        rows = narrow.narrow(rows, at)
    return list(rows.order_by("id"))


def _record(row: Any) -> str:
    return f"{row._meta.label_lower}:{row.pk}"


def _plural(kind: Kind) -> str:
    return str(capfirst(str(kind.table._meta.verbose_name_plural)))
