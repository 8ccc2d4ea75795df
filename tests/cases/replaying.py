"""A small historical log whose outcome was worked out by hand, and its replay by the command."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

HEADER = "case,at,event,line,team,actor,impact,urgency,category"

# Impact 2 × urgency 2 is P2: around the clock, first response 15 min, first-line limit 60, ladder 15 – 30 – 30, resolution 480,
# status 120, no activity 240, confirmation 3 days, review 7 days; the warnings come after three quarters of that.
LOG = f"""\
{HEADER}
A,2026-03-02T09:00:00+09:00,received,1,Front,Ann,2,2,
A,2026-03-02T09:10:00+09:00,responded,1,Front,Ann,2,2,
A,2026-03-02T09:30:00+09:00,working,2,Second,Bob,2,2,
A,2026-03-02T12:00:00+09:00,working,2,Second,Cid,2,2,
A,2026-03-02T14:00:00+09:00,waiting,2,Second,Cid,2,2,
A,2026-03-03T09:00:00+09:00,working,2,Second,Cid,2,2,
A,2026-03-03T10:15:00+09:00,resolved,2,Second,Cid,2,2,
A,2026-03-07T09:00:00+09:00,closed,2,Second,Bob,2,2,
B,2026-03-02T00:00:00Z,received,1,Front,,SOME,HIGH,
B,2026-03-02 11:00:00,working,2,Second,Bob,SOME,HIGH,
B,2026-03-02T01:30:00-05:00,resolved,3,Third,Dee,SOME,HIGH,
C,2026-03-03T09:00:00+09:00,received,1,Front,Ann,2,2,
C,2026-03-03T09:05:00+09:00,working,2,Second,Bob,2,2,
C,2026-03-03T09:20:00+09:00,working,1,Front,Ann,2,2,
C,2026-03-03T09:25:00+09:00,responded,1,Front,Ann,2,2,
C,2026-03-03T09:30:00+09:00,resolved,1,Front,Ann,2,2,
C,2026-03-03T09:40:00+09:00,closed,1,Front,Ann,2,2,
C,2026-03-03T09:50:00+09:00,working,1,Front,Ann,2,2,
C,2026-03-03T10:00:00+09:00,resolved,1,Front,Ann,2,2,
C,2026-03-03T10:10:00+09:00,closed,1,Front,Eve,2,2,
C,2026-03-03T10:20:00+09:00,resolved,1,Front,Ann,2,2,
C,2026-03-03T10:30:00+09:00,working,1,Front,Ann,2,2,
D,2026-03-04T09:00:00+09:00,received,1,Front,Ann,2,2,
D,2026-03-04T09:05:00+09:00,received,2,Second,,2,2,
D,2026-03-04T09:10:00+09:00,working,1,Front,Eve,2,2,
D,2026-03-04T09:20:00+09:00,responded,1,Front,Eve,2,2,
D,2026-03-04T09:30:00+09:00,working,1,Other,Fay,2,2,
D,2026-03-04T09:40:00+09:00,closed,1,Other,Eve,2,2,
E,yesterday,received,1,Front,Ann,2,2,
E,2026-03-04T09:00:00+09:00,received,9,Front,Ann,2,2,
E,2026-03-04T09:00:00+09:00,exploded,1,Front,Ann,2,2,
,2026-03-04T09:00:00+09:00,received,1,Front,Ann,2,2,
E,too,few

E,2026-03-04T09:00:00+09:00,received,1,,Ann,2,2,
E,2026-03-04T09:00:00+09:00,received,1,Front,Ann,huge,2,
E,2026-03-04T09:00:00+09:00,received,1,Front,Ann,2,soon,
E,9999-12-31T23:59:59Z,received,1,Front,Ann,2,2,
"""
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(content: str | bytes, name: str = "log.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def replay(path: Path, **options: Any) -> dict[str, Any]:
    out = io.StringIO()
    call_command("replay", str(path), json=True, stdout=out, **options)
    answer: dict[str, Any] = json.loads(out.getvalue())
    return answer
