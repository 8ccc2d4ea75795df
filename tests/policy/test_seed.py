from datetime import UTC, datetime
from io import StringIO

import pytest
from django.core.management import call_command

from apps.people.models import Level
from apps.policy.business_time import is_open
from apps.policy.models import (
    Category,
    Flag,
    Impact,
    MatrixRow,
    Means,
    Priority,
    Target,
    Trigger,
    Urgency,
    Version,
)
from apps.policy.rulebook import get_rulebook
from apps.policy.rules import Facts, assess
from apps.policy.seed import seed_policy

pytestmark = pytest.mark.django_db


@pytest.fixture
def rulebook():
    get_rulebook.cache_clear()
    yield get_rulebook(seed_policy().pk)
    get_rulebook.cache_clear()


def test_the_default_policy_is_published_by_the_clock():
    version = seed_policy()
    assert (version.number, version.is_published, version.published_by.username) == (1, True, "CLOCK")
    assert Version.objects.current() == version


def test_seeding_again_changes_nothing():
    first = seed_policy()
    counts = [model.objects.count() for model in (Version, Version.history.model, MatrixRow, Trigger, Category, Level)]
    assert seed_policy() == first
    assert counts == [
        model.objects.count() for model in (Version, Version.history.model, MatrixRow, Trigger, Category, Level)
    ]


def test_every_row_is_in_the_history_in_the_clocks_name():
    version = seed_policy()
    assert MatrixRow.history.count() == 4
    assert set(MatrixRow.history.values_list("history_user_id", flat=True)) == {version.published_by_id}


def test_the_command_says_what_it_did():
    out = StringIO()
    call_command("seed_policy", stdout=out)
    call_command("seed_policy", stdout=out)
    assert [("1" in line, "標準ポリシー" in line) for line in out.getvalue().splitlines()] == [(True, True)] * 2
    assert len(set(out.getvalue().splitlines())) == 2


@pytest.mark.parametrize(
    ("priority", "first_response", "first_line_limit", "around_the_clock", "rank", "alert_head", "means", "waits"),
    [
        ("P1", 5, 15, True, 2, True, (Means.PHONE, Means.CHAT, Means.TICKET), [5, 10, 15]),
        ("P2", 15, 60, True, 2, False, (Means.CHAT, Means.TICKET), [15, 30, 30]),
        ("P3", 60, 240, False, 2, False, (Means.TICKET,), [60, 120, 240]),
        ("P4", 480, 1440, False, 3, False, (Means.TICKET,), [480, 480, 960]),
    ],
)
def test_the_matrix_is_the_products(
    rulebook, priority, first_response, first_line_limit, around_the_clock, rank, alert_head, means, waits
):
    row = rulebook.rows[Priority(priority)]
    assert (row.first_response, row.first_line_limit) == (first_response, first_line_limit)
    assert (row.calendar is None) is around_the_clock
    assert Level.objects.get(pk=row.destination_level_id).rank == rank
    assert (row.alert_head, row.means) == (alert_head, means)
    assert [rung.wait for rung in row.ladder.rungs] == waits
    assert [(rung.target, rung.role) for rung in row.ladder.rungs] == [
        (Target.TEAM, ""),
        (Target.TEAM_ROLE, "LEAD"),
        (Target.DEPARTMENT_HEAD, ""),
    ]


def test_the_business_calendar_knows_the_japanese_year(rulebook):
    calendar = rulebook.rows[Priority.P3].calendar
    noon_in_tokyo = [(2026, 11, 24), (2026, 11, 23), (2026, 11, 28), (2026, 12, 30), (2028, 1, 3), (2027, 8, 13)]
    assert [is_open(datetime(*day, 5, tzinfo=UTC), calendar) for day in noon_in_tokyo] == [True] + [False] * 5


@pytest.mark.parametrize(
    ("flags", "text", "priority", "role", "rank", "skill"),
    [
        ({Flag.REFUND}, "", "P3", "MANAGER", 4, None),
        ({Flag.PERSONAL_DATA}, "", "P2", "LEAD", 3, "privacy"),
        ({Flag.HARASSMENT}, "", "P2", "LEAD", 2, None),
        ({Flag.SAME_FAULT}, "", "P2", "LEAD", 3, "system"),
        ({Flag.LEGAL}, "", "P1", "LEAD", 3, "legal"),
        (set(), "弁護士に相談すると言われました", "P1", "LEAD", 3, "legal"),
    ],
)
def test_the_triggers_are_the_products(rulebook, flags, text, priority, role, rank, skill):
    assessment = assess(rulebook, Facts(None, Impact.ONE, Urgency.LOW, frozenset(flags), text))
    (fired,) = assessment.triggers
    trigger = Trigger.objects.select_related("to_level", "to_skill").get(pk=fired.id)
    assert (assessment.priority, fired.escalate_at_once, fired.tell_role) == (priority, True, role)
    assert (trigger.to_level.rank, trigger.to_skill and trigger.to_skill.code) == (rank, skill)


def test_an_ordinary_case_fires_nothing(rulebook):
    assessment = assess(rulebook, Facts(None, Impact.ONE, Urgency.LOW, frozenset(), "領収書の再発行をお願いします"))
    assert (assessment.priority, assessment.triggers) == (Priority.P4, ())


def test_only_harassment_is_confidential():
    seed_policy()
    assert list(Category.objects.filter(confidential=True).values_list("code", flat=True)) == ["harassment"]
    assert Category.objects.count() == 8
