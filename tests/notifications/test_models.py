from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, transaction
from django.utils import translation

from apps.notifications.models import Message

NOW = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "values",
    [
        {"status": "QUEUED", "next_try_at": None},
        {"status": "QUEUED", "claimed_at": NOW},
        {"status": "SENDING", "next_try_at": None, "claimed_at": None},
        {"status": "SENDING", "claimed_at": NOW},
        {"status": "SENT", "next_try_at": None, "sent_at": None},
        {"status": "SENT", "next_try_at": None, "sent_at": NOW, "claimed_at": NOW},
        {"status": "FAILED", "next_try_at": None, "error": ""},
        {"status": "FAILED", "next_try_at": None, "error": "550 no such user", "sent_at": NOW},
        {"address": ""},
    ],
)
def test_the_database_refuses_a_state_that_cannot_be(values: dict, make_message) -> None:
    with pytest.raises(IntegrityError, match="notifications_message_"), transaction.atomic():
        make_message(**values)


@pytest.mark.parametrize(
    "values",
    [
        {"status": "QUEUED"},
        {"status": "SENDING", "next_try_at": None, "claimed_at": NOW},
        {"status": "SENT", "next_try_at": None, "sent_at": NOW},
        {"status": "FAILED", "next_try_at": None, "error": "550 no such user"},
    ],
)
def test_each_state_has_its_moment(values: dict, make_message) -> None:
    assert Message.objects.get(pk=make_message(**values).pk).status == values["status"]


def test_a_message_names_what_it_says_and_to_whom(make_message) -> None:
    message = make_message(subject="件名")
    with translation.override("ja"):
        assert str(message) == "エスカレーション → operator@example.jp"
