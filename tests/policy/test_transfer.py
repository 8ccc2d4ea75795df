"""Calendars of a draft as a table: rows are named by version, calendar and start; a published version refuses them."""

import pytest
import tablib
from django.utils import translation

from apps.people.models import User
from apps.people.transfer.table import lines
from apps.policy.models import Closure, OpenHours, Version
from apps.policy.seed import seed_policy
from apps.policy.transfer import Closures, OpeningHours

HOURS = ["ポリシーの版", "営業カレンダー", "曜日", "始業", "終業"]


@pytest.fixture
def draft(db) -> Version:
    with translation.override("ja"):
        seed_policy()
    return Version.objects.current().copy_as_draft()


def run(table, headings, rows, *, dry_run=False):
    with translation.override("ja"):
        one = table(user=User.objects.clock())
        result = one.import_data(
            tablib.Dataset(*rows, headers=list(headings)),
            dry_run=dry_run,
            rollback_on_validation_errors=True,
            file_name="暦.csv",
        )
        return [(line.outcome, [str(sentence) for _column, sentence in line.refusals]) for line in lines(one, result)]


def test_a_drafts_hours_are_added_and_changed_with_their_history(draft):
    calendar = draft.calendars.first()
    first = calendar.hours.first()
    number, name = str(draft.number), calendar.name
    new = [number, name, "日曜日", "９：００", "24:00"]
    changed = [number, name, str(first.get_weekday_display()), f"{first.opens:%H:%M}", "23:00"]
    with translation.override("ja"):
        changed[2] = str(first.get_weekday_display())

    assert run(OpeningHours, HOURS, [new, changed], dry_run=True) == [("new", []), ("changed", [])]
    assert not calendar.hours.filter(weekday=6).exists()
    assert run(OpeningHours, HOURS, [new, changed]) == [("new", []), ("changed", [])]

    sunday = OpenHours.objects.get(calendar=calendar, weekday=6)
    first.refresh_from_db()
    assert (f"{sunday}", f"{first.closes:%H:%M}") == (f"{sunday.get_weekday_display()} 09:00–00:00", "23:00")
    assert sunday.history.get().history_change_reason == "暦.csvから取り込み"
    assert run(OpeningHours, HOURS, [new, changed]) == [("unchanged", []), ("unchanged", [])]


def test_a_published_version_is_not_imported_into(draft):
    published = Version.objects.current()
    row = [str(published.number), published.calendars.first().name, "日曜日", "09:00", "12:00"]
    before = OpenHours.objects.count()

    [(outcome, sentences)] = run(OpeningHours, HOURS, [row])

    assert outcome == "refused"
    assert sentences == [
        f"バージョン{published.number}は公開済みのため変更できません。下書きとしてコピーしてください。"
    ]
    assert OpenHours.objects.count() == before


def test_a_calendar_that_is_not_there_and_a_closure_that_ends_early_are_refused_and_keep_the_others_out(draft):
    name = draft.calendars.first().name
    headings = ["Policy version", "Business calendar", "Name", "First day", "Last day", "Every year"]
    rows = [
        [str(draft.number), name, "創立記念日", "2027/6/1", "2027年6月1日", "はい"],
        [str(draft.number), "ない暦", "休み", "2027-06-02", "2027-06-02", ""],
        [str(draft.number), name, "棚卸し", "2027-06-03", "2027-06-02", ""],
    ]
    found = run(Closures, headings, rows)
    assert [outcome for outcome, _sentences in found] == ["new", "refused", "refused"]
    assert found[1][1] == [f"ポリシーの版{draft.number}に「ない暦」という営業カレンダーはありません。"]
    assert not Closure.objects.filter(name="創立記念日").exists()
    assert run(Closures, headings, rows[:1]) == [("new", [])]
    assert Closure.objects.get(name="創立記念日").every_year
