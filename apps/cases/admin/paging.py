"""The order of a list, and its pages by key: the next page begins after the last row seen, whatever came in meanwhile."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import Case as Choose
from django.db.models import F, IntegerField, Q, QuerySet, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from apps.cases.models import Case, State

ROWS = 50
NEVER, LONG_AGO = datetime(9999, 1, 1, tzinfo=UTC), datetime(1, 1, 2, tzinfo=UTC)
LONGEST_KEY = 400
LARGEST_KEY = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Key:
    """One thing to sort by. `kind`: of its values."""

    by: str | Combinable
    kind: type
    is_descending: bool = False

    def turned(self) -> Key:
        return Key(self.by, self.kind, not self.is_descending)


ID, AGE = Key("pk", int), Key("received_at", datetime)
PRIORITY = Key("priority", str)
DUE = Key(Coalesce("next_due", Value(NEVER)), datetime)  # those that wait for nothing come last
DUE_LAST = Key(Coalesce("next_due", Value(LONG_AGO)), datetime, is_descending=True)
STATE = Key(
    Choose(*(When(state=state, then=Value(place)) for place, state in enumerate(State)), output_field=IntegerField()),
    int,
)
URGENCY = (DUE, PRIORITY, AGE)
NEWEST = (AGE.turned(),)

# By the name that stands in the address. Nobody is before everybody: such a case wants one.
COLUMNS: dict[str, tuple[Key, ...]] = {
    "number": (Key("number", str),),
    "subject": (Key("subject", str),),
    "state": (STATE, DUE),
    "priority": (PRIORITY, DUE),
    "level": (Key("level__rank", int), DUE),
    "team": (Key("team__name", str), DUE),
    "owner": (Key(Coalesce("owner__last_name_kana", Value("")), str), DUE),
    "deadline": URGENCY,
    "age": NEWEST,
}


def keys_of(order: str, default: tuple[Key, ...]) -> tuple[Key, ...]:
    """The keys for a column of COLUMNS, "-" before it for the other way round; ends with what no two rows share."""
    name = order.removeprefix("-")
    keys = COLUMNS.get(name, default)
    if order.startswith("-"):
        keys = (DUE_LAST, *keys[1:]) if name == "deadline" else (keys[0].turned(), *keys[1:])
    return (*keys, ID)


@dataclass(frozen=True, slots=True)
class Page:
    """`before` and `after`: the cursors of the pages beside this one; empty where there is none."""

    rows: list[Case]
    before: str
    after: str


class Lost(Exception):
    """A cursor that is none, or belongs to another order."""


def read_page(
    cases: QuerySet[Case], keys: tuple[Key, ...], *, after: str = "", before: str = "", size: int = ROWS
) -> Page:
    """One statement. `cases` must have `next_due`, see `queues.with_urgency`. Raises Lost."""
    cursor = after or before
    wanted = tuple(key.turned() for key in keys) if before and not after else keys
    names = [f"key_{place}" for place in range(len(keys))]
    found = cases.annotate(
        **{n: F(key.by) if isinstance(key.by, str) else key.by for n, key in zip(names, keys, strict=True)}
    )
    if cursor:
        found = found.filter(_beyond(names, wanted, _values(cursor, keys)))
    order = [F(n).desc() if key.is_descending else F(n).asc() for n, key in zip(names, wanted, strict=True)]
    rows = list(found.order_by(*order)[: size + 1])
    has_more, rows = len(rows) > size, rows[:size]
    if before and not after:
        if not has_more:  # the first page again, and a full one
            return read_page(cases, keys, size=size)
        rows.reverse()
        return Page(rows, _cursor(rows[0], names), _cursor(rows[-1], names))
    return Page(
        rows,
        _cursor(rows[0], names) if cursor and rows else "",
        _cursor(rows[-1], names) if has_more else "",
    )


def _beyond(names: Sequence[str], keys: Sequence[Key], values: Sequence[Any]) -> Q:
    """A condition: the row comes after that with these values."""
    found = Q(pk__in=[])
    for name, key, value in reversed(list(zip(names, keys, values, strict=True))):
        further = Q(**{f"{name}__{'lt' if key.is_descending else 'gt'}": value})
        found = further | (Q(**{name: value}) & found)
    return found


def _cursor(row: Case, names: Sequence[str]) -> str:
    values = [getattr(row, name) for name in names]
    plain = [value.isoformat() if isinstance(value, datetime) else value for value in values]
    return base64.urlsafe_b64encode(json.dumps(plain, ensure_ascii=False).encode()).decode().rstrip("=")


def _values(cursor: str, keys: Sequence[Key]) -> list[Any]:
    try:
        plain = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if not isinstance(plain, list) or len(plain) != len(keys):
            raise Lost
        return [_value(each, key.kind) for each, key in zip(plain, keys, strict=True)]
    except (binascii.Error, ValueError, RecursionError) as error:
        raise Lost from error


def _value(plain: Any, kind: type) -> Any:
    if kind is datetime and isinstance(plain, str):
        moment = datetime.fromisoformat(plain)
        if moment.tzinfo is not None and moment.year > 0:
            return moment.astimezone(UTC)
    elif (kind is int and type(plain) is int and abs(plain) <= LARGEST_KEY) or (
        kind is str and isinstance(plain, str) and len(plain) <= LONGEST_KEY and "\0" not in plain
    ):
        return plain
    raise Lost
