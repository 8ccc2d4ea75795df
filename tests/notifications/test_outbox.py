import re
from datetime import UTC, datetime, time

import pytest
from django.utils.translation import gettext_lazy

from apps.notifications import outbox
from apps.notifications.models import Key, Message, Why
from apps.notifications.outbox import Notice, Outsider
from apps.people.models import User

NOW = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)
CASE = {
    "number": "ESC-2026-000123",
    "subject": "決済エラー",
    "customer": "株式会社サンプル",
    "priority": "P1",
    "priority_label": "P1-LABEL",
    "state_label": "STATE",
    "level_label": "LEVEL",
    "team": "TEAM",
    "owner": "OWNER-NAME",
    "reporter": "REPORTER-NAME",
    "facts": "FACTS",
    "first_line_did": "DONE-SO-FAR",
    "stuck_on": "STUCK",
    "support_wanted": "WANTED",
    "deadline": datetime(2026, 11, 24, 23, 30, tzinfo=UTC),
    "url": "https://esukare.example.jp/cases/42",
    "reason": "REASON",
    "advice": "ADVICE",
    "resolution": "RESOLUTION",
    "cause": "CAUSE",
    "prevention": "PREVENTION",
    "lesson": "LESSON",
    "thanks": "THANKS",
    "progress": "PROGRESS",
    "clock_label": "CLOCK",
    "actor": "ACTOR-NAME",
    "text": "TEXT-OF-NOTE",
    "files": "FILE-NAMES",
}
ABOUT_A_CASE = sorted(set(Key.values) - {Key.SEALS, Key.NEAR_MISS})
LEAST = {"number": CASE["number"], "subject": CASE["subject"], "url": CASE["url"], "deadline": None, "facts": ""}

OVERVIEW = {
    "number",
    "subject",
    "customer",
    "priority_label",
    "state_label",
    "level_label",
    "team",
    "owner",
    "reporter",
}
SITUATION = {"facts", "first_line_did", "stuck_on"}
SHOWS = {
    Key.ESCALATED: OVERVIEW | SITUATION | {"reason", "support_wanted", "clock_label", "url", "actor"},
    Key.ACCEPTED: OVERVIEW | {"clock_label", "url"},
    Key.SENT_BACK: OVERVIEW | {"advice", "reason", "clock_label", "url", "actor"},
    Key.ASSIGNED: OVERVIEW | SITUATION | {"reason", "support_wanted", "clock_label", "url"},
    Key.HANDED_OVER: OVERVIEW | SITUATION | {"reason", "clock_label", "url", "actor"},
    Key.WARNING: OVERVIEW | {"clock_label", "url"},
    Key.REMINDER: OVERVIEW | {"clock_label", "url", "reason"},
    Key.STATUS: OVERVIEW | {"clock_label", "url", "progress"},
    Key.RESOLVED: OVERVIEW | {"resolution", "cause", "prevention", "url"},
    Key.CONFIRMATION: {"number", "url"},
    Key.REOPENED: OVERVIEW | {"reason", "resolution", "clock_label", "url"},
    Key.REVIEWED: OVERVIEW | {"thanks", "lesson", "prevention", "url"},
    Key.NOTE: OVERVIEW | {"text", "files", "url", "actor"},
    Key.CUSTOMER_NOTE: {"number", "text"},
    Key.MENTIONED: OVERVIEW | {"text", "clock_label", "url", "actor"},
    Key.ALARM: OVERVIEW | SITUATION | {"reason", "clock_label", "url"},
}


def notice(recipients, **values) -> Notice:
    defaults = {"about": "cases.case:42", "key": Key.ESCALATED, "context": CASE, "why": Why.DESTINATION}
    return Notice(recipients=recipients, **(defaults | values))


# --- every template, in both languages -------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("key", ABOUT_A_CASE)
def test_a_full_context_shows_in_full(key: str, language: str) -> None:
    mail = outbox.render(notice([], key=key, why=Why.OWNER), language, "Asia/Tokyo")

    text = f"{mail.subject}\n{mail.body}"
    texts = CASE.keys() - {"priority", "deadline"}
    assert {name for name in texts if CASE[name] in text} == SHOWS[key]
    assert CASE["number"] in mail.subject


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("key", ABOUT_A_CASE)
@pytest.mark.parametrize("context", [CASE, LEAST], ids=["full", "least"])
def test_no_template_leaves_a_hole(context: dict, key: str, language: str) -> None:
    for why in Why:
        mail = outbox.render(notice([], key=key, why=why, context=context), language, "Asia/Tokyo")
        assert_whole(f"{mail.subject}\n{mail.body}")


def assert_whole(text: str) -> None:
    assert not re.search(r"\{[{%]|None|why|\(\)|（）|「」|【/|\[ ?/|\n\n\n| $", text, re.MULTILINE)
    assert not re.search(r"^■.*\n(\n|■|\Z)", text, re.MULTILINE), "a heading without its section"
    assert not re.search(r"[:：]\s*$", text, re.MULTILINE), "a label without its value"
    assert re.search(r"^■ (このメールが届いた理由|Why you received this)\n\S", text, re.MULTILINE)


@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_reason_is_a_sentence_of_its_own(language: str) -> None:
    sentences = {outbox.render(notice([], why=other), language, "Asia/Tokyo").body for other in Why}

    assert len(sentences) == len(Why)


@pytest.mark.parametrize(
    ("priority", "language", "subject"),
    [
        ("P1", "ja", "緊急案件エスカレーション【株式会社サンプル/ESC-2026-000123】"),
        ("P2", "ja", "緊急案件エスカレーション【株式会社サンプル/ESC-2026-000123】"),
        ("P3", "ja", "案件エスカレーション【株式会社サンプル/ESC-2026-000123】"),
        ("P4", "en", "Escalation [株式会社サンプル / ESC-2026-000123]"),
    ],
)
def test_only_an_urgent_case_is_called_urgent(priority: str, language: str, subject: str) -> None:
    mail = outbox.render(notice([], context=CASE | {"priority": priority}), language, "Asia/Tokyo")

    assert mail.subject == subject


def test_the_escalation_mail_follows_the_sheet() -> None:
    body = outbox.render(notice([]), "ja", "Asia/Tokyo").body

    assert re.findall("^■ (.*)$", body, re.MULTILINE) == [
        "案件概要",
        "エスカレーションの理由",
        "発生状況",
        "これまでの対応",
        "判断や対応に困っている点",
        "お願いしたいこと",
        "期限",
        "このメールが届いた理由",
    ]


def test_the_customer_sees_nothing_of_the_inside() -> None:
    mail = outbox.render(notice([], key=Key.CONFIRMATION, why=Why.CUSTOMER), "ja", "Asia/Tokyo")

    inside = ["CAUSE", "RESOLUTION", "OWNER-NAME", "REPORTER-NAME", "TEAM", "REASON", "ADVICE", "STATE", "P1-LABEL"]
    assert [word for word in inside if word in mail.subject + mail.body] == []


@pytest.mark.parametrize(
    ("language", "zone", "shown"),
    [
        ("ja", "Asia/Tokyo", "2026年11月25日（水） 08:30 JST"),
        ("en", "Europe/Berlin", "Wed 25 Nov 2026, 00:30 CET"),
        ("en", "America/New_York", "Tue 24 Nov 2026, 18:30 EST"),
    ],
)
def test_a_deadline_reads_in_the_reader_s_zone(language: str, zone: str, shown: str) -> None:
    assert shown in outbox.render(notice([]), language, zone).body


def test_a_line_break_or_markup_in_a_value_stays_where_it_is() -> None:
    context = CASE | {"customer": "A & B\r\nBcc: x@example.com", "facts": "<b>1 行目</b>\n{{ number }}"}

    mail = outbox.render(notice([], context=context), "ja", "Asia/Tokyo")

    assert mail.subject == "緊急案件エスカレーション【A & B Bcc: x@example.com/ESC-2026-000123】"
    assert "<b>1 行目</b>\n{{ number }}\n" in mail.body


def test_a_long_subject_is_cut_to_the_column() -> None:
    mail = outbox.render(notice([], context=CASE | {"customer": "長" * 300}), "ja", "Asia/Tokyo")

    assert (len(mail.subject), mail.subject[-1]) == (200, "…")


# --- put -------------------------------------------------------------------------------------------------------------


def test_put_writes_each_in_their_own_language_and_zone(operator, specialist) -> None:
    context = CASE | {"owner": specialist, "priority_label": gettext_lazy("Yes")}

    messages = outbox.put([notice([operator, specialist, Outsider("kyaku@example.jp", "ja")], context=context)], NOW)

    stored = list(Message.objects.order_by("id"))
    assert messages == stored
    assert [(m.recipient, m.address, m.language) for m in stored] == [
        (operator, "operator@example.jp", "ja"),
        (specialist, "specialist@example.com", "en"),
        (None, "kyaku@example.jp", "ja"),
    ]
    assert ["担当者：Weber Anna" in stored[0].body, "Owner: Anna Weber" in stored[1].body] == [True, True]
    assert ["優先度：はい" in stored[0].body, "Priority: Yes" in stored[1].body] == [True, True]
    assert {(m.about, m.key, m.why, m.status, m.next_try_at, m.created_at, m.attempts) for m in stored} == {
        ("cases.case:42", "escalated", "DESTINATION", "QUEUED", NOW, NOW, 0)
    }


def test_a_person_is_told_once_for_the_first_reason(operator, specialist) -> None:
    notices = [
        notice([operator, operator], why=Why.REPORTER),
        notice([operator, specialist], why=Why.FOLLOWER),
        notice([operator], about="cases.case:43"),
        notice([operator], key=Key.ACCEPTED),
    ]

    messages = outbox.put(notices, NOW)

    assert [(m.about, m.key, m.recipient, m.why) for m in messages] == [
        ("cases.case:42", "escalated", operator, "REPORTER"),
        ("cases.case:42", "escalated", specialist, "FOLLOWER"),
        ("cases.case:43", "escalated", operator, "DESTINATION"),
        ("cases.case:42", "accepted", operator, "DESTINATION"),
    ]


def test_who_has_no_address_or_left_is_passed_over(operator, specialist) -> None:
    operator.email = ""
    specialist.is_active = False

    assert outbox.put([notice([operator, specialist, Outsider("", "ja")])], NOW) == []


@pytest.mark.parametrize("wrong", [{"key": "greeting"}, {"why": "BECAUSE"}])
def test_an_unknown_key_or_reason_stores_nothing(wrong: dict, operator) -> None:
    with pytest.raises(ValueError, match="is not a valid"):
        outbox.put([notice([operator]), notice([operator], about="cases.case:43", **wrong)], NOW)

    assert not Message.objects.exists()


def test_a_thousand_messages_are_one_statement(operator, specialist, django_assert_num_queries) -> None:
    notices = [notice([operator, specialist], about=f"cases.case:{number}") for number in range(500)]

    with django_assert_num_queries(1):
        messages = outbox.put(notices, NOW)

    assert len({message.pk for message in messages}) == 1000


def test_one_rendering_serves_all_who_read_alike(operator, specialist, monkeypatch) -> None:
    rendered = []
    render = outbox.render
    monkeypatch.setattr(outbox, "render", lambda *args: rendered.append(args[1:]) or render(*args))
    crowd = [Outsider(f"{number}@example.jp", "ja") for number in range(5)]

    outbox.put([notice([operator, specialist, *crowd])], NOW)

    assert rendered == [("ja", "Asia/Tokyo"), ("en", "Europe/Berlin")]


@pytest.mark.parametrize(("key", "waits"), [(Key.STATUS, True), (Key.RESOLVED, True), (Key.ESCALATED, False)])
@pytest.mark.django_db
def test_what_only_informs_waits_for_the_end_of_quiet_hours(key, waits):
    night = User.objects.create(
        username="night", email="night@example.jp", quiet_from=time(15), quiet_until=time(17, 30)
    )  # in Tokyo; NOW is 15:30 there

    (message,) = outbox.put([Notice("cases.case:1", key, [night], CASE, Why.REPORTER)], NOW)

    assert message.next_try_at == (datetime(2026, 11, 24, 8, 30, tzinfo=UTC) if waits else NOW)
