"""Numbers and days as the figures show them."""

from __future__ import annotations

from datetime import date

from django import template
from django.utils import dateformat
from django.utils.formats import number_format
from django.utils.translation import gettext as _

register = template.Library()


@register.filter
def grouped(number: int) -> str:
    """1,234, whatever the language."""
    return number_format(number, force_grouping=True)


@register.filter
def short_day(day: date) -> str:
    """11月22日(日), without the year."""
    return dateformat.format(day, _("D j M"))


@register.filter
def axis_day(day: date) -> str:
    """11/22, where there is little room."""
    return dateformat.format(day, _("j M"))
