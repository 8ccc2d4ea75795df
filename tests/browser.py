"""Debian's Chromium for the tests: pages of signed-in people that may complain of nothing, and axe's verdict on them.

    page = visit(cast.lead, "/admin/", PHONE, dark=True)
    assert axe(page) == []

The fixture `visit` is in `tests/conftest.py`. Whatever a page writes into the console as an error, and whatever it
fetches from anywhere but our own server, fails the test that opened it.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from playwright.sync_api import Browser, Page, sync_playwright

from apps.people.models import User

CHROMIUM = shutil.which("chromium")
ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
DESK, PHONE = (1440, 900), (390, 844)
AXE = Path(__file__).parent / "axe/node_modules/axe-core/axe.min.js"  # `make test` puts it there where npm is
LANGUAGES = {"ja": "ja-JP", "en": "en-GB"}


@dataclass
class Visit:
    """Opens pages of the server at `home`, each in a browser profile of its own."""

    browser: Browser
    home: str
    complaints: list[str] = field(default_factory=list)

    def __call__(
        self,
        user: User | None,
        path: str,
        size: tuple[int, int] = DESK,
        *,
        dark: bool = False,
        lang: str = "ja",
        **options: Any,
    ) -> Page:
        """The page as `user` sees it (nobody signed in: None). `options`: Playwright's own, such as `has_touch`."""
        context = self.browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",  # what fades in has for a moment colours that nobody chose
            locale=LANGUAGES[lang],
            timezone_id="Asia/Tokyo",
            **options,
        )
        cookies = {settings.LANGUAGE_COOKIE_NAME: lang}
        if user is not None:
            cookies[settings.SESSION_COOKIE_NAME] = sign_in(user)
        context.add_cookies([{"name": name, "value": value, "url": self.home} for name, value in cookies.items()])
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        page.on("console", lambda line: self.complaints.append(line.text) if line.type == "error" else None)
        page.on("request", lambda sent: self._complain_if_foreign(sent.url))
        page.goto(self.home + path)
        return page

    def _complain_if_foreign(self, url: str) -> None:
        if not url.startswith((self.home, "data:", "blob:")):
            self.complaints.append(f"foreign request: {url}")


@contextmanager
def visiting(home: str) -> Iterator[Visit]:
    """A running Chromium, closed at the end."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield Visit(browser, home)
        browser.close()
        connection.close()  # under playwright's loop Django keeps another one, which nobody else would close


def sign_in(user: User) -> str:
    """The key of a fresh session of the person."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return str(session.session_key)


def fits(page: Page) -> bool:
    """Whether nothing has to be scrolled sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


# --- axe --------------------------------------------------------------------------------------------------------------

GRAVE = ("serious", "critical")


def axe(page: Page) -> list[str]:
    """What is seriously or critically wrong with the page as it stands now, one readable line for each element."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{rule['id']} {' '.join(map(str, element['target']))}: {element['failureSummary'].splitlines()[-1].strip()}"
        for rule in found["violations"]
        if rule["impact"] in GRAVE
        for element in rule["nodes"]
    ]
