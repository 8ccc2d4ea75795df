"""A case that went out of the writer's sight while they typed: nothing is told of it, and no typed word is lost."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client

from apps.cases import verbs
from apps.cases.admin.bulk import row_value
from tests.cases.adminpages import LIST, door, offered, page_of
from tests.cases.life import Cast, Life

pytestmark = pytest.mark.django_db

WORDS = "折り返しのお電話は15時以降をご希望です。"


@pytest.mark.parametrize("address", ["admin", "desk"])
def test_a_note_for_a_confidential_case_that_was_passed_on_meanwhile_can_be_copied(
    address: str, cast: Cast, life: Life, as_user: Callable[..., Client]
) -> None:
    case, client = life.in_progress(confidential=True, subject="社内の相談"), as_user(cast.kobayashi)
    assert "note" in offered(client.get(page_of(case)).text)
    life.do("escalate", case, by=cast.responder)

    path = door(case, "note") if address == "admin" else f"/cases/{case.number}/note/"
    response = client.post(path, {"text": WORDS, "visibility": "INTERNAL"})

    assert response.status_code == 404
    assert WORDS in response.text
    assert "It was not saved." in response.text
    assert case.subject not in response.text


def test_the_same_is_said_of_a_case_that_never_was(cast: Cast, life: Life, as_user: Callable[..., Client]) -> None:
    secret, client = life.in_progress(confidential=True), as_user(cast.salesmanager)
    answers = [
        client.post(f"{LIST}{pk}/note/", {"text": WORDS, "visibility": "INTERNAL"}) for pk in (secret.pk, 999_999)
    ]
    theirs, none = (re.sub(r'token" value="\w+|/case/\d+/', "", answer.text) for answer in answers)
    assert theirs == none


def test_a_note_on_many_of_which_none_is_open_any_more_can_be_copied(
    cast: Cast, life: Life, as_user: Callable[..., Client]
) -> None:
    case, client = life.in_progress(confidential=True), as_user(cast.kobayashi)
    row = row_value(case.pk, verbs.fingerprint(case))
    life.do("escalate", case, by=cast.responder)

    response = client.post(f"{LIST}bulk/", {"verb": "note", "row": [row], "step": "do", "text": WORDS})

    assert response.status_code == 404
    assert WORDS in response.text
