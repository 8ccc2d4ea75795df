"""The whole story of one thing, from its first entry to its last: what was done, by whom, and what it changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from apps.audit import words
from apps.audit.differences import Difference, Rows, Teller
from apps.audit.masks import Maskers
from apps.audit.models import Entry
from apps.audit.telling import Line, lines


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a thing beside its entries. `texts` are pairs of a label (or "") and a text."""

    at: datetime
    title: str
    who: str = ""
    texts: list[tuple[str, str]] = field(default_factory=list)
    is_late: bool = False
    is_masked: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One moment of a story: a line of the journal with its differences, or an event."""

    at: datetime
    line: Line | None = None
    differences: Sequence[Difference] = ()
    event: Event | None = None

    @property
    def is_masked(self) -> bool:
        told = self.line or self.event
        return any(each.is_masked for each in self.differences) or (told is not None and told.is_masked)


@dataclass(frozen=True, slots=True)
class Story:
    """The earliest step first."""

    subject: str
    name: str
    kind: words.Kind
    steps: list[Step]

    @property
    def is_masked(self) -> bool:
        return any(step.is_masked for step in self.steps)


def tell(subject: str, *, shows_personal: bool = False) -> Story | None:
    """None where the journal knows no such thing. As many statements as there are kinds of parts, not of entries."""
    kind = words.kind_of(subject)
    if kind is None:
        return None
    subjects = [subject, *parts(kind, [subject.partition(":")[2]])]
    entries = list(Entry.objects.filter(subject__in=subjects).order_by("at", "id"))
    if not any(entry.subject == subject for entry in entries):
        return None
    maskers = Maskers(subjects, shows_personal=shows_personal)
    steps = _steps(entries, maskers, shows_personal)
    if kind.beside is not None:
        steps += [Step(event.at, event=event) for event in _told(kind, subject, maskers, shows_personal)]
        steps.sort(key=lambda step: step.at)  # stable: of one moment, the entry before what came of it
    return Story(subject, next(step.line.subject for step in steps if step.line is not None), kind, steps)


def parts(kind: words.Kind, keys: Iterable[str]) -> list[str]:
    """Everything that ever belonged to the things of a kind, also what is gone by now; their parts too."""
    keys = list(keys)
    found = kind.also(keys)
    for part in kind.parts:
        other = words.kind_of(part.kind)
        if other is None:
            continue
        past = other.table.history.model._base_manager  # type: ignore[attr-defined]
        own = {str(pk) for pk in past.filter(**{f"{part.key}__in": keys}).order_by().values_list("id", flat=True)}
        if own:
            found += [f"{part.kind}:{pk}" for pk in sorted(own)] + parts(other, own)
    return found


def _told(kind: words.Kind, subject: str, maskers: Maskers, shows_personal: bool) -> Iterable[Event]:
    """What happened beside the entries, its texts masked."""
    for event in kind.beside(words.key_of(kind, subject), shows_personal) if kind.beside is not None else ():
        texts = [(label, maskers.say(subject, text)) for label, text in event.texts]
        yield replace(event, texts=texts, is_masked=event.is_masked or texts != event.texts)


def _steps(entries: Sequence[Entry], maskers: Maskers, shows_personal: bool) -> list[Step]:
    rows = Rows(entries)
    pairs = rows.pairs(entries)
    teller = Teller([row for pair in pairs for row in pair], maskers, shows_personal=shows_personal)
    told = lines(entries, maskers)
    return [
        Step(line.entry.at, line=line, differences=teller.differences(*pair))
        for line, pair in zip(told, pairs, strict=True)
    ]
