"""The cast and the case builders (`life.py`) as fixtures, and those that only some tests share."""

from collections.abc import Callable, Iterator

import pytest
from django.test import Client
from django.utils import translation

from apps.people.models import User
from apps.policy.rulebook import get_rulebook
from tests.cases.life import Cast, Life, set_stage
from tests.cases.redacting import approver, asker, told
from tests.cases.replaying import write

__all__ = ["approver", "as_user", "asker", "cast", "english", "life", "told", "write"]


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


@pytest.fixture
def english() -> Iterator[None]:
    with translation.override("en"):
        yield
