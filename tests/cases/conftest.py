"""The cast and the case builders (`life.py`) as fixtures."""

from collections.abc import Iterator

import pytest

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
