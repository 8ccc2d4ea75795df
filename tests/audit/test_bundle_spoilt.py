"""Whatever somebody does to an exported history, `verify.py` names it: no traceback, no other exit code than 1."""

import json
import shutil
import zipfile
from collections.abc import Callable
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from apps.audit.hashes import HASHED, entry_hash
from apps.people.models import Department
from tests.audit.test_bundle import folder, verify

__all__ = ["folder"]

NAMES = ["README.txt", "verify.py", "redactions.jsonl", "entries.jsonl", "chains.jsonl", "seals.jsonl", "manifest.json"]
Lines = list[dict[str, Any]]


def faults(where: Path) -> list[str]:
    """What is named, after the files were found broken in the one way that is promised."""
    code, lines = verify(where)
    assert code == 1
    assert not [line for line in lines if "Traceback" in line]
    assert lines[-1].startswith("BROKEN: ")
    return lines


def put_right(folder: Path) -> None:
    """The manifest made anew over the files as they are, as somebody would who knows how."""
    path = folder / "manifest.json"
    about = json.loads(path.read_text())
    about["files"] = {name: {"sha256": sha256((folder / name).read_bytes()).hexdigest()} for name in about["files"]}
    seals = (folder / "seals.jsonl").read_text().splitlines()
    about["last_seal"] = {name: json.loads(seals[-1])[name] for name in ("number", "hash", "root")}
    del about["sha256"]
    text = json.dumps(about, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    path.write_text(json.dumps(about | {"sha256": sha256(text.encode()).hexdigest()}))


def rewrite(path: Path, work: Callable[[Lines], object]) -> None:
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    work(rows)
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def test_a_manifest_put_right_is_taken_for_one(folder: Path) -> None:
    put_right(folder)

    assert verify(folder)[0] == 0


def test_a_file_that_was_added_is_named(folder: Path) -> None:
    (folder / "more.jsonl").write_text("{}\n")

    assert "more.jsonl: The file is not part of the export." in faults(folder)


def test_the_zip_file_beside_it_and_hidden_files_are_no_part_of_it(folder: Path) -> None:
    shutil.copy(folder.parent / "history.zip", folder)
    (folder / ".DS_Store").write_bytes(b"\0")

    assert verify(Path("."), cwd=folder)[0] == 0


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    ("name", "sentence"),
    [("evil.txt", "The file is not part of the export."), ("seals.jsonl", "The file is there more than once.")],
)
def test_what_is_added_to_the_zip_file_is_named(folder: Path, name: str, sentence: str) -> None:
    with zipfile.ZipFile(folder.parent / "history.zip", "a") as archive:
        archive.writestr(name, "x")

    assert f"{name}: {sentence}" in faults(folder.parent / "history.zip")


def test_bytes_of_the_zip_file_altered(folder: Path) -> None:
    path = folder.parent / "history.zip"
    content = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        start = archive.getinfo("entries.jsonl").header_offset
    content[start + 100 : start + 110] = b"0123456789"
    path.write_bytes(content)

    assert "entries.jsonl: The file is not the one that was exported." in faults(path)


SPOILT: dict[str, Callable[[bytes], bytes]] = {
    "emptied": lambda content: b"",
    "cut off": lambda content: content[: len(content) // 2],
    "another encoding": lambda content: content.decode().encode("utf-16"),
    "not even text": lambda content: b"\xff\x00" * 50,
    "no JSON": lambda content: b"nothing\n",
    "nested too deep": lambda content: b"[" * 100_000,
    "no object": lambda content: b"[1]\n",
    "everything missing": lambda content: b"{}\n",
    "everything null": lambda content: content.replace(b'":', b'":null,"'),
}


@pytest.mark.parametrize("how", SPOILT)
@pytest.mark.parametrize("name", NAMES)
def test_a_spoilt_file_is_named(folder: Path, name: str, how: str) -> None:
    path = folder / name
    content = path.read_bytes()
    spoilt = SPOILT[how](content)
    path.write_bytes(spoilt if spoilt != content else content + b" ")  # one sign more, where that changes nothing

    assert any(line.startswith(name) for line in faults(folder))


VALUES: list[object] = [None, True, "x", 1, -1, 1.5, 10**30, "1", [], {}, "\ud800"]


@pytest.mark.parametrize("name", ["entries.jsonl", "chains.jsonl", "seals.jsonl", "manifest.json"])
@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_no_value_of_any_field_makes_it_stumble(folder: Path, name: str, value: object) -> None:
    path = folder / name
    lines = path.read_text().splitlines()
    for field in json.loads(lines[1 if len(lines) > 1 else 0]):
        rows = [json.loads(line) for line in lines]
        row = rows[1 if len(rows) > 1 else 0]
        if row[field] == value and type(row[field]) is type(value):
            continue
        row[field] = value
        path.write_text("".join(json.dumps(each) + "\n" for each in rows))

        assert any(line.startswith(name) for line in faults(folder)), field


def test_a_chain_made_anew_from_a_point_on_with_its_end_and_the_manifest(folder: Path, support: Department) -> None:
    subject = f"people.department:{support.pk}"

    def anew(rows: Lines) -> None:
        chain = [row for row in rows if row["subject"] == subject]
        chain[2]["actor"] = "people.user:9"
        for before, row in pairwise(chain[1:]):
            row["previous"] = before["hash"]
            row["hash"] = entry_hash([row[name] for name in HASHED])
        ends.update(head=chain[-1]["hash"])

    ends: dict[str, str] = {}
    rewrite(folder / "entries.jsonl", anew)
    rewrite(folder / "chains.jsonl", lambda rows: [row.update(ends) for row in rows if row["subject"] == subject])
    put_right(folder)

    assert faults(folder)[:3] == [
        f"seals.jsonl line {number}: {number}: The entries are not those that were sealed." for number in (1, 2, 3)
    ]


def test_a_last_entry_cut_off_with_its_chains_end_and_its_seal(folder: Path) -> None:
    rewrite(folder / "entries.jsonl", lambda rows: rows.pop())
    rewrite(folder / "seals.jsonl", lambda rows: rows.pop())
    put_right(folder)

    found = faults(folder)
    assert "seals.jsonl: The seals do not end with the one that was made last." in found
    assert any("The chain ends after 4 entries, but 5 were written." in line for line in found)
