"""Two people at the same form of people and teams: nothing is overwritten unseen."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.people.models import Membership, Role, Team, User

BACKEND = "apps.people.backends.RoleBackend"


def browser(user):
    client = Client(headers={"Accept-Language": "ja"})
    client.force_login(user, backend=BACKEND)
    return client


@pytest.fixture
def manager(people):
    return browser(people["manager"])


@pytest.fixture
def admin(people):
    return browser(people["admin"])


@pytest.fixture
def team(people):
    return Team.objects.get(code="legal")


@pytest.fixture
def page(team):
    return reverse("admin:people_team_change", args=[team.pk])


def seen(client, path):
    found = re.search(r'name="seen" value="([^"]+)"', client.get(path).text)
    assert found is not None
    return found[1]


def sent(client, team, page, **changes):
    """What a browser sends from the page of the team as it is now."""
    fields = ("code", "name", "name_en", "phone", "email", "chat_url")
    data = {name: getattr(team, name) for name in fields} | {"is_active": "on"}
    data |= {"department": team.department_id, "level": team.level_id, "seen": seen(client, page)}
    for prefix, rows in {"memberships": team.memberships.all(), "team_skills": team.team_skills.all()}.items():
        data |= {f"{prefix}-TOTAL_FORMS": len(rows), f"{prefix}-INITIAL_FORMS": len(rows)}
        for index, row in enumerate(rows):
            data |= {f"{prefix}-{index}-id": row.pk, f"{prefix}-{index}-team": team.pk}
            names = ("user", "role", "level") if prefix == "memberships" else ("skill",)
            data |= {f"{prefix}-{index}-{name}": getattr(row, f"{name}_id", getattr(row, name)) or "" for name in names}
    return data | changes


def test_what_somebody_else_saved_meanwhile_is_told_and_not_overwritten(manager, admin, team, page):
    mine, theirs = sent(manager, team, page, name="法務部"), sent(admin, team, page, phone="03-0000-9999")
    assert admin.post(page, theirs).status_code == 302

    response = manager.post(page, mine)

    text = " ".join(response.text.split())
    assert "入力中に、ほかの人がこの内容を変更しました" in text
    assert "青木 修" in text
    assert "03-0000-<" in text
    assert 'value="法務部"' in text
    team.refresh_from_db()
    assert (team.name, team.phone) == ("法務", "03-0000-9999")

    assert manager.post(page, mine | {"seen": response.context["seen"]}).status_code == 302
    team.refresh_from_db()
    assert (team.name, team.phone) == ("法務部", mine["phone"])


def test_a_member_added_meanwhile_is_told_as_well(manager, team, page, people):
    mine = sent(manager, team, page, name="法務部")
    Membership.objects.create(user=people["tanaka"], team=team, role=Role.RESPONDER)
    text = manager.post(page, mine).text
    assert "田中 健一" in text
    assert "作成" in text


def test_signing_in_is_no_change_of_the_person(admin, manager, people):
    page = reverse("admin:people_user_change", args=[people["tanaka"].pk])
    early = seen(admin, page)
    User.objects.filter(pk=people["tanaka"].pk).update(last_login=timezone.now())
    browser(User.objects.get(username="tanaka"))
    assert seen(admin, page) == early


def test_a_new_thing_has_nothing_to_be_late_for(admin, people):
    assert 'name="seen"' not in admin.get(reverse("admin:people_skill_add")).text


def test_a_save_that_changed_nothing_holds_nobody_up(manager, admin, team, page):
    mine, theirs = sent(manager, team, page, name="法務部"), sent(admin, team, page)
    assert admin.post(page, theirs).status_code == 302
    assert manager.post(page, mine).status_code == 302
