"""Which columns hold personal data, and what stands there once they are blanked.

An app names its own in `AppConfig.ready`; the guards let a redaction change those columns of a history table to just
that, and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import models
from django.db.models import Case, CharField, F, Value, When
from django.db.models.functions import Cast, Concat

BLACK = "█████"  # what was here is gone; read in every language
KEY = "{key}"  # in a blank: the row's own key, where the column must stay unique

_blanks: dict[str, dict[str, str]] = {}


def register(label: str, blanks: Mapping[str, str]) -> None:
    """Name the personal columns of a model ("cases.case") and of its history, each with what it is blanked to."""
    _blanks[label.lower()] = dict(blanks)


def blanks_of(label: str) -> dict[str, str]:
    """The personal columns of a model, each with what it is blanked to; {} for a model that has none."""
    return _blanks.get(label, {})


def blanked(label: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """The canonical row of a history row without its personal data; what is empty stays so."""
    blanks = blanks_of(label)
    left = {name: blanks[name].replace(KEY, str(row["id"])) if name in blanks else row[name] for name in row}
    return {name: value for name, value in left.items() if value != ""}


def blank(label: str, rows: models.QuerySet[Any], *, key: str = "id") -> int:
    """Blank the personal columns of the rows in one statement; returns how many rows. `key`: the column KEY stands for."""
    columns = {field.attname for field in rows.model._meta.concrete_fields}
    return rows.update(
        **{
            name: Case(
                When(**{name: ""}, then=Value("")), When(**{f"{name}__isnull": True}, then=None), default=_to(to, key)
            )
            for name, to in blanks_of(label).items()
            if name in columns
        }
    )


def _to(to: str, key: str) -> Any:
    before, found, after = to.partition(KEY)
    return Concat(Value(before), Cast(F(key), CharField()), Value(after)) if found else Value(to)


def permitted(label: str, columns: list[str]) -> str:
    """SQL: only personal columns differ between OLD and NEW, and those are blanked."""
    blanks = blanks_of(label)
    return " AND ".join(_column(name, blanks.get(name)) for name in columns)


def _column(name: str, to: str | None) -> str:
    same = f'NEW."{name}" IS NOT DISTINCT FROM OLD."{name}"'
    if to is None:
        return same
    before, found, after = to.partition(KEY)
    target = f"'{before}' || OLD.\"id\" || '{after}'" if found else f"'{to}'"
    return f'({same} OR NEW."{name}" = {target})'
