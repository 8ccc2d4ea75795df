"""A published policy, a draft made of it, and the person who looks after them."""

from __future__ import annotations

import pytest
from django.test import Client

from apps.people.models import Role, Team, User
from apps.policy.models import Version
from apps.policy.seed import seed_policy
from tests.policy import adminpages


@pytest.fixture
def published(db: None) -> Version:
    return seed_policy()


@pytest.fixture
def draft(published: Version) -> Version:
    return published.copy_as_draft()


@pytest.fixture
def second_line(published: Version) -> Team:
    return adminpages.team()


@pytest.fixture
def owner(second_line: Team) -> User:
    return adminpages.person(Role.POLICY_OWNER, team=second_line, last_name="斎藤", first_name="学")


@pytest.fixture
def browser(owner: User) -> Client:
    return adminpages.signed_in(owner)
