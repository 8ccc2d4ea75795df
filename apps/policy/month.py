"""One month of a business calendar, day by day, for people to read."""

from __future__ import annotations

import calendar as calendars
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import holidays
from django.utils.translation import get_language

from .business_time import ClosedSpan
from .models import Calendar
from .words import open_hours

WEEK = calendars.Calendar(firstweekday=calendars.SUNDAY)  # as calendars in Japan are printed


@dataclass(frozen=True, slots=True)
class Day:
    """`reasons`: the public holiday and the closures on this day; without any, no `hours` means a weekday off."""

    on: date
    is_in_month: bool
    hours: tuple[str, ...]
    reasons: tuple[str, ...]

    @property
    def is_open(self) -> bool:
        return bool(self.hours)


def weeks(calendar: Calendar, first: date) -> list[list[Day]]:
    """The weeks that touch the month of `first`, from Sunday to Saturday. Reads the calendar's hours and closures."""
    hours: dict[int, list[str]] = {}
    for each in calendar.hours.all():
        hours.setdefault(each.weekday, []).append(open_hours(each.opens, each.closes))
    closures = [
        (closure.name, ClosedSpan(closure.starts_on, closure.ends_on, closure.every_year))
        for closure in calendar.closures.all()
    ]
    names = _holidays(calendar.country, get_language() or "")

    def day(on: date) -> Day:
        holiday = names.get(on) if names is not None else None
        reasons = (*([holiday] if holiday else []), *(name for name, span in closures if on in span))
        return Day(on, on.month == first.month, () if reasons else tuple(hours.get(on.weekday(), ())), reasons)

    return [[day(on) for on in week] for week in WEEK.monthdatescalendar(first.year, first.month)]


@lru_cache
def _holidays(country: str, language: str) -> holidays.HolidayBase | None:
    """The same days that `business_time` closes on, by their names in the reader's language."""
    if not country:
        return None
    return holidays.country_holidays(country, language="en_US" if language.startswith("en") else language)
