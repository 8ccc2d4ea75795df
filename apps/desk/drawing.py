"""The flow chart of the rules as boxes and lines with coordinates; the template makes SVG of them.

SVG does not break lines, so they are broken here, by the width that letters take: a Japanese one is as wide as two of
the others.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.utils.translation import gettext as _

from apps.cases.templatetags.case_words import HOUR, span
from apps.policy.flow import Lane, Stop, StopKind

WIDTH, BOX_WIDTH, RAIL = 264, 224, 250  # units of the drawing; the rail leads from 'told' to 'accepted'
LINE_HEIGHT, PADDING, GAP, LABELLED_GAP = 18, 9, 16, 36
COLUMNS = 32  # letters of half width in a box


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text. `y` is its baseline."""

    y: int
    text: str
    is_detail: bool


@dataclass(frozen=True, slots=True)
class Box:
    kind: str
    y: int
    height: int
    lines: tuple[Line, ...]
    label: str  # on the way into it: after how long
    arrow_from: int | None  # y where that way begins; None: no line leads in from above
    label_y: int

    @property
    def middle(self) -> int:
        return self.y + self.height // 2

    @property
    def arrow_to(self) -> int:
        return self.y - 3


@dataclass(frozen=True, slots=True)
class Drawing:
    height: int
    boxes: tuple[Box, ...]
    rail: tuple[int, int]  # from the first 'told' down to 'accepted'
    sentences: tuple[str, ...]  # the same, to be read


def draw(lane: Lane) -> Drawing:
    boxes = list(_boxes(lane))
    told = [box.middle for box in boxes if box.kind in (StopKind.TELL, StopKind.TOP)]
    accepted = next(box.middle for box in boxes if box.kind == StopKind.ACCEPT)
    return Drawing(
        height=boxes[-1].y + boxes[-1].height + 4,
        boxes=tuple(boxes),
        rail=(min(told, default=accepted), accepted),
        sentences=tuple(_sentence(stop, lane) for stop in lane.stops),
    )


def _boxes(lane: Lane) -> Iterator[Box]:
    bottom = 0
    for number, stop in enumerate(lane.stops):
        label = when(stop, lane)
        from_above = number > 0 and stop.kind != StopKind.ACCEPT
        top = bottom + (4 if number == 0 else LABELLED_GAP if label else GAP)
        titles, details = wrap(stop.title), wrap(stop.detail)
        lines = tuple(
            Line(top + PADDING + 13 + LINE_HEIGHT * place, text, place >= len(titles))
            for place, text in enumerate([*titles, *details])
        )
        height = 2 * PADDING + LINE_HEIGHT * len(lines)
        yield Box(str(stop.kind), top, height, lines, label, bottom if from_above else None, bottom + 22)
        bottom = top + height


def when(stop: Stop, lane: Lane) -> str:
    """After how long the stop is reached, or by when it must be; "" for at once."""
    if stop.limit is None:
        return ""
    words = {"span": span(stop.limit) if lane.is_around_the_clock else _working_time(stop.limit)}
    match stop.kind:
        case StopKind.RESPOND:
            return _("within %(span)s") % words
        case StopKind.ESCALATE:
            return _("%(span)s after the report") % words
        case StopKind.RESOLVE:
            return _("within %(span)s of the acceptance") % words
    return _("nobody accepts for %(span)s") % words


def _working_time(length: timedelta) -> str:
    """In hours, however many: 24 of business hours are not a day."""
    hours, minutes = length // HOUR, length % HOUR
    words = _("%(hours)d h") % {"hours": hours} if hours and not minutes else span(length)
    return _("%(span)s of business hours") % {"span": words}


def _sentence(stop: Stop, lane: Lane) -> str:
    """As text: “15 min after the report: it escalates by itself, to level 2.”"""
    what = _("%(title)s, %(detail)s") % {"title": stop.title, "detail": stop.detail} if stop.detail else stop.title
    label = when(stop, lane)
    return _("%(when)s: %(what)s") % {"when": label, "what": what} if label else what


def wrap(text: str, columns: int = COLUMNS) -> list[str]:
    """Lines of at most `columns` half-width letters: broken between words, or anywhere beside a Japanese letter."""
    lines: list[str] = []
    line, width = "", 0
    for piece in _pieces(text):
        wide = _width(piece)
        if line and width + _width(piece.rstrip()) > columns and piece not in "、。,.)」":
            lines.append(line.rstrip())
            line, width = "", 0
            piece = piece.lstrip()
        line, width = line + piece, width + wide
    return [*lines, line.rstrip()] if line.strip() else lines


def _pieces(text: str) -> Iterator[str]:
    """Words with the space behind them; a Japanese letter is a piece of its own."""
    word = ""
    for letter in text:
        if unicodedata.east_asian_width(letter) in "WF":
            if word:
                yield word
            yield letter
            word = ""
        else:
            word += letter
            if letter == " ":
                yield word
                word = ""
    if word:
        yield word


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
