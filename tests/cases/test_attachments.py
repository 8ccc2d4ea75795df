"""Files of a case: kept with the verb or not at all, and handed out to those who may read them."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import InMemoryStorage
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import translation

from apps.audit import trail
from apps.audit.models import Entry, Source
from apps.cases import actions, ledger
from apps.cases.checks import Refused
from apps.cases.ledger import one_case
from apps.cases.management.commands.attachments import stored
from apps.cases.models import Attachment, Case
from apps.people.models import User
from tests.cases.adminpages import door, open_dialogs, page_of
from tests.cases.life import Cast, Life, everything, sent
from tests.cases.test_files import PNG

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _in_english() -> Any:
    with translation.override("en"):
        yield


def upload(name: str, content: bytes) -> io.BytesIO:
    file = io.BytesIO(content)
    file.name = name
    return file


def attached(life: Life, case: Case, *, by: User, visibility: str = "INTERNAL", content: bytes = PNG) -> Attachment:
    life.do("attach", case, by=by, files=[sent("現場.png", content)], visibility=visibility)
    return Attachment.objects.latest("at")


# --- the verb ---------------------------------------------------------------------------------------------------------


def test_files_are_kept_and_written_down(cast: Cast, life: Life, attachments_in_memory: InMemoryStorage) -> None:
    case = life.in_progress()

    life.do("attach", case, by=cast.responder, files=[sent("現場.png", PNG), sent("ログ.txt", b"log")])

    rows = list(Attachment.objects.filter(case=case).order_by("name"))
    assert [(row.name, row.content_type, row.size, row.visibility, row.by) for row in rows] == [
        ("ログ.txt", "text/plain", 3, "INTERNAL", cast.responder),
        ("現場.png", "image/png", len(PNG), "INTERNAL", cast.responder),
    ]
    assert [row.file.read() for row in rows] == [b"log", PNG]
    assert {row.file.name for row in rows} == set(stored(attachments_in_memory))
    assert all(row.name not in row.file.name for row in rows), "A name that people choose is never a path."
    entry = Entry.objects.filter(subject=trail.subject_of(case)).latest("sequence")
    assert (entry.action, [each["sha256"] for each in entry.details["files"]]) == (
        "attach",
        [rows[1].sha256, rows[0].sha256],
    )


def test_nothing_stays_behind_when_the_book_is_not_written(
    cast: Cast, life: Life, attachments_in_memory: InMemoryStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = life.in_progress()
    before = everything()

    def fail(*_args: object) -> None:
        assert list(stored(attachments_in_memory)), "The bytes come before the rows."
        raise RuntimeError("The journal cannot be written.")

    monkeypatch.setattr(ledger.trail, "append", fail)
    with pytest.raises(RuntimeError), transaction.atomic():
        life.do("attach", case, by=cast.responder)

    assert list(stored(attachments_in_memory)) == []
    assert everything() == before


def test_a_refused_verb_keeps_no_file(cast: Cast, life: Life, attachments_in_memory: InMemoryStorage) -> None:
    with pytest.raises(Refused), transaction.atomic():
        life.do("attach", life.in_progress(), by=cast.specialist)

    assert list(stored(attachments_in_memory)) == []


def test_the_same_file_twice_is_said(cast: Cast, life: Life) -> None:
    case = life.in_progress()
    life.do("attach", case, by=cast.responder, files=[sent("一枚目.png", PNG)])

    for files in ([sent("二枚目.png", PNG)], [sent("a.txt", b"same"), sent("b.txt", b"same")]):
        with pytest.raises(Refused) as refused, transaction.atomic():
            life.do("attach", case, by=cast.responder, files=files)
        assert refused.value.code == "same_file"
    assert refused.value.sentence == (
        "“b.txt” is the same file as “a.txt”, which is attached already. Please leave it out."
    )
    life.do("attach", life.in_progress(), by=cast.responder, files=[sent("一枚目.png", PNG)])  # another case


def test_a_case_has_room_for_so_much(cast: Cast, life: Life, settings: Any) -> None:
    settings.CASE_MAX_BYTES = 1024
    case = life.in_progress()
    life.do("attach", case, by=cast.responder, files=[sent("a.txt", b"a" * 1000)])

    with pytest.raises(Refused) as refused, transaction.atomic():
        life.do("attach", case, by=cast.responder, files=[sent("b.txt", b"b" * 100)])

    assert refused.value.sentence.replace("\xa0", " ") == (
        "With “b.txt” the files of this case would be 1.1 KB; at most 1.0 KB are kept for one case."
    )


def test_the_reporter_is_told_of_files_for_their_eyes(cast: Cast, life: Life) -> None:
    case = life.in_progress()
    before = life.last_mail()

    attached(life, case, by=cast.responder)
    assert life.mail(case, after=before) == set()
    attached(life, case, by=cast.responder, visibility="REPORTER", content=PNG + b"1")
    assert life.mail(case, after=before) == {("note", "operator", "REPORTER")}


# --- the door in, by form ---------------------------------------------------------------------------------------------


def test_several_files_come_with_a_note(cast: Cast, life: Life, as_user: Callable[..., Client]) -> None:
    case = life.in_progress()
    data = {
        "text": "写真です。",
        "visibility": "REPORTER",
        "files": [upload("一.png", PNG), upload("二.png", PNG + b"2")],
    }

    response = as_user(cast.responder).post(door(case, "note"), data)

    assert response.status_code == 302
    assert list(Attachment.objects.order_by("name").values_list("name", "visibility")) == [
        ("一.png", "REPORTER"),
        ("二.png", "REPORTER"),
    ]
    html = as_user(cast.responder).get(page_of(case)).content.decode()
    assert html.count('loading="lazy"') == 2
    assert 'alt="Picture: 一.png"' in html


def test_a_refused_file_is_named_and_what_was_typed_is_kept(
    cast: Cast, life: Life, as_user: Callable[..., Client]
) -> None:
    case = life.in_progress()
    before = everything(but=[User])
    data = {"text": "写真です。", "visibility": "INTERNAL", "files": [upload("一.png", PNG), upload("悪い.html", b"x")]}

    html = as_user(cast.responder).post(door(case, "note"), data).content.decode()

    assert open_dialogs(html) == ["note"]
    assert "“悪い.html” is of a kind that is not taken." in html
    assert "写真です。" in html
    assert everything(but=[User]) == before


# --- the door out -----------------------------------------------------------------------------------------------------

READERS = {
    # who: an internal file of the responder, the same for the reporter, the operator's own
    "responder": (200, 200, 200),
    "kobayashi": (200, 200, 200),
    "manager": (200, 200, 200),
    "auditor": (200, 200, 200),
    "operator": (404, 200, 200),
    "tanaka": (404, 200, 404),
    "shop": (404, 404, 404),
    "specialist": (404, 404, 404),
    "policy": (404, 404, 404),
}


def test_who_gets_a_file(cast: Cast, life: Life, as_user: Callable[..., Client]) -> None:
    case = life.in_progress()
    rows = (
        attached(life, case, by=cast.responder),
        attached(life, case, by=cast.responder, visibility="REPORTER", content=PNG + b"2"),
        attached(life, case, by=cast.operator, content=PNG + b"3"),
    )

    found = {}
    for who in READERS:
        client = as_user(getattr(cast, who))
        found[who] = tuple(client.get(reverse("attachment", args=[row.pk])).status_code for row in rows)

    assert found == READERS
    assert Client().get(reverse("attachment", args=[rows[0].pk])).status_code == 302


def test_a_confidential_file_is_for_few(cast: Cast, life: Life, as_user: Callable[..., Client]) -> None:
    row = attached(life, life.in_progress(confidential=True), by=cast.responder, visibility="REPORTER")

    found = {
        who: as_user(getattr(cast, who)).get(reverse("attachment", args=[row.pk])).status_code
        for who in ("operator", "responder", "auditor", "tanaka", "manager", "shop")
    }

    assert found == {"operator": 200, "responder": 200, "auditor": 200, "tanaka": 404, "manager": 404, "shop": 404}


def test_a_picture_is_shown_and_all_else_is_saved(cast: Cast, life: Life, as_user: Callable[..., Client]) -> None:
    case, client = life.in_progress(), as_user(cast.responder)
    picture = attached(life, case, by=cast.responder)
    life.do("attach", case, by=cast.responder, files=[sent('見積"書.pdf', b"%PDF-1.7\n")])
    document = Attachment.objects.get(content_type="application/pdf")

    shown, saved = (client.get(reverse("attachment", args=[row.pk])) for row in (picture, document))

    assert b"".join(shown.streaming_content) == PNG
    assert shown["Content-Disposition"].startswith("inline; filename*=utf-8''%E7%8F%BE")
    assert saved["Content-Disposition"].startswith("attachment; filename*=utf-8''%E8%A6%8B")
    for response, row in ((shown, picture), (saved, document)):
        assert response["Content-Type"] == row.content_type
        assert response["Content-Length"] == str(row.size)
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Content-Security-Policy"] == "default-src 'none'; style-src 'unsafe-inline'; sandbox"
        assert response["Cache-Control"] == "private, no-cache"


def test_every_download_is_an_entry_and_a_kept_copy_is_none(
    cast: Cast, life: Life, as_user: Callable[..., Client]
) -> None:
    case, client = life.in_progress(confidential=True), as_user(cast.responder)
    row = attached(life, case, by=cast.responder)
    address, known = reverse("attachment", args=[row.pk]), life.journal(case)

    first = client.get(address)
    again = client.get(address, headers={"if-none-match": first["ETag"]})
    client.head(address)
    as_user(cast.shop).get(address)

    assert again.status_code == 304
    entry = Entry.objects.get(action="downloaded")
    assert (entry.subject, entry.actor, entry.source) == (
        f"cases.attachment:{row.pk}", trail.actor_of(cast.responder), "DESK",
    )  # fmt: skip
    assert entry.details == {"case": case.number, "confidential": True}, "A file's name may name a person."
    assert life.journal(case) == known, "Reading does not lengthen the case's own chain."
    assert trail.verify().ok


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch", "options"])
def test_the_door_only_opens_outwards(method: str, cast: Cast, life: Life, as_user: Callable[..., Client]) -> None:
    row = attached(life, life.in_progress(), by=cast.responder)

    assert getattr(as_user(cast.responder), method)(reverse("attachment", args=[row.pk])).status_code == 405


# --- upkeep -----------------------------------------------------------------------------------------------------------


def test_what_does_not_belong_together_is_found(
    cast: Cast, life: Life, attachments_in_memory: InMemoryStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = attached(life, life.in_progress(), by=cast.responder)
    lost = attached(life, life.in_progress(), by=cast.responder)
    attachments_in_memory.delete(lost.file.name)
    attachments_in_memory.save("ab/orphan", ContentFile(b"x"))
    monkeypatch.setattr("apps.cases.management.commands.attachments.SETTLED", timedelta(0))

    said = io.StringIO()
    call_command("attachments", "--remove", stdout=said)

    assert said.getvalue().splitlines() == [
        "belongs to no case: ab/orphan",
        f"missing: {lost.case.number} 現場.png ({lost.file.name})",
    ]
    assert list(stored(attachments_in_memory)) == [kept.file.name]


def test_a_report_brings_its_files(cast: Cast, life: Life) -> None:
    with one_case(life.received().pk, source=Source.DESK) as (_case, book):
        team = cast.team("phone-desk")
        sheet = {"subject": "x", "facts": "y", "impact": "ONE", "urgency": "LOW", "department": team.department}
        case = actions.receive(
            book, by=cast.operator, now=life.now, sheet=sheet, team=team, files=[sent("現場.png", PNG)]
        )

    assert [(row.name, row.visibility) for row in case.attachments.all()] == [("現場.png", "REPORTER")]
