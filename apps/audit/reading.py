"""Reads the journal back in batches: each entry with the canonical row behind it, as its digest was taken over them.

Columns are read as tuples, history rows by one statement for each table and batch; memory does not grow with the journal.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db import connection, models, transaction

from apps.audit.canonical import Moment, Text, columns_in_database, row_from, select
from apps.audit.guards import history_models
from apps.audit.hashes import HASHED
from apps.audit.models import Entry, RedactedEntry, Redaction

BATCH = 2000

Row = dict[str, Any]


class Read(NamedTuple):
    """An entry as it lies in the database. `hashed`: the fields of HASHED in their order, `at` in canonical form."""

    hashed: list[Any]
    id: int
    hash: str
    salt: str
    reason: str
    details: Row
    row: Row | None  # {} where the entry has no history row, None where that is missing or unreadable
    digest: str  # of what is there now: the entry's own, or that of its last redaction


@contextmanager
def snapshot() -> Iterator[None]:
    """All statements inside see one state. A transaction that is open already is used as it is."""
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "postgresql":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
    else:
        # Not atomic(): its BEGIN IMMEDIATE would keep every writer out.
        with connection.cursor() as cursor:
            cursor.execute("BEGIN")
            try:
                yield
            finally:
                cursor.execute("ROLLBACK")


def read(entries: models.QuerySet[Entry]) -> Iterator[list[Read]]:
    """The entries in the order of the queryset, in batches. Call it in a `snapshot`."""
    fields = [Moment(name) if name == "at" else name for name in HASHED]
    rows = entries.values_list(*fields, "id", "hash", "salt", "reason", Text("details")).iterator(chunk_size=BATCH)
    are_redacted, known = RedactedEntry.objects.exists(), _known()
    for batch in batches(rows):
        records = records_of((row[_RECORD] for row in batch), known)
        redacted = _redacted([row[_ID] for row in batch]) if are_redacted else {}
        yield [
            Read(
                hashed,
                pk,
                hash_,
                salt,
                reason,
                {} if details == "{}" else json.loads(details),
                records.get(hashed[_RECORD]) if hashed[_RECORD] else {},
                redacted.get(pk, hashed[_DIGEST]),
            )
            for *hashed, pk, hash_, salt, reason, details in batch
        ]


_RECORD, _DIGEST, _ID = HASHED.index("record"), HASHED.index("digest"), len(HASHED)


def _redacted(ids: Sequence[int]) -> dict[int, str]:
    """The digest that the last redaction of each of the entries took, by the entry's id."""
    rows = RedactedEntry.objects.filter(entry__in=among(ids), redaction__state=Redaction.State.DONE).order_by("id")
    return dict(rows.values_list("entry", "digest"))


def _known() -> dict[str, type[models.Model]]:
    return {model._meta.label_lower: model for model in history_models()}


def records_of(names: Iterable[str], known: dict[str, type[models.Model]] | None = None) -> dict[str, Row]:
    """The canonical history rows by their names such as "cases.historicalcase:123"; one statement for each table."""
    keys: dict[str, list[str]] = {}
    for name in names:
        if name:
            label, _colon, key = name.partition(":")
            keys.setdefault(label, []).append(key)
    found: dict[str, Row] = {}
    known = _known() if known is None else known
    for label in keys.keys() & known.keys():
        model = known[label]
        columns = columns_in_database(model)
        wanted = list(keys_of(model, keys[label]))
        rows = model._base_manager.filter(pk__in=among(wanted)).values_list("pk", *select(model))
        for pk, *values in rows:
            try:
                found[f"{label}:{pk}"] = row_from(columns, values)
            except (ArithmeticError, TypeError, ValueError, ValidationError):  # no writer could have written it
                continue
    return found


def keys_of(model: type[models.Model], texts: Iterable[str]) -> Iterator[Any]:
    """The primary keys that the texts stand for; others are passed over."""
    for text in texts:
        try:
            yield model._meta.pk.to_python(text)
        except ValidationError:
            continue


def among(keys: Sequence[Any]) -> Any:
    """For `…__in`: thousands of whole numbers as one parameter, which Django need not prepare one by one."""
    if not keys or not all(type(key) is int for key in keys):
        return list(keys)
    if connection.vendor == "postgresql":
        return models.expressions.RawSQL("SELECT unnest(%s::bigint[])", [list(keys)])
    return models.expressions.RawSQL("SELECT value FROM json_each(%s)", [json.dumps(keys)])


def batches(rows: Iterable[Any]) -> Iterator[list[Any]]:
    """The rows in lists of BATCH."""
    rows = iter(rows)
    while batch := list(islice(rows, BATCH)):
        yield batch
