"""The desk in a browser on a telephone, in Japanese: reported, seen, escalated, accepted."""

import pytest
from django.utils.translation import gettext, override
from playwright.sync_api import Page

from apps.cases.checks import verb_label
from apps.cases.models import Case, State
from apps.people.models import User
from tests.browser import PHONE, fits

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PASS_PHRASE = "to be typed in the browser"


@pytest.fixture
def _pass_phrases(cast, settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    for user in (cast.operator, cast.lead):
        user.set_password(PASS_PHRASE)
        User.objects.filter(pk=user.pk).update(password=user.password)


def ja(english: str) -> str:
    with override("ja"):
        return gettext(english)


def verb(name: str) -> str:
    with override("ja"):
        return verb_label(name)


@pytest.mark.usefixtures("_pass_phrases")
def test_an_operator_reports_and_escalates_and_a_lead_accepts(cast, visit):
    def telephone(username: str) -> Page:
        """Signed in by hand on a telephone of their own."""
        page = visit(None, "/", PHONE, has_touch=True, is_mobile=True)
        page.fill("[name=username]", username)
        page.fill("[name=password]", PASS_PHRASE)
        page.tap("main button")
        page.wait_for_url(f"{visit.home}/")
        return page

    # The operator reports a P2 case …
    page = telephone("operator")
    assert fits(page)
    page.tap("a.big")
    page.fill("[name=subject]", "全レジでカード決済が通らない")
    page.fill("[name=facts]", "13時40分ごろから、カードを入れるとE-4021と出る。")
    page.locator("[data-turn='1']:visible").tap()
    page.check("[name=impact][value=SOME]")
    page.check("[name=urgency][value=HIGH]")
    page.locator("[data-turn='1']:visible").tap()
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
    dialog.locator(".error").wait_for()
    assert dialog.locator(".error").count() == 1
    assert dialog.locator("[name=reason]").input_value() == "ログを見る権限がない。"
    for box in dialog.locator("[name=checklist]").all():
        box.check()
    dialog.get_by_role("button", name=verb("escalate"), exact=True).tap()
    page.locator(".case-head .state.escalated").wait_for()

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
