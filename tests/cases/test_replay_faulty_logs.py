"""Historical logs that are no good: lines are named and passed over, unreadable files refused as a whole."""

import gzip
from pathlib import Path

import pytest
from django.core.management import CommandError

from tests.cases.life import Cast, everything
from tests.cases.replaying import HEADER, LOG, Write, replay


@pytest.mark.parametrize(
    "line",
    [
        f"{'A' * 300},2026-03-02T09:00:00+09:00,received,1,Front,Ann,3,3,",
        f"A,2026-03-02T09:00:00+09:00,received,1,{'T' * 300},Ann,3,3,",
        f"A,2026-03-02T09:00:00+09:00,received,1,Front,{'P' * 300},3,3,",
        "A,2026-03-02T09:00:00+09:00,received,1,Fr\0nt,Ann,3,3,",
        "A,0001-01-01T00:00:00+09:00,received,1,Front,Ann,3,3,",
        "A,9999-12-31T23:59:59Z,received,1,Front,Ann,3,3,",
        "A,2026-03-02T09:00:00+09:00,received,²,Front,Ann,3,3,",
    ],
    ids=["long case", "long team", "long person", "NUL", "year 1", "year 9999", "superscript"],
)
def test_a_line_that_the_database_could_not_hold_is_malformed(cast: Cast, write: Write, line: str) -> None:
    good = "B,2026-03-02T09:00:00+09:00,received,1,Front,Ann,3,3,"

    answer = replay(write(f"{HEADER}\n{line}\n{good}\n"))

    assert [each["line_number"] for each in answer["malformed_lines"]] == [2]
    assert (answer["cases"], answer["events"]) == (1, 1)


def test_a_log_without_events_does_nothing(cast: Cast, write: Write) -> None:
    answer = replay(write(f"{HEADER}\n"))

    assert (answer["events"], answer["cases"], answer["states"]) == (0, 0, {})


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("log.csv", b""),
        ("log.csv", LOG.replace(",team,", ",group,", 1).encode()),
        ("log.csv", LOG.encode() + b"A,2026-03-02T09:00:00Z,received,1,\x83\x5c\xff,Ann,3,3,\n"),
        ("log.csv", LOG.encode("utf-16")),
        ("log.csv.gz", LOG.encode()),
        ("log.csv.gz", gzip.compress(LOG.encode())[:-20]),
    ],
    ids=["empty", "column missing", "not UTF-8 at the end", "UTF-16", "not gzipped", "gzip cut off"],
)
def test_an_unreadable_file_is_refused_before_anything_is_written(
    cast: Cast, write: Write, name: str, content: bytes
) -> None:
    before = everything()

    with pytest.raises(CommandError):
        replay(write(content, name))

    assert everything() == before


def test_a_file_that_is_not_there_is_refused(cast: Cast, tmp_path: Path) -> None:
    before = everything()

    for path in (tmp_path / "nowhere.csv", tmp_path):
        with pytest.raises(CommandError):
            replay(path)

    assert everything() == before
