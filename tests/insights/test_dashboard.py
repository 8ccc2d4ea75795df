"""The first page's three figures: what is counted, for whom, on whose day."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from apps.cases.models import Case, HandOffKind
from apps.insights.dashboard import Acceptance, Load, escalations_per_day, load_per_team, times_to_accept
from apps.people.duty import teams_around
from apps.people.models import User
from apps.policy.models import Priority
from tests.cases.life import NOW, Cast, Life

pytestmark = pytest.mark.django_db

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
FUNCTIONAL, HIERARCHICAL = HandOffKind.FUNCTIONAL, HandOffKind.HIERARCHICAL


def escalated(life: Life, at: datetime, **form: object) -> Case:
    case = life.received(now=at - MINUTE)
    return life.do("escalate", case, by=life.cast.operator, now=at, **form)


# --- escalations per day ----------------------------------------------------------------------------------------------


def test_escalations_are_counted_by_day_level_and_kind(cast: Cast, life: Life) -> None:
    escalated(life, NOW - 2 * DAY)
    escalated(life, NOW - 2 * DAY)
    case = escalated(life, NOW)
    life.do("escalate", case, by=cast.lead, now=NOW + MINUTE, kind="HIERARCHICAL", team=cast.team("managers"),
            skip_reason="Nobody else may decide.")  # fmt: skip

    found = escalations_per_day(cast.auditor, NOW + 2 * MINUTE)

    assert found.counts == {
        (date(2026, 11, 22), 2, "FUNCTIONAL"): 2,
        (date(2026, 11, 24), 2, "FUNCTIONAL"): 1,
        (date(2026, 11, 24), 4, "HIERARCHICAL"): 1,
    }
    assert [level.rank for level in found.levels] == [2, 4]
    assert found.on(date(2026, 11, 22), found.levels[0], FUNCTIONAL) == 2
    assert found.on(date(2026, 11, 22), found.levels[0], HIERARCHICAL) == 0


def test_the_days_are_the_last_thirty_with_today(cast: Cast, life: Life) -> None:
    midnight = datetime(2026, 10, 26, tzinfo=ZoneInfo("Asia/Tokyo"))
    escalated(life, midnight - MINUTE)
    escalated(life, midnight)

    found = escalations_per_day(cast.auditor, NOW)

    assert (found.days[0], found.days[-1], len(found.days)) == (date(2026, 10, 26), date(2026, 11, 24), 30)
    assert found.counts == {(date(2026, 10, 26), 2, "FUNCTIONAL"): 1}


def test_the_days_are_the_readers(cast: Cast, life: Life) -> None:
    escalated(life, NOW)  # 10:00 in Tokyo

    with timezone.override(ZoneInfo("America/New_York")):
        found = escalations_per_day(cast.auditor, NOW + MINUTE)

    assert found.counts == {(date(2026, 11, 23), 2, "FUNCTIONAL"): 1}


# --- time to accept ---------------------------------------------------------------------------------------------------


def test_the_middle_and_the_ninetieth_of_a_hundred(cast: Cast, life: Life) -> None:
    for minutes in (90, 10, 40, 20, 80, 30, 60, 50, 70, 600):
        case = escalated(life, NOW)
        life.do("accept", case, by=cast.responder, now=NOW + minutes * MINUTE)
    escalated(life, NOW)  # nobody has accepted this one

    found = times_to_accept(cast.lead, NOW + DAY)

    assert found == [Acceptance(Priority.P3, 10, 50 * MINUTE, 90 * MINUTE)]


def test_one_acceptance_is_its_own_middle(cast: Cast, life: Life) -> None:
    urgent = life.received(now=NOW - MINUTE, impact="ALL", urgency="CRITICAL")
    for case, minutes in ((life.do("escalate", urgent, by=cast.operator, now=NOW), 4), (escalated(life, NOW), 33)):
        life.do("accept", case, by=cast.responder, now=NOW + minutes * MINUTE)

    found = times_to_accept(cast.lead, NOW + DAY)

    assert found == [
        Acceptance(Priority.P1, 1, 4 * MINUTE, 4 * MINUTE),
        Acceptance(Priority.P3, 1, 33 * MINUTE, 33 * MINUTE),
    ]


# --- load -------------------------------------------------------------------------------------------------------------


def loads(user: User) -> list[tuple[str, int, int, int]]:
    found: list[Load] = load_per_team(user, teams_around(user))
    return [(load.team.code, load.received, load.escalated, load.in_progress) for load in found]


def test_load_counts_open_cases_of_ones_own_teams_by_state(cast: Cast, life: Life) -> None:
    life.received()
    life.escalated()
    life.in_progress()
    life.in_progress()
    life.resolved()
    elsewhere = life.in_progress()
    life.do("escalate", elsewhere, by=cast.responder, team=cast.team("technical"))

    assert loads(cast.lead) == [("support-leaders", 0, 1, 2), ("phone-desk", 1, 0, 0)]
    assert loads(cast.responder) == [("support-leaders", 0, 1, 2)]
    assert loads(cast.auditor) == [("support-leaders", 0, 1, 2), ("phone-desk", 1, 0, 0), ("technical", 0, 1, 0)]


# --- only what one may see --------------------------------------------------------------------------------------------


def test_nothing_is_counted_that_one_may_not_see(cast: Cast, life: Life) -> None:
    secret = life.escalated(confidential=True)
    life.do("accept", secret, by=cast.responder)
    now = life.now + MINUTE

    def seen(user: User) -> tuple[int, int, list[tuple[str, int, int, int]]]:
        per_day, waits = escalations_per_day(user, now), times_to_accept(user, now)
        return sum(per_day.counts.values()), len(waits), loads(user)

    assert seen(cast.manager) == seen(cast.specialist) == seen(cast.policy) == (0, 0, [])
    assert seen(cast.responder) == seen(cast.auditor) == (1, 1, [("support-leaders", 0, 0, 1)])
