"""The demo organisation: complete, covered around the clock, and the same after a second run."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth import authenticate
from django.db.models import Count
from django.utils import translation

from apps.people.models import Department, Level, Membership, Role, Shift, Team, User
from apps.people.seed import DEMO_PASSWORD, seed_demo, seed_levels

pytestmark = pytest.mark.django_db
MODELS = [Department, Level, Membership, Shift, Team, User]


def test_there_are_five_levels_with_growing_authority():
    levels = [*seed_levels().values()]
    assert [level.rank for level in levels] == [1, 2, 3, 4, 5]
    assert [level.response_minutes for level in levels] == [15, 60, 240, 480, 1440]
    assert [level.amount_limit for level in levels] == [0, 50_000, 500_000, 5_000_000, None]


def test_a_second_run_changes_nothing_even_later_the_same_day(noon):
    first = seed_demo(noon)
    before = [(model.objects.count(), model.history.count()) for model in MODELS]
    assert seed_demo(noon + timedelta(hours=6)) == first
    assert [(model.objects.count(), model.history.count()) for model in MODELS] == before


def test_a_run_on_the_next_day_adds_one_day_of_duty_and_leaves_what_people_changed(noon):
    seed_demo(noon)
    Team.objects.filter(code="legal").update(name="法務室")
    shifts = Shift.objects.count()
    seed_demo(noon + timedelta(days=1))
    assert Shift.objects.count() == shifts + 3
    assert Team.objects.get(code="legal").name == "法務室"


def test_every_role_every_level_and_a_lead_for_whoever_may_be_a_destination(noon):
    seed_demo(noon)
    assert set(Membership.objects.values_list("role", flat=True)) == set(Role.values)
    assert set(Team.objects.values_list("level__rank", flat=True)) == {1, 2, 3, 4, 5}
    without_lead = Team.objects.exclude(memberships__role=Role.LEAD).values_list("code", flat=True)
    assert set(without_lead) == {"policy-office", "internal-audit"}
    assert not Department.objects.filter(head=None).exists()


def test_second_line_duty_covers_every_moment_of_the_next_thirty_days_with_one_person(noon):
    seed_demo(noon)
    starts = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)  # midnight in Tokyo
    spans = list(Shift.objects.order_by("starts_at").values_list("starts_at", "ends_at"))
    assert spans == [(starts + timedelta(hours=8 * n), starts + timedelta(hours=8 * (n + 1))) for n in range(31 * 3)]
    assert User.objects.on_duty(noon).count() == 1
    nights = Shift.objects.filter(starts_at__hour=0).values("user").annotate(nights=Count("pk"))
    assert sorted(row["nights"] for row in nights) == [10, 10, 11]


def test_everybody_signs_in_with_the_demo_password_and_only_operators_stay_out_of_the_admin(noon, rf):
    with translation.override("en"):
        people = {username: roles for username, _name, roles in seed_demo(noon)}
    assert (people["admin"], people["operator"], people["manager"]) == ("Superuser", "Operator", "Lead・Manager")
    assert authenticate(rf.post("/login/"), username="operator", password=DEMO_PASSWORD).username == "operator"
    outside = User.objects.filter(is_staff=False).values_list("username", flat=True)
    assert set(outside) == {"operator", "tanaka", "shop"}
    assert User.objects.get(is_superuser=True).username == "admin"


def test_the_seeded_rows_pass_the_models_own_checks(noon):
    seed_demo(noon)
    for model in MODELS:
        for row in model.objects.all():
            row.full_clean()
