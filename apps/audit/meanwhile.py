"""What happened to a thing, and to what belongs to it, since somebody opened its form."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Max, QuerySet

from apps.audit.differences import Difference, Rows, Teller
from apps.audit.masks import Maskers
from apps.audit.models import Entry
from apps.audit.telling import Line, lines

MOST = 10  # changes that a person still reads
TOKEN = re.compile(r"\d{1,18}(\.\d{1,18})*")

Tables = Sequence[QuerySet[Any]]  # the history rows of the thing, and those of each kind of part


@dataclass(frozen=True, slots=True)
class Change:
    line: Line
    differences: list[Difference]


def seen(tables: Tables) -> str:
    """A token of all that there is by now; a statement for each table."""
    return ".".join(str(table.aggregate(newest=Max("history_id"))["newest"] or 0) for table in tables)


def since(tables: Tables, token: str) -> list[Change]:
    """What was changed after the token was given, the last of it in the order of doing; nothing for what is no token.

    A save that changed no value is no change.
    """
    if not TOKEN.fullmatch(token):
        return []
    records = [
        f"{row._meta.label_lower}:{row.pk}"
        for table, limit in zip(tables, token.split("."), strict=False)
        for row in table.filter(history_id__gt=int(limit)).order_by("history_id")
    ]
    if not records:
        return []
    entries = list(Entry.objects.filter(record__in=records).order_by("-at", "-id")[:MOST])[::-1]
    pairs = Rows(entries).pairs(entries)
    teller = Teller([row for pair in pairs for row in pair], Maskers(entry.subject for entry in entries))
    changes = [Change(line, teller.differences(*pair)) for line, pair in zip(lines(entries), pairs, strict=True)]
    return [each for each in changes if each.differences or each.line.entry.action != "changed"]
