"""Filters of the page of one case."""

from __future__ import annotations

from datetime import date

from django import template
from django.utils import dateformat, timezone
from django.utils.translation import gettext as _

from apps.cases import happenings, letters

register = template.Library()
register.filter("person", happenings.person)
register.filter("why_not_delivered", letters.error_in_words)


@register.filter
def day_of(day: date) -> str:
    """As people write it: 11月22日(日); with the year where it is not this one."""
    return dateformat.format(day, _("D j M") if day.year == timezone.localdate().year else _("D j M Y"))
