"""What a part of the policy says, in words: no codes, no minutes by the thousand."""

from __future__ import annotations

from datetime import date, time
from typing import Any

from django.db import models
from django.utils import dateformat
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from apps.people.models import Role

from .models import Calendar, Closure, Means, Rung, Target

# Fields that count minutes.
MINUTES = frozenset(
    {
        *("first_response", "first_line_limit", "resolution_limit", "status_interval"),
        *("stale_limit", "confirmation_limit", "review_limit", "wait", "alarm_interval"),
    }
)


def minutes(count: int) -> str:
    """Minutes as hours and minutes, without rounding: limits are compared by it."""
    hours, rest = divmod(count, 60)
    only_minutes, only_hours, both = minute_patterns()
    pattern = only_minutes if not hours else only_hours if not rest else both
    return pattern % {"hours": hours, "minutes": rest}


def minute_patterns() -> tuple[str, str, str]:
    """For minutes alone, hours alone, and both."""
    return _("%(minutes)d min"), _("%(hours)d h"), _("%(hours)d h %(minutes)d min")


def day(on: date) -> str:
    """11月22日(日), and 2027年1月3日(日) where the year is another."""
    return dateformat.format(on, _("D j M Y"))


def clock(at: time) -> str:
    return f"{at.hour}:{at:%M}"


def means(values: list[str]) -> str:
    return _(", ").join(str(Means(value).label) for value in values)


def label(model: type[models.Model], name: str) -> str:
    """What a field is called, as the beginning of a line."""
    field: Any = model._meta.get_field(name)
    return capfirst(str(field.verbose_name))


def in_words(part: models.Model, name: str) -> str:
    """The value of one field as a person reads it; "" where there is nothing to say."""
    field: Any = part._meta.get_field(name)
    value = getattr(part, name)
    if value is None and field.related_model is Calendar:
        return _("around the clock")
    if value is None or value == "" or value == []:
        return ""
    if name in MINUTES:
        return minutes(value)
    if name == "means":
        return means(value)
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if field.choices:
        return str(getattr(part, f"get_{name}_display")())
    if isinstance(value, time):
        return clock(value)
    if isinstance(value, date):
        return day(value)
    return str(value)


def told(rung: Rung) -> str:
    """Whom a rung tells. The rung's team and person are read with it."""
    match rung.target:
        case Target.NAMED_TEAM:
            return str(rung.team)
        case Target.PERSON:
            return str(rung.person)
        case Target.TEAM_ROLE:
            return _("the team's %(role)s") % {"role": Role(rung.role).label}
    return str(rung.get_target_display())


def open_hours(opens: time, closes: time) -> str:
    """9:00–12:00; midnight at the day's end is 24:00."""
    ends = "24:00" if closes == time(0) else clock(closes)
    return f"{clock(opens)}–{ends}"


def closed_days(closure: Closure) -> str:
    """The first to the last day, without the year if it comes every year."""
    if closure.every_year:
        first, last = (date_format(each, "MONTH_DAY_FORMAT") for each in (closure.starts_on, closure.ends_on))
        days = first if first == last else f"{first}–{last}"
        return _("%(days)s every year") % {"days": days}
    first, last = day(closure.starts_on), day(closure.ends_on)
    return first if first == last else f"{first}–{last}"
