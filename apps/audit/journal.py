"""Browsing the journal: filters that an index answers each, and pages by key instead of by number.

No page counts the table, and none is slower than another, however many entries there are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from itertools import islice

from django.db.models import Q, QuerySet
from django.utils.dateparse import parse_datetime

from apps.audit import words
from apps.audit.access import Access
from apps.audit.models import DepartmentOf, Entry, KindOf, has_breach

PAGE = 50
CHUNK = 2000
MOST_NAMED = 2  # persons whose own actions a search by name includes


@dataclass(frozen=True, slots=True)
class Filters:
    """What the reader asks for; what is empty does not narrow. `since` counts, `until` does not.

    `kind` is a kind of thing ("people.team") or a whole app ("people."); `action` one action, or LOOKED for all by
    which somebody only looked.
    """

    actor: str = ""
    kind: str = ""
    action: str = ""
    department: str = ""
    breach: bool = False
    since: datetime | None = None
    until: datetime | None = None
    search: str = ""


LOOKED = "looked"
SIGN_INS = "sign_ins"
SEVERAL = {
    LOOKED: tuple(map(str, Access)),
    SIGN_INS: ("signed_in", "signed_out", "sign_in_failed"),
}


@dataclass(frozen=True, slots=True)
class Key:
    """A place in the journal: entries are in the order of `at`, those of one moment in that of `id`."""

    at: datetime
    id: int

    @classmethod
    def of(cls, entry: Entry) -> Key:
        return cls(entry.at, entry.pk)

    @classmethod
    def read(cls, text: str) -> Key | None:
        """None for anything that `__str__` did not write."""
        moment, _mark, number = text.rpartition("~")
        try:
            at = parse_datetime(moment)
        except ValueError:
            return None
        return cls(at, int(number)) if at is not None and at.tzinfo and number.isdecimal() else None

    def __str__(self) -> str:
        return f"{self.at.isoformat()}~{self.id}"


@dataclass(frozen=True, slots=True)
class Page:
    """The latest entry first."""

    entries: list[Entry]
    older: Key | None
    newer: Key | None


def page(filters: Filters, *, before: Key | None = None, after: Key | None = None, size: int = PAGE) -> Page:
    """The entries next before (older than) or after (newer than) a key; by default the newest."""
    forward = after is not None
    key = after if forward else before
    streams = [_from(entries, key, forward=forward)[: size + 1] for entries in matching(filters)]
    found = _first(streams, size + 1, forward=forward)
    more, found = len(found) > size, found[:size]
    if forward:
        found.reverse()
    if not found:
        return Page([], None, None)
    has_older, has_newer = (True, more) if forward else (more, before is not None)
    return Page(found, Key.of(found[-1]) if has_older else None, Key.of(found[0]) if has_newer else None)


def every(filters: Filters) -> Iterator[Entry]:
    """All entries asked for, the latest first, read while they are taken; call it in a `reading.snapshot`."""
    streams = [entries.iterator(chunk_size=CHUNK) for entries in matching(filters)]
    return _once(merge(*streams, key=lambda entry: (entry.at, entry.pk), reverse=True))


def matching(filters: Filters) -> list[QuerySet[Entry]]:
    """The entries asked for, as querysets that together hold each at least once: one index each, put together later."""
    entries = Entry.objects.order_by("-at", "-id")
    if filters.actor:
        entries = entries.filter(actor=filters.actor)
    if filters.kind:
        entries = entries.alias(kind=KindOf("subject")).filter(_of_kind(filters.kind))
    if filters.action:
        several = SEVERAL.get(filters.action)
        entries = entries.filter(action__in=several) if several else entries.filter(action=filters.action)
    if filters.department:
        entries = entries.alias(department=DepartmentOf("details")).filter(department=filters.department)
    if filters.breach:
        entries = entries.filter(has_breach())
    if filters.since:
        entries = entries.filter(at__gte=filters.since)
    if filters.until:
        entries = entries.filter(at__lt=filters.until)
    if not filters.search:
        return [entries]
    named = words.with_belongings(words.search(filters.search))
    persons = [] if filters.actor else words.persons(named)[:MOST_NAMED]
    theirs = [entries.filter(actor=person) for person in persons]
    return [entries.filter(subject__in=named), *theirs]


def _of_kind(kind: str) -> Q:
    if kind.endswith("."):
        return Q(kind__in=[each.model for each in words.kinds() if each.model.startswith(kind)])
    return Q(kind=kind)


def _from(entries: QuerySet[Entry], key: Key | None, *, forward: bool) -> QuerySet[Entry]:
    if forward:
        entries = entries.order_by("at", "id")
    if key is None:
        return entries
    # The first condition says no more than the second, but is one that an index can begin at.
    if forward:
        return entries.filter(Q(at__gte=key.at), Q(at__gt=key.at) | Q(id__gt=key.id))
    return entries.filter(Q(at__lte=key.at), Q(at__lt=key.at) | Q(id__lt=key.id))


def _first(streams: Sequence[QuerySet[Entry]], number: int, *, forward: bool) -> list[Entry]:
    """The first of all of them in their common order, each once."""
    together = merge(*streams, key=lambda entry: (entry.at, entry.pk), reverse=not forward)
    return list(islice(_once(together), number))


def _once(entries: Iterator[Entry]) -> Iterator[Entry]:
    last = 0
    for entry in entries:
        if entry.pk != last:
            last = entry.pk
            yield entry
