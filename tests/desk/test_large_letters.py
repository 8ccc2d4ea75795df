"""Letters set large, and a page enlarged twice on a telephone: all is there, nothing has to be scrolled sideways."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.utils import timezone

from apps.cases import confirmation
from tests.browser import PHONE, Visit, fits
from tests.cases.life import Cast, Life

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

TOO_SMALL = """() => [...document.querySelectorAll('a, button, input:not([type=hidden]), select, textarea, summary')]
  .filter((each) => each.checkVisibility() && getComputedStyle(each).display !== 'inline')
  .filter((each) => {
    const { width, height } = (each.closest('label') || each).getBoundingClientRect();
    return width > 1 && (width < 24 || height < 24); // a link to skip to the content is nowhere until it has the focus
  })
  .map((each) => each.outerHTML)"""
COVERED = """() => { const bar = document.querySelector('.bar'), box = document.activeElement.getBoundingClientRect();
  return Boolean(bar) && !bar.contains(document.activeElement) && box.top >= bar.getBoundingClientRect().top; }"""


def test_large_letters_a_narrow_window_and_targets_for_a_thumb(cast: Cast, life: Life, visit: Visit) -> None:
    case = life.in_progress()
    link = confirmation.url(life.resolved(), timezone.now()).removeprefix(settings.SITE_URL)
    page = visit(cast.operator, "/", PHONE)

    bad: list[str] = []
    for path in ("/", "/report/", "/cases/", "/contacts/", "/rules/", "/settings/", f"/cases/{case.number}/",
                 f"/cases/{case.number}/note/", "/near-miss/", "/near-miss/code/", link, "/offline/"):  # fmt: skip
        page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
        page.goto(visit.home + path)
        bad += [f"{path}: {each}" for each in page.evaluate(TOO_SMALL)]
        page.evaluate("document.documentElement.style.fontSize = '24px'")
        bad += [] if fits(page) else [f"{path}: large letters"]
        page.evaluate("document.documentElement.style.fontSize = ''")
        page.set_viewport_size({"width": PHONE[0] // 2, "height": PHONE[1] // 2})
        bad += [] if fits(page) else [f"{path}: enlarged twice"]

    assert bad == []


def test_the_bar_below_covers_nothing_that_has_the_focus(cast: Cast, life: Life, visit: Visit) -> None:
    case = life.in_progress()
    page = visit(cast.operator, "/", PHONE)

    for path in ("/contacts/", f"/cases/{case.number}/"):
        page.goto(visit.home + path)
        for _ in range(30):
            page.keyboard.press("Tab")
            assert not page.evaluate(COVERED), page.evaluate("document.activeElement.outerHTML")
