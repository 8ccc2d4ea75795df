"""The admin's pages of people: who may see, who may change, and that nothing is deleted or rewritten."""

import pytest
from django.contrib import admin
from django.urls import reverse

from apps.people.models import Department, Membership, Role, Shift, Team, User

PAGES = ["user", "level", "department", "skill", "team", "shift"]
PERSON = {"username": "new", "language": "ja", "time_zone": "Asia/Tokyo"}
NO_MEMBERSHIPS = {"memberships-TOTAL_FORMS": 0, "memberships-INITIAL_FORMS": 0}


@pytest.fixture
def sign_in(client, people):
    def as_(username):
        client.force_login(people[username], backend="apps.people.backends.RoleBackend")
        return client

    return as_


def page(name, *args):
    return reverse(f"admin:people_{name}", args=args)


@pytest.mark.parametrize("username", ["admin", "manager", "auditor"])
@pytest.mark.parametrize("model", PAGES)
def test_lists_rows_and_histories_open(sign_in, username, model):
    client = sign_in(username)
    row = admin.site._registry[_model(model)].model.objects.first()
    version = row.history.first()
    for url in (
        page(f"{model}_changelist"),
        page(f"{model}_change", row.pk),
        page(f"{model}_history", row.pk),
        page(f"{model}_simple_history", row.pk, version.pk),
    ):
        assert client.get(url).status_code == 200, url


def _model(name):
    return next(model for model in admin.site._registry if model._meta.label_lower == f"people.{name}")


@pytest.mark.parametrize(("username", "status"), [("operator", 302), ("responder", 403)])
def test_people_without_the_permission_stay_out(sign_in, username, status):
    assert sign_in(username).get(page("user_changelist")).status_code == status


@pytest.mark.parametrize("model", ["user", "level", "department", "skill", "team"])
def test_nothing_that_the_record_names_is_deleted_even_by_a_superuser(sign_in, model):
    row = _model(model).objects.first()
    assert sign_in("admin").post(page(f"{model}_delete", row.pk), {"post": "yes"}).status_code == 403


def test_a_shift_is_deleted_by_a_manager_and_its_history_stays(sign_in):
    shift = Shift.objects.first()
    assert sign_in("manager").post(page("shift_delete", shift.pk), {"post": "yes"}).status_code == 302
    assert list(Shift.history.filter(id=shift.pk).values_list("history_type", flat=True)) == ["-", "+"]


@pytest.mark.parametrize("username", ["admin", "manager", "auditor"])
def test_an_older_state_is_looked_at_and_never_saved(sign_in, username):
    department = Department.objects.get(code="sales")
    old = department.history.first()
    url = page("department_simple_history", department.pk, old.pk)
    assert sign_in(username).post(url, {"name": "改ざん", "code": "sales"}).status_code in (403, 405)
    department.refresh_from_db()
    assert department.name == "営業部"


def test_an_auditor_changes_nothing(sign_in):
    team = Team.objects.first()
    assert sign_in("auditor").post(page("team_change", team.pk), {"name": "x"}).status_code == 403
    assert sign_in("auditor").post(page("user_add"), PERSON).status_code == 403


def test_a_manager_adds_a_person_with_a_membership_and_the_history_says_who(sign_in, people):
    team = Team.objects.get(code="phone-desk")
    form = PERSON | {
        "usable_password": "true",
        "password1": "a-long-Secret-2026",
        "password2": "a-long-Secret-2026",
        "is_superuser": "on",  # not asked for, not obeyed
        "memberships-TOTAL_FORMS": 1,
        "memberships-INITIAL_FORMS": 0,
        "memberships-0-team": team.pk,
        "memberships-0-role": Role.OPERATOR,
    }
    response = sign_in("manager").post(page("user_add"), form)
    assert response.status_code == 302, response.context["errors"]
    new = User.objects.get(username="new")
    assert (new.is_superuser, new.roles) == (False, {Role.OPERATOR})
    assert new.history.last().history_user_id == people["manager"].pk
    assert Membership.history.first().history_user_id == people["manager"].pk


def test_a_manager_makes_nobody_a_superuser(sign_in, people):
    operator = people["operator"]
    form = PERSON | NO_MEMBERSHIPS | {"username": "operator", "is_active": "on", "is_superuser": "on", "is_staff": "on"}
    response = sign_in("manager").post(page("user_change", operator.pk), form)
    assert response.status_code == 302, response.context["errors"]
    operator.refresh_from_db()
    assert (operator.is_staff, operator.is_superuser) == (True, False)


def test_a_manager_neither_edits_a_superuser_nor_sets_their_password(sign_in, people):
    client = sign_in("manager")
    admin_pk = people["admin"].pk
    assert client.post(page("user_change", admin_pk), PERSON).status_code == 403
    password = reverse("admin:auth_user_password_change", args=[admin_pk])
    assert client.get(password).status_code == 403
    assert client.get(reverse("admin:auth_user_password_change", args=[people["operator"].pk])).status_code == 200


def test_the_systems_own_users_are_shown_and_changed_by_nobody(sign_in, people):
    clock = User.objects.clock()
    client = sign_in("admin")
    assert client.get(page("user_change", clock.pk)).status_code == 200
    assert client.post(page("user_change", clock.pk), PERSON).status_code == 403
