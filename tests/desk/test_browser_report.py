"""A report from a phone: three steps, a photo, a network that goes away and comes back – and one case."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image

from apps.cases.models import Attachment, Case
from tests.browser import PHONE

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def photo() -> dict[str, Any]:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), "white").save(out, "JPEG")
    return {"name": "レジの画面.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


class Thumb:
    """Counts what a thumb does: every tap, and every field that is filled in."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.count = 0

    def tap(self, selector: str) -> None:
        self.count += 1
        self.page.locator(f"{selector}:visible").first.click()

    def fill(self, selector: str, text: str) -> None:
        self.count += 1
        self.page.fill(selector, text)


def steps(thumb: Thumb) -> None:
    """A complete P2 report, up to the button that sends it."""
    thumb.fill("[name=subject]", "全レジでカード決済が通らない")
    thumb.fill("[name=facts]", "13時40分ごろから、カードを入れるとE-4021と出る。")
    thumb.fill("[name=first_line_did]", "2番レジを再起動したが変わらない。")
    thumb.tap("[data-turn='1']")
    thumb.fill("[name=customer]", "株式会社みなと商店")
    thumb.tap("label:has([name=impact][value=SOME])")
    thumb.tap("label:has([name=urgency][value=HIGH])")
    thumb.tap("[data-turn='1']")
    thumb.tap("label:has([name=intent][value=ESCALATE])")
    thumb.fill("[name=stuck_on]", "ログを見る権限がない。")
    for number in range(2):
        thumb.tap(f"label:has(#id_checklist_{number})")


def test_a_complete_report_takes_few_touches_and_says_beforehand_what_follows(cast: Any, visit: Any) -> None:
    page = visit(cast.operator, "/report/", PHONE)
    thumb = Thumb(page)

    steps(thumb)
    assert page.locator("#foresight").text_content() == (
        "P2 高:15分以内に初動、1時間で自動的に「二次対応・リーダー」へ"
    )
    legal = page.locator("[name=flags][value=LEGAL]")
    legal.evaluate("box => box.click()")
    assert "法務" in page.locator("#alarmed").text_content()
    legal.evaluate("box => box.click()")
    assert page.locator("#alarmed").text_content() == ""
    thumb.tap(".send button")
    page.wait_for_url("**/cases/ESC-*/")

    case = Case.objects.get()
    assert (case.priority, case.state, case.team) == ("P2", "ESCALATED", cast.team("support-leaders"))
    assert thumb.count <= 25
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]


def test_the_network_drops_and_comes_back_and_it_is_one_case_with_its_photo(
    cast: Any, visit: Any, photo: dict[str, Any]
) -> None:
    page = visit(cast.operator, "/report/", PHONE)
    steps(Thumb(page))
    page.set_input_files("[name=files]", [photo])
    page.context.set_offline(True)

    page.locator(".send button").click()
    page.locator("#waiting:not([hidden])").wait_for()
    assert "つながっていません" in page.locator("#waiting").inner_text()
    assert not Case.objects.exists()
    page.context.set_offline(False)
    page.wait_for_url("**/cases/ESC-*/")

    visit.complaints[:] = [line for line in visit.complaints if "ERR_INTERNET_DISCONNECTED" not in line]
    assert Case.objects.count() == 1
    assert [each.name for each in Attachment.objects.all()] == ["レジの画面.jpg"]


def test_a_closed_tab_loses_nothing(cast: Any, visit: Any, photo: dict[str, Any]) -> None:
    page = visit(cast.operator, "/report/", PHONE)
    page.fill("[name=subject]", "請求書が二重に届く")
    page.set_input_files("[name=files]", [photo])
    page.locator("[data-turn='1']:visible").first.click()  # refused: what happened is still missing
    assert page.locator(".field.wrong").count() == 1
    page.wait_for_timeout(400)
    again = page.context.new_page()
    page.close()

    again.goto(page.url)
    again.locator("#draft-note:not([hidden])").wait_for()

    assert again.input_value("[name=subject]") == "請求書が二重に届く"
    assert again.evaluate("[...document.querySelector('[name=files]').files].map((file) => file.name)") == [
        photo["name"]
    ]
    with again.expect_navigation():
        again.locator("#draft-drop").click()
    assert again.input_value("[name=subject]") == ""
    assert again.locator("#draft-note").is_hidden()


def test_a_refusal_opens_the_step_at_fault_and_keeps_the_photo(cast: Any, visit: Any, photo: dict[str, Any]) -> None:
    page = visit(cast.operator, "/report/", PHONE)
    steps(Thumb(page))
    page.set_input_files("[name=files]", [photo])
    page.evaluate("document.querySelector('[name=amount]').value = 'viel'")

    page.locator(".send button").click()
    page.locator(".step:not([hidden]) .wrong").first.wait_for()

    assert page.evaluate("document.activeElement.name") == "amount"
    assert page.evaluate("document.querySelector('[name=files]').files.length") == 1
    assert page.input_value("[name=subject]") == "全レジでカード決済が通らない"
    assert not Case.objects.exists()


def test_without_scripts_it_is_one_form(cast: Any, visit: Any) -> None:
    page = visit(cast.operator, "/report/", PHONE, java_script_enabled=False)
    page.fill("[name=subject]", "一枚の長い用紙")
    page.fill("[name=facts]", "スクリプトなしで送る。")
    page.check("[name=impact][value=ONE]")
    page.check("[name=urgency][value=LOW]")

    page.locator(".send button").click()
    page.wait_for_url("**/cases/ESC-*/")

    assert Case.objects.get().subject == "一枚の長い用紙"


def test_by_keys_alone(cast: Any, visit: Any) -> None:
    page = visit(cast.operator, "/report/")
    page.focus("[name=subject]")
    page.keyboard.type("Keys")
    page.keyboard.press("Enter")  # does not send: the sheet has further steps
    assert page.evaluate("document.activeElement.name") == "facts"
    page.keyboard.type("Typed without a mouse.")
    page.focus("[data-turn='1']")
    page.keyboard.press("Enter")
    page.focus("[name=impact]")
    page.keyboard.press("Space")
    page.focus("[name=urgency]")
    page.keyboard.press("Space")
    page.locator("[data-turn='1']:visible").focus()
    page.keyboard.press("Enter")
    page.focus(".send button")
    page.keyboard.press("Enter")
    page.wait_for_url("**/cases/ESC-*/")

    assert Case.objects.get().facts == "Typed without a mouse."
