"""Photos from a phone, with a note: Debian's Chromium, Japanese, 390 pixels wide."""

from __future__ import annotations

from pathlib import Path

import pytest

from apps.cases.models import Attachment, CannedReply, Update
from tests.browser import PHONE, Visit
from tests.cases.adminpages import page_of
from tests.cases.life import Cast, Life
from tests.cases.test_files import PNG

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# One red dot, whole enough for a browser to draw it.
DOT = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8cfc0000003010100c9fe92ef"
    "0000000049454e44ae426082"
)
NOTE = "現場の写真です。"


@pytest.fixture
def pictures(tmp_path: Path) -> list[str]:
    made = []
    for number, name in enumerate(("レジの画面.png", "店頭.png")):
        (tmp_path / name).write_bytes(DOT + bytes([number]))
        made.append(str(tmp_path / name))
    return made


@pytest.mark.parametrize("where", ["admin", "desk"])
def test_two_photos_go_with_a_note_and_a_refused_file_loses_nothing(
    where: str, cast: Cast, life: Life, visit: Visit, pictures: list[str], tmp_path: Path
) -> None:
    case = life.in_progress()
    bad = tmp_path / "手順.html"
    bad.write_text("<script>alert(1)</script>")
    address = page_of(case) if where == "admin" else f"/cases/{case.number}/"
    page = visit(cast.responder, address, PHONE)
    opener = "[data-dialog=dialog-note]" if where == "admin" else f"a[href$='{case.number}/note/']"
    dialog = page.locator("#dialog-note" if where == "admin" else "dialog.verb")

    page.locator(opener).click()
    dialog.locator("#id_note_text").fill(NOTE)
    dialog.locator("[name=visibility][value=REPORTER]").check()
    dialog.locator("[name=files]").set_input_files([*pictures, str(bad)])
    dialog.locator("button:not([type=button])").last.click()

    # the sentence names the file; the text, the choice and even the files are still there
    dialog.get_by_text("「手順.html」は受け付けられない種類のファイルです。").wait_for()
    assert dialog.locator("#id_note_text").input_value() == NOTE
    assert dialog.locator("[name=visibility][value=REPORTER]").is_checked()
    assert dialog.locator("[name=files]").evaluate("input => input.files.length") == 3
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]

    if where == "admin":
        dialog.locator("[name=files]").set_input_files(pictures)
    else:
        dialog.get_by_role("button", name="「手順.html」を外す").click()
    dialog.locator("button:not([type=button])").last.click()
    page.locator("img[alt='画像：店頭.png']").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    assert sorted(Attachment.objects.values_list("name", flat=True)) == ["レジの画面.png", "店頭.png"]
    assert Update.objects.get(verb="note").text == NOTE

    # the file is handed out to whoever may read the case, and to nobody else
    one, home = Attachment.objects.get(name="店頭.png"), page.evaluate("location.origin")
    assert page.request.get(home + f"/attachments/{one.pk}/").body() == DOT + b"\x01"
    stranger = visit(cast.shop, "/", PHONE)
    assert stranger.request.get(home + f"/attachments/{one.pk}/").status == 404


def test_a_file_that_is_too_large_is_said_before_it_is_sent(
    cast: Cast, life: Life, visit: Visit, tmp_path: Path, settings: object
) -> None:
    settings.ATTACHMENT_MAX_BYTES = 1000  # type: ignore[attr-defined]
    (tmp_path / "大.png").write_bytes(PNG + b"0" * 1000)
    page = visit(cast.responder, page_of(life.in_progress()) + "?dialog=attach", PHONE)

    page.locator("#id_attach_files").set_input_files(str(tmp_path / "大.png"))

    said = page.locator("#dialog-attach [data-said]").inner_text().replace("\xa0", " ")
    assert said == "「大.png」は大きすぎます。1つのファイルは1000 バイトまでです。小さいものを選んでください。"
    assert page.locator("#id_attach_files").evaluate("input => input.files.length") == 0


def test_a_prepared_text_goes_where_the_cursor_is(cast: Cast, life: Life, visit: Visit) -> None:
    CannedReply.objects.create(title="お礼", text="{number}のご報告をありがとうございます。")
    case = life.in_progress()
    page = visit(cast.responder, page_of(case) + "?dialog=note", PHONE)
    text = page.locator("#id_note_text")

    text.fill("前後")
    text.evaluate("field => field.setSelectionRange(1, 1)")
    page.locator("#id_note_reply").select_option(label="お礼")

    assert text.input_value() == f"前{case.number}のご報告をありがとうございます。後"
    assert page.locator("#id_note_reply").input_value() == ""
    assert page.evaluate("document.activeElement.id") == "id_note_text"


def test_a_candidate_fills_in_the_merge(cast: Cast, life: Life, visit: Visit) -> None:
    original, case = life.in_progress(), life.in_progress()
    page = visit(cast.lead, page_of(case), PHONE)

    page.locator(f"[data-value='{original.number}']").click()

    assert page.locator("#dialog-merge[open] #id_merge_into").input_value() == original.number
