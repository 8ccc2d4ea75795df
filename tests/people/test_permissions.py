"""The one table of roles, and the backend that reads it."""

import pytest
from django.contrib.auth.models import AnonymousUser, Group, Permission

from apps.audit.models import Entry
from apps.people.models import Role, Team, TeamSkill, User
from apps.people.permissions import GRANTS, UNMASK, UNMASKS, permissions_of


def test_every_role_has_its_line_in_the_table():
    assert set(GRANTS) == set(Role)


def test_an_auditor_views_everything_and_changes_nothing():
    permissions = permissions_of(Role.AUDITOR)
    assert "people.view_user" in permissions
    assert "people.view_historicaluser" in permissions
    others = {codename for codename in permissions if not codename.split(".")[1].startswith("view_")}
    assert others == {"audit.request_verification"}  # which changes no record


def test_only_auditors_of_a_team_with_the_skill_may_see_masked_data(people):
    auditor, lead = people["auditor"], people["lead"]
    skill = TeamSkill.objects.get(skill__code=UNMASKS)
    TeamSkill.objects.create(team=Team.objects.get(code="support-leaders"), skill=skill.skill)
    assert User.objects.get(pk=auditor.pk).has_perm(UNMASK)
    assert not lead.has_perm(UNMASK)

    subject = f"people.teamskill:{skill.pk}"
    skill.delete()

    assert not User.objects.get(pk=auditor.pk).has_perm(UNMASK)
    assert Entry.objects.get(subject=subject, action="deleted").source == "COMMAND"


def test_an_operator_may_nothing_in_the_admin():
    assert permissions_of(Role.OPERATOR) == frozenset()


def test_a_manager_edits_people_but_deletes_nothing_that_the_record_names():
    permissions = permissions_of(Role.MANAGER)
    assert {"people.change_user", "people.add_team", "people.delete_shift", "people.view_level"} <= permissions
    assert not {"people.delete_user", "people.delete_team", "people.change_level"} & permissions
    assert not any("historical" in codename and ".view_" not in codename for codename in permissions)


def test_nobodys_role_changes_a_history_table():
    changing = [c for role in Role for c in permissions_of(role) if "historical" in c and ".view_" not in c]
    assert changing == []


@pytest.mark.parametrize(
    ("username", "allowed", "refused"),
    [
        ("manager", "people.change_user", "people.change_level"),
        ("policy", "people.change_level", "people.change_user"),
        ("auditor", "people.view_user", "people.change_user"),
        ("operator", None, "people.view_user"),
        ("admin", "people.delete_user", None),
    ],
)
def test_permissions_follow_the_roles(people, username, allowed, refused):
    user = people[username]
    assert allowed is None or user.has_perm(allowed)
    assert refused is None or not user.has_perm(refused)
    assert user.has_module_perms("people") == (allowed is not None)


def test_asking_again_costs_no_statement(people, django_assert_num_queries):
    manager = User.objects.get(username="manager")
    with django_assert_num_queries(1):
        assert [manager.has_perm("people.view_team"), manager.has_perm("people.view_user")] == [True, True]


def test_groups_and_single_permissions_give_nothing(people):
    operator = people["operator"]
    permission = Permission.objects.get(codename="change_user", content_type__app_label="people")
    group = Group.objects.create(name="backdoor")
    group.permissions.add(permission)
    operator.groups.add(group)
    operator.user_permissions.add(permission)
    assert operator.get_all_permissions() == set()


def test_a_superusers_list_of_permissions_is_complete(people):
    assert len(people["admin"].get_all_permissions()) == Permission.objects.count()


def test_neither_an_inactive_person_nor_a_stranger_may_anything(people):
    manager = people["manager"]
    manager.is_active = False
    assert not manager.has_perm("people.view_user")
    assert not AnonymousUser().has_perm("people.view_user")
