"""Reads a historical log into events. Writes nothing; a line that cannot be used is reported and skipped."""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.policy.models import Impact, Urgency

NEUTRAL_COLUMNS = ("case", "at", "event", "line", "team", "actor", "impact", "urgency", "category")
EVENTS = frozenset({"received", "responded", "working", "waiting", "resolved", "closed"})
MAX_LINE = 5  # the levels of product.md
MAX_CELL = 100  # names become names of teams, people and cases
FIRST_YEAR, LAST_YEAR = 1970, 2199  # a typing error further out would let the clocks run for thousands of years

# ITSM tools write either words or 1 (the gravest) to 4.
IMPACTS = {
    "ALL": Impact.ALL, "1": Impact.ALL, "MAJOR": Impact.ALL, "HIGH": Impact.ALL, "全体": Impact.ALL,
    "SOME": Impact.SOME, "2": Impact.SOME, "MEDIUM": Impact.SOME, "一部": Impact.SOME, "": Impact.ONE,
    "ONE": Impact.ONE, "3": Impact.ONE, "LOW": Impact.ONE, "MINOR": Impact.ONE, "個別": Impact.ONE,
}  # fmt: skip
URGENCIES = {
    "CRITICAL": Urgency.CRITICAL, "1": Urgency.CRITICAL, "重大": Urgency.CRITICAL,
    "HIGH": Urgency.HIGH, "2": Urgency.HIGH, "高": Urgency.HIGH,
    "MEDIUM": Urgency.MEDIUM, "3": Urgency.MEDIUM, "中": Urgency.MEDIUM, "": Urgency.MEDIUM,
    "LOW": Urgency.LOW, "4": Urgency.LOW, "低": Urgency.LOW,
}  # fmt: skip

T = TypeVar("T")


class Unreadable(Exception):
    """The file as a whole cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class Event:
    line_number: int  # of the file, the header being 1
    case: str
    at: datetime
    name: str  # one of EVENTS
    line: int  # support level, 1 is the first
    team: str
    actor: str  # "" where the log names nobody
    impact: Impact
    urgency: Urgency
    category: str


@dataclass(frozen=True, slots=True)
class BadLine:
    line_number: int
    reason: str


@dataclass(frozen=True)
class Log:
    events: list[Event]  # by time; at the same moment in the order of the file
    bad_lines: list[BadLine]


def read(path: Path, format: str, limit: int | None = None) -> Log:
    """All events of `path` (CSV, also gzipped) in `format` 'neutral' or 'bpi2013', of its first `limit` cases.

    Raises Unreadable before anything else happens if the file is missing, broken, not UTF-8 or lacks a column.
    """
    columns, convert = FORMATS[format]
    try:
        opener = gzip.open if path.suffix == ".gz" else open
        with opener(path, "rt", encoding="utf-8-sig", newline="") as file:
            return _parse(csv.reader(file), columns, convert, limit)
    except (OSError, EOFError, zlib.error, UnicodeDecodeError, csv.Error) as error:
        raise Unreadable(_("%(path)s cannot be read: %(error)s") % {"path": path, "error": error}) from error


Converter = Callable[[dict[str, str], int], Event]


def _parse(lines: Iterable[list[str]], columns: tuple[str, ...], convert: Converter, limit: int | None) -> Log:
    reader = iter(lines)
    header = next(reader, None) or []
    if missing := [name for name in columns if name not in header]:
        raise Unreadable(_("The file has no column “%(name)s”.") % {"name": missing[0]})
    events: list[Event] = []
    bad_lines: list[BadLine] = []
    cases: set[str] = set()
    for cells in reader:
        number = reader.line_num  # type: ignore[attr-defined]
        if not cells:
            continue
        try:
            if len(cells) != len(header):
                raise ValueError(
                    _("%(found)d cells instead of %(wanted)d") % {"found": len(cells), "wanted": len(header)}
                )
            row = {name: cell.strip() for name, cell in zip(header, cells, strict=True)}
            if any(len(row[name]) > MAX_CELL or "\0" in row[name] for name in columns):
                raise ValueError(
                    _("a cell holds more than %(most)d characters, or one that is none") % {"most": MAX_CELL}
                )
            if not row["case"]:
                raise ValueError(_("no case"))
            if limit is not None and row["case"] not in cases and len(cases) >= limit:
                continue
            event = convert(row, number)
        except ValueError as error:
            bad_lines.append(BadLine(number, str(error)))
        else:
            cases.add(event.case)
            events.append(event)
    events.sort(key=lambda event: (event.at, event.line_number))
    return Log(events, bad_lines)


def _neutral(row: dict[str, str], number: int) -> Event:
    name = row["event"].lower()
    if name not in EVENTS:
        raise ValueError(_("unknown event “%(value)s”") % {"value": row["event"]})
    if not row["team"]:
        raise ValueError(_("no team"))
    return Event(
        line_number=number,
        case=row["case"],
        at=_moment(row["at"]),
        name=name,
        line=_line(row["line"]),
        team=row["team"],
        actor=row["actor"],
        impact=_lookup(IMPACTS, row["impact"], _("unknown impact “%(value)s”")),
        urgency=_lookup(URGENCIES, row["urgency"], _("unknown urgency “%(value)s”")),
        category=row["category"],
    )


BPI_EVENTS = {
    "Awaiting Assignment": "received",
    "In Progress": "working",
    "Assigned": "working",
    "Wait": "waiting",
    "Wait - User": "waiting",
    "Wait - Customer": "waiting",
    "Wait - Vendor": "waiting",
    "Wait - Implementation": "waiting",
    "Resolved": "resolved",
    "In Call": "resolved",
    "Closed": "closed",
}
BPI_PRIORITIES = {
    "Major": (Impact.ALL, Urgency.CRITICAL),
    "High": (Impact.SOME, Urgency.HIGH),
    "Medium": (Impact.SOME, Urgency.MEDIUM),
    "Low": (Impact.ONE, Urgency.LOW),
}


def _bpi2013(row: dict[str, str], number: int) -> Event:
    transition = row["lifecycle:transition"]
    if transition not in BPI_EVENTS:
        raise ValueError(_("unknown event “%(value)s”") % {"value": transition})
    impact, urgency = _lookup(BPI_PRIORITIES, row["impact"], _("unknown impact “%(value)s”"))
    group = row["org:group"]
    if not group:
        raise ValueError(_("no team"))
    name, line = BPI_EVENTS[transition], 3 if group.endswith("3rd") else 2 if group.endswith("2nd") else 1
    return Event(
        line_number=number,
        case=row["case"],
        at=_moment(row["time:timestamp"]),
        # The log does not say when the customer was answered: at the first line, taking the work up counts as that.
        name="responded" if name == "working" and line == 1 else name,
        line=line,
        team=group,
        actor=row["org:resource"],
        impact=impact,
        urgency=urgency,
        category="",
    )


FORMATS: dict[str, tuple[tuple[str, ...], Converter]] = {
    "neutral": (NEUTRAL_COLUMNS, _neutral),
    "bpi2013": (
        ("case", "org:group", "org:resource", "impact", "lifecycle:transition", "time:timestamp"),
        _bpi2013,
    ),
}


def _moment(text: str) -> datetime:
    """ISO 8601; without an offset it is read in settings.TIME_ZONE."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(_("“%(value)s” is no ISO 8601 time") % {"value": text}) from None
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        raise ValueError(
            _("“%(value)s” is not in the years %(first)d to %(last)d")
            % {"value": text, "first": FIRST_YEAR, "last": LAST_YEAR}
        )
    return at if at.tzinfo else timezone.make_aware(at, timezone.get_default_timezone())


def _line(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MAX_LINE:
        raise ValueError(_("the line must be 1 to %(last)d, not “%(value)s”") % {"last": MAX_LINE, "value": text})
    return int(text)


def _lookup(table: dict[str, T], text: str, sentence: str) -> T:
    found = table.get(text, table.get(text.upper()))
    if found is None:
        raise ValueError(sentence % {"value": text})
    return found
