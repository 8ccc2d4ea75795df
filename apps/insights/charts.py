"""The figures as drawings: where each bar stands, in per cent of the width, so that the page draws plain SVG.

Nothing is told by colour alone: levels and teams have a row of their own, kinds and states a pattern, and every
drawing has its table beside it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from math import log

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from apps.cases.models import State
from apps.cases.models.choices import HandOffKind
from apps.cases.templatetags.case_words import span
from apps.insights.dashboard import Acceptance, DailyEscalations, Load
from apps.people.models import Level

HEIGHT = 56  # pixels, of a level's columns
MOST_TEAMS = 10  # drawn; the table has all of them
KINDS = (HandOffKind.FUNCTIONAL, HandOffKind.HIERARCHICAL)
TICKS = [timedelta(minutes=1), timedelta(minutes=10)] + [timedelta(hours=hours) for hours in (1, 6, 24, 168, 720, 8760)]
STRIPES, DOTS = "url(#ek-stripes)", "url(#ek-dots)"


@dataclass(frozen=True, slots=True)
class Bar:
    """A rectangle: `x` and `width` with their unit, `y` and `height` in pixels; `fill` where it has a pattern."""

    x: str
    width: str
    look: str
    fill: str = ""
    y: str = "0"
    height: str = "100%"


@dataclass(frozen=True, slots=True)
class Columns:
    """The days of one level."""

    level: Level
    total: int
    bars: list[Bar]


@dataclass(frozen=True, slots=True)
class EscalationChart:
    rows: list[Columns]
    most: int  # what the full height stands for
    weeks: list[date]  # the days at which the width is marked, one for each fifth
    heads: list[tuple[Level, str | Promise]]  # of the table's columns
    table: list[tuple[date, list[int], int]]  # day, a count for each head, their sum; the newest first
    total: int


def escalation_chart(found: DailyEscalations) -> EscalationChart:
    most = max((_of_day(found, day, level) for day in found.days for level in found.levels), default=0)
    heads = [(level, kind) for level in found.levels for kind in KINDS]
    counts = [(day, [found.on(day, *head) for head in heads]) for day in reversed(found.days)]
    return EscalationChart(
        rows=[_columns(found, level, most) for level in found.levels],
        most=most,
        weeks=found.days[:: len(found.days) // 5],
        heads=[(level, kind.label) for level, kind in heads],
        table=[(day, row, sum(row)) for day, row in counts if any(row)],
        total=sum(found.counts.values()),
    )


def _of_day(found: DailyEscalations, day: date, level: Level) -> int:
    return sum(found.on(day, level, kind) for kind in KINDS)


def _columns(found: DailyEscalations, level: Level, most: int) -> Columns:
    step, bars = 100 / len(found.days), []
    for number, day in enumerate(found.days):
        top = float(HEIGHT)
        for kind, look, fill in zip(KINDS, ("functional", "hierarchical"), ("", STRIPES), strict=True):
            height = found.on(day, level, kind) / most * HEIGHT
            top -= height
            if height:
                x, width = _percent(step * (number + 0.1)), _percent(step * 0.8)
                bars.append(Bar(x, width, look, fill, f"{top:.2f}", f"{height:.2f}"))
    return Columns(level, sum(_of_day(found, day, level) for day in found.days), bars)


# --- time to accept ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Range:
    """From the median to what nine of ten were accepted within."""

    of: Acceptance
    median: str
    ninety: str


@dataclass(frozen=True, slots=True)
class AcceptanceChart:
    rows: list[Range]
    ticks: list[tuple[str, str]]  # where, and what it says


def acceptance_chart(found: list[Acceptance]) -> AcceptanceChart:
    """Minutes and days side by side: each tick stands for several times the one before."""
    longest = max((each.ninety for each in found), default=TICKS[0])
    count = next((number for number, tick in enumerate(TICKS, 1) if tick >= longest), len(TICKS))
    ticks = TICKS[: max(count, 3)]

    def place(length: timedelta) -> str:
        share = log(max(length, ticks[0]) / ticks[0]) / log(ticks[-1] / ticks[0])
        return _percent(4 + 92 * min(share, 1))  # room for half a mark at both ends

    return AcceptanceChart(
        rows=[Range(each, place(each.median), place(each.ninety)) for each in found],
        ticks=[(place(tick), span(tick)) for tick in ticks],
    )


# --- load -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TeamRow:
    load: Load
    bars: list[Bar]
    words: str


@dataclass(frozen=True, slots=True)
class LoadChart:
    rows: list[TeamRow]
    table: list[Load]
    left_out: int  # teams that are in the table only


def load_chart(found: list[Load]) -> LoadChart:
    most = found[0].total if found else 0
    rows = [TeamRow(load, list(_segments(load, most)), _in_words(load)) for load in found[:MOST_TEAMS]]
    return LoadChart(rows, found, len(found) - len(rows))


def _segments(load: Load, most: int) -> Iterable[Bar]:
    left = 0.0
    for count, look, fill in (
        (load.escalated, "escalated", ""),
        (load.in_progress, "in-progress", DOTS),
        (load.received, "received", ""),
    ):
        width = count / most * 100
        if width:
            yield Bar(_percent(left), _percent(width), look, fill)
        left += width


def _in_words(load: Load) -> str:
    return _(
        "%(team)s: %(escalated)s %(n_escalated)d, %(in_progress)s %(n_in_progress)d, %(received)s %(n_received)d"
    ) % {
        "team": load.team,
        "escalated": State.ESCALATED.label,
        "n_escalated": load.escalated,
        "in_progress": State.IN_PROGRESS.label,
        "n_in_progress": load.in_progress,
        "received": State.RECEIVED.label,
        "n_received": load.received,
    }


def _percent(share: float) -> str:
    return f"{share:.2f}%"
