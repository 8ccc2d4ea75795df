"""The lists in a real browser, in Japanese: many at once, lists that people share, the keyboard, the phone."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from apps.cases.models import Case, SavedView
from tests.cases.adminpages import LIST, page_of
from tests.cases.life import Cast, Life

pytest.importorskip("playwright.sync_api")
from tests.browser import CHROMIUM, DESK, PHONE, Visit, fits

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's chromium"),
]

BOTH = pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
LONG = "請求書の出力画面が真っ白になり月末の締め作業ができないため至急の確認を求められている"


@BOTH
@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no_scripts"])
def test_three_are_accepted_but_for_the_one_that_somebody_took(
    scripts: bool, size: tuple[int, int], cast: Cast, life: Life, visit: Visit
) -> None:
    cases = [life.escalated(subject=f"{n}件目の問い合わせ") for n in range(3)]
    page = visit(cast.lead, f"{LIST}?queue=inbox", size, java_script_enabled=scripts)
    bar = page.locator(".ek-many-bar")
    assert not bar.is_visible()
    for box in page.locator(".ek-pick").all():
        box.check()
    bar.get_by_role("button", name="受諾").click()
    page.wait_for_selector("h1:has-text('受諾:3件')")
    life.do("accept", cases[1], by=cast.kobayashi)

    page.locator(".ek-bulk [type=submit]").click()

    page.wait_for_selector("h1:has-text('受諾:完了2件・不可1件')")
    refused = page.locator(".ek-outcome-refused").inner_text()
    assert cases[1].number in refused
    assert "小林 翔太" in refused
    owners = {case.pk: case.owner for case in Case.objects.select_related("owner")}
    assert owners == {cases[0].pk: cast.lead, cases[1].pk: cast.kobayashi, cases[2].pk: cast.lead}
    page.get_by_role("link", name="一覧に戻る").click()
    page.get_by_text("チームの受諾を待つ案件はありません。").wait_for()


@BOTH
def test_a_list_that_one_shares_another_opens(size: tuple[int, int], cast: Cast, life: Life, visit: Visit) -> None:
    urgent, _other = life.escalated(impact="ALL", urgency="CRITICAL", subject="全店で会計が止まる"), life.escalated()
    page = visit(cast.lead, f"{LIST}?queue=teams", size)
    page.get_by_role("link", name="フィルター").click()
    page.locator("#dialog-filters").get_by_label("P1 最優先").check()
    page.locator("#dialog-filters [type=submit]").click()
    page.locator(".ek-chips").get_by_text("P1 最優先").wait_for()
    page.get_by_role("button", name="この一覧を保存").click()
    page.locator("#id_save_name").fill("最優先だけ")
    page.locator("#id_save_team").select_option(label="サポートリーダー")
    page.locator("#dialog-save [type=submit]").click()
    page.get_by_text("一覧「最優先だけ」を保存しました。").wait_for()

    colleague = visit(cast.responder, LIST, size)
    colleague.locator(".ek-views").get_by_text("最優先だけ").click()

    colleague.locator(".ek-views [aria-current]").wait_for()
    assert [row.inner_text() for row in colleague.locator(".ek-row .ek-subject").all()] == [urgent.subject]
    assert colleague.get_by_role("button", name="この一覧を変更・削除").count() == 0  # it is the lead's
    page.get_by_role("button", name="この一覧を変更・削除").click()
    page.get_by_role("button", name="この一覧を削除").click()
    page.get_by_text("一覧「最優先だけ」を削除しました。").wait_for()
    assert not SavedView.objects.exists()


def test_the_keyboard_goes_through_the_rows_and_opens_one(cast: Cast, life: Life, visit: Visit) -> None:
    cases = [life.received(now=timezone.now()) for _ in range(3)]
    page = visit(cast.auditor, f"{LIST}?queue=all&o=number")

    def focused() -> str:
        return str(
            page.evaluate("document.activeElement.closest('.ek-row')?.querySelector('.ek-number').innerText ?? ''")
        )

    seen = []
    for key in ("j", "j", "j", "j", "k"):
        page.keyboard.press(key)
        seen.append(focused())
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{page_of(cases[1])}")

    numbers = [case.number for case in cases]
    assert seen == [numbers[0], numbers[1], numbers[2], numbers[2], numbers[1]]


def test_letters_are_letters_where_one_types_and_in_a_conversion(cast: Cast, life: Life, visit: Visit) -> None:
    life.escalated()
    page = visit(cast.lead, f"{LIST}?queue=inbox")

    page.keyboard.press("/")
    page.keyboard.type("jk?x/")
    assert page.locator("#ek-q").input_value() == "jk?x/"
    assert page.locator("dialog[open]").count() == 0

    page.evaluate("document.activeElement.blur()")
    for event in ({"key": "j", "isComposing": True}, {"key": "j", "keyCode": 229}, {"key": "j", "ctrlKey": True}):
        page.evaluate(
            "event => document.body.dispatchEvent(new KeyboardEvent('keydown', {...event, bubbles: true}))", event
        )
        assert page.evaluate("document.activeElement === document.body")

    page.keyboard.press("?")
    page.locator("#dialog-keys[open]").get_by_text("案件を開く").wait_for()
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("x")
    assert page.locator(".ek-pick").is_checked()


@BOTH
def test_a_number_in_full_width_opens_the_case(size: tuple[int, int], cast: Cast, life: Life, visit: Visit) -> None:
    case = life.reviewed()
    page = visit(cast.lead, f"{LIST}?queue=inbox", size)

    page.locator("#ek-q").fill(case.number.translate({ord(sign): ord(sign) + 0xFEE0 for sign in case.number}))
    page.locator("#ek-q").press("Enter")

    page.wait_for_url(f"**{page_of(case)}")


def test_on_a_phone_a_case_is_a_card_and_accepted_with_the_thumb(cast: Cast, life: Life, visit: Visit) -> None:
    case = life.escalated(subject=LONG, customer="株式会社サンプル" * 4)
    life.escalated()
    page = visit(cast.lead, f"{LIST}?queue=inbox", PHONE, has_touch=True)

    card = page.locator(".ek-row").filter(has_text=case.number)
    title = card.locator(".ek-subject")
    assert title.inner_text() == LONG
    assert title.evaluate("each => each.scrollWidth <= each.clientWidth && each.scrollHeight <= each.clientHeight")
    assert fits(page)
    assert _too_small(page) == []
    card.get_by_role("button", name="受諾").tap()
    page.locator("#dialog-accept[open]").get_by_text(LONG).wait_for()
    page.locator("#dialog-accept [type=submit]").tap()

    page.wait_for_url(f"**{page_of(case)}")
    assert Case.objects.get(pk=case.pk).owner == cast.lead


@BOTH
@pytest.mark.parametrize("dialog", ["", "filters", "save", "keys"])
def test_nothing_scrolls_sideways(dialog: str, size: tuple[int, int], cast: Cast, life: Life, visit: Visit) -> None:
    case = life.in_progress(subject=LONG * 2, customer="株式会社サンプル" * 6)
    query = f"queue=open&q=請求書&state=IN_PROGRESS&team={case.team_id}&owner={cast.responder.pk}"
    SavedView.objects.create(name="とても長い名前の一覧" * 5, owner=cast.lead, query=query)

    page = visit(cast.lead, f"{LIST}?{query}&dialog={dialog}", size)

    assert fits(page)
    if dialog:
        box = page.locator(f"#dialog-{dialog}").bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= size[0]


def _too_small(page: Any) -> list[str]:
    """What a thumb would miss: shown controls of the list that are lower than 44 pixels."""
    return page.evaluate(
        """() => [...document.querySelectorAll(
            '.ek-listpage :is(a, button, input:not([type=checkbox], [type=hidden]), .ek-pick-label)')]
          .filter((each) => each.checkVisibility() && each.getBoundingClientRect().height < 44)
          .map((each) => each.outerHTML)"""
    )
