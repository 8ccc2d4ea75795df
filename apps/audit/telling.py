"""Entries put into words, a line each: the rows of every list of the journal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from django.utils.text import capfirst

from apps.audit import words
from apps.audit.differences import changed_fields
from apps.audit.masks import Maskers
from apps.audit.models import Entry, Source


@dataclass(frozen=True, slots=True)
class Line:
    """An entry in words. `behalf`: on whose behalf, if not the person's own; `notes` are pairs of label and words.

    `is_masked`: whether there is more to the reason, or to what the thing is called, than is shown.
    """

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
    reason: str
    is_masked: bool

    @property
    def is_breach(self) -> bool:
        return bool(self.entry.details.get("breach"))


def lines(entries: Sequence[Entry], maskers: Maskers | None = None) -> list[Line]:
    """In the order of the entries; three statements at most, however many kinds of things they speak of.

    `maskers` of those who have read them already, or who show what is masked.
    """
    maskers = maskers or Maskers(entry.subject for entry in entries)
    records = {entry.subject: entry.record for entry in entries if entry.record}
    names = words.names({entry.subject for entry in entries} | {entry.actor for entry in entries}, records)
    labels = _Labels()
    return [_line(entry, names, labels, maskers) for entry in entries]


class _Labels:
    """What thousands of entries have in common is translated once."""

    def __init__(self) -> None:
        self.action, self.state, self.door, self.kind = (
            cache(words.action),
            cache(words.state),
            cache(_door),
            cache(_kind),
        )


def _door(source: str) -> str:
    return str(Source(source).label)


def _kind(model: str) -> str:
    kind = words.kind_of(model)
    return "" if kind is None else str(capfirst(kind.label))


def _line(entry: Entry, names: dict[str, str], labels: _Labels, maskers: Maskers) -> Line:
    name = maskers.say(entry.subject, names[entry.subject])
    reason = maskers.say(entry.subject, entry.reason)
    return Line(
        entry=entry,
        who=names.get(entry.actor, ""),
        behalf=words.behalf(entry),
        door=labels.door(entry.source),
        action=labels.action(entry.action),
        kind=labels.kind(entry.subject.partition(":")[0]),
        subject=name,
        from_state=labels.state(entry.from_state),
        to_state=labels.state(entry.to_state),
        changed=changed_fields(entry),
        notes=[(label, maskers.say(entry.subject, said)) for label, said in words.notes(entry)],
        reason=reason,
        is_masked=(name, reason) != (names[entry.subject], entry.reason),
    )
