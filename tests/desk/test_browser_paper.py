"""The rules on paper: two sheets of A4, with every box of the chart, the kind of case they are for and no menu."""

from __future__ import annotations

import re

import pytest

from tests.browser import Visit
from tests.cases.life import Cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
A4_ACROSS = (842, 595)  # points


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_the_rules_print_on_two_sheets(lang: str, cast: Cast, visit: Visit) -> None:
    page = visit(cast.operator, "/rules/?kind=refund", lang=lang)

    paper = page.pdf(prefer_css_page_size=True)
    page.emulate_media(media="print")

    sheets = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", paper)
    assert [(round(float(width)), round(float(height))) for width, height in sheets] == [A4_ACROSS] * 2
    assert page.locator("rect.box").count() == page.locator("rect.box:visible").count() > 30
    assert not page.locator("header.top, form.kind").first.is_visible()
    assert {"ja": "返金・補償", "en": "Refund"}[lang] in page.locator("h1").inner_text()
