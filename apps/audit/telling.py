"""Entries put into words, a line each: the rows of every list of the journal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.text import capfirst

from apps.audit import words
from apps.audit.differences import changed_fields
from apps.audit.models import Entry, Source


@dataclass(frozen=True, slots=True)
class Line:
    """An entry in words. `behalf`: on whose behalf, if not the person's own; `notes` are pairs of label and words."""

    entry: Entry
    who: str
    behalf: str
    door: str
    action: str
    kind: str
    subject: str
    from_state: str
    to_state: str
    changed: list[str]
    notes: list[tuple[str, str]]

    @property
    def is_breach(self) -> bool:
        return bool(self.entry.details.get("breach"))


def lines(entries: Sequence[Entry]) -> list[Line]:
    """In the order of the entries; two statements at most, however many kinds of things they speak of."""
    records = {entry.subject: entry.record for entry in entries if entry.record}
    names = words.names({entry.subject for entry in entries} | {entry.actor for entry in entries}, records)
    return [_line(entry, names) for entry in entries]


def _line(entry: Entry, names: dict[str, str]) -> Line:
    kind = words.kind_of(entry.subject)
    return Line(
        entry=entry,
        who=names.get(entry.actor, ""),
        behalf=words.behalf(entry),
        door=str(Source(entry.source).label),
        action=words.action(entry.action),
        kind="" if kind is None else str(capfirst(kind.label)),
        subject=names[entry.subject],
        from_state=words.state(entry.from_state),
        to_state=words.state(entry.to_state),
        changed=changed_fields(entry),
        notes=words.notes(entry),
    )
