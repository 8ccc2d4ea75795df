"""What every test may rely on: guarded tables that a flush still empties, a browser; what cannot run here is left out."""

from collections.abc import Iterator
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import pytest
from django.contrib.auth.signals import user_logged_in
from django.core.files.storage import InMemoryStorage, storages
from django.db import connection
from django.test import Client, TransactionTestCase
from pytest_django.live_server_helper import LiveServer

from apps.audit import guards
from apps.cases.models import Attachment
from tests.browser import AXE, CHROMIUM, Visit, visiting


def pytest_configure(config: pytest.Config) -> None:
    """On SQLite the tests have a file: in memory the threads of the live server share one connection, so that a request
    stands in the transaction of another."""
    if connection.vendor == "sqlite":
        folder = TemporaryDirectory(prefix="esukare-tests-")
        config.add_cleanup(folder.cleanup)
        connection.settings_dict["TEST"]["NAME"] = f"{folder.name}/test.sqlite3"
    # Pages are rendered without `collectstatic` having run.
    storages.backends["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect, rather than skip, what needs something that is not here; `make test` says so in a sentence."""
    here = {"postgres": connection.vendor == "postgresql", "browser": CHROMIUM is not None, "axe": AXE.exists()}
    missing = [marker for marker, is_here in here.items() if not is_here]
    needing = [item for item in items if any(item.get_closest_marker(marker) for marker in missing)]
    if needing:
        config.hook.pytest_deselected(items=needing)
        items[:] = [item for item in items if item not in needing]


@pytest.fixture(scope="session", autouse=True)
def flush_passes_the_guards() -> Iterator[None]:
    """A transactional test ends with a flush, which the guards refuse; its post_migrate signal installs them again."""
    flush: Any = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]

    def lift_and_flush(case: TransactionTestCase) -> None:
        guards.lift()
        flush(case)

    with patch.object(TransactionTestCase, "_fixture_teardown", lift_and_flush):
        yield


@pytest.fixture(autouse=True)
def attachments_in_memory(monkeypatch: pytest.MonkeyPatch) -> InMemoryStorage:
    """What tests attach goes nowhere near the real folder, and each begins with an empty one."""
    storage = InMemoryStorage()
    monkeypatch.setattr(Attachment._meta.get_field("file"), "storage", storage)
    return storage


@pytest.fixture(scope="session", autouse=True)
def force_login_finds_a_session() -> Iterator[None]:
    """It stands for somebody who signed in long ago, so it leaves no entry in the journal; `client.login` does."""
    force_login = Client.force_login

    def find_session(client: Client, *args: Any, **kwargs: Any) -> None:
        with patch.object(user_logged_in, "send"):
            force_login(client, *args, **kwargs)

    with patch.object(Client, "force_login", find_session):
        yield


@pytest.fixture
def lifted_guards(db: None) -> None:
    """For this test the database lets everything pass, as it would for somebody with its password."""
    guards.lift()


@pytest.fixture
def visit(live_server: LiveServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Visit]:
    """`visit(user, path, size)`: a page of a signed-in person. Afterwards: no error in the console, nothing foreign."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # playwright runs a loop of its own in this thread
    with visiting(live_server.url) as open_page:
        yield open_page
    assert open_page.complaints == []
