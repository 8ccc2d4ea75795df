"""Auditors read the journal in the admin; nobody writes it there."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings

from apps.audit import trail
from apps.audit.models import Entry, Seal
from apps.people.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def plain_permissions(settings: Settings) -> None:
    settings.AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]


LISTS = ["admin:audit_entry_changelist", "admin:audit_seal_changelist"]


def urls() -> list[str]:
    """The lists, and the pages of one row each."""
    entry, seal = Entry.objects.latest("id"), Seal.objects.get()
    names = [("audit_entry", entry.pk), ("audit_seal", seal.pk)]
    lists = [reverse(f"admin:{name}_changelist") for name, _pk in names]
    return lists + [reverse(f"admin:{name}_change", args=[pk]) for name, pk in names]


@pytest.fixture
def written(journal: None) -> None:
    trail.seal(timezone.now())


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def root(written: None) -> Client:
    return signed_in(User.objects.create_superuser("root"))


def test_the_pages_show_the_journal(root: Client) -> None:
    assert [root.get(url).status_code for url in urls()] == [200] * 4
    page = root.get(reverse(LISTS[0]), {"kind": "cases.case"})
    assert [line.entry.subject for line in page.context["lines"]] == ["cases.case:42"]


def test_only_reading_is_possible_even_for_a_superuser(root: Client) -> None:
    before = Entry.objects.count()

    for url in urls():
        assert [root.post(url, {"action": "delete_selected"}).status_code, root.put(url).status_code] == [405, 405]
    entry = Entry.objects.latest("id")
    assert root.get(reverse("admin:audit_entry_add")).status_code == 403
    assert root.post(reverse("admin:audit_entry_add")).status_code == 405
    assert root.get(reverse("admin:audit_entry_delete", args=[entry.pk])).status_code == 403
    assert root.post(reverse("admin:audit_entry_delete", args=[entry.pk]), {"post": "yes"}).status_code == 405
    assert Entry.objects.count() == before


def test_without_the_permission_nothing_is_shown(written: None) -> None:
    client = signed_in(User.objects.create(username="lead", is_staff=True))

    assert [client.get(url).status_code for url in urls()] == [403] * 4


def test_the_permission_to_view_is_enough(written: None) -> None:
    user = User.objects.create(username="reader", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=["view_entry", "view_seal"]))

    assert [signed_in(user).get(url).status_code for url in urls()] == [200] * 4
