"""Whole stories of the desk in a browser: sent back and answered, a near miss, a customer who is not content, keys alone."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.core.cache import cache
from django.utils import timezone

from apps.cases import confirmation
from apps.cases.models import Case
from apps.nearmiss.models import Message, NearMiss
from tests.browser import DESK, PHONE, Visit, fits
from tests.cases.adminpages import page_of
from tests.cases.life import Cast, Life

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_send_back_is_answered_and_passed_on_again(cast: Cast, life: Life, visit: Visit) -> None:
    case = life.do("send_back", life.escalated(), by=cast.responder, advice="注文番号があると、すぐに始められます。")
    page = visit(cast.operator, "/", PHONE)

    page.locator(f"a.line:has-text('{case.number}')").first.click()
    assert "注文番号があると、すぐに始められます。" in page.locator(".timeline").inner_text()
    page.locator(f"a[href$='/{case.number}/note/']").click()
    page.locator("dialog [name=text]").fill("注文番号は A-1024 です。")
    with page.expect_navigation():
        page.locator("dialog button.main, dialog .dialog-foot button").last.click()
    page.locator(f"a[href$='/{case.number}/escalate/']").click()
    page.locator("dialog [name=kind][value=FUNCTIONAL]").check()
    page.locator("dialog [name=reason]").fill("番号を書き足した。")
    for box in page.locator("dialog [name=checklist]").all():
        box.check()
    page.locator("dialog .dialog-foot button").last.click()
    page.locator(".case-head .state.escalated").wait_for()

    assert fits(page)
    assert [entry[:2] for entry in life.journal(case)][-2:] == [("operator", "note"), ("operator", "escalate")]


def test_an_anonymous_near_miss_is_answered_and_read_with_the_code(cast: Cast, visit: Visit, settings: Any) -> None:
    """Reported by somebody who is signed in on the telephone: no row of any table tells afterwards who it was."""
    settings.SITE_URL = "https://esukare.example.jp"  # the mails name it, and the search below is for our address
    cache.clear()
    reporter = visit(cast.operator, "/near-miss/", PHONE)
    before = {model: set(model._base_manager.values_list("pk", flat=True)) for model in apps.get_models()}
    reporter.fill("[name=what]", "似た箱を取り違えそうになった。")
    reporter.select_option("[name=department]", str(cast.team("phone-desk").department_id))
    reporter.locator(".send button").click()
    code = reporter.locator(".receipt").inner_text()
    assert fits(reporter)

    safety = visit(cast.safety, f"/admin/nearmiss/nearmiss/{NearMiss.objects.get().pk}/change/", DESK)
    safety.locator("#id_text").fill("ありがとうございます。棚を分けました。")
    with safety.expect_navigation():
        safety.get_by_role("button", name="回答を送る").click()

    reporter.goto(visit.home + "/near-miss/code/")
    reporter.fill("[name=code]", code.lower())
    reporter.locator("main button").click()
    assert "ありがとうございます。棚を分けました。" in reporter.locator(".timeline").inner_text()
    assert cast.safety.last_name not in reporter.content()
    reporter.fill("[name=text]", "もうひとつ、青い箱も似ています。")
    reporter.locator("button[name=add]").click()
    reporter.locator(".flash").wait_for()

    assert list(Message.objects.values_list("by__username", flat=True)) == ["safety", None]
    new = repr(
        [
            {field.attname: getattr(row, field.attname) for field in model._meta.concrete_fields}
            for model, known in before.items()
            for row in model._base_manager.exclude(pk__in=known)
            if model.__name__ not in ("Session", "LastLook")  # the safety team's own
        ]
    )
    for trace in ("127.0.0.1", "Mozilla", f"people.user:{cast.operator.pk}'", cast.operator.username, code):
        assert trace not in new, trace


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_a_customer_who_is_not_content_reopens_the_case(lang: str, cast: Cast, life: Life, visit: Visit) -> None:
    case = life.resolved()
    link = confirmation.url(case, timezone.now()).removeprefix(settings.SITE_URL)
    page = visit(None, link, PHONE, lang=lang)

    assert fits(page)
    page.fill("[name=reason]", "また二通届いた。")
    page.locator("form:has([name=reason]) button").click()
    page.locator(".sentence").wait_for()

    assert Case.objects.get(pk=case.pk).state == "IN_PROGRESS"
    assert life.journal(case)[-1][:2] == ("", "reopen")
    page.reload()
    assert page.locator("form").count() == 0 or page.locator("[name=reason]").count() == 0  # one answer


def test_the_whole_desk_by_keyboard_alone(cast: Cast, life: Life, visit: Visit) -> None:
    case = life.received()
    page = visit(cast.operator, "/")

    def press(selector: str) -> None:
        page.locator(selector).focus()
        page.keyboard.press("Enter")

    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    with page.expect_navigation():
        press(f"a.line[href$='/{case.number}/']")
    press(f"a[href$='/{case.number}/note/']")
    page.locator("dialog[open] [name=text]").focus()
    page.keyboard.type("Called back.")
    with page.expect_navigation():
        press("dialog .dialog-foot button.main")
    for path in ("/cases/", "/contacts/", "/rules/", "/settings/"):
        if path in ("/rules/", "/settings/"):
            press(".menu summary")
        with page.expect_navigation():
            press(f".top a[href='{path}']")
        outside = page.evaluate(
            "[...document.querySelectorAll('a, button, input, select, textarea, summary')]"
            ".filter((each) => each.offsetParent && each.tabIndex < 0).map((each) => each.outerHTML)"
        )
        assert outside == [], path

    assert life.journal(case)[-1][:2] == ("operator", "note")


def test_an_operator_is_kept_out_of_a_foreign_case_by_every_road(cast: Cast, life: Life, visit: Visit) -> None:
    case = life.in_progress(subject="他部門の案件")
    page = visit(cast.shop, "/", PHONE)
    roads = [
        f"/cases/{case.number}/", f"/cases/{case.number}/note/", f"/cases/{case.number}/escalate/",
        page_of(case), f"{page_of(case)}?dialog=note", f"/admin/cases/case/{case.pk}/print/",
        f"/admin/cases/case/{case.pk}/history/", f"/admin/cases/case/?q={case.number}", "/admin/audit/entry/",
    ]  # fmt: skip

    seen: dict[str, Any] = {}
    for road in roads:
        answer = page.request.get(visit.home + road)
        seen[road] = (
            answer.status,
            "他部門の案件" in answer.text(),
            answer.url.startswith(visit.home + "/admin/login/"),
        )

    assert {road: found for road, found in seen.items() if found[1]} == {}
    assert [found[0] for road, found in seen.items() if road.startswith("/cases/")] == [404, 404, 404]
    assert all(found[2] for road, found in seen.items() if road.startswith("/admin/"))
    for path in ("/", "/cases/?of=team", "/cases/?of=held"):
        page.goto(visit.home + path)
        assert case.number not in page.content()
