"""A table of one model: which columns, how a row is found again, what an import of it would do."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import tablib
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from import_export import resources
from import_export.instance_loaders import BaseInstanceLoader
from import_export.results import RowResult

from apps.people.models import User

from .columns import Column, half_width

REASON_LENGTH = 100  # simple-history's column


@dataclass(frozen=True, slots=True)
class Change:
    column: str
    old: str
    new: str


class Changes:
    """Compares a row's cells before and after; the library calls this a diff and asks for it as HTML."""

    def __init__(self, table: "Table", instance: models.Model, new: bool) -> None:
        self.old = {} if new else table.cells(instance)
        self.new: dict[str, str] = {}

    def compare_with(self, table: "Table", instance: models.Model, dry_run: bool = False) -> None:
        self.new = table.cells(instance)

    def as_html(self) -> list[Change]:
        cells = ((column, self.old.get(column, ""), new) for column, new in self.new.items())
        return [Change(column, old, new) for column, old, new in cells if old != new]


class Existing(BaseInstanceLoader):
    """The rows that the file may name, read in one statement."""

    def __init__(self, table: "Table", dataset: tablib.Dataset) -> None:
        super().__init__(table, dataset)
        self.found = {table.key_of(row): row for row in table.existing(dataset)} if len(dataset) else {}

    def get_instance(self, row: dict[str, str]) -> models.Model | None:
        return self.found.get(self.resource.key)


class Table(resources.ModelResource):
    """Every row goes through the model's own checks and `save`, so that history and journal tell of it.

    A file is taken as a whole or not at all; a column that it lacks stays as it is, a row that it lacks too.
    """

    title: Any = ""  # what is in it, for the person who chooses
    hint: Any = ""  # what a person should know before they import it
    fields: dict[str, Column]
    related: tuple[str, ...]  # what its rows name, read with them

    class Meta:
        instance_loader_class = Existing
        skip_unchanged = True
        report_skipped = True
        store_row_values = True
        clean_model_instances = True
        use_transactions = True

    def __init__(self, *, user: User | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.user = user  # who imports or exports
        self.key: tuple[Any, ...] = ()  # of the row at hand
        self.seen: dict[tuple[Any, ...], int] = {}
        for name, column in self.fields.items():
            column.label = column.label or self._meta.model._meta.get_field(name).verbose_name
            column.column_name = column.heading

    @classmethod
    def get_display_name(cls) -> str:
        return str(cls.title or cls._meta.model._meta.verbose_name_plural)

    @classmethod
    def get_diff_class(cls) -> type[Changes]:
        return Changes

    def cells(self, instance: models.Model) -> dict[str, str]:
        return {column.column_name: column.export(instance) for column in self.get_import_fields()}

    # --- finding a row again ----------------------------------------------------------------------------------------

    def key_columns(self) -> list[Column]:
        return [self.fields[name] for name in self._meta.import_id_fields]

    def key_of(self, instance: models.Model) -> tuple[Any, ...]:
        return tuple(column.get_value(instance) for column in self.key_columns())

    def existing(self, dataset: tablib.Dataset) -> Iterable[models.Model]:
        """All rows that the file may mean, with what `key_of` reads of them."""
        return self.get_queryset().select_related(*self.related)

    def filter_export(self, queryset: models.QuerySet[Any], **kwargs: Any) -> models.QuerySet[Any]:
        return queryset.select_related(*self.related)

    # --- importing --------------------------------------------------------------------------------------------------

    def before_import(self, dataset: tablib.Dataset, **kwargs: Any) -> None:
        try:
            dataset.headers = self._headings(dataset.headers)
        except ValidationError:
            dataset.wipe()  # a row without its columns would only say the same again
            raise

    def _headings(self, headings: list[str]) -> list[str]:
        """The file's column names as ours. Raises ValidationError where one is unknown, twice there or missing."""
        known = {name: column.column_name for column in self.fields.values() for name in column.names()}
        found: list[str] = []
        for heading in headings:
            name = known.get(half_width(heading).lower())
            if name is None:
                names = _(", ").join(column.column_name for column in self.get_import_fields())
                raise ValidationError(
                    _("There is no column “%(name)s”. The columns are: %(names)s.") % {"name": heading, "names": names}
                )
            if name in found:
                raise ValidationError(_("The column “%(name)s” is there twice.") % {"name": name})
            found.append(name)
        for column in self.key_columns():
            if column.column_name not in found:
                raise ValidationError(_("The column “%(name)s” is missing.") % {"name": column.column_name})
        return found

    def import_row(self, row: dict[str, str], instance_loader: Existing, **kwargs: Any) -> RowResult:
        if any(row.values()):
            return super().import_row(row, instance_loader, **kwargs)
        empty = self.get_row_result_class()()
        empty.import_type = RowResult.IMPORT_TYPE_SKIP
        return empty

    def before_import_row(self, row: dict[str, str], row_number: int = 0, **kwargs: Any) -> None:
        """Read the row's key; refuse a row without one, and one that is there already."""
        key = []
        for column in self.key_columns():
            try:
                value = column.clean(row)
            except ValueError as error:
                raise ValidationError({column.attribute: str(error)}) from error
            if value in (None, ""):
                raise ValidationError({column.attribute: _("This must be filled in.")})
            key.append(value)
        self.key = tuple(key)
        earlier = self.seen.setdefault(self.key, row_number)
        if earlier != row_number:
            raise ValidationError(_("Row %(row)s says something about the same already.") % {"row": earlier + 1})

    def validate_instance(
        self,
        instance: models.Model,
        import_validation_errors: dict[str, Any] | None = None,
        validate_unique: bool = True,
    ) -> None:
        """As a form would, except that what a `Reference` found needs no second look."""
        errors = dict(import_validation_errors or {})
        found = {f.name for f in instance._meta.fields if f.is_relation and getattr(instance, f.attname) is not None}
        try:
            instance.full_clean(exclude={*errors, *found}, validate_unique=validate_unique)
        except ValidationError as error:
            errors = error.update_error_dict(errors)
        if errors:
            raise ValidationError(errors)

    def save_instance(self, instance: models.Model, is_create: bool, row: Any, **kwargs: Any) -> None:
        """Trying out stops here: it needs no write, which on SQLite would keep everybody else from writing."""
        if not kwargs.get("dry_run"):
            super().save_instance(instance, is_create, row, **kwargs)

    def before_save_instance(self, instance: models.Model, row: Any, *, file_name: str = "", **kwargs: Any) -> None:
        say_why(instance, file_name)


def say_why(instance: models.Model, file_name: str) -> None:
    """The history row of the next save tells where it came from."""
    reason = _("Imported from %(file)s") % {"file": file_name}
    instance._change_reason = reason[:REASON_LENGTH]  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Line:
    """What an import does, or would do, with one row of the file."""

    number: int  # as a spreadsheet counts
    outcome: str
    label: Any
    name: str
    changes: list[Change]
    refusals: list[tuple[str, str]]  # column ("" for the row as a whole) and sentence


OUTCOMES = {
    RowResult.IMPORT_TYPE_NEW: ("new", gettext_lazy("New")),
    RowResult.IMPORT_TYPE_UPDATE: ("changed", gettext_lazy("Changed")),
    RowResult.IMPORT_TYPE_SKIP: ("unchanged", gettext_lazy("Unchanged")),
    RowResult.IMPORT_TYPE_INVALID: ("refused", gettext_lazy("Refused")),
    RowResult.IMPORT_TYPE_ERROR: ("refused", gettext_lazy("Refused")),
}


def lines(table: Table, result: Any) -> list[Line]:
    """The rows of an import's result, in the file's order."""
    headings = {column.attribute: column.column_name for column in table.fields.values()}
    found = []
    for number, row in enumerate(result.rows, start=2):
        outcome, label = OUTCOMES[row.import_type]
        refusals = list(_refusals(row, headings, table._meta.model))
        key = (row.row_values.get(column.column_name, "") for column in table.key_columns())
        name = row.object_repr or " ".join(filter(None, key))
        found.append(Line(number, outcome, label, name, row.diff or [], refusals))
    return found


def _refusals(row: RowResult, headings: dict[str, str], model: type[models.Model]) -> Iterable[tuple[str, str]]:
    if row.validation_error is not None:
        messages = getattr(row.validation_error, "error_dict", None)
        if messages is None:
            yield from (("", sentence) for sentence in row.validation_error.messages)
            return
        for name, sentences in row.validation_error.message_dict.items():
            yield from ((headings.get(name, ""), sentence) for sentence in sentences)
    for error in row.errors:
        yield "", _("The database refuses this row: %(error)s") % {"error": type(error.error).__name__}
