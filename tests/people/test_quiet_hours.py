"""When a person wants to be left in peace."""

from datetime import UTC, datetime, time

import pytest

from apps.people.models import User

TOKYO_23, TOKYO_5, TOKYO_12 = (datetime(2026, 11, day, hour, tzinfo=UTC) for day, hour in ((24, 14), (24, 20), (24, 3)))


def quiet(start: time | None, end: time | None, zone: str = "Asia/Tokyo") -> User:
    return User(username="x", quiet_from=start, quiet_until=end, time_zone=zone)


@pytest.mark.parametrize(
    ("at", "ends_at"),
    [
        (TOKYO_23, datetime(2026, 11, 24, 21, 0, tzinfo=UTC)),  # 6:00 the next morning in Tokyo
        (TOKYO_5, datetime(2026, 11, 24, 21, 0, tzinfo=UTC)),
        (TOKYO_12, None),
        (datetime(2026, 11, 24, 21, 0, tzinfo=UTC), None),  # the end does not count
        (datetime(2026, 11, 24, 13, 0, tzinfo=UTC), datetime(2026, 11, 24, 21, 0, tzinfo=UTC)),  # the start does
    ],
)
def test_over_midnight(at: datetime, ends_at: datetime | None) -> None:
    assert quiet(time(22), time(6)).quiet_ends_at(at) == ends_at


def test_within_a_day() -> None:
    lunch = quiet(time(12), time(13))
    assert lunch.quiet_ends_at(TOKYO_12) == datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
    assert lunch.quiet_ends_at(TOKYO_23) is None


def test_in_their_own_zone() -> None:
    assert quiet(time(22), time(6), "Europe/Berlin").quiet_ends_at(TOKYO_23) is None


def test_without_any() -> None:
    assert quiet(None, None).quiet_ends_at(TOKYO_23) is None
