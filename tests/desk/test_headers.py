"""The same strict Content-Security-Policy on every page that the desk can answer with, errors too; and how heavy a page is."""

from __future__ import annotations

import gzip
import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from apps.cases import confirmation
from apps.desk import casepage
from apps.desk import urls as desk_urls
from apps.nearmiss import urls as nearmiss_urls
from tests.cases.life import Cast, Life

pytestmark = pytest.mark.django_db

STRICT = {
    "default-src": {"'self'"},
    "img-src": {"'self'", "blob:"},
    "object-src": {"'none'"},
    "base-uri": {"'none'"},
    "form-action": {"'self'"},
    "frame-ancestors": {"'none'"},
}


def policy(answer: HttpResponse) -> dict[str, set[str]]:
    parts = (each.split() for each in answer["Content-Security-Policy"].split(";"))
    return {name: set(sources) for name, *sources in parts}


@pytest.fixture
def addresses(cast: Cast, life: Life) -> dict[str, str]:
    """An address for every name in the desk's and the near misses' urls."""
    case, resolved = life.in_progress(), life.resolved()
    link = "/confirm/" + confirmation.url(resolved, timezone.now()).partition("/confirm/")[2]
    page = f"/cases/{case.number}/"
    return {
        "home": "/", "report": "/report/", "cases": "/cases/", "case": page, "looked": f"{page}looked/",
        "case_show": f"{page}show/", "verb": f"{page}note/", "contacts": "/contacts/", "rules": "/rules/",
        "preferences": "/settings/", "confirm": link, "manifest": "/manifest.webmanifest", "service_worker": "/sw.js",
        "offline": "/offline/", "login": "/login/", "logout": "/logout/",
        "nearmiss:report": "/near-miss/", "nearmiss:ask": "/near-miss/code/", "nearmiss:receipt": "/near-miss/receipt/",
    }  # fmt: skip


def test_the_desk_allows_nothing_inline_and_the_admin_only_what_unfold_needs(as_user: Any, cast: Cast) -> None:
    client = as_user(cast.lead)

    for path in ("/", "/report/", "/contacts/", "/confirm/broken/", "/nowhere/", "/offline/"):
        assert policy(client.get(path)) == STRICT, path
    admin = policy(client.get("/admin/"))
    assert admin["script-src"] == {"'self'", "'unsafe-inline'", "'unsafe-eval'"}
    assert admin["default-src"] == {"'self'"}


def test_the_policy_is_strict_on_every_page(cast: Cast, as_user: Any, addresses: dict[str, str]) -> None:
    patterns = [each.name for each in desk_urls.urlpatterns]
    patterns += [f"nearmiss:{each.name}" for each in nearmiss_urls.urlpatterns]
    assert sorted(patterns) == sorted(addresses)

    for client in (Client(), as_user(cast.operator), as_user(cast.auditor)):
        for path in addresses.values():
            for answer in (client.get(path), client.post(path, {})):
                assert policy(answer) == STRICT, (path, answer.status_code)


def test_the_policy_is_strict_on_every_error(
    cast: Cast, as_user: Any, addresses: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_all: object, **_more: object) -> None:
        raise RuntimeError

    cache.clear()
    client = as_user(cast.operator)
    client.raise_request_exception = False
    careful = Client(enforce_csrf_checks=True)
    careful.force_login(cast.operator)
    answers = {
        400: client.get("/", headers={"host": "elsewhere.example"}),
        403: as_user(cast.auditor).get("/report/"),
        404: client.get("/nowhere/"),
        405: client.get(addresses["nearmiss:receipt"]),
        429: [client.post("/near-miss/receipt/", {"code": "AAAA"}) for _ in range(21)][-1],
    }
    forged = careful.post("/report/", {})
    monkeypatch.setattr(casepage, "context", fail)
    answers[500] = client.get(addresses["case"])

    for status, answer in (*answers.items(), (403, forged)):
        assert (answer.status_code, policy(answer)) == (status, STRICT)
        assert "unsafe" not in answer["Content-Security-Policy"]


def test_what_is_about_somebody_is_in_no_shared_cache(cast: Cast, as_user: Any, addresses: dict[str, str]) -> None:
    client = as_user(cast.operator)

    for name in ("home", "report", "cases", "case", "preferences", "contacts"):
        assert "private" in client.get(addresses[name])["Cache-Control"], name


# --- how heavy a page is ----------------------------------------------------------------------------------------------

MOST_BYTES, MOST_REQUESTS = 60_000, 4
ASKED_EACH_TIME = ("/manifest.webmanifest", "/sw.js")  # by a browser that installs the desk; never cached for good


def needed_by(html: str) -> tuple[set[str], set[str]]:
    """(static files, other addresses) that a browser fetches for the page."""
    tags = re.findall(r"<(?:link|script|img)\b[^>]*>", html)
    found = {address for tag in tags for address in re.findall(r'(?:src|href)="([^"]+)"', tag)}
    static = {each for each in found if each.startswith("/static/")}
    return static, found - static


@pytest.mark.parametrize("name", ["report", "home", "case", "cases", "contacts", "rules", "nearmiss:report", "confirm"])
def test_a_page_is_light(cast: Cast, as_user: Any, addresses: dict[str, str], name: str) -> None:
    """With nothing in the cache it is at most 60 kB, the static files packed as WhiteNoise sends them. Later these are
    not asked for again, as their names carry their version: what is left is at most four requests."""
    html = as_user(cast.operator).get(addresses[name]).content
    static, others = needed_by(html.decode())

    files = [Path(str(finders.find(each.removeprefix("/static/")))) for each in static]
    packed = sum(len(gzip.compress(file.read_bytes())) for file in files)
    assert len(html) + packed <= MOST_BYTES
    assert others <= set(ASKED_EACH_TIME)
    assert 1 + len(ASKED_EACH_TIME) <= MOST_REQUESTS


def test_many_rows_need_no_more_statements(
    cast: Cast, life: Life, as_user: Any, django_assert_max_num_queries: Any
) -> None:
    for number in range(30):
        case = [life.received, life.escalated, life.in_progress, life.resolved][number % 4](impact="SOME")
        life.do("note", case, by=cast.lead, text=f"{number}", visibility="REPORTER")
    for _ in range(30):
        life.do("note", case, by=cast.lead, text="また一言。", visibility="REPORTER")
    life.do("attach", case, by=cast.lead, visibility="REPORTER")

    for user in (cast.operator, cast.lead, cast.manager):
        client = as_user(user)
        client.get("/")
        for path in ("/", "/cases/", "/cases/?of=team", "/cases/?of=held", f"/cases/{case.number}/"):
            with django_assert_max_num_queries(12, info=path):
                assert client.get(path).status_code == 200
