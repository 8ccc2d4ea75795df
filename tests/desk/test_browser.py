"""The desk in a browser on a telephone, in Japanese: reported, seen, escalated, accepted."""

import os
from collections.abc import Iterator

import pytest
from django.utils.translation import gettext, override

from apps.cases.checks import verb_label
from apps.cases.models import Case, State
from apps.people.models import User

playwright = pytest.importorskip("playwright.sync_api")

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

CHROMIUM = "/usr/bin/chromium"
ARGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PASS_PHRASE = "to be typed in the browser"


@pytest.fixture
def _pass_phrases(cast, settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    for user in (cast.operator, cast.lead):
        user.set_password(PASS_PHRASE)
        User.objects.filter(pk=user.pk).update(password=user.password)


@pytest.fixture
def browser(monkeypatch) -> Iterator["playwright.Browser"]:
    # Playwright's own loop runs in this thread, and Django forbids the database to asynchronous code.
    monkeypatch.setitem(os.environ, "DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    with playwright.sync_playwright() as running:
        chromium = running.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        yield chromium
        chromium.close()


def ja(english: str) -> str:
    with override("ja"):
        return gettext(english)


def verb(name: str) -> str:
    with override("ja"):
        return verb_label(name)


@pytest.mark.usefixtures("_pass_phrases")
def test_an_operator_reports_and_escalates_and_a_lead_accepts(cast, live_server, browser):
    complaints: list[str] = []

    def telephone(username: str) -> "playwright.Page":
        """Signed in on a telephone of their own, 390 pixels wide."""
        size = {"width": 390, "height": 844}
        page = browser.new_context(viewport=size, has_touch=True, is_mobile=True, locale="ja-JP").new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.goto(live_server.url)
        page.fill("[name=username]", username)
        page.fill("[name=password]", PASS_PHRASE)
        page.tap("main button")
        page.wait_for_url(f"{live_server.url}/")
        return page

    def fits(page: "playwright.Page") -> bool:
        return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))

    # The operator reports a P2 case …
    page = telephone("operator")
    assert fits(page)
    page.tap("a.big")
    page.fill("[name=subject]", "全レジでカード決済が通らない")
    page.fill("[name=facts]", "13時40分ごろから、カードを入れるとE-4021と出る。")
    page.check("[name=impact][value=SOME]")
    page.check("[name=urgency][value=HIGH]")
    assert fits(page)
    page.get_by_role("button", name=ja("Send the report")).tap()
    page.wait_for_url("**/cases/ESC-*/")
    number = page.url.rstrip("/").rpartition("/")[2]
    assert fits(page)
    assert number in page.inner_text(".flash")
    assert "P2" in page.inner_text(".case-head")

    # … escalates it, in a dialog that first refuses and keeps what was typed …
    page.get_by_role("link", name=verb("escalate"), exact=True).tap()
    dialog = page.locator("dialog.verb")
    dialog.locator("[name=kind][value=FUNCTIONAL]").check()
    dialog.locator("[name=reason]").fill("ログを見る権限がない。")
    dialog.get_by_role("button", name=verb("escalate"), exact=True).tap()
    page.wait_for_url("**/escalate/")
    assert dialog.locator(".error").count() == 1
    assert dialog.locator("[name=reason]").input_value() == "ログを見る権限がない。"
    for box in dialog.locator("[name=checklist]").all():
        box.check()
    dialog.get_by_role("button", name=verb("escalate"), exact=True).tap()
    page.wait_for_url(f"**/cases/{number}/")
    assert page.locator(".case-head .state.escalated").is_visible()

    # … and finds it at home.
    page.get_by_role("link", name=ja("Home"), exact=True).tap()
    page.locator("a.line", has_text=number).wait_for()

    # The lead of the second line sees it waiting, and accepts it.
    page = telephone("lead")
    page.locator("a.line.escalated", has_text=number).tap()
    page.get_by_role("link", name=verb("accept"), exact=True).tap()
    page.locator("dialog.verb").get_by_role("button", name=verb("accept"), exact=True).tap()
    page.locator(".case-head .state.in_progress").wait_for()
    assert fits(page)

    case = Case.objects.get(number=number)
    assert (case.state, case.priority, case.owner, case.reporter) == (State.IN_PROGRESS, "P2", cast.lead, cast.operator)
    assert complaints == []
