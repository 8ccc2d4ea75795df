"""The figures as drawings: where the bars stand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from django.utils import translation

from apps.insights.charts import Bar, acceptance_chart, escalation_chart, load_chart
from apps.insights.dashboard import Acceptance, DailyEscalations, Load
from apps.people.models import Level, Team
from apps.policy.models import Priority

DAYS = [date(2026, 11, day) for day in range(1, 11)]
LEADS, MANAGERS = Level(rank=2, name="二次対応"), Level(rank=4, name="上級管理")
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _japanese() -> Iterator[None]:
    with translation.override("ja"):
        yield


def test_kinds_stand_on_each_other_and_all_levels_share_a_scale() -> None:
    counts = {(DAYS[0], 2, "FUNCTIONAL"): 3, (DAYS[0], 2, "HIERARCHICAL"): 1, (DAYS[9], 4, "HIERARCHICAL"): 2}

    chart = escalation_chart(DailyEscalations(DAYS, [LEADS, MANAGERS], counts))

    assert (chart.most, chart.total) == (4, 6)
    assert [(row.level.rank, row.total) for row in chart.rows] == [(2, 4), (4, 2)]
    assert chart.rows[0].bars == [
        Bar("1.00%", "8.00%", "functional", "", "14.00", "42.00"),
        Bar("1.00%", "8.00%", "hierarchical", "url(#ek-stripes)", "0.00", "14.00"),
    ]
    assert chart.rows[1].bars == [Bar("91.00%", "8.00%", "hierarchical", "url(#ek-stripes)", "28.00", "28.00")]
    assert chart.table == [(DAYS[9], [0, 0, 0, 2], 2), (DAYS[0], [3, 1, 0, 0], 4)]


def test_without_escalations_there_is_nothing_to_draw() -> None:
    chart = escalation_chart(DailyEscalations(DAYS, [], {}))

    assert (chart.rows, chart.table, chart.total) == ([], [], 0)


def test_minutes_and_days_find_room_on_one_axis() -> None:
    quick = Acceptance(Priority.P1, 5, MINUTE / 2, 10 * MINUTE)
    slow = Acceptance(Priority.P4, 5, 60 * MINUTE, timedelta(hours=20))

    chart = acceptance_chart([quick, slow])

    assert [words for _x, words in chart.ticks] == ["1分", "10分", "1時間", "6時間", "24時間"]
    assert (chart.rows[0].median, chart.rows[0].ninety) == (chart.ticks[0][0], chart.ticks[1][0]) == ("4.00%", "33.13%")
    assert chart.rows[1].median == chart.ticks[2][0]
    assert chart.ticks[-1][0] == "96.00%"


def test_the_busiest_team_fills_the_width_and_the_table_has_all() -> None:
    found = [Load(Team(name=f"チーム{number}"), 1, 2, 7) for number in range(12)]
    found[1] = Load(Team(name="静か"), 5, 0, 0)

    chart = load_chart(found)

    assert (len(chart.rows), chart.left_out, chart.table) == (10, 2, found)
    assert chart.rows[0].bars == [
        Bar("0.00%", "20.00%", "escalated"),
        Bar("20.00%", "70.00%", "in-progress", "url(#ek-dots)"),
        Bar("90.00%", "10.00%", "received"),
    ]
    assert chart.rows[1].bars == [Bar("0.00%", "50.00%", "received")]
    assert chart.rows[0].words == "チーム0:エスカレーション中2件、対応中7件、受付1件"
