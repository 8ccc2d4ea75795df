"""What one version changes against another, in words."""

from __future__ import annotations

from datetime import date, time

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

from apps.policy.difference import Change, Item, Kind, Section, difference, read

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def english():
    with override("en"):
        yield


def found(old, new):
    return difference(*read(old, new))


def test_a_copy_differs_in_nothing(published, draft):
    assert found(published, draft) == []


def test_cells_and_rows_before_and_after(published, draft):
    draft.cells.filter(impact="ALL", urgency="HIGH").update(priority="P2")
    draft.rows.filter(priority="P2").update(first_line_limit=90, calendar=draft.calendars.get(), alert_head=True)
    assert found(published, draft) == [
        Section(
            "Priority by impact and urgency",
            (Item(Kind.CHANGED, "everyone × high", (Change("Priority", "P1 highest", "P2 high"),)),),
        ),
        Section(
            "Limits and destinations",
            (
                Item(
                    Kind.CHANGED,
                    "P2 high",
                    (
                        Change("First-line limit (min)", "1 h", "1 h 30 min"),
                        Change("Tell the person responsible as well", "No", "Yes"),
                        Change("Business calendar", "around the clock", "平日 9–18時"),
                    ),
                ),
            ),
        ),
    ]


def test_the_rungs_of_a_ladder_line_by_line(published, draft):
    ladder = draft.ladders.get(name="P1 エスカレーションパス")
    ladder.rungs.filter(position=2).update(wait=20)
    ladder.rungs.filter(position=3).delete()
    assert found(published, draft) == [
        Section(
            "Escalation paths",
            (
                Item(
                    Kind.CHANGED,
                    "P1 エスカレーションパス",
                    (
                        Change(
                            "rung 2",
                            "the team's Lead, 10 min to accept, phone call, chat, ticket",
                            "the team's Lead, 20 min to accept, phone call, chat, ticket",
                        ),
                        Change("rung 3", "the head of the department, 15 min to accept, phone call, chat, ticket", ""),
                    ),
                ),
            ),
        )
    ]


def test_hours_and_closures_of_a_calendar(published, draft):
    calendar = draft.calendars.get()
    calendar.hours.filter(weekday=0, opens=time(9)).update(opens=time(8, 30))
    calendar.hours.create(weekday=5, opens=time(22), closes=time(0))
    calendar.closures.filter(name="お盆").delete()
    calendar.closures.create(name="棚卸", starts_on=date(2026, 11, 26), ends_on=date(2026, 11, 27))
    assert found(published, draft) == [
        Section(
            "Business calendars",
            (
                Item(
                    Kind.CHANGED,
                    "平日 9–18時",
                    (
                        Change("Monday", "9:00–12:00, 13:00–18:00", "8:30–12:00, 13:00–18:00"),
                        Change("お盆", "August 13–August 16 every year", ""),
                        Change("Saturday", "", "22:00–24:00"),
                        Change("棚卸", "", "Thu 26 Nov 2026–Fri 27 Nov 2026"),
                    ),
                ),
            ),
        )
    ]


def test_added_and_removed_triggers_and_checklist_items_say_what_they_are(published, draft):
    draft.triggers.exclude(flag="REFUND").delete()
    published_items = draft.checklist.filter(verb="ESCALATE")
    published_items.filter(position=1).delete()
    draft.triggers.create(name="停電 → 設備", words="停電\n断水", position=9)
    triggers, checklists = found(published, draft)
    assert triggers.title == "Triggers"
    assert [(item.kind, item.name) for item in triggers.items] == [
        (Kind.ADDED, "停電 → 設備"),
        (Kind.REMOVED, "法的リスク → 法務"),
        (Kind.REMOVED, "個人情報 → 責任者へ即時"),
        (Kind.REMOVED, "従業員へのハラスメント → リーダーが即時交代"),
        (Kind.REMOVED, "複数のお客様から同じ不具合 → システム障害"),
    ]
    assert Change("Words", "", "停電\n断水") in triggers.items[0].changes
    assert Change("Flag", "legal risk", "") in triggers.items[1].changes
    assert [(item.kind, item.name) for item in checklists.items] == [
        (Kind.REMOVED, "escalate: The facts are written down: who, what, when, where, why, how")
    ]


def test_what_got_another_name_is_one_change_and_no_removal(published, draft):
    draft.ladders.filter(name__startswith="P1").update(name="夜間")
    draft.triggers.filter(position=5).update(name="返金 → 部長")
    rows, ladders, triggers = found(published, draft)
    assert rows.items[0].changes == (Change("Ladder", "P1 エスカレーションパス", "夜間"),)
    assert ladders.items == (Item(Kind.CHANGED, "夜間", (Change("Name", "P1 エスカレーションパス", "夜間"),)),)
    assert triggers.items == (
        Item(Kind.CHANGED, "返金 → 部長", (Change("Name", "返金・補償 → 管理者", "返金 → 部長"),)),
    )


def test_in_japanese_nothing_is_left_in_english(published, draft):
    draft.rows.filter(priority="P2").update(means=["MAIL"], destination_team=None, review_limit=60)
    with override("ja"):
        assert found(published, draft) == [
            Section(
                "期限とエスカレーション先",
                (
                    Item(
                        Kind.CHANGED,
                        "P2 高",
                        (
                            Change("振り返りの期限(分)", "168時間", "1時間"),
                            Change("連絡手段", "チャット、チケット", "メール"),
                        ),
                    ),
                ),
            )
        ]


def test_both_versions_are_read_in_eleven_statements(published, draft):
    with CaptureQueriesContext(connection) as captured:
        found(published, draft)
    assert len(captured) == 11


def test_the_fingerprint_changes_with_any_part(published, draft):
    before = read(draft)[0].fingerprint()
    assert read(draft)[0].fingerprint() == before
    draft.calendars.get().closures.filter(name="お盆").update(every_year=False)
    assert read(draft)[0].fingerprint() != before
