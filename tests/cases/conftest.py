"""The cast and the case builders (`life.py`) as fixtures."""

from collections.abc import Callable, Iterator

import pytest
from django.test import Client

from apps.people.models import User
from apps.policy.rulebook import get_rulebook
from tests.cases.life import Cast, Life, set_stage


@pytest.fixture
def cast(db: None) -> Iterator[Cast]:
    """The demo organisation under the default policy; works with `transaction=True` too."""
    yield set_stage()
    get_rulebook.cache_clear()


@pytest.fixture
def life(cast: Cast) -> Life:
    return Life(cast)


@pytest.fixture
def as_user() -> Callable[..., Client]:
    """Signed in, reading English."""

    def sign_in(user: User, *, checks_csrf: bool = False) -> Client:
        client = Client(enforce_csrf_checks=checks_csrf, headers={"accept-language": "en"})
        client.force_login(user)
        client.cookies["django_language"] = "en"
        return client

    return sign_in
