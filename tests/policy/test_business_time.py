"""Working time: examples a person can check on a calendar, then properties over random calendars, zones and spans."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.policy.business_time import Calendar, ClosedDays, ClosedSpan, add, is_open, measure

TOKYO = ZoneInfo("Asia/Tokyo")
NEW_YORK = ZoneInfo("America/New_York")
BERLIN = ZoneInfo("Europe/Berlin")
HOUR = timedelta(hours=1)
OFFICE = ((time(9), time(12)), (time(13), time(18)))
ALWAYS = ((time(0), time(0)),)
YEAR_END = ClosedSpan(date(2026, 12, 29), date(2027, 1, 3), every_year=True)
OBON = ClosedSpan(date(2026, 8, 13), date(2026, 8, 16), every_year=True)


def weekdays(hours, weekend=()):
    return (hours, hours, hours, hours, hours, weekend, weekend)


OFFICE_HOURS = Calendar(TOKYO, weekdays(OFFICE), ClosedDays("JP", (YEAR_END, OBON)))


def tokyo(*parts):
    return datetime(*parts, tzinfo=TOKYO)


# --- a Japanese office ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "hours", "due"),
    [
        (tokyo(2026, 11, 25, 9), 2, tokyo(2026, 11, 25, 11)),
        (tokyo(2026, 11, 25, 11), 2, tokyo(2026, 11, 25, 14)),  # over lunch
        (tokyo(2026, 11, 25, 12, 30), 1, tokyo(2026, 11, 25, 14)),  # begun in the lunch break
        (tokyo(2026, 11, 25, 9), 3, tokyo(2026, 11, 25, 12)),  # ends with the morning, not after lunch
        (tokyo(2026, 11, 25, 9), 8, tokyo(2026, 11, 25, 18)),  # a full day ends at closing time
        (tokyo(2026, 11, 25, 17), 2, tokyo(2026, 11, 26, 10)),  # overnight
        (tokyo(2026, 11, 25, 23), 1, tokyo(2026, 11, 26, 10)),  # begun at night
        (tokyo(2026, 11, 20, 17), 2, tokyo(2026, 11, 24, 10)),  # Friday; Monday 23 November is 勤労感謝の日
        (tokyo(2026, 5, 1, 17), 2, tokyo(2026, 5, 7, 10)),  # 憲法記念日 on Sunday 3 May: 振替休日 on Wednesday the 6th
        (tokyo(2026, 9, 18, 17), 2, tokyo(2026, 9, 24, 10)),  # 国民の休日 on 22 September, between two holidays
        (tokyo(2026, 12, 28, 17), 2, tokyo(2027, 1, 4, 10)),  # year-end
        (
            tokyo(2030, 12, 27, 17),
            2,
            tokyo(2031, 1, 6, 10),
        ),  # in another year: Saturday 28 December to Sunday 5 January
        (tokyo(2026, 8, 12, 17), 2, tokyo(2026, 8, 17, 10)),  # お盆
        (tokyo(2026, 11, 25, 9), 80, tokyo(2026, 12, 8, 18)),  # ten business days
    ],
)
def test_office_hours_add_and_measure(start, hours, due):
    assert add(start, hours * HOUR, OFFICE_HOURS) == due
    assert measure(start, due, OFFICE_HOURS) == hours * HOUR


def test_new_years_day_is_a_holiday_without_any_closure():
    calendar = Calendar(TOKYO, weekdays(OFFICE), ClosedDays("JP"))
    assert not is_open(tokyo(2027, 1, 1, 10), calendar)
    assert is_open(tokyo(2026, 12, 31, 10), calendar)


def test_without_a_country_holidays_are_worked():
    assert is_open(tokyo(2026, 11, 23, 10), Calendar(TOKYO, weekdays(OFFICE)))


def test_a_closure_of_one_year_leaves_the_next_year_open():
    calendar = Calendar(TOKYO, weekdays(OFFICE), ClosedDays("", (ClosedSpan(date(2026, 11, 24), date(2026, 11, 25)),)))
    assert not is_open(tokyo(2026, 11, 25, 10), calendar)
    assert is_open(tokyo(2027, 11, 24, 10), calendar)


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (tokyo(2026, 11, 25, 8, 59, 59), False),
        (tokyo(2026, 11, 25, 9), True),
        (tokyo(2026, 11, 25, 12), False),
        (tokyo(2026, 11, 25, 13), True),
        (tokyo(2026, 11, 25, 17, 59, 59, 999_999), True),
        (tokyo(2026, 11, 25, 18), False),
        (tokyo(2026, 11, 28, 10), False),
    ],
)
def test_opening_is_open_and_closing_is_closed(at, expected):
    assert is_open(at, OFFICE_HOURS) is expected


def test_the_answer_is_in_utc_to_the_microsecond():
    due = add(tokyo(2026, 11, 25, 9, 0, 0, 7), HOUR, OFFICE_HOURS)
    assert due.isoformat() == "2026-11-25T01:00:00.000007+00:00"


def test_nothing_to_add_leaves_a_closed_moment_alone():
    assert add(tokyo(2026, 11, 28, 10), timedelta(0), OFFICE_HOURS) == tokyo(2026, 11, 28, 10)


def test_measure_backwards_is_negative():
    assert measure(tokyo(2026, 11, 26, 10), tokyo(2026, 11, 25, 17), OFFICE_HOURS) == -2 * HOUR


def test_without_a_calendar_all_time_counts():
    start = tokyo(2026, 12, 31, 23)
    assert add(start, 2 * HOUR, None) == datetime(2026, 12, 31, 16, tzinfo=UTC)
    assert measure(start, start + 2 * HOUR, None) == 2 * HOUR
    assert is_open(start, None)


# --- midnight ---------------------------------------------------------------------------------------------------------


def test_a_night_shift_runs_through_midnight():
    calendar = Calendar(TOKYO, (((time(22), time(0)), (time(0), time(6))),) * 7)
    assert add(tokyo(2026, 11, 25, 23), 3 * HOUR, calendar) == tokyo(2026, 11, 26, 2)
    assert add(tokyo(2026, 11, 25, 5), 2 * HOUR, calendar) == tokyo(2026, 11, 25, 23)


def test_all_week_open_equals_no_calendar():
    calendar = Calendar(NEW_YORK, (ALWAYS,) * 7)
    start = datetime(2026, 3, 1, tzinfo=UTC)
    assert add(start, timedelta(days=400), calendar) == start + timedelta(days=400)


def test_overlapping_hours_count_once():
    calendar = Calendar(TOKYO, (((time(9), time(15)), (time(12), time(18))),) * 7)
    assert measure(tokyo(2026, 11, 25), tokyo(2026, 11, 26), calendar) == 9 * HOUR


# --- other zones ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        (NEW_YORK, date(2026, 3, 8), 23),
        (NEW_YORK, date(2026, 11, 1), 25),
        (BERLIN, date(2026, 3, 29), 23),
        (BERLIN, date(2026, 10, 25), 25),
        (ZoneInfo("Australia/Lord_Howe"), date(2026, 4, 5), 24.5),  # half an hour of summer time
        (ZoneInfo("America/Havana"), date(2026, 3, 8), 23),  # there is no midnight on this day
        (ZoneInfo("America/Sao_Paulo"), date(2018, 2, 17), 25),  # the clock went back at midnight
        (ZoneInfo("Asia/Kolkata"), date(2026, 3, 8), 24),
        (ZoneInfo("Pacific/Apia"), date(2011, 12, 30), 0),  # Samoa skipped this day
    ],
)
def test_a_day_is_as_long_as_its_wall_clock_makes_it(zone, day, hours):
    calendar = Calendar(zone, (ALWAYS,) * 7, closed=lambda other: other != day)
    noon = datetime.combine(day, time(12), UTC)
    assert measure(noon - timedelta(days=3), noon + timedelta(days=3), calendar) == hours * HOUR


def test_hours_that_the_clock_skips_are_not_worked():
    calendar = Calendar(NEW_YORK, (((time(1), time(4)),),) * 7)
    start = datetime(2026, 3, 8, 1, tzinfo=NEW_YORK)
    assert add(start, 2 * HOUR, calendar) == datetime(2026, 3, 8, 4, tzinfo=NEW_YORK)


def test_hours_that_the_clock_repeats_are_worked_twice():
    calendar = Calendar(BERLIN, (((time(1), time(4)),),) * 7)
    start = datetime(2026, 10, 25, 1, tzinfo=BERLIN)
    assert add(start, 4 * HOUR, calendar) == datetime(2026, 10, 25, 4, tzinfo=BERLIN)


def test_closing_inside_a_repeated_hour_closes_each_time():
    calendar = Calendar(NEW_YORK, (((time(0), time(1, 30)),),) * 7)
    first, second = (datetime(2026, 11, 1, 1, 45, tzinfo=NEW_YORK, fold=fold) for fold in (0, 1))
    between = datetime(2026, 11, 1, 1, 15, tzinfo=NEW_YORK, fold=1)
    assert [is_open(at, calendar) for at in (first, between, second)] == [False, True, False]


def test_a_half_hour_zone():
    kolkata = ZoneInfo("Asia/Kolkata")
    due = add(datetime(2026, 11, 25, 17, 30, tzinfo=kolkata), HOUR, Calendar(kolkata, (OFFICE,) * 7))
    assert due == datetime(2026, 11, 26, 4, tzinfo=UTC)


# --- refusals ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "calendar",
    [
        Calendar(TOKYO, ((),) * 7),
        Calendar(TOKYO, weekdays(OFFICE), ClosedDays("", (ClosedSpan(date(2026, 1, 1), date(2026, 12, 31), True),))),
    ],
)
def test_a_calendar_that_never_opens_is_named_instead_of_searched_for_ever(calendar):
    with pytest.raises(ValueError, match="no open hour"):
        add(tokyo(2026, 11, 25, 9), HOUR, calendar)
    assert measure(tokyo(2026, 1, 1), tokyo(2027, 1, 1), calendar) == timedelta(0)


def test_a_negative_span_is_refused():
    with pytest.raises(ValueError, match="negative"):
        add(tokyo(2026, 11, 25, 9), -HOUR, OFFICE_HOURS)


@pytest.mark.parametrize("calendar", [None, OFFICE_HOURS])
def test_a_naive_moment_is_refused(calendar):
    naive = datetime(2026, 11, 25, 9)
    with pytest.raises(ValueError, match="time zone"):
        add(naive, HOUR, calendar)
    with pytest.raises(ValueError, match="time zone"):
        measure(naive, tokyo(2026, 11, 25), calendar)
    with pytest.raises(ValueError, match="time zone"):
        is_open(naive, calendar)


def test_calendars_are_equal_and_hashable_by_what_they_say():
    twin = Calendar(ZoneInfo("Asia/Tokyo"), weekdays(OFFICE), ClosedDays("JP", (YEAR_END, OBON)))
    add(tokyo(2026, 11, 25, 9), HOUR, twin)  # what a calendar has remembered is no part of it
    assert twin == OFFICE_HOURS
    assert hash(twin) == hash(OFFICE_HOURS)


# --- properties -------------------------------------------------------------------------------------------------------

ZONES = [
    "Asia/Tokyo", "America/New_York", "Europe/Berlin", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe",
    "America/Havana", "America/Sao_Paulo", "Pacific/Apia", "UTC",
]  # fmt: skip
CLOSURES = st.builds(
    lambda first, days, yearly: ClosedSpan(first, first + timedelta(days=days), yearly),
    st.dates(date(2020, 1, 1), date(2028, 1, 1)),
    st.integers(0, 20),
    st.booleans(),
)


@st.composite
def one_days_hours(draw):
    edges = sorted(draw(st.sets(st.integers(0, 96), max_size=6)))  # quarters of an hour
    quarters = list(zip(edges[::2], edges[1::2], strict=False))
    return tuple((time(a // 4, a % 4 * 15), time(b // 4 % 24, b % 4 * 15)) for a, b in quarters)


@st.composite
def calendars(draw):
    some_day = draw(st.integers(0, 6))
    weekly = [draw(one_days_hours()) for _ in range(7)]
    weekly[some_day] = weekly[some_day] or OFFICE
    closed = ClosedDays(draw(st.sampled_from(["", "JP"])), tuple(draw(st.lists(CLOSURES, max_size=2))))
    return Calendar(ZoneInfo(draw(st.sampled_from(ZONES))), tuple(weekly), closed)


UNHURRIED = settings(deadline=None)  # a fresh calendar first has to read the days between two distant moments
CALENDARS = st.none() | calendars()
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))
SPANS = st.timedeltas(timedelta(0), timedelta(days=12))


@UNHURRIED
@given(CALENDARS, MOMENTS, SPANS)
def test_what_was_added_is_measured(calendar, start, span):
    due = add(start, span, calendar)
    assert due >= start
    assert due.tzinfo is UTC
    assert measure(start, due, calendar) == span


@UNHURRIED
@given(CALENDARS, MOMENTS, SPANS)
def test_nothing_becomes_due_while_closed(calendar, start, span):
    due = add(start, span, calendar)
    assert span == timedelta(0) or is_open(due - timedelta(microseconds=1), calendar)


@UNHURRIED
@given(CALENDARS, MOMENTS, SPANS, SPANS)
def test_adding_in_two_steps_is_adding_at_once(calendar, start, first, second):
    assert add(add(start, first, calendar), second, calendar) == add(start, first + second, calendar)


@UNHURRIED
@given(CALENDARS, MOMENTS, MOMENTS | SPANS, SPANS, SPANS)
def test_later_or_longer_is_never_due_sooner(calendar, start, other, first, second):
    later = start + other if isinstance(other, timedelta) else max(start, other)
    start = min(start, later)
    shorter, longer = sorted([first, second])
    assert add(start, shorter, calendar) <= add(start, longer, calendar)
    assert add(start, shorter, calendar) <= add(later, shorter, calendar)


@UNHURRIED
@given(CALENDARS, MOMENTS, MOMENTS, MOMENTS)
def test_measuring_is_additive_in_any_order(calendar, one, two, three):
    assert measure(one, two, calendar) + measure(two, three, calendar) == measure(one, three, calendar)


@UNHURRIED
@given(calendars(), st.integers(0, 8 * 365 * 24 * 4), st.integers(0, 12 * 24 * 4))
def test_measuring_agrees_with_looking_at_the_wall_clock_every_quarter(calendar, begins, quarters):
    quarter = timedelta(minutes=15)
    start = datetime(2020, 1, 1, tzinfo=UTC) + begins * quarter

    def shows_open(at):
        wall = at.astimezone(calendar.zone)
        return not calendar.closed(wall.date()) and any(
            opens <= wall.time() and (wall.time() < closes or closes == time(0))
            for opens, closes in calendar.weekly[wall.weekday()]
        )

    moments = [start + index * quarter for index in range(quarters)]
    assert [is_open(at, calendar) for at in moments] == [shows_open(at) for at in moments]
    assert measure(start, start + quarters * quarter, calendar) == quarter * sum(map(shows_open, moments))
