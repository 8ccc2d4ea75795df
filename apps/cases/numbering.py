"""The numbers of cases: ESC-<year>-<six digits>, without a gap in the order in which they are written."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection
from django.utils import timezone

from apps.cases.models import Case


def give_numbers(cases: Sequence[Case]) -> None:
    """Give ESC-<year>-<six digits>, the year by settings.TIME_ZONE; the counter's row makes others wait."""
    zone = timezone.get_default_timezone()
    by_year: dict[int, list[Case]] = {}
    for case in cases:
        by_year.setdefault(case.received_at.astimezone(zone).year, []).append(case)
    with connection.cursor() as cursor:
        for year, of_year in sorted(by_year.items()):
            cursor.execute(
                "INSERT INTO cases_counter (year, last) VALUES (%s, %s) "
                "ON CONFLICT (year) DO UPDATE SET last = cases_counter.last + excluded.last RETURNING last",
                [year, len(of_year)],
            )
            last = cursor.fetchone()[0]
            for offset, case in enumerate(of_year, start=1 - len(of_year)):
                case.number = f"ESC-{year}-{last + offset:06d}"
