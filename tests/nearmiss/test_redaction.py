"""The words and photos of a closed near miss leave for good when two people agree, and the journal still verifies."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.db import IntegrityError, connection, transaction
from django.utils import translation

from apps.audit import redactions, trail
from apps.audit.models import Entry, Redaction, Source
from apps.audit.personal import BLACK
from apps.audit.redactions import Refused
from apps.nearmiss import actions
from apps.nearmiss.models import Message, NearMiss, Photo
from tests.cases.life import NOW, Cast
from tests.cases.redacting import dump

TRACES = ("蓬莱", "秘密の倉庫")


@pytest.fixture
def told(cast: Cast) -> NearMiss:
    """A near miss that names somebody in all that can be written, not closed yet."""
    sheet = {
        "department": cast.team("phone-desk").department,
        "what": "蓬莱さんが転びかけた。",
        "place": "秘密の倉庫",
        "consequence": "蓬莱さんの骨折。",
        "idea": "蓬莱さんに手すりを。",
    }
    actions.report(uuid.uuid4(), sheet, [ContentFile("蓬莱".encode(), name="x.jpg")], now=NOW)
    near_miss = NearMiss.objects.get()
    actions.add(near_miss, "蓬莱さんは無事。", [], now=NOW)
    actions.answer(near_miss, "蓬莱さんに伝えます。", by=cast.admin, now=NOW)
    return near_miss


def redact(cast: Cast, text: str) -> Redaction:
    how = {"now": NOW, "source": Source.ADMIN}
    asked = redactions.request(
        redactions.find(text), by=redactions.person(cast.manager), reason="本人からの請求", **how
    )
    redactions.approve(asked.pk, by=redactions.person(cast.policy), **how)
    redactions.carry_out_approved(NOW)
    asked.refresh_from_db()
    return asked


@pytest.mark.django_db(transaction=True)
def test_nothing_of_it_is_left_and_the_journal_verifies(told: NearMiss, cast: Cast) -> None:
    path = Path(Photo.objects.get().file.path)
    actions.answer(told, "終わりました。", by=cast.admin, now=NOW, closes=True)
    assert all(trace.encode() in dump() for trace in TRACES)

    done = redact(cast, f"#{told.pk}")
    redactions.forget()

    assert (done.state, done.error) == ("DONE", "")
    assert [trace for trace in TRACES if trace.encode() in dump()] == []
    assert not path.exists()
    told.refresh_from_db()
    assert (told.what, told.place, told.consequence, told.idea) == (BLACK,) * 4
    assert set(Message.objects.values_list("text", flat=True)) == {BLACK}
    entry = Entry.objects.filter(subject=trail.subject_of(told)).latest("sequence")
    assert (entry.action, entry.actor) == ("redact", trail.actor_of(cast.policy))
    assert trail.verify().faults == []


@pytest.mark.django_db
def test_one_that_is_not_closed_keeps_its_words(told: NearMiss, cast: Cast) -> None:
    with translation.override("en"), pytest.raises(Refused, match=f"Near miss #{told.pk} is not closed yet"):
        redact(cast, f"#{told.pk}")


@pytest.mark.django_db
@pytest.mark.parametrize("sql", ["UPDATE nearmiss_message SET text = '█████'", "UPDATE nearmiss_photo SET file = ''"])
def test_without_an_approved_redaction_the_database_refuses(sql: str, told: NearMiss) -> None:
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
