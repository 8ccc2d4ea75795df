"""Reading a historical log: moments and their offsets, order, encodings, columns, limits, both formats."""

import gzip
from datetime import UTC, datetime
from pathlib import Path

import pytest

from apps.cases.replay import log

HEADER = "case,at,event,line,team,actor,impact,urgency,category"
LOG = f"""\
{HEADER}
A,2026-03-02T09:00:00+09:00,received,1,窓口,Ann,2,2,
E,yesterday,received,1,窓口,Ann,2,2,
B,2026-03-02T00:30:00Z,received,1,窓口,,SOME,HIGH,
C,2026-03-02T11:00:00+09:00,received,1,窓口,Ann,全体,重大,
A,2026-03-02T12:00:00+09:00,resolved,1,窓口,Ann,2,2,
"""


def read(
    folder: Path, content: str | bytes, name: str = "log.csv", format: str = "neutral", limit: int | None = None
) -> log.Log:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return log.read(path, format, limit)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-02T09:00:00+09:00", datetime(2026, 3, 2, 0, 0, tzinfo=UTC)),
        ("2026-03-02T09:00:00Z", datetime(2026, 3, 2, 9, 0, tzinfo=UTC)),
        ("2026-03-02T09:00:00", datetime(2026, 3, 2, 0, 0, tzinfo=UTC)),  # in settings.TIME_ZONE
        ("2026-03-02 09:00", datetime(2026, 3, 2, 0, 0, tzinfo=UTC)),
        ("2026-03-02T09:00:00.250+05:30", datetime(2026, 3, 2, 3, 30, 0, 250_000, tzinfo=UTC)),
        ("2026-10-25T02:30:00+02:00", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),  # the hour that Berlin has twice
        ("2026-10-25T02:30:00+01:00", datetime(2026, 10, 25, 1, 30, tzinfo=UTC)),
        (
            "2026-03-08T01:59:59-05:00",
            datetime(2026, 3, 8, 6, 59, 59, tzinfo=UTC),
        ),  # the last second before New York's gap
        ("2026-03-08T03:00:00-04:00", datetime(2026, 3, 8, 7, 0, tzinfo=UTC)),
    ],
)
def test_moments_are_read_with_their_offset(tmp_path: Path, text: str, moment: datetime) -> None:
    found = read(tmp_path, f"{HEADER}\nA,{text},received,1,Front,Ann,3,3,\n")

    assert [event.at for event in found.events] == [moment]
    assert found.bad_lines == []


def test_events_are_played_in_the_order_of_time_and_at_one_moment_in_that_of_the_file(tmp_path: Path) -> None:
    at = "2026-03-02T09:00:00+09:00"
    lines = [f"A,{at},working,1,Front,Ann,3,3,", "B,2026-03-01T09:00:00+09:00,received,1,Front,Ann,3,3,",
             f"A,{at},responded,1,Front,Ann,3,3,"]  # fmt: skip

    found = read(tmp_path, "\n".join([HEADER, *lines]))

    assert [(event.case, event.name, event.line_number) for event in found.events] == [
        ("B", "received", 3), ("A", "working", 2), ("A", "responded", 4),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("log.csv", LOG.encode()),
        ("log.csv.gz", gzip.compress(LOG.encode())),
        ("log.csv", LOG.encode("utf-8-sig")),
        ("log.csv.gz", gzip.compress(LOG.encode("utf-8-sig"))),
        ("log.csv", LOG.replace("\n", "\r\n").encode()),
    ],
    ids=["plain", "gz", "BOM", "gz with BOM", "CRLF"],
)
def test_all_these_are_the_same_log(tmp_path: Path, name: str, content: bytes) -> None:
    found = read(tmp_path, content, name)

    assert (len(found.events), [line.line_number for line in found.bad_lines]) == (4, [3])
    assert (found.events[0].case, found.events[0].team, found.events[0].line_number) == ("A", "窓口", 2)


def test_columns_may_come_in_any_order_with_others_between(tmp_path: Path) -> None:
    text = (
        "note,urgency,impact,actor,team,line,event,at,case,category\n,2,1,Ann,Front,1,received,2026-03-02T09:00Z,A,\n"
    )

    (event,) = read(tmp_path, text).events

    assert (event.case, event.team, event.actor, event.impact, event.urgency) == ("A", "Front", "Ann", "ALL", "HIGH")


def test_a_limit_takes_the_first_cases_of_the_file_with_all_their_events(tmp_path: Path) -> None:
    found = read(tmp_path, LOG, limit=2)

    assert [(event.case, event.line_number) for event in found.events] == [("A", 2), ("B", 4), ("A", 6)]


def test_bpi_2013_is_read_by_its_own_words(tmp_path: Path) -> None:
    text = (
        "case,org:group,org:resource,impact,lifecycle:transition,time:timestamp,concept:name\n"
        "1-1,V5 3rd,Ola,Major,Awaiting Assignment,2012-05-01T08:00:00+02:00,Queued\n"
        "1-1,G96,Ola,Medium,In Progress,2012-05-01T09:00:00+02:00,Accepted\n"
        "1-1,D5 2nd,,Low,Wait - User,2012-05-01T10:00:00+02:00,Accepted\n"
        "1-1,G96,Ola,High,Closed,2012-05-01T11:00:00+02:00,Completed\n"
        "1-1,G96,Ola,High,Unmatched,2012-05-01T12:00:00+02:00,Unmatched\n"
    )

    found = read(tmp_path, text, format="bpi2013")

    assert [(event.name, event.line, event.impact, event.urgency, event.actor) for event in found.events] == [
        ("received", 3, "ALL", "CRITICAL", "Ola"),
        ("responded", 1, "SOME", "MEDIUM", "Ola"),
        ("waiting", 2, "ONE", "LOW", ""),
        ("closed", 1, "SOME", "HIGH", "Ola"),
    ]
    assert [line.line_number for line in found.bad_lines] == [6]
