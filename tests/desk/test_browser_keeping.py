"""Nothing that was typed or photographed at the desk is lost: no network, signed out meanwhile, one photo after another."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from PIL import Image
from playwright.sync_api import Page

from apps.cases.models import Attachment, Case, Update
from apps.people.models import User
from tests.browser import PHONE, Visit, fits, sign_in
from tests.cases.life import Cast, Life
from tests.desk.test_browser_report import Thumb, steps

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
TELEPHONE: dict[str, Any] = {"has_touch": True, "is_mobile": True}


def photo(name: str) -> dict[str, Any]:
    out = io.BytesIO()
    Image.new("RGB", (64 + 8 * len(name), 48)).save(out, "JPEG")
    return {"name": name, "mimeType": "image/jpeg", "buffer": out.getvalue()}


def sign_out(page: Page) -> None:
    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)


def sign_in_again(page: Page, visit: Visit, user: User) -> None:
    """As in another tab; the token against forged requests is a new one."""
    page.context.clear_cookies(name=settings.CSRF_COOKIE_NAME)
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": sign_in(user), "url": visit.home}])


def forget(visit: Visit, *expected: str) -> None:
    visit.complaints[:] = [line for line in visit.complaints if not any(each in line for each in expected)]


def names(page: Page, selector: str = "[name=files]") -> list[str]:
    found: list[str] = page.evaluate(
        "(css) => [...document.querySelector(css).files].map((file) => file.name)", selector
    )
    return found


def test_one_photo_after_another_and_one_of_them_taken_away(cast: Cast, visit: Visit, tmp_path: Path) -> None:
    twice = tmp_path / "4444.jpg"
    twice.write_bytes(photo("4444.jpg")["buffer"])
    page = visit(cast.operator, "/report/", PHONE, **TELEPHONE)
    steps(Thumb(page))
    page.locator("[data-step='0']").tap()
    assert page.locator(".camera label").is_visible()
    assert page.get_attribute("[data-camera]", "capture") == "environment"

    page.set_input_files("[data-camera]", [photo("1.jpg")])
    page.set_input_files("[data-camera]", [photo("22.jpg")])
    page.set_input_files("[name=files]", [photo("333.jpg")])
    page.set_input_files("[name=files]", twice)
    page.set_input_files("[name=files]", twice)
    page.set_input_files("[name=files]", [photo("55555.jpg")])
    assert names(page) == ["1.jpg", "22.jpg", "333.jpg", "4444.jpg", "55555.jpg"]
    page.locator(".chosen li", has_text="333.jpg").locator("button").tap()
    assert page.locator(".chosen img").count() == 4
    assert fits(page)
    page.locator("[data-step='2']").tap()
    page.locator(".send button").tap()
    page.wait_for_url("**/cases/ESC-*/")

    assert sorted(Attachment.objects.values_list("name", flat=True)) == ["1.jpg", "22.jpg", "4444.jpg", "55555.jpg"]


def test_what_is_too_large_goes_and_the_others_stay(cast: Cast, visit: Visit) -> None:
    page = visit(cast.operator, "/report/", PHONE)
    page.evaluate("document.querySelector('[name=files]').dataset.limit = '2000'")
    page.set_input_files("[name=files]", [photo("1.jpg")])

    page.set_input_files("[name=files]", [photo("22.jpg") | {"buffer": b"\xff" * 3000}])

    assert "22.jpg" in page.locator("[data-said]").inner_text()
    assert names(page) == ["1.jpg"]
    assert page.locator(".chosen li").all_inner_texts() == ["1.jpg\n×"]


def test_signed_out_while_writing_the_report_is_sent_after_signing_in(cast: Cast, visit: Visit) -> None:
    page = visit(cast.operator, "/report/", PHONE)
    steps(Thumb(page))
    page.set_input_files("[name=files]", [photo("レジの画面.jpg")])
    sign_out(page)

    page.locator(".send button").click()
    page.locator("#sign-in:not([hidden])").wait_for()
    assert "サインアウトされています" in page.locator("#waiting").inner_text()
    assert fits(page)
    sign_in_again(page, visit, cast.operator)
    page.locator("#sign-in").click()
    page.wait_for_url("**/cases/ESC-*/")

    assert Case.objects.get().subject == "全レジでカード決済が通らない"
    assert [each.name for each in Attachment.objects.all()] == ["レジの画面.jpg"]
    page.goto(visit.home + "/report/")
    page.wait_for_function("indexedDB.databases().then((all) => all.length === 1)")
    assert page.locator("#draft-note").is_hidden()
    assert page.input_value("[name=subject]") == ""


def test_a_report_that_waited_with_its_tab_closed_is_sent_when_one_comes_back(cast: Cast, visit: Visit) -> None:
    page = visit(cast.operator, "/report/", PHONE)
    steps(Thumb(page))
    page.context.set_offline(True)
    page.locator(".send button").click()
    page.locator("#waiting:not([hidden])").wait_for()
    again = page.context.new_page()
    page.close()
    again.context.set_offline(False)

    again.goto(visit.home + "/report/")
    again.wait_for_url("**/cases/ESC-*/")

    forget(visit, "ERR_INTERNET_DISCONNECTED")
    assert Case.objects.count() == 1


def test_who_signs_in_at_the_same_telephone_finds_no_draft_of_another(cast: Cast, visit: Visit) -> None:
    page = visit(cast.operator, "/report/", PHONE)
    page.fill("[name=subject]", "佐藤の書きかけ")
    page.wait_for_timeout(400)  # the draft is written a moment after the last key
    sign_in_again(page, visit, cast.tanaka)

    page.goto(visit.home + "/report/")

    assert page.input_value("[name=subject]") == ""


def test_a_note_survives_a_dead_network_and_is_written_once(cast: Cast, life: Life, visit: Visit) -> None:
    case = life.received()
    page = visit(cast.operator, f"/cases/{case.number}/", PHONE, **TELEPHONE)
    page.locator(f"a[href$='/{case.number}/note/']").tap()
    page.locator("dialog [name=text]").fill("注文番号は A-1024 です。")
    page.set_input_files("dialog [name=files]", [photo("1.jpg")])
    page.context.set_offline(True)

    page.locator("dialog .dialog-foot button").tap()
    page.locator(".unsent").wait_for()
    assert "つながっていません" in page.locator(".unsent").inner_text()
    page.context.set_offline(False)
    page.locator("dialog .dialog-foot button").tap()
    page.locator(".flash").wait_for()

    forget(visit, "ERR_INTERNET_DISCONNECTED")
    assert [each.text for each in Update.objects.filter(verb="note")] == ["注文番号は A-1024 です。"]
    assert [each.name for each in Attachment.objects.all()] == ["1.jpg"]


def test_a_note_survives_the_end_of_the_session(cast: Cast, life: Life, visit: Visit) -> None:
    case = life.received()
    page = visit(cast.operator, f"/cases/{case.number}/", PHONE)
    page.locator(f"a[href$='/{case.number}/note/']").click()
    page.locator("dialog [name=text]").fill("注文番号は A-1024 です。")
    sign_out(page)

    page.locator("dialog .dialog-foot button").click()
    link = page.locator(".unsent a")
    link.wait_for()
    assert link.get_attribute("href") == f"/login/?next=/cases/{case.number}/"
    sign_in_again(page, visit, cast.operator)
    page.locator("dialog .dialog-foot button").click()
    page.locator(".flash").wait_for()

    forget(visit, "403 (Forbidden)")
    assert [each.text for each in Update.objects.filter(verb="note")] == ["注文番号は A-1024 です。"]


def test_the_mark_of_having_looked_outlives_the_page(cast: Cast, life: Life, visit: Visit) -> None:
    """A quick thumb is on the next page before the answer is there."""
    case = life.received()
    page = visit(cast.operator, "/", PHONE)
    page.add_init_script(
        "const real = fetch; window.sent = []; window.fetch = (...all) => (sent.push(all), real(...all));"
    )

    page.goto(f"{visit.home}/cases/{case.number}/")

    sent = page.evaluate("sent.map(([address, options]) => [address, options.method, options.keepalive])")
    assert sent == [[f"/cases/{case.number}/looked/", "POST", True]]


def test_the_checklist_follows_the_kind_of_case(cast: Cast, visit: Visit) -> None:
    page = visit(cast.operator, "/report/", PHONE)
    steps(Thumb(page))
    item = page.locator("label", has_text="個人情報を必要な範囲に絞った")
    assert item.is_hidden()

    page.locator("[data-step='0']").click()
    page.select_option("[name=category]", str(cast.category("personal-data").pk))
    page.locator("[data-step='2']").click()
    assert item.is_visible()
    page.locator(".send button").click()
    page.locator(".step:not([hidden]) .wrong").wait_for()
    assert not Case.objects.exists()
    item.click()
    page.locator(".send button").click()
    page.wait_for_url("**/cases/ESC-*/")

    assert Case.objects.get().category == cast.category("personal-data")
