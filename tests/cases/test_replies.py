"""Canned replies: a closed list of placeholders, filled in from the case, put into the text before it is sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import translation

from apps.audit.models import Entry
from apps.cases import replies, verbs
from apps.cases.models import CannedReply, Update
from apps.cases.templatetags.case_words import moment
from tests.cases.adminpages import door, open_dialogs
from tests.cases.life import Cast, Life

pytestmark = pytest.mark.django_db

ADMIN = "/admin/cases/cannedreply/"


def reply(**values: Any) -> CannedReply:
    return CannedReply.objects.create(**({"title": "状況のご連絡", "text": "{customer}\n{number}の件です。"} | values))


def test_what_the_case_says_is_filled_in(cast: Cast, life: Life) -> None:
    case = life.in_progress(customer="株式会社サンプル様", place="新宿店")
    text = "{customer} {number} {subject} {owner} {team} {reporter} {place}"

    with translation.override("ja"):
        assert replies.fill_in(text, case) == (
            f"株式会社サンプル様 {case.number} 請求書が二重に届く 鈴木 一郎 サポートリーダー 佐藤 花子 新宿店"
        )
        assert replies.fill_in("{deadline}", case) == moment(min(row.due_at for row in life.clocks(case).values()))
    with translation.override("en"):
        assert replies.fill_in("{customer}, {owner}", case) == "株式会社サンプル, 一郎 鈴木"


def test_what_the_case_does_not_say_becomes_a_readable_word(cast: Cast, life: Life) -> None:
    case = life.receive(by=None, customer="")
    text = "{customer} {owner} {reporter} {place}"

    with translation.override("ja"):
        assert replies.fill_in(text, case) == "お客様 担当者 報告者 該当の場所"
    with translation.override("en"):
        assert (
            replies.fill_in(text, case)
            == "dear customer the person in charge the person who reported it the place in question"
        )
    assert replies.fill_in("{other} {} { number }", case) == "{other} {} { number }"


def test_an_unknown_placeholder_is_refused_by_name() -> None:
    with translation.override("en"), pytest.raises(ValidationError) as refused:
        replies.check("{number} {password}")

    assert refused.value.messages == [
        "There is no placeholder {password}. There are: {number}, {subject}, {customer}, {owner}, {team}, {reporter}, "
        "{deadline}, {place}."
    ]


def test_replies_are_offered_to_everybody_or_to_a_team(cast: Cast, life: Life) -> None:
    case = life.in_progress()
    for_all, _other, ours, _old = (
        reply(title="一"),
        reply(title="二", team=cast.team("technical")),
        reply(title="三", team=cast.team("support-leaders")),
        reply(title="四", is_active=False),
    )

    assert [offer.pk for offer in replies.offered(case, cast.responder)] == [for_all.pk, ours.pk]
    for verb in ("note", "resolve"):
        form = verbs.VERBS[verb].form(case=case, user=cast.responder)
        assert [key for key, _title in form.fields["reply"].choices] == ["", str(for_all.pk), str(ours.pk)]  # type: ignore[attr-defined]
    assert "reply" in verbs.VERBS["send_back"].form(case=life.escalated(), user=cast.responder).fields
    assert "reply" not in verbs.VERBS["escalate"].form(case=case, user=cast.responder).fields


def test_without_scripts_the_text_is_shown_before_it_is_sent(
    cast: Cast, life: Life, as_user: Callable[..., Client]
) -> None:
    case, client = life.in_progress(), as_user(cast.responder)
    chosen = reply(text_en="About {number}.")
    data = {"text": "Hello.", "visibility": "INTERNAL", "reply": chosen.pk}

    html = client.post(door(case, "note"), data).content.decode()

    assert open_dialogs(html) == ["note"]
    assert f"Hello.\nAbout {case.number}.</textarea>" in html
    assert "The prepared text has been put in. Please read it and send it then." in html
    assert not Update.objects.filter(verb="note").exists()
    client.post(door(case, "note"), data | {"text": f"Hello.\nAbout {case.number}.", "reply": ""})
    assert Update.objects.get(verb="note").text == f"Hello.\nAbout {case.number}."


# --- their own page ---------------------------------------------------------------------------------------------------


def test_a_lead_writes_a_reply_and_the_journal_knows(cast: Cast, as_user: Callable[..., Client]) -> None:
    client = as_user(cast.lead)
    data = {"title": "お詫び", "title_en": "", "text": "{customer}、{nobody}", "text_en": "", "is_active": "on"}

    refused = client.post(f"{ADMIN}add/", data)
    saved = client.post(f"{ADMIN}add/", data | {"text": "{customer}、申し訳ございません。"})

    assert "There is no placeholder {nobody}." in refused.content.decode()
    assert saved.status_code == 302
    made = CannedReply.objects.get()
    assert Entry.objects.filter(subject=f"cases.cannedreply:{made.pk}").count() == 1
    assert made.history.count() == 1


def test_who_may_edit_replies(cast: Cast, as_user: Callable[..., Client]) -> None:
    made = reply()
    found = {}
    for who in ("lead", "manager", "policy", "responder", "auditor", "operator"):
        client = as_user(getattr(cast, who))
        found[who] = (
            client.get(ADMIN).status_code,
            client.get(f"{ADMIN}add/").status_code,
            client.post(f"{ADMIN}{made.pk}/delete/", {"post": "yes"}).status_code,
            client.post(f"{ADMIN}{made.pk}/history/{made.history.get().pk}/").status_code,
        )

    assert found == {
        "lead": (200, 200, 403, 405),
        "manager": (200, 200, 403, 405),
        "policy": (200, 200, 403, 405),
        "responder": (200, 403, 403, 405),
        "auditor": (200, 403, 403, 403),
        "operator": (302, 302, 302, 302),
    }
    assert CannedReply.objects.filter(pk=made.pk).exists()
