"""The lists that people work from: what waits for me, what I have, what is late, everything."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from django.db.models import Exists, F, OuterRef, Prefetch, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.cases.models import Case, Deadline, State
from apps.cases.models.case import CaseQuerySet
from apps.cases.templatetags import case_words
from apps.people.models import User

BY_URGENCY = (F("next_due").asc(nulls_last=True), "priority", "received_at")


@dataclass(frozen=True, slots=True)
class Queue:
    name: str
    label: str | Promise
    empty: str | Promise  # said when nothing is in it
    icon: str
    narrow: Callable[[CaseQuerySet, User, datetime], QuerySet[Case]]
    ordering: tuple[object, ...] = BY_URGENCY


def _of_my_teams(cases: CaseQuerySet, user: User, now: datetime) -> QuerySet[Case]:
    return cases.open().filter(team__in=[each.team_id for each in user.membership_list])


def _warning(cases: CaseQuerySet, user: User, now: datetime) -> QuerySet[Case]:
    return (
        _unfinished(cases)
        .filter(Exists(Deadline.objects.filter(case_words.soon(now), case=OuterRef("pk"))))
        .exclude(Exists(Deadline.objects.filter(case_words.overdue(now), case=OuterRef("pk"))))
    )


def _overdue(cases: CaseQuerySet, user: User, now: datetime) -> QuerySet[Case]:
    return _unfinished(cases).filter(Exists(Deadline.objects.filter(case_words.overdue(now), case=OuterRef("pk"))))


def _unfinished(cases: CaseQuerySet) -> CaseQuerySet:
    """Those that may have a clock: said to the database, so that it need not look for the clocks of all others."""
    return cases.exclude(state=State.REVIEWED)


QUEUES: dict[str, Queue] = {
    queue.name: queue
    for queue in (
        Queue(
            "inbox",
            _("My inbox"),
            _("Nothing waits for your teams to accept it."),
            "inbox",
            lambda cases, user, _now: cases.inbox_of(user),
        ),
        Queue(
            "mine",
            _("Mine in progress"),
            _("You have no case in hand."),
            "person",
            lambda cases, user, _now: cases.in_hands_of(user),
        ),
        Queue("teams", _("My teams"), _("Your teams have no open case."), "groups", _of_my_teams),
        Queue("overdue", _("Overdue"), _("Nothing is overdue."), "alarm", _overdue),
        Queue("warning", _("Soon due"), _("No deadline is near."), "hourglass_bottom", _warning),
        Queue(
            "held",
            _("On hold"),
            _("No case is on hold."),
            "pause_circle",
            lambda cases, _user, _now: cases.filter(held_at__isnull=False),
        ),
        Queue(
            "review",
            _("Waiting for review"),
            _("No case waits for its review."),
            "rate_review",
            lambda cases, _user, _now: cases.filter(state=State.RESOLVED),
        ),
        Queue("open", _("All open"), _("No case is open."), "folder_open", lambda cases, _user, _now: cases.open()),
        Queue(
            "all",
            _("All"),
            _("There is no case yet."),
            "folder",
            lambda cases, _user, _now: cases,
            ordering=("-received_at", "-id"),
        ),
    )
}


def reader(request: HttpRequest) -> User:
    """Who is signed in; the admin lets nobody else in."""
    return cast("User", request.user)


def visible(user: User) -> CaseQuerySet:
    """The cases that the person may read, each once and without joins: to be counted, sliced and annotated."""
    return Case.objects.filter(pk__in=Case.objects.visible_to(user).values("pk"))


def with_urgency(cases: QuerySet[Case]) -> QuerySet[Case]:
    """Adds `next_due`: when something was due that was missed, or else will be due next."""
    due = Deadline.objects.filter(case_words.still_missed() | case_words.running(), case=OuterRef("pk"))
    return cases.annotate(next_due=Subquery(due.order_by("due_at").values("due_at")[:1]))


def badge_of(case: Case, now: datetime) -> case_words.Badge:
    """The badge of a case that was read with `clocks`."""
    return case_words.badge(case, case.clocks, now)  # type: ignore[attr-defined]


def clocks() -> Prefetch:
    """`case.clocks`: what `case_words.badge` wants to know, in one statement for all cases."""
    return Prefetch(
        "deadlines", Deadline.objects.filter(case_words.still_missed() | case_words.live()), to_attr="clocks"
    )
