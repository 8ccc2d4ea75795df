"""How the journal names the rules."""

from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from apps.audit import words
from apps.audit.words import Kind, Part
from apps.people.journal import in_language

from .models import Flag, Impact, Means, Priority, Target, Urgency, Verb, Weekday
from .models.checklist import in_active_language


def register() -> None:
    words.register(
        Kind(
            "policy.version",
            reads=("number", "title"),
            say=lambda number, title: _("Version %(number)s %(title)s") % {"number": number, "title": title},
            page="admin:policy_version_change",
            found_by=lambda text: Q(title__icontains=text),
            parts=(
                Part("policy.matrixrow", "version"),
                Part("policy.prioritycell", "version"),
                Part("policy.trigger", "version"),
                Part("policy.checklistitem", "version"),
                Part("policy.ladder", "version"),
                Part("policy.calendar", "version"),
            ),
        ),
        Kind(
            "policy.matrixrow",
            reads=("priority", "version__number"),
            say=lambda priority, number: _in_version(Priority(priority).label, number),
            values={"means": _means},
        ),
        Kind(
            "policy.prioritycell",
            reads=("impact", "urgency", "version__number"),
            say=lambda impact, urgency, number: _in_version(
                f"{Impact(impact).label} × {Urgency(urgency).label}", number
            ),
        ),
        Kind(
            "policy.trigger",
            reads=("name", "version__number"),
            say=_in_version,
            values={"flag": lambda flag: str(Flag(flag).label)},
        ),
        Kind(
            "policy.checklistitem",
            reads=("text", "text_en", "verb", "version__number"),
            say=lambda text, text_en, verb, number: _in_version(
                f"{Verb(verb).label}: {in_active_language(text, text_en)}", number
            ),
        ),
        Kind(
            "policy.ladder",
            reads=("name", "version__number"),
            say=_in_version,
            page="admin:policy_ladder_change",
            parts=(Part("policy.rung", "ladder"),),
        ),
        Kind(
            "policy.rung",
            reads=("position", "target", "ladder__name", "ladder__version__number"),
            say=lambda position, target, ladder, number: _in_version(
                f"{ladder} {position}. {Target(target).label}", number
            ),
            values={"means": _means},
        ),
        Kind(
            "policy.calendar",
            reads=("name", "version__number"),
            say=_in_version,
            page="admin:policy_calendar_change",
            parts=(Part("policy.openhours", "calendar"), Part("policy.closure", "calendar")),
        ),
        Kind(
            "policy.openhours",
            reads=("weekday", "calendar__name", "calendar__version__number"),
            say=lambda weekday, calendar, number: _in_version(f"{calendar} {Weekday(int(weekday)).label}", number),
        ),
        Kind(
            "policy.closure",
            reads=("name", "calendar__name", "calendar__version__number"),
            say=lambda name, calendar, number: _in_version(f"{calendar} {name}", number),
        ),
        Kind("policy.category", reads=("name", "name_en"), say=in_language, page="admin:policy_category_change"),
    )


def _in_version(what: object, number: str) -> str:
    return _("%(what)s (version %(number)s)") % {"what": what, "number": number}


def _means(values: list[Any]) -> str:
    return _(", ").join(str(Means(value).label) for value in values)
