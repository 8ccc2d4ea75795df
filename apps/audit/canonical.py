"""One text for one meaning: the same bytes before a value is written and after either database gives it back.

A value that stands for 'nothing' (None, "", False, 0, [], {}) is left out of a row, so that a column added by a later
migration with an empty default leaves the digests of older rows as they were.
"""

from __future__ import annotations  # Django's field classes take no parameters when run

import json
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal
from enum import Enum
from functools import cache
from itertools import compress
from json.encoder import c_make_encoder, encode_basestring  # type: ignore[attr-defined]  # C, or their twins
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection, models
from django.utils import timezone
from django.utils.functional import Promise

_encoder = json.JSONEncoder(
    sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False, check_circular=False
)
# What `JSONEncoder.encode` makes anew for each call, made once: half of its time. None where Python has it not in C.
_chunks = c_make_encoder and c_make_encoder(
    None, _encoder.default, encode_basestring, None, ":", ",", _encoder.sort_keys, False, _encoder.allow_nan
)
_MICROSECOND = timedelta(microseconds=1)


def encode(value: dict[str, Any] | list[Any]) -> str:
    """JSON with sorted keys, no spaces, text as it is."""
    return "".join(_chunks(value, 0)) if _chunks else _encoder.encode(value)


def moment(value: datetime) -> str:
    """UTC in ISO 8601 with microseconds. A naive moment is in the default time zone, as Django's fields take it."""
    if value.tzinfo is None:
        value = timezone.make_aware(value, timezone.get_default_timezone())
    return value.astimezone(UTC).isoformat(timespec="microseconds")


def plain(value: Any) -> Any:
    """The value as JSON gives it back: dict, list, str, int, float, bool, None only. TypeError for others.

    A whole float becomes an int, for PostgreSQL may return it as one.
    """
    kind = type(value)
    if value is None or kind in _JSON_SCALARS:
        return value
    if isinstance(value, dict):
        return {str(plain(key)): plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    if isinstance(value, (set, frozenset)):
        return sorted(plain(each) for each in value)
    for known, convert in _FORMS:
        if isinstance(value, known):
            return convert(value)
    raise TypeError(f"{kind.__name__} has no canonical form: {value!r}")


def _float(value: float) -> float | int:
    return int(value) if value.is_integer() else value


def _decimal(value: Decimal) -> str:
    return format(value.normalize(), "f")


_JSON_SCALARS = frozenset({str, int, bool})
_FORMS: tuple[tuple[type | tuple[type, ...], Callable[[Any], Any]], ...] = (
    (Enum, lambda value: plain(value.value)),
    (float, _float),
    (datetime, moment),
    ((date, time), lambda value: value.isoformat()),
    (timedelta, lambda value: value // _MICROSECOND),
    (Decimal, _decimal),
    (int, int),
    ((str, UUID, Promise), str),
)


# --- rows of a table --------------------------------------------------------------------------------------------------


class Column(NamedTuple):
    """How one column becomes canonical: `coerce` what is not of `kind` yet, then `finish` it."""

    name: str
    kind: type | None
    coerce: Callable[[Any], Any]
    finish: Callable[[Any], Any] | None


def row_of(history: models.Model) -> dict[str, Any]:
    """The canonical row of a simple-history instance, saved singly or in bulk, or read back.

    It holds every column but the row's own key, which the entry names in `record`.
    """
    columns = columns_of(type(history))
    state = history.__dict__
    return row_from(columns, [state[column.name] for column in columns])


def row_from(columns: Sequence[Column], values: Sequence[Any]) -> dict[str, Any]:
    """The canonical row of values in the order of `columns`, from memory or from the database."""
    row = {}
    present = compress(columns, values)
    for (name, kind, coerce, finish), value in zip(present, filter(None, values), strict=True):
        if type(value) is not kind:
            value = coerce(value)
            if not value:
                continue
        row[name] = value if finish is None else finish(value)
    return row


@cache
def columns_in_database(history: type[models.Model]) -> tuple[Column, ...]:
    """As `columns_of`, with less to do for what `select` reads: the database has rounded and made moments canonical."""
    return tuple(_column(field, is_stored=True) for field in _fields(history))


def select(history: type[models.Model]) -> list[str | models.Func]:
    """What to read, with `values_list`, for `columns_in_database`."""
    return [_select(field) for field in _fields(history)]


def _select(field: models.Field[Any, Any]) -> str | models.Func:
    target = _target(field)
    if isinstance(target, models.DateTimeField):
        return Moment(field.attname)
    return Text(field.attname) if isinstance(target, models.JSONField) else field.attname


class Moment(models.Func):
    """A moment in the form of `moment`, made by the database: many times faster than by way of datetime objects."""

    output_field = models.CharField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        # Stored as YYYY-MM-DD HH:MM:SS[.ffffff] in UTC.
        template = (
            "REPLACE(SUBSTR(%(expressions)s, 1, 19), ' ', 'T') || "
            "SUBSTR(SUBSTR(%(expressions)s || '.', 20, 7) || '000000', 1, 7) || SUBSTR(%(expressions)s, 27) || '+00:00'"
        )
        return self.as_sql(compiler, connection, template=template, **context)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = """to_char(%(expressions)s AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"')"""
        return self.as_sql(compiler, connection, template=template, **context)


class Text(models.Func):
    """JSON as the text that it is: most of it says nothing, and need not be read."""

    output_field = models.TextField()
    template = "CAST(%(expressions)s AS text)"


def from_text(text: str | None) -> Any:
    """The canonical value of what `Text` read."""
    return None if text is None or text in _EMPTY_JSON else plain(json.loads(text))


_EMPTY_JSON = frozenset({"{}", "[]", '""', "null", "false", "0"})


@cache
def columns_of(history: type[models.Model]) -> tuple[Column, ...]:
    """The columns of a history model that an entry's digest covers, by name."""
    return tuple(_column(field, is_stored=False) for field in _fields(history))


def _fields(history: type[models.Model]) -> list[models.Field[Any, Any]]:
    fields = (field for field in history._meta.concrete_fields if not field.primary_key)
    return sorted(fields, key=lambda field: field.attname)


def _column(field: models.Field[Any, Any], *, is_stored: bool) -> Column:
    name, target = field.attname, _target(field)
    if isinstance(target, models.JSONField):
        return Column(name, None, from_text if is_stored else _through_json(target), None)
    if isinstance(target, models.DecimalField):
        return Column(name, Decimal if is_stored else None, _as_stored(target), _decimal)
    if isinstance(target, models.DateTimeField) and is_stored:
        return Column(name, str, str, None)
    for known, kind, finish in _COLUMNS:
        if isinstance(target, known):
            return Column(name, kind, target.to_python, finish)
    return Column(name, None, target.to_python, plain)


def _target(field: models.Field[Any, Any]) -> models.Field[Any, Any]:
    """The field that decides how a value is stored: a foreign key's is that of the key that it holds."""
    while isinstance(field, models.ForeignKey):
        field = field.target_field
    return field


def _through_json(field: models.JSONField[Any, Any]) -> Callable[[Any], Any]:
    return lambda value: plain(json.loads(json.dumps(value, cls=field.encoder)))


def _as_stored(field: models.DecimalField[Any, Any]) -> Callable[[Any], Decimal]:
    unit, digits = Decimal(1).scaleb(-field.decimal_places), field.max_digits

    def round_like_the_database(value: Any) -> Decimal:
        rounding = ROUND_HALF_UP if connection.vendor == "postgresql" else ROUND_HALF_EVEN
        number: Decimal = field.to_python(value)
        return number.quantize(unit, context=Context(prec=digits, rounding=rounding))

    return round_like_the_database


_COLUMNS: tuple[tuple[type[models.Field[Any, Any]], type, Callable[[Any], Any] | None], ...] = (
    (models.BooleanField, bool, None),
    (models.IntegerField, int, None),
    (models.FloatField, float, _float),
    (models.CharField, str, None),
    (models.TextField, str, None),
    (models.DateTimeField, datetime, moment),
    (models.DateField, date, date.isoformat),
    (models.TimeField, time, time.isoformat),
    (models.DurationField, timedelta, lambda value: value // _MICROSECOND),
    (models.UUIDField, UUID, str),
    (models.BinaryField, bytes, lambda value: bytes(value).hex()),
)
