"""A lead's work in a real browser: Debian's Chromium, Japanese, on a desk and on a phone."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator

import pytest
from django.conf import settings as django_settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from django.utils import timezone
from pytest_django.live_server_helper import LiveServer

from apps.cases.models import Case
from apps.people.models import User
from tests.cases.life import Cast, Life

playwright = pytest.importorskip("playwright.sync_api")
CHROMIUM = shutil.which("chromium")
ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
DESK, PHONE = (1440, 900), (390, 844)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's chromium"),
]

Visit = Callable[..., "playwright.Page"]


@pytest.fixture(autouse=True)
def _beside_playwright(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # playwright runs a loop of its own in this thread


@pytest.fixture
def visit(cast: Cast, live_server: LiveServer) -> Iterator[Visit]:
    """`visit(user, path, size)`: a page of a signed-in person. Afterwards: no error in the console, nothing foreign."""
    complaints: list[str] = []
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)

        def open_page(user: User, path: str, size: tuple[int, int] = DESK, **options: object) -> playwright.Page:
            context = browser.new_context(
                viewport={"width": size[0], "height": size[1]}, locale="ja-JP", timezone_id="Asia/Tokyo", **options
            )
            context.add_cookies(
                [{"name": django_settings.SESSION_COOKIE_NAME, "value": _sign_in(user), "url": live_server.url}]
            )
            page = context.new_page()
            page.set_default_timeout(10_000)
            page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
            page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
            page.on("request", lambda sent: _complain_if_foreign(sent.url, live_server.url, complaints))
            page.goto(live_server.url + path)
            return page

        yield open_page
        browser.close()
        connection.close()  # under playwright's loop Django keeps another one, which nobody else would close
    assert complaints == []


def _sign_in(user: User) -> str:
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = django_settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return str(session.session_key)


def _complain_if_foreign(url: str, home: str, complaints: list[str]) -> None:
    if not url.startswith((home, "data:", "blob:")):
        complaints.append(f"foreign request: {url}")


def page_of(case: Case) -> str:
    return f"/admin/cases/case/{case.pk}/change/"


def test_a_lead_works_a_case_from_the_inbox_to_its_resolution(cast: Cast, life: Life, visit: Visit) -> None:
    case = life.do("escalate", life.received(now=timezone.now()), by=cast.operator, now=timezone.now())
    page = visit(cast.lead, "/admin/")

    page.get_by_role("link", name=case.number).first.click()
    page.locator("[data-dialog=dialog-accept]").click()
    page.locator("#dialog-accept [type=submit]").click()
    page.wait_for_url("**/change/")
    page.locator("[data-dialog=dialog-resolve]").click()
    page.locator("#id_resolve_outcome").select_option("SOLVED")
    page.locator("#id_resolve_resolution").fill("重複した請求書を取り消した。")
    page.locator("#dialog-resolve [type=submit]").click()

    # refused: the dialog is open again, the cursor stands in the field at fault, nothing is lost
    page.wait_for_selector("#dialog-resolve[open]")
    assert page.locator("#id_resolve_resolution").input_value() == "重複した請求書を取り消した。"
    assert page.evaluate("document.activeElement.id") == "id_resolve_cause"

    page.locator("#id_resolve_cause").fill("発行処理が二度走った。")
    for box in page.locator("#dialog-resolve [type=checkbox]").all():
        box.check()
    page.locator("#dialog-resolve [type=submit]").click()
    page.wait_for_url("**/change/")

    resolved = Case.objects.get(pk=case.pk)
    assert (resolved.state, resolved.owner, resolved.cause) == ("RESOLVED", cast.lead, "発行処理が二度走った。")


def test_of_two_people_who_accept_one_is_told_what_happened(cast: Cast, life: Life, visit: Visit) -> None:
    case = life.escalated()
    page = visit(cast.responder, page_of(case))
    page.locator("[data-dialog=dialog-send_back]").click()
    page.locator("#id_send_back_advice").fill("注文番号もお願いします。")
    life.do("accept", case, by=cast.lead)

    page.locator("#dialog-send_back [type=submit]").click()

    refusal = page.locator("#dialog-send_back[open] .ek-refusal")
    refusal.wait_for()
    assert case.number in refusal.inner_text()
    assert page.locator("#id_send_back_advice").input_value() == "注文番号もお願いします。"
    assert page.locator("#dialog-send_back [type=submit]").count() == 0


def test_a_tired_finger_presses_twice(cast: Cast, life: Life, visit: Visit) -> None:
    case = life.in_progress()
    page = visit(cast.responder, page_of(case))
    page.locator("[data-dialog=dialog-note]").click()
    page.locator("#id_note_text").fill("業者に電話した。")

    with page.expect_navigation():
        page.locator("#dialog-note [type=submit]").dblclick()

    assert [entry[1] for entry in life.journal(case)].count("note") == 1


def test_keys_alone_are_enough(cast: Cast, life: Life, visit: Visit) -> None:
    page = visit(cast.responder, page_of(life.in_progress()))

    page.locator("[data-dialog=dialog-note]").focus()
    page.keyboard.press("Space")
    page.keyboard.type("Called.")
    page.keyboard.press("Escape")

    assert page.locator("#dialog-note").get_attribute("open") is None
    assert page.evaluate("document.activeElement.dataset.dialog") == "dialog-note"
    page.keyboard.press("Enter")
    assert page.locator("#id_note_text").input_value() == "Called."


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_no_page_scrolls_sideways(size: tuple[int, int], cast: Cast, life: Life, visit: Visit) -> None:
    long = "請求書の出力画面が真っ白になり月末の締め作業ができない" * 4
    case = life.in_progress(subject=long, customer="株式会社サンプル" * 5)
    life.do("hand_over", case, by=cast.responder, owner=cast.lead)
    page = visit(cast.lead, "/admin/", size)

    for path in ("/admin/", "/admin/cases/case/?queue=mine", page_of(case), page_of(case) + "?dialog=resolve"):
        page.goto(page.url.split("/admin")[0] + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0], path
    dialog = page.locator("#dialog-resolve").bounding_box()
    assert dialog is not None
    assert dialog["x"] >= 0
    assert dialog["x"] + dialog["width"] <= size[0]
    submit = page.locator("#dialog-resolve [type=submit]").bounding_box()
    assert submit is not None
    assert submit["y"] + submit["height"] <= size[1]


def test_it_works_without_scripts(cast: Cast, life: Life, visit: Visit) -> None:
    case = life.escalated()
    page = visit(cast.responder, page_of(case), java_script_enabled=False)

    page.locator("[data-dialog=dialog-send_back]").click()
    page.locator("#id_send_back_advice").fill("注文番号もお願いします。")
    with page.expect_navigation():
        page.locator("#dialog-send_back [type=submit]").click()

    assert life.journal(case)[-1][:2] == ("responder", "send_back")
