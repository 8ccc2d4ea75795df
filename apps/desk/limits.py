"""The limits of the rules in words, before there is a case that they could be about."""

from __future__ import annotations

from datetime import timedelta

from django.utils.translation import gettext as _

from apps.cases.templatetags.case_words import HOUR, span
from apps.people.models import Level
from apps.policy.flow import effects_of_flags
from apps.policy.models import Priority
from apps.policy.rulebook import Row, Rulebook


def words_of(limit: timedelta, *, is_working_time: bool) -> str:
    """Working time is given in hours, however many: 24 of business hours are not a day."""
    if not is_working_time:
        return span(limit)
    hours, minutes = limit // HOUR, limit % HOUR
    words = _("%(hours)d h") % {"hours": hours} if hours and not minutes else span(limit)
    return _("%(span)s of business hours") % {"span": words}


def by_answer(rulebook: Rulebook) -> dict[str, str]:
    """What follows from the answers to "how many" and "how soon", by "IMPACT.URGENCY", in a sentence. One statement."""
    levels = {level.pk: level for level in Level.objects.all()}
    sentences = {priority: _sentence(priority, row, levels) for priority, row in rulebook.rows.items()}
    return {f"{impact}.{urgency}": sentences[priority] for (impact, urgency), priority in rulebook.cells.items()}


def by_flag(rulebook: Rulebook) -> dict[str, str]:
    """What a ticked sign of danger brings about at once, in a sentence. Two statements."""
    return {flag: str(_("; ")).join(effects) for flag, effects in effects_of_flags(rulebook).items()}


def _sentence(priority: Priority, row: Row, levels: dict[int, Level]) -> str:
    is_working_time = row.calendar is not None
    return _("%(priority)s: first answer within %(first)s; after %(limit)s it goes to “%(level)s” by itself") % {
        "priority": priority.label,
        "first": words_of(timedelta(minutes=row.first_response), is_working_time=is_working_time),
        "limit": words_of(timedelta(minutes=row.first_line_limit), is_working_time=is_working_time),
        "level": levels[row.destination_level_id],
    }
