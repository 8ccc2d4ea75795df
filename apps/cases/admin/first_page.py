"""The admin's first page: what waits for me, who is on duty, and whether the clock is well."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, QuerySet, Value, Window, prefetch_related_objects
from django.db.models.functions import RowNumber
from django.http import HttpRequest
from django.utils import timezone

from apps.cases import clock
from apps.cases.admin import queues
from apps.cases.models import Case
from apps.cases.templatetags.case_words import Badge
from apps.people.duty import duty_of, teams_around
from apps.people.models import User

BOXES = ("inbox", "mine", "overdue", "warning", "review")
MOST_URGENT = 5


@dataclass(frozen=True, slots=True)
class Box:
    queue: queues.Queue
    total: int
    rows: list[tuple[Case, Badge]]


def first_page(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What the page's upper half shows: three statements for the boxes, two for the duty, three for the clock's health."""
    now, user = timezone.now(), queues.reader(request)
    return context | {
        "boxes": boxes(user, now) if user.has_perm("cases.view_case") else [],
        "duties": duty_of(teams_around(user), now),
        "health": clock.health(now),
    }


def boxes(user: User, now: datetime) -> list[Box]:
    """Each queue with its count and its most urgent cases: one statement for all of them, two for the cases."""
    first, *others = (_most_urgent(name, user, now) for name in BOXES)
    found: dict[str, list[int]] = {name: [] for name in BOXES}
    totals = dict.fromkeys(BOXES, 0)
    for name, _position, pk, total in sorted(first.union(*others, all=True)):
        found[name].append(pk)
        totals[name] = total
    cases = Case.objects.select_related("team", "level", "owner").in_bulk({pk for pks in found.values() for pk in pks})
    prefetch_related_objects(list(cases.values()), queues.clocks())
    badges = {pk: queues.badge_of(case, now) for pk, case in cases.items()}
    return [Box(queues.QUEUES[name], totals[name], [(cases[pk], badges[pk]) for pk in found[name]]) for name in BOXES]


def _most_urgent(name: str, user: User, now: datetime) -> QuerySet[Any, tuple[Any, ...]]:
    """(name, position, id, how many there are) of the first few in a queue, cut off by position: a union allows no limit."""
    cases = queues.with_urgency(queues.QUEUES[name].narrow(queues.visible(user), user, now)).order_by()
    return (
        cases.annotate(
            box=Value(name),
            position=Window(RowNumber(), order_by=queues.BY_URGENCY),
            total=Window(Count("pk")),
        )
        .filter(position__lte=MOST_URGENT)
        .values_list("box", "position", "pk", "total")
    )
