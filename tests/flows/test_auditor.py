"""An auditor answers three questions in the browser, in Japanese, without being able to change a thing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.audit import trail
from apps.audit.models import Entry
from apps.cases import looking
from apps.policy.models import MatrixRow, Version
from tests.browser import DESK, PHONE, Visit, fits
from tests.cases.life import Cast, Life

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_who_changed_the_p1_limit(cast: Cast, visit: Visit) -> None:
    row = MatrixRow.objects.get(priority="P1", version=Version.objects.get().copy_as_draft())
    row.first_line_limit = 20
    row._history_user = cast.policy
    row.save()
    page = visit(cast.auditor, "/admin/")

    page.get_by_role("link", name="ルールを変更したのは誰?").click()
    changed = page.locator(".ea-journal tbody tr").filter(has_text="P1 最優先")
    assert "斎藤 学" in changed.inner_text()
    changed.locator(".ea-at a").click()

    told = page.locator(".ea-differences tbody tr")
    assert [cell.inner_text() for cell in told.locator("th, td").all()] == ["一次対応の上限(分)", "15", "20"]


def test_when_did_this_case_change_hands(cast: Cast, life: Life, visit: Visit) -> None:
    life.now = timezone.now() - timedelta(hours=1)
    case = life.do("hand_over", life.in_progress(), by=cast.responder, owner=cast.kobayashi, reason="夜勤と交代する。")
    page = visit(cast.auditor, "/admin/")

    page.get_by_label("案件番号・名前").fill(case.number)
    page.get_by_role("button", name="検索", exact=True).click()
    page.locator(".ea-journal tbody a").filter(has_text=case.number).first.click()

    step = page.locator(".ea-story > li").filter(has=page.get_by_role("link", name="担当交代", exact=True))
    words = step.inner_text()
    assert "鈴木 一郎" in words
    assert "夜勤と交代する。" in words
    assert timezone.localtime(life.now).strftime("%H:%M:%S") in words
    assert step.locator(".ea-differences td").all_inner_texts() == ["鈴木 一郎", "小林 翔太"]


def test_did_anyone_look_at_this_harassment_case(cast: Cast, life: Life, visit: Visit) -> None:
    case = life.received(confidential=True, subject="電話口での暴言", customer_phone="03-0000-5678")
    looking.opened(case, by=cast.manager, now=timezone.now(), source="ADMIN")
    page = visit(cast.auditor, "/admin/")

    page.get_by_role("link", name="保護された情報を見たのは誰?").click()
    (line,) = page.locator(".ea-journal tbody tr").all()
    assert all(word in line.inner_text() for word in ("松本 正樹", "閲覧", case.number, "管理画面"))

    # What the case is about takes a look of one's own; what the customer's number is takes a reason.
    line.get_by_role("link", name=case.number).click()
    page.locator("summary").filter(has_text="当時の内容").first.click()
    assert "03-0000-5678" not in page.content()
    page.get_by_text("個人情報は伏せてあります。理由を書いて表示する").click()
    page.get_by_label("理由").fill("苦情の調査 No.12")
    page.get_by_role("button", name="表示", exact=True).last.click()
    page.locator("summary").filter(has_text="当時の内容").first.click()
    assert page.get_by_text("03-0000-5678").is_visible()

    looks = Entry.objects.filter(subject=trail.subject_of(case), actor=trail.actor_of(cast.auditor)).order_by("id")
    assert list(looks.values_list("action", "reason")) == [("viewed", ""), ("unmasked", "苦情の調査 No.12")]


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_no_page_of_the_audit_scrolls_sideways(size: tuple[int, int], cast: Cast, life: Life, visit: Visit) -> None:
    case = life.resolved(subject="請求書の出力画面が真っ白になり月末の締め作業ができない" * 4)
    subject = trail.subject_of(case)
    version = trail.subject_of(Version.objects.get().copy_as_draft())
    page = visit(cast.auditor, "/admin/", size)
    home = page.url.split("/admin")[0]

    for address in (
        "/admin/audit/entry/today/",
        "/admin/audit/entry/",
        f"/admin/audit/entry/story/?of={subject}",
        f"/admin/audit/entry/past/?of={version}",
        f"/admin/audit/entry/{Entry.objects.filter(subject=subject).latest('id').pk}/change/",
    ):
        page.goto(home + address)
        assert fits(page), address


def test_a_person_is_offered_while_the_name_is_typed(cast: Cast, visit: Visit) -> None:
    page = visit(cast.auditor, "/admin/audit/entry/")

    page.get_by_label("操作した人").press_sequentially("鈴木")
    page.locator("#people option").wait_for(state="attached")

    assert page.locator("#people option").get_attribute("value") == "鈴木 一郎 (responder)"


def test_masked_data_appears_in_its_place_with_one_tap(cast: Cast, life: Life, visit: Visit) -> None:
    case = life.received(customer_phone="03-0000-5678")
    for user, path in ((cast.lead, f"/admin/cases/case/{case.pk}/change/"), (cast.operator, f"/cases/{case.number}/")):
        page = visit(user, path)
        page.get_by_role("button", name="表示:").last.click()
        page.locator("output").filter(has_text="03-0000-5678").wait_for()
