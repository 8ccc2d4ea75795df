"""Whoever reports a near miss stays unknown, and reads the answer with a code."""

from __future__ import annotations

import io
import re
import uuid
from pathlib import Path

import pytest
from django.apps import apps
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from PIL import Image

from apps.audit.models import Entry
from apps.nearmiss import receipts
from apps.nearmiss.models import Message, NearMiss, Photo
from tests.cases.life import Cast

pytestmark = pytest.mark.django_db
ADDRESS = "203.0.113.77"


@pytest.fixture(autouse=True)
def no_one_counted() -> None:
    cache.clear()


@pytest.fixture
def stranger() -> Client:
    return Client(REMOTE_ADDR=ADDRESS, headers={"accept-language": "en", "user-agent": "Telephone-4711"})


def typed(cast: Cast, **more: object) -> dict[str, object]:
    return {
        "token": str(uuid.uuid4()),
        "what": "似た箱を取り違えそうになった。",
        "department": cast.team("phone-desk").department_id,
        "place": "3階倉庫",
    } | more


def report(client: Client, data: dict[str, object]) -> str:
    answer = client.post("/near-miss/", data)
    found = re.search(r'class="receipt"[^>]*>([A-Z0-9-]+)<', answer.content.decode())
    assert found is not None, answer.content.decode()
    return found[1]


def photo(name: str = "photo.jpg") -> SimpleUploadedFile:
    picture, out = Image.new("RGB", (40, 20), "red"), io.BytesIO()
    exif = picture.getexif()
    exif[0x010F] = "SecretMaker"
    exif[0x0112] = 6  # to be turned
    picture.save(out, "JPEG", exif=exif)
    return SimpleUploadedFile(name, out.getvalue(), "image/jpeg")


def test_a_near_miss_is_reported_and_answered_with_a_code_alone(stranger: Client, cast: Cast, as_user) -> None:
    code = report(stranger, typed(cast))
    near_miss = NearMiss.objects.get()

    waiting = stranger.post("/near-miss/receipt/", {"code": code}).content.decode()
    as_user(cast.safety).post(f"/admin/nearmiss/nearmiss/{near_miss.pk}/answer/", {"text": "Thank you. Fixed today."})
    answered = stranger.post("/near-miss/receipt/", {"code": code.lower().replace("-", " ")}).content.decode()
    stranger.post("/near-miss/receipt/", {"code": code, "add": "yes", "text": "It happened again."})

    assert "It waits for the safety team." in waiting
    assert "Thank you. Fixed today." in answered
    assert str(cast.safety) not in answered
    assert list(Message.objects.values_list("by__username", "text")) == [
        ("safety", "Thank you. Fixed today."),
        (None, "It happened again."),
    ]
    near_miss.refresh_from_db()
    assert near_miss.status == "WAITING"


def test_nothing_tells_who_it_was(cast: Cast, caplog: pytest.LogCaptureFixture) -> None:
    """Somebody who is signed in reports, comes back and adds; no table and no log knows of them afterwards."""
    client = Client(REMOTE_ADDR=ADDRESS, headers={"user-agent": "Telephone-4711"})
    client.force_login(cast.operator)
    tables = {model: set(model._base_manager.values_list("pk", flat=True)) for model in apps.get_models()}
    taken = photo()
    caplog.set_level("DEBUG")
    caplog.clear()

    code = report(client, typed(cast, photos=[taken]))
    client.post("/near-miss/receipt/", {"code": code, "add": "yes", "text": "もう一度あった。"})
    client.post("/near-miss/receipt/", {"code": "AAAA-AAAA-AAAA"})

    new = [
        {field.attname: getattr(row, field.attname) for field in model._meta.concrete_fields}
        for model, before in tables.items()
        for row in model._base_manager.exclude(pk__in=before)
    ]
    # the near miss, its photo, the message, two entries and their chain, two mails to the safety team
    assert len(new) == 8
    text = repr(new) + caplog.text
    for trace in (ADDRESS, "Telephone", "people.user", cast.operator.username, str(cast.operator), code, "SecretMaker"):
        assert trace not in text, trace
    assert [row["actor"] for row in new if "actor" in row] == ["", ""]
    assert {row["by_id"] for row in new if "by_id" in row} == {None}
    midnights = {timezone.localtime(entry.at).time().isoformat() for entry in Entry.objects.filter(actor="")}
    assert midnights == {"00:00:00"}
    assert client.session.get("_auth_user_id") == str(cast.operator.pk)  # still signed in, and not noted


def test_the_code_is_kept_nowhere_and_no_two_are_alike(stranger: Client, cast: Cast) -> None:
    codes = {report(stranger, typed(cast)) for _ in range(3)}

    assert len(codes) == 3
    assert all(re.fullmatch(r"[A-HJKMNP-Z2-9]{4}(-[A-HJKMNP-Z2-9]{4}){2}", code) for code in codes)
    assert {near_miss.receipt for near_miss in NearMiss.objects.all()} == {receipts.digest(code) for code in codes}


def test_a_form_sent_twice_is_one_near_miss_with_one_code(stranger: Client, cast: Cast) -> None:
    data = typed(cast)

    assert report(stranger, data) == report(stranger, data)
    assert NearMiss.objects.count() == 1


def test_what_is_missing_is_said_and_nothing_is_lost(stranger: Client, cast: Cast) -> None:
    html = stranger.post("/near-miss/", typed(cast, what=" ")).content.decode()

    assert "Everything that you wrote is kept." in html
    assert "3階倉庫" in html
    assert NearMiss.objects.count() == 0


def test_a_photo_loses_what_the_camera_wrote(stranger: Client, cast: Cast, files: Path) -> None:
    report(stranger, typed(cast, photos=[photo("IMG_佐藤.jpg")]))

    kept = Photo.objects.get()
    data = (files / kept.file.name).read_bytes()
    with Image.open(io.BytesIO(data)) as picture:
        assert (picture.format, picture.size, dict(picture.getexif())) == ("JPEG", (20, 40), {})
    assert b"SecretMaker" not in data
    assert kept.file.name == f"near-miss/{kept.pk}.jpg"


@pytest.mark.parametrize("content", [b"<svg/>", b"MZ\x90\x00", b"", b"\xff\xd8\xff\xe0 broken"])
def test_what_is_no_photo_is_refused_with_its_name(stranger: Client, cast: Cast, content: bytes) -> None:
    upload = SimpleUploadedFile("danger.jpg", content, "image/jpeg")

    html = stranger.post("/near-miss/", typed(cast, photos=[upload])).content.decode()

    assert "danger.jpg" in html or "The submitted file is empty." in html
    assert NearMiss.objects.count() == 0


def test_six_photos_are_one_too_many(stranger: Client, cast: Cast) -> None:
    html = stranger.post("/near-miss/", typed(cast, photos=[photo() for _ in range(6)])).content.decode()

    assert "Please choose at most five photos." in html


def test_a_wrong_code_opens_nothing(stranger: Client, cast: Cast) -> None:
    report(stranger, typed(cast))

    answer = stranger.post("/near-miss/receipt/", {"code": "AAAA-AAAA-AAAA"})

    assert answer.status_code == 404
    assert "We know no report with this code." in answer.content.decode()


def test_nobody_sends_or_guesses_without_end(stranger: Client, cast: Cast) -> None:
    sent = [stranger.post("/near-miss/", typed(cast)).status_code for _ in range(11)]
    guessed = [stranger.post("/near-miss/receipt/", {"code": "AAAA"}).status_code for _ in range(21)]

    assert (sent[9], sent[10], guessed[19], guessed[20]) == (200, 429, 404, 429)
    assert Client(REMOTE_ADDR="203.0.113.78").post("/near-miss/", typed(cast)).status_code == 200


def test_pages_are_never_kept_by_a_browser_and_the_code_is_in_no_address(stranger: Client, cast: Cast) -> None:
    answer = stranger.post("/near-miss/", typed(cast))

    assert "no-store" in answer["Cache-Control"]
    assert stranger.get("/near-miss/receipt/").status_code == 405
    assert answer.status_code == 200  # no redirect, which would have to carry the code along


def test_the_page_shows_no_name_to_the_next_at_the_device(cast: Cast) -> None:
    client = Client()
    client.force_login(cast.operator)

    for path in ("/near-miss/", "/near-miss/code/"):
        assert str(cast.operator) not in client.get(path).content.decode()


def test_it_needs_few_statements(stranger: Client, cast: Cast, django_assert_max_num_queries) -> None:
    code = report(stranger, typed(cast))
    with django_assert_max_num_queries(2):
        stranger.get("/near-miss/")
    with django_assert_max_num_queries(4):
        stranger.post("/near-miss/receipt/", {"code": code})
