"""Any filtered view of the journal as a file: CSV, XLSX or JSON Lines, as a stream in constant memory.

CSV and XLSX say what the page says, in the reader's words; JSON Lines are the entries as they are, masked as the page is.
Closing the stream ends the reading and its statement in the database.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile

from django.utils import timezone
from django.utils.text import get_valid_filename
from django.utils.translation import gettext as _

from apps.audit import journal, reading
from apps.audit.bundle import BLOCK, Sink
from apps.audit.canonical import encode, moment
from apps.audit.journal import Filters
from apps.audit.masks import Maskers
from apps.audit.models import Entry
from apps.audit.telling import Line, lines

MOST_ROWS = 1_048_575  # below the heading, in one sheet of XLSX; the next sheet follows
BOM = "\ufeff"  # without it Excel takes UTF-8 for the machine's own code page
FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Format:
    """How a file of this kind is made. `label` is what people know it by."""

    label: str
    content_type: str
    stream: Callable[[Filters], Iterator[bytes]]


def stream_csv(filters: Filters) -> Iterator[bytes]:
    out = io.StringIO(BOM)
    out.seek(0, io.SEEK_END)
    writer = csv.writer(out)
    writer.writerow(_heading())
    for rows in _told(filters):
        writer.writerows([_harmless(text) for text in row] for row in rows)
        yield out.getvalue().encode()
        out.seek(0)
        out.truncate()
    yield out.getvalue().encode()


def stream_jsonl(filters: Filters) -> Iterator[bytes]:
    for batch in _batches(filters):
        maskers = Maskers(entry.subject for entry in batch)
        yield "".join(encode(_plain(entry, maskers)) + "\n" for entry in batch).encode()


def stream_xlsx(filters: Filters) -> Iterator[bytes]:
    """A workbook with a sheet for every MOST_ROWS rows; texts only, so that nothing is taken for a formula."""
    sink, sheets = Sink(), 0
    rows = (row for batch in _told(filters) for row in batch)
    first = next(rows, None)
    with ZipFile(sink, "w", ZIP_DEFLATED, compresslevel=3) as archive:  # type: ignore[call-overload]
        while sheets == 0 or first is not None:
            sheets += 1
            with archive.open(f"xl/worksheets/sheet{sheets}.xml", "w", force_zip64=True) as sheet:
                sheet.write((_SHEET + _row(1, _heading())).encode())
                count = 0
                while first is not None and count < MOST_ROWS:
                    count += 1
                    sheet.write(_row(count + 1, first).encode())
                    first = next(rows, None)
                    if len(sink.held) >= BLOCK:
                        yield sink.take()
                sheet.write(b"</sheetData></worksheet>")
        for name, text in _book(sheets).items():
            archive.writestr(name, text)
    yield sink.take()


FORMATS = {
    "csv": Format("CSV", "text/csv; charset=utf-8", stream_csv),
    "xlsx": Format("Excel", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", stream_xlsx),
    "jsonl": Format("JSON Lines", "application/jsonl; charset=utf-8", stream_jsonl),
}


def file_name(extension: str, now: datetime) -> str:
    return get_valid_filename(f"{_('Journal')}-{timezone.localtime(now):%Y%m%d-%H%M}.{extension}")


def asked(filters: Filters) -> dict[str, Any]:
    """What was asked for, for the entry about the export: what narrows it, under the names of the filters."""
    return {name: value for name in Filters.__dataclass_fields__ if (value := getattr(filters, name))}


# --- rows -------------------------------------------------------------------------------------------------------------


def _batches(filters: Filters) -> Iterator[list[Entry]]:
    with reading.snapshot():
        yield from reading.batches(journal.every(filters))


def _told(filters: Filters) -> Iterator[list[list[str]]]:
    comma = _(", ")
    for batch in _batches(filters):
        yield [_told_row(line, comma) for line in lines(batch)]


def _heading() -> list[str]:
    names = [
        _("at"),
        _("actor"),
        _("on whose behalf"),
        _("source"),
        _("action"),
        _("kind of thing"),
        _("changed thing"),
    ]
    names += [_("from state"), _("to state"), _("changed fields"), _("details"), _("reason"), _("reference")]
    return [*names, _("number in the subject's chain"), _("hash")]


def _told_row(line: Line, comma: str) -> list[str]:
    entry = line.entry
    return [
        f"{timezone.localtime(entry.at):%Y-%m-%d %H:%M:%S}",
        line.who,
        line.behalf,
        line.door,
        line.action,
        line.kind,
        line.subject,
        line.from_state,
        line.to_state,
        comma.join(line.changed),
        comma.join(f"{label}: {value}" for label, value in line.notes),
        line.reason,
        entry.subject,
        str(entry.sequence),
        entry.hash,
    ]


_PLAIN = ("subject", "sequence", "actor", "source", "action", "from_state", "to_state")
_TEXTS = ("reason", "details")
_PROOF = ("record", "digest", "previous", "hash")


def _plain(entry: Entry, maskers: Maskers) -> dict[str, Any]:
    """Without the salt: with it, what is masked could be guessed from the digest."""
    state = entry.__dict__
    texts = {name: maskers.plain(entry.subject, state[name]) for name in _TEXTS}
    return {"id": entry.pk, "at": moment(entry.at), **texts} | {name: state[name] for name in (*_PLAIN, *_PROOF)}


def _harmless(text: str) -> str:
    """A text that a spreadsheet would take for a formula is marked as a text."""
    return f"'{text}" if text.startswith(FORMULA) else text


# --- the parts of a workbook (ECMA-376) -------------------------------------------------------------------------------

_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_SHEET = (
    f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" '
    'activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><sheetFormatPr defaultRowHeight="15"/>'
    '<cols><col min="1" max="15" width="20" customWidth="1"/></cols><sheetData>'
)
MOST_SIGNS = 32_767  # in one cell
_FORBIDDEN = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF])


def _row(number: int, texts: Iterable[str]) -> str:
    cells = "".join(
        f'<c t="inlineStr"><is><t xml:space="preserve">{escape(text[:MOST_SIGNS].translate(_FORBIDDEN))}</t></is></c>'
        if text
        else "<c/>"
        for text in texts
    )
    return f'<row r="{number}">{cells}</row>'


def _book(sheets: int) -> dict[str, str]:
    numbers = range(1, sheets + 1)
    of_sheets = "".join(f'<sheet name="{escape(_("Journal"))} {n}" sheetId="{n}" r:id="rId{n}"/>' for n in numbers)
    relations = "".join(
        f'<Relationship Id="rId{n}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n in numbers
    )
    types = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_TYPE}.worksheet+xml"/>' for n in numbers
    )
    return {
        "xl/workbook.xml": f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{of_sheets}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{relations}</Relationships>',
        "_rels/.rels": (
            f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
            f'Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
        ),
        "[Content_Types].xml": (
            f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
            'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Default Extension="xml" ContentType="application/xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>{types}</Types>'
        ),
    }
