"""Any filtered view of the journal as a file: what is in it, that it streams, and that taking it is an entry."""

import csv
import io
import json
import zipfile
from typing import Any
from xml.etree import ElementTree

import pytest
from django.db import connection, transaction
from django.test import Client

from apps.audit import export, reading, trail
from apps.audit.journal import Filters
from apps.audit.models import Entry, Source
from apps.people.models import Skill, User
from tests.audit.conftest import NOW

pytestmark = pytest.mark.usefixtures("english")

CELLS = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def read(name: str, filters: Filters | None = None) -> bytes:
    return b"".join(export.FORMATS[name].stream(filters or Filters()))


def rows_of_csv(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))


def rows_of_xlsx(data: bytes, sheet: int = 1) -> list[list[str]]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        root = ElementTree.fromstring(archive.read(f"xl/worksheets/sheet{sheet}.xml"))
    return [["".join(cell.itertext()) for cell in row] for row in root.iter(f"{CELLS}row")]


@pytest.fixture
def formula(journal: None) -> None:
    note = trail.NewEntry("cases.case:43", NOW, "", Source.LINK, "note", reason='=HYPERLINK("http://x")\x01<b>&')
    with transaction.atomic():
        trail.append([note])


def test_csv_opens_in_excel_and_holds_no_formula(formula: None) -> None:
    data = read("csv")

    assert data.startswith(b"\xef\xbb\xbf")
    heading, *rows = rows_of_csv(data)
    assert len(heading) == len(rows[0]) == 15
    assert [row[12:14] for row in rows] == [
        [subject, str(sequence)]
        for subject, sequence in Entry.objects.order_by("-at", "-id").values_list("subject", "sequence")
    ]
    (said,) = (row[11] for row in rows if row[12] == "cases.case:43")
    assert said.startswith("'=HYPERLINK")


def test_xlsx_says_the_same_as_csv(formula: None) -> None:
    data = read("xlsx")

    told = [[text.removeprefix("'").replace("\x01", "") for text in row] for row in rows_of_csv(read("csv"))]
    assert rows_of_xlsx(data) == told
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = {"[Content_Types].xml", "_rels/.rels", "xl/workbook.xml", "xl/_rels/workbook.xml.rels"}
        assert set(archive.namelist()) == names | {"xl/worksheets/sheet1.xml"}


def test_xlsx_goes_on_in_a_second_sheet(journal: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "MOST_ROWS", 5)
    data = read("xlsx")

    assert [len(rows_of_xlsx(data, sheet)) for sheet in (1, 2)] == [1 + 5, 1 + 2]


def test_json_lines_are_the_entries_as_they_are_without_their_salt(journal: None) -> None:
    rows = [json.loads(line) for line in read("jsonl").splitlines()]

    entry = Entry.objects.get(subject="cases.case:42")
    (row,) = (row for row in rows if row["id"] == entry.pk)
    assert row == {
        "id": entry.pk,
        "at": "2026-04-01T09:00:00.123456+00:00",
        **{name: getattr(entry, name) for name in (*export._PLAIN, *export._TEXTS, *export._PROOF)},
    }
    assert len(rows) == 7


def test_only_what_fits_the_filters(journal: None) -> None:
    assert {row[12] for row in rows_of_csv(read("csv", Filters(kind="people.skill")))[1:]} == {
        trail.subject_of(Skill.objects.get())
    }
    assert read("jsonl", Filters(kind="policy.version")) == b""
    assert len(rows_of_xlsx(read("xlsx", Filters(kind="policy.version")))) == 1


def test_it_streams(journal: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "BATCH", 2)

    assert len(list(export.stream_jsonl(Filters()))) == 4


@pytest.mark.django_db(transaction=True)
def test_closing_it_ends_the_statement(journal: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "BATCH", 2)
    stream = export.stream_csv(Filters())
    next(stream)
    assert connection.connection.in_transaction if connection.vendor == "sqlite" else connection.in_atomic_block

    stream.close()

    assert not (connection.connection.in_transaction if connection.vendor == "sqlite" else connection.in_atomic_block)


# --- the page ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def admin(journal: None) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(User.objects.create_superuser("root", "root@example.com", "x", language="en"))
    return client


def take(client: Client, **form: Any) -> Any:
    return client.post("/admin/audit/entry/export/", form)


def test_taking_a_file_is_an_entry(admin: Client) -> None:
    answer = take(admin, format="csv", kind="people.department")

    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"].startswith('attachment; filename="Journal-')
    assert "no-store" in answer["Cache-Control"]
    rows = rows_of_csv(b"".join(answer.streaming_content))
    assert {row[5] for row in rows[1:]} == {"Department"}
    entry = Entry.objects.get(action="exported")
    assert (entry.subject, entry.details) == (
        "audit.entry:all",
        {"format": "csv", "filters": {"kind": "people.department"}},
    )


def test_a_link_takes_nothing(admin: Client) -> None:
    assert admin.get("/admin/audit/entry/export/?format=csv").status_code == 405
    assert not Entry.objects.filter(action="exported").exists()


@pytest.mark.parametrize(
    ("form", "status"),
    [({"format": "exe"}, 404), ({"format": "csv", "since": "2026-04-02", "until": "2026-04-01"}, 400)],
)
def test_what_makes_no_sense_is_refused(admin: Client, form: dict[str, str], status: int) -> None:
    assert take(admin, **form).status_code == status
    assert not Entry.objects.filter(action="exported").exists()


def test_who_may_not_read_the_journal_takes_nothing(journal: None) -> None:
    client = Client()
    client.force_login(User.objects.create_user("clerk", is_staff=True))

    assert take(client, format="csv").status_code == 403
