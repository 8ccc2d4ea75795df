"""The cast at the desk: everybody reads English here, so that the tests can too."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from apps.people.models import User
from tests.cases.conftest import cast
from tests.cases.life import Cast, Life

__all__ = ["cast"]

# What the operator types; P2, hence around the clock: nothing here depends on the hour at which the tests run.
TYPED = {
    "subject": "全レジでカード決済が通らない",
    "facts": "13時40分ごろから、カードを入れるとE-4021と出る。",
    "impact": "SOME",
    "urgency": "HIGH",
    "customer": "株式会社サンプル",
    "customer_email": "customer@example.com",
    "flags": ["SAME_FAULT"],
    "amount": "48,000円",
    "support_wanted": "TECHNICAL_HELP",
}


@pytest.fixture
def life(cast: Cast) -> Life:
    """Its cases began an hour ago: the pages look at the real clock."""
    walk = Life(cast)
    walk.now = timezone.now() - timedelta(hours=1)
    return walk


@pytest.fixture
def as_user() -> Callable[[User], Client]:
    """Signed in, reading English."""

    def sign_in(user: User, language: str = "en") -> Client:
        client = Client()
        client.force_login(user)
        client.cookies["django_language"] = language
        return client

    return sign_in
