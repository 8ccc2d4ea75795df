"""The admin's first page: what waits for me, and whether the clock is well."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Window, prefetch_related_objects
from django.http import HttpRequest
from django.utils import timezone

from apps.cases import clock
from apps.cases.admin import queues
from apps.cases.models import Case
from apps.cases.templatetags.case_words import Badge

BOXES = ("inbox", "mine", "overdue")
MOST_URGENT = 5


@dataclass(frozen=True, slots=True)
class Box:
    queue: queues.Queue
    total: int
    rows: list[tuple[Case, Badge]]


def first_page(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Unfold's dashboard callback: one statement a box, one for all their clocks, three for the clock's health."""
    now, user = timezone.now(), queues.reader(request)
    found: dict[str, list[Case]] = {}
    if user.has_perm("cases.view_case"):
        for name in BOXES:
            cases = queues.with_urgency(queues.QUEUES[name].narrow(queues.visible(user), user, now))
            cases = cases.annotate(total=Window(Count("pk"))).select_related("team", "level", "owner")
            found[name] = list(cases.order_by(*queues.BY_URGENCY)[:MOST_URGENT])
        prefetch_related_objects([case for cases in found.values() for case in cases], queues.clocks())
    boxes = [
        Box(
            queues.QUEUES[name],
            cases[0].total if cases else 0,  # type: ignore[attr-defined]
            [(case, queues.badge_of(case, now)) for case in cases],
        )
        for name, cases in found.items()
    ]
    return context | {"boxes": boxes, "health": clock.health(now)}
