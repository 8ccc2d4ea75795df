"""A column of a table, and how its cells are read and written. What cannot be read is refused with a sentence."""

import unicodedata
from collections.abc import Iterable
from datetime import date, datetime, time
from typing import Any

from django.db import models
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from import_export.fields import Field
from import_export.widgets import Widget

LANGUAGES = ("ja", "en")
MOMENTS = ("%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y-%m-%d", "%Y/%m/%d")
DAYS = ("%Y-%m-%d", "%Y/%m/%d", "%Y年%m月%d日")
TIMES = ("%H:%M", "%H:%M:%S")


def half_width(text: str) -> str:
    """Digits and letters in half width, kana in full width: one way to write the same (NFKC)."""
    return unicodedata.normalize("NFKC", text).strip()


class Column(Field):
    """Headed by `label`, else by what the model calls the field, in the reader's language; either language and the
    field's name are understood."""

    def __init__(self, attribute: str, cells: Widget, *, label: str | Promise = "", reads_only: bool = False) -> None:
        super().__init__(attribute=attribute, column_name=attribute, widget=cells, readonly=reads_only)
        self.label = label

    @property
    def heading(self) -> str:
        return capfirst(str(self.label))

    def save(self, instance: Any, row: dict[str, str], is_m2m: bool = False, **kwargs: Any) -> None:
        if row[self.column_name].strip() or not getattr(self.widget, "empty_keeps", False):
            super().save(instance, row, is_m2m, **kwargs)

    def names(self) -> set[str]:
        """All that may head the column in a file, in lower case."""
        names = {self.attribute}
        for language in LANGUAGES:
            with translation.override(language):
                names.add(half_width(self.heading).lower())
        return names


class Text(Widget):
    def clean(self, value: str, row: Any = None, **_kwargs: Any) -> Any:
        return value.strip()

    def render(self, value: Any, obj: Any = None, **_kwargs: Any) -> str:
        return "" if value is None else str(value)


class Code(Text):
    """Names, numbers and kana that machines compare: half width, whatever was typed."""

    def clean(self, value: str, row: Any = None, **_kwargs: Any) -> Any:
        return half_width(value)


class WholeNumber(Widget):
    def clean(self, value: str, row: Any = None, **_kwargs: Any) -> int | None:
        digits = half_width(value)
        if digits and not (digits.isascii() and digits.isdecimal()):
            raise ValueError(_("“%(value)s” is not a whole number.") % {"value": value})
        return int(digits) if digits else None

    def render(self, value: Any, obj: Any = None, **_kwargs: Any) -> str:
        return "" if value is None else str(value)


class Choice(Widget):
    """One of `choices`, by its value or by its label in either language. An empty cell leaves what is there."""

    empty_keeps = True

    def __init__(self, choices: type[models.TextChoices] | type[models.IntegerChoices]) -> None:
        super().__init__()
        self.choices = choices

    def clean(self, value: str, row: Any = None, **_kwargs: Any) -> Any:
        wanted = half_width(value).lower()
        for choice in self.choices:
            if wanted in _spellings(str(choice.value), choice.label):
                return choice.value
        labels = _(", ").join(str(choice.label) for choice in self.choices)
        raise ValueError(_("“%(value)s” is none of these: %(choices)s.") % {"value": value, "choices": labels})

    def render(self, value: Any, obj: Any = None, **_kwargs: Any) -> str:
        return "" if value in (None, "") else str(self.choices(value).label)


class YesNo(Widget):
    """An empty cell leaves what is there."""

    YES = ("yes", "true", "1", "○", "はい")
    NO = ("no", "false", "0", "×", "いいえ")
    empty_keeps = True

    def clean(self, value: str, row: Any = None, **_kwargs: Any) -> bool:
        wanted = half_width(value).lower()
        if wanted not in self.YES + self.NO:
            raise ValueError(_("“%(value)s” is neither yes nor no.") % {"value": value})
        return wanted in self.YES

    def render(self, value: Any, obj: Any = None, **_kwargs: Any) -> str:
        return _("Yes") if value else _("No")


class Reference(Widget):
    """Another row, named by `key`. All that may be named are read in one statement, once for each file."""

    def __init__(self, rows: Any, key: str) -> None:
        super().__init__()
        self.rows, self.key = rows, key
        self.found: dict[str, Any] | None = None

    def named(self, name: str) -> Any:
        """The row called so; raises ValueError with a sentence."""
        if self.found is None:
            self.found = {str(getattr(row, self.key)): row for row in self.rows()}
        try:
            return self.found[name]
        except KeyError:
            raise ValueError(_("“%(value)s” is not known here.") % {"value": name}) from None

    def clean(self, value: str, row: Any = None, **_kwargs: Any) -> Any:
        return self.named(half_width(value)) if value.strip() else None

    def render(self, value: Any, obj: Any = None, **_kwargs: Any) -> str:
        return "" if value is None else str(getattr(value, self.key))


class Moment(Widget):
    """A moment on the clock of the person who imports or exports."""

    def clean(self, value: str, row: Any = None, **_kwargs: Any) -> datetime | None:
        if not value.strip():
            return None
        read = _read(value, MOMENTS, _("“%(value)s” is not a date and time such as 2026-11-24 09:00."))
        return timezone.make_aware(read)

    def render(self, value: Any, obj: Any = None, **_kwargs: Any) -> str:
        return "" if value is None else f"{timezone.localtime(value):%Y-%m-%d %H:%M}"


class Day(Widget):
    def clean(self, value: str, row: Any = None, **_kwargs: Any) -> date | None:
        if not value.strip():
            return None
        return _read(value, DAYS, _("“%(value)s” is not a date such as 2026-12-29.")).date()

    def render(self, value: Any, obj: Any = None, **_kwargs: Any) -> str:
        return "" if value is None else f"{value:%Y-%m-%d}"


class TimeOfDay(Widget):
    """24:00 is midnight at the day's end, as 00:00 is."""

    def clean(self, value: str, row: Any = None, **_kwargs: Any) -> time | None:
        if not value.strip():
            return None
        if half_width(value) == "24:00":
            return time(0)
        return _read(value, TIMES, _("“%(value)s” is not a time of day such as 09:00.")).time()

    def render(self, value: Any, obj: Any = None, **_kwargs: Any) -> str:
        return "" if value is None else f"{value:%H:%M}"


def _spellings(value: str, label: Any) -> set[str]:
    spelled = {value.lower()}
    for language in LANGUAGES:
        with translation.override(language):
            spelled.add(half_width(str(label)).lower())
    return spelled


def _read(value: str, formats: Iterable[str], refusal: str) -> datetime:
    for wanted in formats:
        try:
            return datetime.strptime(half_width(value), wanted)  # noqa: DTZ007 - its time zone is settled by the caller
        except ValueError:
            continue
    raise ValueError(refusal % {"value": value})
