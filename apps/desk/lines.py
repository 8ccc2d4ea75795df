"""A case as a line in a list: who has it, what is due, the last word, and whether the reader knows of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max, Prefetch, QuerySet, prefetch_related_objects

from apps.cases.models import Case, Deadline, Update, Visibility
from apps.cases.templatetags.case_words import Badge, badge, live, still_missed
from apps.desk import words
from apps.desk.models import LastLook
from apps.people.models import User

RELATED = ("team", "level", "owner", "reporter")  # what a line reads of a case besides its own row


@dataclass(frozen=True, slots=True)
class Line:
    case: Case
    situation: str
    since: datetime
    badge: Badge | None
    last_word: str  # the last text that is not internal
    is_new: bool  # something has happened since the reader last looked


def lines(reader: User, now: datetime, *lists: QuerySet[Case]) -> list[list[Line]]:
    """One statement for each list, and three for all: their clocks, the last word of each, when the reader looked."""
    read = [list(each.select_related(*RELATED)) for each in lists]
    cases = [case for each in read for case in each]
    clocks = Deadline.objects.filter(live() | still_missed())
    prefetch_related_objects(cases, Prefetch("deadlines", clocks, to_attr="clocks"))
    last = _last_words(cases)
    looks = dict(LastLook.objects.filter(user=reader, case__in=cases).values_list("case_id", "at"))
    return [[_line(case, last.get(case.pk), looks.get(case.pk), reader, now) for case in each] for each in read]


def _line(case: Case, last: Update | None, looked_at: datetime | None, reader: User, now: datetime) -> Line:
    moved_at = max(
        filter(None, (case.escalated_at, case.accepted_at, case.resolved_at, case.reviewed_at)), default=None
    )
    others = last if last is not None and last.by_id != reader.pk else None
    newest = max(filter(None, (moved_at, others.at if others else None)), default=None)
    return Line(
        case=case,
        situation=words.situation(case),
        since=words.since(case),
        badge=badge(case, case.clocks, now) if case.is_open else None,  # type: ignore[attr-defined]
        last_word=last.text if last else "",
        is_new=newest is not None and newest > (looked_at or case.received_at),
    )


def _last_words(cases: Sequence[Case]) -> dict[int, Update]:
    readable = Update.objects.filter(case__in=cases).exclude(visibility=Visibility.INTERNAL)
    newest = readable.order_by().values("case").annotate(newest=Max("pk")).values("newest")
    return {update.case_id: update for update in Update.objects.filter(pk__in=newest)}


def look(case: Case, reader: User, now: datetime) -> None:
    """The reader has the case before their eyes; one statement."""
    LastLook.objects.bulk_create(
        [LastLook(user=reader, case=case, at=now)],
        update_conflicts=True,
        unique_fields=["user", "case"],
        update_fields=["at"],
    )
