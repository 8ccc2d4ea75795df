"""A business calendar month by month."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
import time_machine

from apps.people.models import Role
from apps.policy.models import Closure
from tests.policy import adminpages
from tests.policy.adminpages import page

pytestmark = pytest.mark.django_db


@pytest.fixture
def calendar(draft):
    return draft.calendars.get()


@pytest.fixture
def month(calendar):
    return page("calendar_month", calendar.pk)


def days(response):
    return {day.on: (day.hours, day.reasons) for week in response.context["weeks"] for day in week if day.is_in_month}


def test_a_month_shows_hours_holidays_and_closures(browser, month):
    found = days(browser.get(f"{month}?month=2026-12"))
    assert len(found) == 31
    assert found[date(2026, 12, 1)] == (("9:00–12:00", "13:00–18:00"), ())
    assert found[date(2026, 12, 5)] == ((), ())  # a Saturday
    assert found[date(2026, 12, 29)] == ((), ("年末年始",))


@pytest.mark.parametrize(("language", "name"), [("ja", "文化の日"), ("en", "Culture Day")])
def test_public_holidays_have_their_names_in_the_readers_language(browser, owner, month, language, name):
    owner.language = language
    owner.save()
    browser.cookies["django_language"] = language
    assert days(browser.get(f"{month}?month=2026-11"))[date(2026, 11, 3)] == ((), (name,))


def test_a_yearly_closure_comes_back_across_the_turn_of_the_year(browser, month):
    found = days(browser.get(f"{month}?month=2030-01"))
    assert [on.day for on, (_hours, reasons) in found.items() if "年末年始" in reasons] == [1, 2, 3]


def test_a_week_is_a_row_with_headers_and_today_is_marked(browser, month):
    with time_machine.travel(datetime(2026, 11, 24, 16, tzinfo=UTC), tick=False):  # the 25th in Japan
        text = " ".join(browser.get(month).text.split())
    assert '<th scope="col"><abbr title="Sunday">Sun</abbr></th>' in text
    assert text.count('aria-current="date"') == 1
    assert 'aria-current="date"> <a class="ek-day" href="?month=2026-11&amp;day=2026-11-25#closure"' in text
    assert 'href="?month=2026-10">Previous month' in text
    assert 'href="?month=2026-12">Next month' in text


@pytest.mark.parametrize("nonsense", ["2026-13", "x", "0000-01", "９９９９-01"])
def test_a_month_that_is_none_shows_this_one(browser, month, nonsense):
    with time_machine.travel(datetime(2026, 11, 24, 3, tzinfo=UTC), tick=False):
        assert browser.get(month, {"month": nonsense}).context["first"] == date(2026, 11, 1)


def test_a_closure_is_added_from_the_month(browser, month, calendar, owner):
    data = {"name": "棚卸", "starts_on": "2027-02-01", "ends_on": "2027-02-02"}
    response = browser.post(month, data, follow=True)
    assert response.redirect_chain == [(f"{month}?month=2027-02", 302)]
    assert days(response)[date(2027, 2, 2)] == ((), ("棚卸",))
    closure = calendar.closures.get(name="棚卸")
    assert (closure.starts_on, closure.ends_on, closure.every_year) == (date(2027, 2, 1), date(2027, 2, 2), False)
    assert closure.history.get().history_user_id == owner.pk


def test_a_closure_that_ends_before_it_begins_is_refused_and_kept_on_the_page(browser, month):
    count = Closure.objects.count()
    data = {"name": "棚卸", "starts_on": "2027-02-02", "ends_on": "2027-02-01"}
    text = browser.post(month, data).text
    assert "The last day must not be before the first day." in text
    assert 'value="棚卸"' in text
    assert Closure.objects.count() == count


def test_a_published_calendar_offers_no_form(browser, published):
    text = browser.get(page("calendar_month", published.calendars.get().pk)).text
    assert 'id="closure"' not in text
    assert "Version 1 is published: its calendar is for reading." in text


def test_an_auditor_looks_and_is_offered_no_form(draft, second_line, month):
    client = adminpages.signed_in(adminpages.person(Role.AUDITOR, team=second_line))
    assert 'id="closure"' not in client.get(month).text


def test_the_statements_do_not_grow_with_the_closures(browser, month, calendar):
    few = adminpages.statements(browser, month)
    for number in range(1, 20):
        on = date(2026, 11, number)
        calendar.closures.create(name=f"休み{number}", starts_on=on, ends_on=on)
    assert (few, adminpages.statements(browser, month)) == (6, 6)
