"""The files: CSV as Excel in Japan writes and reads it, and XLSX. Both come in as cells of plain text."""

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator
from datetime import datetime, time
from typing import Any

import openpyxl
import tablib
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from import_export.formats import base_formats
from openpyxl.utils.exceptions import InvalidFileException

MAX_BYTES = 1024 * 1024
MAX_ROWS = 1000  # each new row is some twenty statements in one transaction
MAX_COLUMNS = 100
MAX_UNPACKED = 50 * 1024 * 1024  # an XLSX is a zip: what a small one holds may be huge
# A spreadsheet takes a text that begins so for a formula; Excel in Japan the full-width signs too.
RISKY = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def escaped(text: str) -> str:
    """`text` as a spreadsheet shows it and does not compute it."""
    return f"'{text}" if text.startswith(RISKY) else text


def plain(text: str) -> str:
    """What was `escaped`, as it was."""
    return text[1:] if text.startswith("'") and text[1:].startswith(RISKY) else text


class Csv(base_formats.CSV):
    """Written as UTF-8 with BOM, which Excel needs; read as UTF-8 with or without it, else as CP932 (Shift_JIS)."""

    def is_binary(self) -> bool:
        """Bytes go in and out: the encoding is settled here."""
        return True

    def get_read_mode(self) -> str:
        return "rb"

    def create_dataset(self, in_stream: bytes, **_kwargs: Any) -> tablib.Dataset:
        reader = csv.reader(io.StringIO(_decoded(in_stream), newline=""))
        try:
            return _dataset([plain(cell.strip()) for cell in row] for row in reader)
        except csv.Error as error:
            raise ValidationError(_("The file cannot be read as CSV: %(error)s") % {"error": error}) from error

    def export_data(self, dataset: tablib.Dataset, **kwargs: Any) -> bytes:
        text: str = super().export_data(dataset, **kwargs)
        return text.encode("utf-8-sig")

    def _escape_formulae(self, dataset: tablib.Dataset) -> None:
        _escape(dataset)


class Xlsx(base_formats.XLSX):
    """The first sheet. A cell with a formula counts as what it shows."""

    def create_dataset(self, in_stream: bytes, **_kwargs: Any) -> tablib.Dataset:
        try:
            with zipfile.ZipFile(io.BytesIO(in_stream)) as parts:
                if sum(part.file_size for part in parts.infolist()) > MAX_UNPACKED:
                    raise ValidationError(_("The file holds too much. Please divide it."))
            book = openpyxl.load_workbook(io.BytesIO(in_stream), read_only=True, data_only=True)
            return _dataset(
                [_as_text(value) for value in row] for row in book.worksheets[0].iter_rows(values_only=True)
            )
        except (zipfile.BadZipFile, InvalidFileException, KeyError, IndexError, ValueError) as error:
            raise ValidationError(_("The file is neither CSV nor Excel (.xlsx).")) from error

    def _escape_formulae(self, dataset: tablib.Dataset) -> None:
        _escape(dataset)


def _decoded(data: bytes) -> str:
    for encoding in ("utf-8-sig", "cp932"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise ValidationError(_("The file's text is neither UTF-8 nor Shift_JIS. Please save it as “CSV UTF-8”."))


def _as_text(value: object) -> str:
    """A cell of Excel as a person would write it."""
    match value:
        case None:
            return ""
        case datetime() if value.time() == time(0):
            return f"{value:%Y-%m-%d}"
        case datetime():
            return f"{value:%Y-%m-%d %H:%M}"
        case time():
            return f"{value:%H:%M}"
        case float() if value.is_integer():
            return str(int(value))
    return plain(str(value).strip())


def _dataset(rows: Iterable[list[str]]) -> tablib.Dataset:
    """Heading and rows, each as wide as the heading; without the empty rows at the end. Raises ValidationError."""
    lines = iter(rows)
    heading = _without_empty_end(next(lines, []))
    if not heading:
        raise ValidationError(_("The file is empty. Its first row must hold the column names."))
    if len(heading) > MAX_COLUMNS:
        raise ValidationError(_("The file has more than %(number)s columns.") % {"number": MAX_COLUMNS})
    body = list(_fitted(lines, len(heading)))
    while body and not any(body[-1]):
        body.pop()
    if not body:
        raise ValidationError(_("The file has column names, but no row below them."))
    return tablib.Dataset(*body, headers=heading)


def _fitted(lines: Iterator[list[str]], width: int) -> Iterator[list[str]]:
    for number, line in enumerate(lines, start=2):
        cells = _without_empty_end(line)
        if number > MAX_ROWS + 1:
            raise ValidationError(_("The file has more than %(number)s rows. Please divide it.") % {"number": MAX_ROWS})
        if len(cells) > width:
            raise ValidationError(_("Row %(row)s has more cells than there are column names.") % {"row": number})
        yield cells + [""] * (width - len(cells))


def _without_empty_end(cells: list[str]) -> list[str]:
    cells = list(cells)
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _escape(dataset: tablib.Dataset) -> None:
    for _row in range(len(dataset)):  # a Dataset lets a row be taken and put back, but not changed
        dataset.append([escaped(str(cell)) for cell in dataset.lpop()])
