"""Levels, departments, teams and memberships."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils import translation

from apps.people.models import Department, Level, Membership, Role, Skill, Team, TeamSkill, User
from apps.people.seed import seed_levels

pytestmark = pytest.mark.django_db


@pytest.fixture
def departments():
    top = Department.objects.create(code="top", name="本社", name_en="Head office")
    middle = Department.objects.create(code="middle", name="支社", parent=top)
    bottom = Department.objects.create(code="bottom", name="支店", parent=middle)
    Department.objects.create(code="other", name="別会社")
    return top, middle, bottom


@pytest.fixture
def team(departments):
    return Team.objects.create(code="desk", name="窓口", department=departments[0], level=seed_levels()[1])


def test_a_name_is_english_only_for_its_readers_and_only_where_there_is_one(departments):
    with translation.override("en"):
        assert [str(department) for department in departments] == ["Head office", "支社", "支店"]
    with translation.override("ja"):
        assert str(departments[0]) == "本社"


def test_the_tree_is_a_department_and_all_below_in_one_statement(departments, django_assert_num_queries):
    top, middle, bottom = departments
    with django_assert_num_queries(1):
        assert Department.objects.tree(top) == {top.pk, middle.pk, bottom.pk}
    assert Department.objects.tree(middle.pk) == {middle.pk, bottom.pk}


def test_the_tree_ends_even_if_somebody_tied_a_loop(departments):
    top, middle, bottom = departments
    Department.objects.filter(pk=top.pk).update(parent=bottom)
    assert Department.objects.tree(middle) == {top.pk, middle.pk, bottom.pk}


def test_a_parent_from_below_is_refused(departments):
    top, _middle, bottom = departments
    top.parent = bottom
    with pytest.raises(ValidationError) as refusal:
        top.full_clean()
    assert list(refusal.value.message_dict) == ["parent"]
    with pytest.raises(IntegrityError), transaction.atomic():
        Department.objects.filter(pk=top.pk).update(parent=top)


@pytest.mark.parametrize("values", [{"rank": 0}, {"rank": 6}, {"amount_limit": -1}])
def test_a_level_outside_its_bounds_is_refused_by_the_database(values):
    level = seed_levels()[1]
    with pytest.raises(IntegrityError), transaction.atomic():
        Level.objects.filter(pk=level.pk).update(**values)


def test_teams_are_found_by_skill(team):
    skill = Skill.objects.create(code="refund", name="返金")
    assert not Team.objects.with_skill("refund").exists()
    has = TeamSkill.objects.create(team=team, skill=skill)
    assert list(Team.objects.with_skill("refund").active()) == [team]
    with pytest.raises(IntegrityError), transaction.atomic():
        TeamSkill.objects.create(team=team, skill=skill)
    has.delete()
    assert list(TeamSkill.history.values_list("history_type", flat=True)) == ["-", "+"]


def test_a_level_of_their_own_overrides_the_teams(team):
    user = User.objects.create_user("lead")
    member = Membership.objects.create(user=user, team=team, role=Role.OPERATOR)
    lead = Membership.objects.create(user=user, team=team, role=Role.LEAD, level=Level.objects.get(rank=2))
    assert (member.effective_level.rank, lead.effective_level.rank) == (1, 2)
    with pytest.raises(IntegrityError), transaction.atomic():
        Membership.objects.create(user=user, team=team, role=Role.LEAD)


def test_whoever_the_record_names_cannot_be_deleted(team):
    user = User.objects.create_user("operator")
    Membership.objects.create(user=user, team=team, role=Role.OPERATOR)
    with pytest.raises(ProtectedError):
        user.delete()
