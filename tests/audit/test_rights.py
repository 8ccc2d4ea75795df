"""Who may do what, and every change of it: roles, rights, groups, superusers, passwords, by whatever door."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.test import Client

from apps.audit import trail
from apps.audit.models import Entry
from apps.people.models import Membership, Role, User
from tests.cases.life import Cast

pytestmark = pytest.mark.django_db
AsUser = Callable[..., Client]
PASSWORD = "correct horse battery 7"


@pytest.fixture(autouse=True)
def cheap_passwords(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def entries_of(thing: Any) -> list[tuple[str, str, str, Any]]:
    """(action, actor, source, what changed or which rights) of the thing's entries, but for its beginning."""
    found = Entry.objects.filter(subject=trail.subject_of(thing)).exclude(action="created").order_by("sequence")
    return [(e.action, e.actor, e.source, e.details.get("changed", e.details.get("rights"))) for e in found]


def test_a_password_set_in_the_admin(cast: Cast, as_user: AsUser) -> None:
    form = {"password1": PASSWORD, "password2": PASSWORD, "usable_password": "true"}
    as_user(cast.admin).post(f"/admin/people/user/{cast.operator.pk}/password/", form)

    assert ("password_set", trail.actor_of(cast.admin), "ADMIN", None) in entries_of(cast.operator)
    assert PASSWORD not in str(list(Entry.objects.values()))


def test_a_password_set_in_a_shell_or_by_a_command(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    user = User.objects.get(pk=cast.operator.pk)
    user.set_password(PASSWORD)
    user.save(update_fields=["password"])
    assert entries_of(user) == [("password_set", "", "COMMAND", None)]

    monkeypatch.setattr("getpass.getpass", lambda _prompt: PASSWORD)
    call_command("changepassword", "tanaka", verbosity=0)
    assert ("password_set", "", "COMMAND", None) in entries_of(cast.tanaka)


def test_signing_in_with_an_older_hash_sets_no_password(cast: Cast, client: Client, settings: Any) -> None:
    user = User.objects.get(pk=cast.operator.pk)
    user.set_password(PASSWORD)
    user.save()
    known = len(entries_of(user))
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher", *settings.PASSWORD_HASHERS]

    client.post("/login/", {"username": "operator", "password": PASSWORD})

    assert [action for action, *_rest in entries_of(user)[known:]] == ["signed_in"]


def test_groups_and_single_rights_from_either_side(cast: Cast) -> None:
    user, group = cast.operator, Group.objects.create(name="backdoor")
    permission = Permission.objects.get(codename="change_user", content_type__app_label="people")

    user.groups.add(group)
    user.groups.add(group)  # is there already
    group.user_set.remove(user)
    user.user_permissions.set([permission])
    user.user_permissions.clear()
    group.permissions.add(permission)

    right = str(permission)
    assert entries_of(user) == [
        ("rights_given", "", "COMMAND", ["backdoor"]),
        ("rights_taken", "", "COMMAND", ["backdoor"]),
        ("rights_given", "", "COMMAND", [right]),
        ("rights_taken", "", "COMMAND", []),
    ]
    assert entries_of(group) == [("rights_given", "", "COMMAND", [right])]
    assert trail.verify().ok


def test_roles_and_superusers(cast: Cast, as_user: AsUser) -> None:
    user = User.objects.get(pk=cast.operator.pk)
    membership = Membership.objects.get(user=user)
    membership.role = Role.LEAD
    membership.save()
    user.is_superuser = True
    user.save()

    assert entries_of(membership) == [("changed", "", "COMMAND", ["role"])]
    assert [each[:3] for each in entries_of(user)] == [("changed", "", "COMMAND")]
