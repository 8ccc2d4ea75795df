"""The page of a case in a real browser, in Japanese: worked to its end, by two at once, by keys, on a phone, on paper."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page

from apps.cases.models import Case
from tests.browser import CHROMIUM, DESK, PHONE, Visit, fits
from tests.cases.adminpages import LIST, page_of
from tests.cases.life import Cast, Life

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's chromium"),
]
SIZES = pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])


def open_dialog(page: Page, verb: str) -> None:
    page.locator(f"[data-dialog=dialog-{verb}]").click()


def send(page: Page, verb: str) -> None:
    with page.expect_navigation():
        page.locator(f"#dialog-{verb} [type=submit]").click()


def today(life: Life, **sheet: object) -> Case:
    """Received just now, so that no clock of the wall has run out."""
    return life.receive(by=life.cast.operator, now=timezone.now(), **sheet)


@SIZES
def test_a_lead_works_a_case_from_the_inbox_to_its_review(
    size: tuple[int, int], cast: Cast, life: Life, visit: Visit
) -> None:
    case = life.do("escalate", today(life), by=cast.operator, now=timezone.now())
    page = visit(cast.lead, f"{LIST}?queue=inbox", size)
    page.get_by_role("link", name=case.number).first.click()

    open_dialog(page, "accept")
    send(page, "accept")
    open_dialog(page, "note")
    page.locator("#id_note_text").fill("経理に確認中。")
    send(page, "note")
    assert "経理に確認中。" in page.locator(".ek-timeline").first.inner_text()

    needs = page.locator(".ek-needs li").all_inner_texts()
    assert needs == ["結果", "解決内容", "原因", "チェックリスト1項目"]
    open_dialog(page, "resolve")
    page.locator("#id_resolve_outcome").select_option("SOLVED")
    page.locator("#id_resolve_resolution").fill("重複した請求書を取り消した。")
    page.locator("#id_resolve_cause").fill("発行処理が二度走った。")
    for box in page.locator("#dialog-resolve [type=checkbox]").all():
        box.check()
    send(page, "resolve")

    # the owner does not review their own case
    assert page.locator("[data-dialog=dialog-review]").count() == 0
    page = visit(cast.kobayashi, page_of(case), size)
    open_dialog(page, "review")
    page.locator("#dialog-review [name=verdict]").first.check()
    page.locator("#dialog-review [name=worked][value=yes]").check()
    page.locator("#dialog-review [name=may_recur][value=no]").check()
    page.locator("#id_review_thanks").fill("早い報告をありがとうございました。")
    send(page, "review")

    assert Case.objects.get(pk=case.pk).state == "REVIEWED"
    assert fits(page)


@SIZES
def test_of_two_leads_the_later_is_told_who_did_what_and_loses_no_word(
    size: tuple[int, int], cast: Cast, life: Life, visit: Visit
) -> None:
    case = life.do("escalate", today(life), by=cast.operator, now=timezone.now())
    first, second = visit(cast.lead, page_of(case), size), visit(cast.responder, page_of(case), size)
    open_dialog(second, "send_back")
    second.locator("#id_send_back_advice").fill("注文番号もお願いします。")
    open_dialog(first, "accept")
    send(first, "accept")

    send(second, "send_back")

    told = second.locator("#dialog-send_back .ek-meanwhile li").all_inner_texts()
    assert len(told) == 1
    assert re.fullmatch(r"\d+月\d+日\(.\) \d\d:\d\d に高橋 美咲さんが「受諾 → 対応中」を行いました。", told[0])
    assert second.evaluate("document.activeElement.className") == "ek-meanwhile"
    assert second.locator("#id_send_back_advice").input_value() == "注文番号もお願いします。"
    assert second.locator("#dialog-send_back [type=submit]").count() == 0
    assert fits(second)
    # closed, it is the page of the case again, as it now is
    second.keyboard.press("Escape")
    second.wait_for_url(f"**{page_of(case)}")


def test_a_late_form_that_still_holds_is_sent_again_knowingly(cast: Cast, life: Life, visit: Visit) -> None:
    case = life.do("escalate", today(life), by=cast.operator, now=timezone.now())
    case = life.do("accept", case, by=cast.responder, now=timezone.now())
    page = visit(cast.responder, page_of(case))
    open_dialog(page, "hand_over")
    page.locator("#id_hand_over_owner").select_option(label="小林 翔太")
    page.locator("#id_hand_over_reason").fill("早番のため。")
    life.do("hold", case, by=cast.responder, now=timezone.now())

    send(page, "hand_over")

    assert "ご自身が「保留」を行いました。" in page.locator(".ek-meanwhile li").inner_text()
    assert page.locator("#dialog-hand_over [type=submit]").inner_text() == "確認のうえ担当交代"
    assert page.locator("#id_hand_over_reason").input_value() == "早番のため。"
    send(page, "hand_over")
    assert Case.objects.get(pk=case.pk).owner == cast.kobayashi


@SIZES
def test_a_lack_of_authority_refuses_and_keeps_what_was_typed(
    size: tuple[int, int], cast: Cast, life: Life, visit: Visit
) -> None:
    case = life.do("escalate", today(life, amount=80_000), by=cast.operator, now=timezone.now())
    case = life.do("accept", case, by=cast.responder, now=timezone.now())
    page = visit(cast.responder, page_of(case), size)
    assert "決裁権限は¥50,000まで" in page.locator(".ek-demand .ek-refusal").inner_text()

    open_dialog(page, "resolve")
    page.locator("#id_resolve_outcome").select_option("SOLVED")
    page.locator("#id_resolve_resolution").fill("差額を返金した。")
    page.locator("#id_resolve_cause").fill("二重計上。")
    for box in page.locator("#dialog-resolve [type=checkbox]").all():
        box.check()
    send(page, "resolve")

    assert "決裁権限は¥50,000まで" in page.locator("#dialog-resolve[open] .ek-refusal").inner_text()
    assert page.evaluate("document.activeElement.className") == "ek-refusal"
    assert page.locator("#id_resolve_resolution").input_value() == "差額を返金した。"
    page.locator("#dialog-resolve [data-close]").click()
    page.wait_for_url(f"**{page_of(case)}")
    assert page.evaluate("document.activeElement.dataset.dialog") == "dialog-resolve"
    page.reload()  # asks for the page, sends nothing again
    assert page.locator("dialog:modal").count() == 0


def test_one_key_opens_each_dialog(cast: Cast, life: Life, visit: Visit) -> None:
    page = visit(cast.lead, page_of(life.escalated()))

    for key, name in (("a", "dialog-accept"), ("e", "dialog-escalate"), ("n", "dialog-note"), ("?", "keys")):
        page.keyboard.press(key)
        assert page.locator("dialog:modal").get_attribute("id") == name
        page.keyboard.press("Escape")
        assert page.locator("dialog:modal").count() == 0
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.name") == "words"
    page.keyboard.type("an/e?")
    assert page.locator("[name=words]").input_value() == "an/e?"
    assert page.locator("dialog:modal").count() == 0


def test_keys_rest_while_japanese_is_converted_and_with_a_modifier(cast: Cast, life: Life, visit: Visit) -> None:
    page = visit(cast.lead, page_of(life.escalated()))
    press = "init => document.body.dispatchEvent(new KeyboardEvent('keydown', {bubbles: true, ...init}))"

    for init in (
        {"key": "a", "isComposing": True}, {"key": "a", "keyCode": 229}, {"key": "Process", "keyCode": 229},
        {"key": "a", "ctrlKey": True}, {"key": "e", "metaKey": True}, {"key": "n", "altKey": True},
    ):  # fmt: skip
        page.evaluate(press, init)
        assert page.locator("dialog:modal").count() == 0, init
    page.evaluate(press, {"key": "a"})
    assert page.locator("dialog:modal").get_attribute("id") == "dialog-accept"


def test_a_composition_in_the_search_field_is_never_interrupted(cast: Cast, life: Life, visit: Visit) -> None:
    page = visit(cast.lead, page_of(life.escalated()))
    page.keyboard.press("/")
    ime = page.context.new_cdp_session(page)

    for typed in ("n", "に", "にゅ", "入金"):
        ime.send("Input.imeSetComposition", {"text": typed, "selectionStart": len(typed), "selectionEnd": len(typed)})
    ime.send("Input.insertText", {"text": "入金"})

    assert page.locator("[name=words]").input_value() == "入金"
    assert page.locator("dialog:modal").count() == 0
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert "この条件に合う出来事はありません。" in page.locator("#timeline + form ~ p").inner_text()


def test_the_bar_says_what_the_page_is_about_once_the_head_is_out_of_sight(
    cast: Cast, life: Life, visit: Visit
) -> None:
    case = life.in_progress(facts="長い説明。\n" * 80)
    page = visit(cast.responder, page_of(case))
    title = page.locator(".ek-bar-title")
    assert not title.is_visible()

    page.get_by_role("link", name="経過", exact=True).click()

    title.wait_for()
    assert case.subject in title.inner_text()
    assert page.locator("[data-dialog=dialog-resolve]").is_visible()
    heading = page.locator("#timeline").bounding_box()
    bar = page.locator("[data-bar]").bounding_box()
    assert heading is not None
    assert bar is not None
    assert heading["y"] >= bar["y"] + bar["height"]
    assert page.locator(".ek-sections [aria-current]").inner_text() == "経過"


def test_on_a_phone_the_likeliest_verbs_are_under_the_thumb(cast: Cast, life: Life, visit: Visit) -> None:
    long = "請求書の出力画面が真っ白になり月末の締め作業ができない" * 4
    case = life.in_progress(subject=long, customer="株式会社サンプル" * 5)
    life.do("note", case, by=cast.responder, text="https://example.jp/" + "x" * 200)
    page = visit(cast.responder, page_of(case), PHONE, has_touch=True, is_mobile=True)

    buttons = page.locator(".ek-likely .ek-button")
    assert [words.strip() for words in buttons.locator("span:not(.ek-icon)").all_inner_texts()] == [
        "解決", "メモ", "エスカレーション", "担当交代",
    ]  # fmt: skip
    for scrolled in (0, 1500):
        page.evaluate("y => scrollTo(0, y)", scrolled)
        for button in buttons.all():
            box = button.bounding_box()
            assert box is not None
            assert min(box["height"], box["width"]) >= 44
            assert box["y"] + box["height"] <= PHONE[1]
    assert fits(page)
    heading = page.locator(".ek-head h1")
    assert heading.inner_text() == long
    assert heading.evaluate(
        "each => each.scrollWidth <= each.clientWidth && each.scrollHeight <= each.clientHeight + 1"
    )


def test_the_page_is_whole_without_scripts(cast: Cast, life: Life, visit: Visit) -> None:
    case = life.in_progress()
    for number in range(30):
        life.do("note", case, by=cast.responder, text=f"{number}回目")
    page = visit(cast.responder, page_of(case), java_script_enabled=False)

    page.locator("[name=kind][value=note]").check(force=True)
    with page.expect_navigation():
        page.locator(".ek-filter button").click()
    assert page.locator(".ek-event").count() == 20
    with page.expect_navigation():
        page.get_by_role("link", name="より古い出来事").click()
    assert page.locator(".ek-event").count() == 10
    assert page.locator("#clocks").is_visible()


def pages_on_paper(page: Page, path: Path) -> int:
    page.pdf(path=path, prefer_css_page_size=True)
    return len(re.findall(rb"/Type\s*/Page\b", path.read_bytes()))


def test_the_sheet_is_one_page_of_paper(cast: Cast, life: Life, visit: Visit, tmp_path: Path) -> None:
    usual = life.resolved(
        facts="11月24日の朝、同じ請求書が2通届いた。" * 10,
        customer_said="どちらを払えばよいのか。" * 6,
        first_line_did="請求書番号を確認した。" * 6,
        urgency_reason="月末の締めに間に合わない。",
        place="大阪第二センター",
    )
    page = visit(cast.lead, f"{LIST}{usual.pk}/print/")
    assert pages_on_paper(page, tmp_path / "usual.pdf") == 1

    page = visit(cast.lead, f"{LIST}{life.escalated().pk}/print/")
    assert pages_on_paper(page, tmp_path / "empty.pdf") == 1
    assert "Noto Sans CJK JP" in page.evaluate("getComputedStyle(document.body).fontFamily")


def test_a_very_long_sheet_runs_on_under_its_number(cast: Cast, life: Life, visit: Visit, tmp_path: Path) -> None:
    case = life.escalated(facts="同じ請求書が2通届いた。" * 250)
    page = visit(cast.lead, f"{LIST}{case.pk}/print/")

    assert pages_on_paper(page, tmp_path / "long.pdf") == 2
    assert page.evaluate("getComputedStyle(document.querySelector('thead')).display") == "table-header-group"
