"""The people, addresses and forms that the tests of the policy's pages share."""

from __future__ import annotations

import re
from typing import Any

from django.db import connection
from django.forms.models import model_to_dict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.people.models import Department, Level, Membership, Role, Team, User
from apps.policy.matrix import ROW_FIELDS
from apps.policy.models import Version


def page(name: str, *args: object) -> str:
    return reverse(f"admin:policy_{name}", args=args)


def team(code: str = "second-line", rank: int = 2) -> Team:
    department = Department.objects.get_or_create(code="it", defaults={"name": "情報システム部"})[0]
    level = Level.objects.get(rank=rank)
    return Team.objects.create(code=code, name="二次対応チーム", department=department, level=level)


def person(role: Role, *, team: Team, language: str = "en", **names: str) -> User:
    """Somebody with this one role, called after it."""
    user = User.objects.create(username=role.lower(), is_staff=True, language=language, **names)
    Membership.objects.create(user=user, team=team, role=role)
    return user


def signed_in(user: User) -> Client:
    client = Client(headers={"Accept-Language": user.language})
    client.force_login(user)
    return client


def typed(version: Version, seen: str, changes: dict[str, Any] | None = None) -> dict[str, Any]:
    """What a browser sends from the grid of `version`; `changes` by names such as `row-P1-first_response`."""
    data: dict[str, Any] = {"seen": seen}
    for cell in version.cells.all():
        data[f"cell-{cell.impact}-{cell.urgency}-priority"] = cell.priority
    for row in version.rows.all():
        for name, value in model_to_dict(row, ROW_FIELDS).items():
            data[f"row-{row.priority}-{name}"] = "" if value is None else value
    data |= changes or {}
    return {name: value for name, value in data.items() if value is not False}


def seen(client: Client, path: str) -> str:
    """The hidden word by which a page tells what it showed."""
    found = re.search(r'name="seen" value="([^"]+)"', client.get(path).text)
    assert found is not None
    return found[1]


def statements(client: Client, path: str) -> int:
    client.get(path)  # content types are kept from the first time on
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return len(captured)
