"""A lead's work in a real browser: Debian's Chromium, Japanese, on a desk and on a phone."""

from __future__ import annotations

import pytest
from django.utils import timezone

from apps.cases.models import Case
from tests.browser import DESK, PHONE, Visit, fits
from tests.cases.adminpages import page_of
from tests.cases.life import Cast, Life

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_lead_works_a_case_from_the_inbox_to_its_resolution(cast: Cast, life: Life, visit: Visit) -> None:
    case = life.do("escalate", life.received(now=timezone.now()), by=cast.operator, now=timezone.now())
    page = visit(cast.lead, "/admin/")

    page.get_by_role("link", name=case.number).first.click()
    page.locator("[data-dialog=dialog-accept]").click()
    with page.expect_navigation():
        page.locator("#dialog-accept [type=submit]").click()
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
    with page.expect_navigation():
        page.locator("#dialog-resolve [type=submit]").click()

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
        assert fits(page), path
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
