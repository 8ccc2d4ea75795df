"""Words and moments of the audit pages."""

from __future__ import annotations

from datetime import datetime

from django import template
from django.utils import dateformat, timezone
from django.utils.translation import gettext as _

register = template.Library()


@register.filter
def moment(at: datetime | None) -> str:
    """In the reader's zone, to the second and always with the year: 2026年11月24日(火) 14:05:09."""
    return "" if at is None else dateformat.format(timezone.localtime(at), _("D j M Y H:i:s"))


@register.filter
def day(at: datetime) -> str:
    return dateformat.format(timezone.localtime(at), _("D j M Y"))


@register.filter
def clock(at: datetime) -> str:
    return dateformat.format(timezone.localtime(at), "H:i:s")
