from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.files.storage import storages

from tests.cases.conftest import as_user, cast, life

__all__ = ["as_user", "cast", "life"]


@pytest.fixture(autouse=True)
def files(tmp_path: Path) -> Iterator[Path]:
    """Attachments of a test lie in a folder of its own."""
    storage = storages["attachments"]
    before = storage._location  # type: ignore[attr-defined]
    storage._location = str(tmp_path)  # type: ignore[attr-defined]
    for name in ("base_location", "location"):
        storage.__dict__.pop(name, None)
    yield tmp_path
    storage._location = before  # type: ignore[attr-defined]
    for name in ("base_location", "location"):
        storage.__dict__.pop(name, None)
