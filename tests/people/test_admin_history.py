"""The history pages of people and teams, in words."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse


@pytest.fixture
def admin(people):
    client = Client(headers={"Accept-Language": "ja"})
    client.force_login(people["admin"], backend="apps.people.backends.RoleBackend")
    return client


def test_a_change_without_a_reason_has_a_dash_and_codes_are_words(admin, people):
    person = people["tanaka"]
    person.language = "en"
    person.save()
    text = admin.get(reverse("admin:people_user_history", args=[person.pk])).text
    assert "None" not in text
    assert "日本語" in text
    assert "English" in text


def test_a_version_that_is_no_number_is_not_there(admin, people):
    page = reverse("admin:people_user_history", args=[people["tanaka"].pk])
    assert admin.get(f"{page}password/").status_code == 404


def test_what_the_system_does_is_done_by_itself(people):
    clock, importer = type(people["admin"]).objects.clock(), type(people["admin"]).objects.importer()
    assert [str(clock), str(importer)] == ["自動", "取り込み"]
