"""What a change changed, side by side and in words: labels instead of codes, names instead of keys, texts by character."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from difflib import SequenceMatcher
from typing import Any

from django.db.models import CharField, Field, ForeignKey, Model, TextField
from django.utils.formats import number_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from apps.audit import words
from apps.audit.guards import history_models
from apps.audit.masks import MASK, Maskers
from apps.audit.models import Entry
from apps.audit.templatetags.audit_words import moment

NOTHING = "–"
MOST_CHARACTERS = 4_000_000  # compared with each other; longer texts are compared by line
ALIKE = 0.4  # below this a text counts as a new one: marking every second character helps nobody


@dataclass(frozen=True, slots=True)
class Difference:
    label: str
    before: SafeString | str
    after: SafeString | str
    is_masked: bool = False


@dataclass(frozen=True, slots=True)
class Value:
    label: str
    text: str
    is_masked: bool = False


class Rows:
    """The history rows behind entries, each with the one before it; one statement for each table.

    Reads all rows of the entries' subjects: a thing has few, however many the table holds.
    """

    def __init__(self, entries: Iterable[Entry]) -> None:
        keys: dict[str, set[str]] = defaultdict(set)
        for entry in entries:
            if entry.record:
                keys[entry.record.partition(":")[0]].add(entry.subject.partition(":")[2])
        tables = {model._meta.label_lower: model for model in history_models()}
        self._rows: dict[str, tuple[Any, Any]] = {}  # by record: the row before it, and itself
        for label in keys.keys() & tables.keys():
            model: Any = tables[label]
            key = model.instance_type._meta.pk.attname
            last: dict[Any, Any] = {}
            for row in model._base_manager.filter(**{f"{key}__in": keys[label]}).order_by("history_id"):
                subject = getattr(row, key)
                self._rows[f"{label}:{row.pk}"] = last.get(subject), row
                last[subject] = row

    def pair(self, entry: Entry) -> tuple[Any, Any]:
        """The row before the change and the one after it; None where there is none."""
        return self._rows.get(entry.record, (None, None))

    def pairs(self, entries: Iterable[Entry]) -> list[tuple[Any, Any]]:
        return [self.pair(entry) for entry in entries]


class Teller:
    """Puts the values of rows into words; names of all rows told of are read together, in one statement."""

    def __init__(self, rows: Iterable[Any], maskers: Maskers, *, shows_personal: bool = False) -> None:
        self.shows_personal, self._maskers = shows_personal, maskers
        references = {
            reference
            for row in rows
            if row is not None
            for column in _columns(row)
            if (reference := _reference(column, getattr(row, column.attname)))
        }
        self._names = words.names(references)

    def differences(self, before: Any, after: Any) -> list[Difference]:
        """Of the columns that a change touched; of a new row, all that say something."""
        if after is None or (before is not None and after.history_type == "-"):
            return []
        return [
            self._difference(column, before, after)
            for column in _columns(after)
            if _differ(None if before is None else getattr(before, column.attname), getattr(after, column.attname))
        ]

    def values(self, row: Any) -> list[Value]:
        """All columns of a row that say something."""
        kind = _kind(row)
        found = []
        for column in _columns(row):
            value = getattr(row, column.attname)
            if value in (None, "", []):
                continue
            if self._is_masked(kind, column):
                found.append(Value(_label(column), MASK, is_masked=True))
                continue
            said = self._say(kind, column, value)
            shown = self._shown(row, column, said)
            found.append(Value(_label(column), shown, shown != said))
        return found

    def _difference(self, column: Field[Any, Any], before: Any, after: Any) -> Difference:
        kind = _kind(after)
        old, new = (None if row is None else getattr(row, column.attname) for row in (before, after))
        if self._is_masked(kind, column):
            return Difference(_label(column), _masked(old), _masked(new), is_masked=True)
        said = self._say(kind, column, old), self._say(kind, column, new)
        texts = self._shown(after, column, said[0]), self._shown(after, column, said[1])
        if old and new and _is_text(column):
            return Difference(_label(column), *by_character(*texts), is_masked=texts != said)
        return Difference(_label(column), *texts, is_masked=texts != said)

    def _shown(self, row: Any, column: Field[Any, Any], text: str) -> str:
        """What may be read of a text that somebody wrote about a thing with personal data of its own."""
        subject = subject_of(row)
        return self._maskers.say(subject, text) if _is_text(column) and self._maskers.keeps(subject) else text

    def _is_masked(self, kind: words.Kind | None, column: Field[Any, Any]) -> bool:
        return not self.shows_personal and kind is not None and column.name in kind.personal

    def _say(self, kind: words.Kind | None, column: Field[Any, Any], value: Any) -> str:
        if value in (None, "", []):
            return NOTHING
        if reference := _reference(column, value):
            return self._names.get(reference, reference)
        if kind is not None and column.name in kind.values:
            return kind.values[column.name](value)
        if column.choices:
            return str(dict(column.flatchoices).get(value, value))
        return say(value)


def say(value: Any) -> str:
    """A plain value in words, in the reader's zone."""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (int, float, Decimal)):
        return number_format(value, force_grouping=True)
    if isinstance(value, list):
        return _(", ").join(map(str, value))
    return str(value)


def by_character(before: str, after: str) -> tuple[SafeString, SafeString]:
    """Both texts, with what went marked by <del> and what came by <ins>."""
    by_line = len(before) * len(after) > MOST_CHARACTERS
    old, new = (text.splitlines(keepends=True) if by_line else text for text in (before, after))
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    if (not by_line and matcher.real_quick_ratio() < ALIKE) or matcher.ratio() < ALIKE:
        return format_html("<del>{}</del>", before), format_html("<ins>{}</ins>", after)
    steps = matcher.get_opcodes()
    return (
        _marked("del", ((tag, old[start:end]) for tag, start, end, _from, _to in steps)),
        _marked("ins", ((tag, new[start:end]) for tag, _from, _to, start, end in steps)),
    )


def _marked(mark: str, pieces: Iterable[tuple[str, Sequence[str]]]) -> SafeString:
    return format_html_join(
        "",
        "{}",
        (
            (text if tag == "equal" else format_html(f"<{mark}>{{}}</{mark}>", text),)
            for tag, piece in pieces
            if (text := "".join(piece))
        ),
    )


def changed_fields(entry: Entry) -> list[str]:
    """What the columns are called that a change touched, as far as the entry itself names them."""
    kind = words.kind_of(entry.subject)
    if kind is None:
        return []
    columns = {column.name: column for column in kind.table._meta.concrete_fields}
    touched = entry.details.get("changed", [])
    return [_label(columns[name]) for name in touched if name in columns and name not in kind.quiet]


# --- of one column ----------------------------------------------------------------------------------------------------


def _columns(row: Any) -> list[Field[Any, Any]]:
    kind = _kind(row)
    quiet = frozenset[str]() if kind is None else kind.quiet
    return [column for column in row.tracked_fields if not column.primary_key and column.name not in quiet]


def subject_of(row: Any) -> str:
    """How the journal names the thing that a history row is of."""
    return f"{row.instance_type._meta.label_lower}:{getattr(row, row.instance_type._meta.pk.attname)}"


def _kind(row: Any) -> words.Kind | None:
    return words.kind_of(row.instance_type._meta.label_lower)


def _label(column: Field[Any, Any]) -> str:
    return str(capfirst(str(column.verbose_name)))


def _reference(column: Field[Any, Any], key: Any) -> str:
    """How the journal names what a foreign key points at, where somebody has told it what that is called."""
    if not isinstance(column, ForeignKey) or key is None:
        return ""
    other: type[Model] = column.remote_field.model
    reference = f"{other._meta.label_lower}:{key}"
    return reference if words.kind_of(reference) is not None else ""


def _is_text(column: Field[Any, Any]) -> bool:
    return isinstance(column, (CharField, TextField)) and not column.choices


def _differ(old: Any, new: Any) -> bool:
    return old != new and not (old in (None, "", []) and new in (None, "", []))


def _masked(value: Any) -> str:
    return MASK if value else NOTHING
