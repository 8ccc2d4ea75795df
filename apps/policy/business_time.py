"""Arithmetic of working time. Pure: no clock, no database.

A moment is open when the wall clock of the calendar's zone shows an open hour of a day that is not closed. A span is
counted in real (elapsed) time inside open moments, so an hour that a DST change repeats counts twice and one that it
skips not at all. Moments go in with any time zone and come out in UTC.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

import holidays

Hours = tuple[tuple[time, time], ...]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_DAY = 86_400_000_000  # microseconds
_HOUR = _DAY // 24
_BLOCK = 64 * _DAY  # long enough that most spans end in the block they begin in, short enough to be built in < 1 ms
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_HOPELESS = 10 * 366 * _DAY // _BLOCK  # a calendar that opens at all does so within ten years


@dataclass(frozen=True)
class ClosedSpan:
    """Whole local days, both ends included. A yearly one counts by month and day and may cross the turn of the year."""

    starts_on: date
    ends_on: date
    every_year: bool = False

    def __contains__(self, day: date) -> bool:
        if not self.every_year:
            return self.starts_on <= day <= self.ends_on
        first, last = (self.starts_on.month, self.starts_on.day), (self.ends_on.month, self.ends_on.day)
        today = (day.month, day.day)
        return first <= today <= last if first <= last else today >= first or today <= last


@dataclass(frozen=True)
class ClosedDays:
    """The usual `closed` of a Calendar: the public holidays of `country` (ISO code; "" for none) and further spans."""

    country: str = ""
    spans: tuple[ClosedSpan, ...] = ()

    def __call__(self, day: date) -> bool:
        return any(day in span for span in self.spans) or (self.country != "" and day in _holidays_of(self.country))


class _Block(NamedTuple):
    """The open intervals [start, end) within one stretch of _BLOCK, in microseconds since the epoch, ascending."""

    starts: list[int]
    ends: list[int]
    totals: list[int]  # open time from the block's beginning to the end of each interval

    @property
    def total(self) -> int:
        return self.totals[-1] if self.totals else 0

    def open_until(self, at: int) -> int:
        """Open time from the block's beginning to `at`."""
        index = bisect_right(self.starts, at) - 1
        if index < 0:
            return 0
        return self.totals[index] - max(self.ends[index] - at, 0)


@dataclass(frozen=True)
class Calendar:
    """Weekly opening hours (Monday first; closing at 00:00 means the day's end) less the days that `closed` names.

    `closed` must be pure and hashable: each day is asked once and the answer remembered.
    """

    zone: ZoneInfo
    weekly: tuple[Hours, Hours, Hours, Hours, Hours, Hours, Hours]
    closed: Callable[[date], bool] = ClosedDays()
    _blocks: dict[int, _Block] = field(default_factory=dict, init=False, repr=False, compare=False)

    def _block(self, number: int) -> _Block:
        block = self._blocks.get(number)
        if block is None:
            block = self._blocks[number] = _build(self, number)
        return block


def add(start: datetime, span: timedelta, calendar: Calendar | None) -> datetime:
    """The first moment (UTC) by which `span` of open time has passed since `start`; without a calendar all is open.

    So a span that fills the day ends at closing time, not at the next opening, and a span of zero ends at `start`.
    Raises ValueError for a naive start, a negative span, and a calendar that never opens.
    """
    at, wanted = _microseconds(start), span // _MICROSECOND
    if wanted < 0:
        raise ValueError("A span of working time to add cannot be negative.")
    if calendar is None or wanted == 0:
        return _EPOCH + timedelta(microseconds=at + wanted)
    number = at // _BLOCK
    block = calendar._block(number)
    wanted += block.open_until(at)
    barren = 0
    while wanted > block.total:
        barren = 0 if block.total else barren + 1
        if barren > _HOPELESS:
            raise ValueError("This calendar has no open hour in ten years: nothing can ever become due in it.")
        wanted -= block.total
        number += 1
        block = calendar._block(number)
    index = bisect_left(block.totals, wanted)
    return _EPOCH + timedelta(microseconds=block.ends[index] - block.totals[index] + wanted)


def measure(start: datetime, end: datetime, calendar: Calendar | None) -> timedelta:
    """The open time between two moments; negative when `end` is before `start`. Raises ValueError for a naive one."""
    begun, ended = _microseconds(start), _microseconds(end)
    if calendar is None:
        return timedelta(microseconds=ended - begun)
    if ended < begun:
        return -measure(end, start, calendar)
    first, last = begun // _BLOCK, ended // _BLOCK
    passed = calendar._block(last).open_until(ended) - calendar._block(first).open_until(begun)
    passed += sum(calendar._block(number).total for number in range(first, last))
    return timedelta(microseconds=passed)


def is_open(at: datetime, calendar: Calendar | None) -> bool:
    """Whether the moment is open: that of opening is, that of closing is not. Raises ValueError for a naive one."""
    moment = _microseconds(at)
    if calendar is None:
        return True
    block = calendar._block(moment // _BLOCK)
    index = bisect_right(block.starts, moment) - 1
    return index >= 0 and moment < block.ends[index]


@lru_cache
def _holidays_of(country: str) -> holidays.HolidayBase:
    return holidays.country_holidays(country)


def _microseconds(at: datetime) -> int:
    if at.tzinfo is None:
        raise ValueError("A moment without a time zone cannot be placed in working time.")
    passed = at - _EPOCH
    return (passed.days * 86_400 + passed.seconds) * 1_000_000 + passed.microseconds


def _build(calendar: Calendar, number: int) -> _Block:
    """The block's intervals, merged where they touch or overlap."""
    lowest, highest = number * _BLOCK, (number + 1) * _BLOCK
    block = _Block([], [], [])
    total = 0
    # A local day may begin a day before or after the UTC day of its name.
    for ordinal in range(_EPOCH_ORDINAL + lowest // _DAY - 1, _EPOCH_ORDINAL + highest // _DAY + 1):
        for start, end in _intervals(calendar, ordinal):
            start, end = max(start, lowest), min(end, highest)
            if block.ends:
                start = max(start, block.ends[-1])
            if start >= end:
                continue
            total += end - start
            if block.ends and start == block.ends[-1]:
                block.ends[-1] = end
                block.totals[-1] = total
            else:
                block.starts.append(start)
                block.ends.append(end)
                block.totals.append(total)
    return block


def _intervals(calendar: Calendar, ordinal: int) -> list[tuple[int, int]]:
    """One local day's open intervals in microseconds since the epoch, ascending; they may overlap."""
    day = date.fromordinal(ordinal)
    weekly = calendar.weekly[day.weekday()]
    if not weekly or calendar.closed(day):
        return []
    midnight = (ordinal - _EPOCH_ORDINAL) * _DAY
    hours = [(_since_midnight(opens), _since_midnight(closes) or _DAY) for opens, closes in sorted(weekly)]
    found = []
    for low, high, offset in _steady(calendar.zone, midnight):
        for opens, closes in hours:
            start, end = max(midnight + opens - offset, low), min(midnight + closes - offset, high)
            if start < end:
                found.append((start, end))
    return found


def _steady(zone: ZoneInfo, midnight: int) -> Iterator[tuple[int, int, int]]:
    """Stretches (from, to, UTC offset) of one offset each that together hold the local day beginning at `midnight`."""
    offsets = {*_offsets_of_wall(zone, midnight), *_offsets_of_wall(zone, midnight + _DAY)}
    low, last = midnight - max(offsets), midnight + _DAY - min(offsets)
    if len(offsets) == 1:
        yield low, last, offsets.pop()
        return
    # A change of the clocks touches this day: find its moment, hour by hour and then by halving.
    begun, offset = low, _offset_at(zone, low)
    while low < last:
        high = min(low + _HOUR, last)
        after = _offset_at(zone, high)
        if after != offset:
            before = low
            while high - before > 1:
                middle = (before + high) // 2
                if _offset_at(zone, middle) == offset:
                    before = middle
                else:
                    high = middle
            yield begun, high, offset
            begun, offset = high, _offset_at(zone, high)
        low = high
    yield begun, last, offset


@lru_cache(maxsize=4096)  # each midnight is asked for twice, by the day that it ends and the day that it begins
def _offsets_of_wall(zone: ZoneInfo, wall: int) -> tuple[int, int]:
    """The UTC offsets at this wall-clock time, before and after a change of the clocks if one happens just then."""
    moment = (_EPOCH + timedelta(microseconds=wall)).replace(tzinfo=zone)
    return _whole(moment.utcoffset()), _whole(moment.replace(fold=1).utcoffset())


def _offset_at(zone: ZoneInfo, at: int) -> int:
    return _whole((_EPOCH + timedelta(microseconds=at)).astimezone(zone).utcoffset())


def _whole(offset: timedelta | None) -> int:
    assert offset is not None  # noqa: S101  a ZoneInfo always knows the offset of a full datetime
    return offset // _MICROSECOND


def _since_midnight(at: time) -> int:
    return ((at.hour * 60 + at.minute) * 60 + at.second) * 1_000_000 + at.microsecond
