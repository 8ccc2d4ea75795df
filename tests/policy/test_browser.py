"""The policy owner's main path in Debian's Chromium, Japanese, on a desk and on a phone."""

from __future__ import annotations

import pytest
from django.utils import timezone

from apps.people.models import User
from apps.policy.models import Version
from tests.browser import DESK, PHONE, Visit
from tests.cases.conftest import cast  # noqa: F401
from tests.cases.life import Cast
from tests.policy.adminpages import page

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SIZES = pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])


@pytest.fixture
def policy_owner(cast: Cast) -> User:  # noqa: F811
    return User.objects.get(username="policy")


@SIZES
def test_a_version_is_copied_changed_in_the_grid_compared_and_published(
    size: tuple[int, int],
    policy_owner: User,
    visit: Visit,
) -> None:
    screen = visit(policy_owner, page("version_change", Version.objects.get().pk), size)
    original = screen.url

    def fits() -> bool:
        return bool(screen.evaluate("document.documentElement.scrollWidth") <= size[0])

    # Copy it as a draft, through the dialog of the admin.
    if size == PHONE:
        screen.get_by_role("link", name="more_horiz").click()
    screen.get_by_text("下書きとしてコピー").locator("visible=true").first.click()
    screen.locator("#dialog button[type=submit]").click()
    screen.wait_for_url(lambda url: url.partition("#")[0] != original)
    draft = Version.objects.drafts().get()
    assert fits()

    # A limit that cannot be is refused at its cell; the next one is saved.
    screen.get_by_role("link", name="マトリクスを編集").click()
    limit = screen.locator("#id_row-P2-first_response")
    limit.fill("90")
    limit.press("Enter")
    screen.locator("[role=alert]").wait_for()
    assert fits()
    assert screen.locator("#id_row-P2-first_line_limit_error").inner_text() == "初動(1時間30分)より長くしてください。"
    assert limit.input_value() == "90"
    limit.fill("20")
    screen.get_by_role("button", name="マトリクスを保存").click()
    screen.wait_for_url(f"**{page('version_change', draft.pk)}")

    # What changes is read and confirmed, and the draft is in force.
    screen.get_by_role("link", name="差分を確認して公開").click()
    assert screen.locator(".ek-difference tbody").all_inner_texts() == ["初動(分)\t15分\t20分"]
    assert fits()
    screen.get_by_label("変更内容を確認しました。").check()
    screen.get_by_role("button", name="公開").click()
    screen.wait_for_url(f"**{page('version_change', draft.pk)}")
    assert fits()

    stored = Version.objects.get(pk=draft.pk)
    assert (stored.published_by, stored.rows.get(priority="P2").first_response) == (policy_owner, 20)


@SIZES
def test_a_closure_is_added_from_the_month_by_keyboard(
    size: tuple[int, int],
    policy_owner: User,
    visit: Visit,
) -> None:
    calendar = Version.objects.get().copy_as_draft().calendars.get()
    year = timezone.localdate().year + 1
    screen = visit(policy_owner, page("calendar_month", calendar.pk) + f"?month={year}-04", size)
    assert screen.evaluate("document.documentElement.scrollWidth") <= size[0]
    assert "昭和の日" in screen.locator("table.ek-month").inner_text()

    screen.get_by_role("link", name="15", exact=True).press("Enter")
    screen.wait_for_url("**#closure")
    screen.locator("#id_name").fill("創立記念日")
    screen.locator("#id_name").press("Enter")
    screen.locator("table.ek-month").get_by_text("創立記念日").wait_for()

    closure = calendar.closures.get(name="創立記念日")
    assert [f"{on:%Y-%m-%d}" for on in (closure.starts_on, closure.ends_on)] == [f"{year}-04-15"] * 2
