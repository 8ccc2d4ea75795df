"""The first page's three figures, each in one statement over the cases that the person may see.

Days are those of the active time zone, the reader's.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Count, DurationField, ExpressionWrapper, F, Q, QuerySet, Window
from django.db.models.functions import RowNumber, TruncDate
from django.utils import timezone

from apps.cases.models import Case, HandOff, State
from apps.cases.models.choices import ESCALATIONS, HandOffKind
from apps.people.models import Level, Role, Team, User
from apps.policy.models import Priority

DAYS = 30


@dataclass(frozen=True, slots=True)
class DailyEscalations:
    """How often something was escalated to a level on a day, in the last 30 days with today."""

    days: list[date]
    levels: list[Level]  # those to which anything was escalated, by rank
    counts: dict[tuple[date, int, str], int]  # by day, rank and kind; what is not there is none

    def on(self, day: date, level: Level, kind: HandOffKind) -> int:
        return self.counts.get((day, level.rank, kind), 0)


@dataclass(frozen=True, slots=True)
class Acceptance:
    """How long cases of one priority waited until somebody accepted them; elapsed time, by nearest rank."""

    priority: Priority
    count: int
    median: timedelta
    ninety: timedelta  # nine of ten were accepted within it


@dataclass(frozen=True, slots=True)
class Load:
    """The open cases of a team."""

    team: Team
    received: int
    escalated: int
    in_progress: int

    @property
    def total(self) -> int:
        return self.received + self.escalated + self.in_progress


def escalations_per_day(user: User, now: datetime) -> DailyEscalations:
    rows = (
        _escalations(user, now)
        .annotate(day=TruncDate("at"))
        .values_list("day", "to_level__rank", "kind", "to_level__name", "to_level__name_en")
        .annotate(count=Count("pk"))
    )
    counts: dict[tuple[date, int, str], int] = {}
    levels: dict[int, Level] = {}
    for day, rank, kind, name, name_en, count in rows.order_by("to_level__rank", "day", "kind"):
        counts[day, rank, kind] = count
        levels[rank] = Level(rank=rank, name=name, name_en=name_en)
    first = _first_day(now)
    return DailyEscalations([first + timedelta(days=number) for number in range(DAYS)], list(levels.values()), counts)


def times_to_accept(user: User, now: datetime) -> list[Acceptance]:
    """For each priority of which anything was accepted, of what was escalated in the last 30 days."""
    half, nine_tenths = (F("count") + 1) / 2, (F("count") * 9 + 9) / 10  # rounded up
    rows = (
        _escalations(user, now)
        .filter(status=HandOff.Status.ACCEPTED)
        .annotate(wait=ExpressionWrapper(F("answered_at") - F("at"), DurationField()), priority=F("case__priority"))
        .annotate(
            place=Window(RowNumber(), partition_by=F("priority"), order_by=F("wait").asc()),
            count=Window(Count("pk"), partition_by=F("priority")),
        )
        .filter(Q(place=half) | Q(place=nine_tenths))
        .values_list("priority", "count", "wait")
    )
    waits: dict[tuple[str, int], list[timedelta]] = {}
    for priority, count, wait in rows:
        waits.setdefault((priority, count), []).append(wait)
    return [
        Acceptance(Priority(priority), count, min(found), max(found))
        for (priority, count), found in sorted(waits.items())
    ]


def load_per_team(user: User, teams: Iterable[Team]) -> list[Load]:
    """Of the given teams, the busiest first; of all that have open cases for those who see every case."""
    cases = Case.objects.filter(pk__in=_visible(user)).open()
    if not (user.is_superuser or Role.AUDITOR in user.roles):
        cases = cases.filter(team__in=[team.pk for team in teams])
    rows = cases.order_by("team").values_list("team", "team__code", "team__name", "team__name_en")
    per_state = {
        f"in_{state.lower()}": Count("pk", filter=Q(state=state))
        for state in (State.RECEIVED, State.ESCALATED, State.IN_PROGRESS)
    }
    loads = [
        Load(Team(pk=pk, code=code, name=name, name_en=name_en), *counts)
        for pk, code, name, name_en, *counts in rows.annotate(**per_state)
    ]
    return sorted(loads, key=lambda load: (-load.total, load.team.code))


def _escalations(user: User, now: datetime) -> QuerySet[HandOff]:
    since = datetime.combine(_first_day(now), time.min, tzinfo=timezone.get_current_timezone())
    return HandOff.objects.filter(kind__in=ESCALATIONS, at__gte=since, at__lte=now, case__in=_visible(user)).order_by()


def _visible(user: User) -> QuerySet[Case, int]:
    return Case.objects.visible_to(user).order_by().values("pk")


def _first_day(now: datetime) -> date:
    return timezone.localdate(now) - timedelta(days=DAYS - 1)
