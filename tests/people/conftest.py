"""The demo organisation as the cast of these tests."""

from datetime import UTC, datetime

import pytest
from django.test import Client

from apps.people import seed
from apps.people.models import User


@pytest.fixture(autouse=True)
def cheap_passwords(settings):
    """Django's hasher is slow on purpose."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def noon():
    """An ordinary Tuesday in Tokyo."""
    return datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


@pytest.fixture
def people(db, noon, monkeypatch):
    """The demo people by username, with duty for one day: a month of it takes longer than the tests themselves."""
    monkeypatch.setattr(seed, "DUTY_DAYS", 0)
    seed.seed_demo(noon)
    return User.objects.in_bulk(field_name="username")


@pytest.fixture
def sign_in(people):
    def as_(username: str, language: str = "ja") -> Client:
        client = Client()
        client.force_login(people[username])
        client.cookies["django_language"] = language
        return client

    return as_
