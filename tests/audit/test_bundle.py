"""The exported history proves itself with its own `verify.py`, and names whatever somebody does to it."""

import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone, translation

from apps.audit import bundle, trail
from apps.audit.canonical import moment
from apps.people.models import Department
from tests.audit.conftest import NOW

Lines = list[dict[str, Any]]


@pytest.fixture
def folder(tmp_path: Path, journal: None, support: Department) -> Path:
    """The exported journal, unzipped: two seals, and a third over the entry after them, made by the export."""
    trail.seal(NOW)
    support.save()
    trail.seal(NOW + timedelta(hours=1))
    support.save()
    call_command("export_history", str(tmp_path / "history.zip"), verbosity=0)
    with zipfile.ZipFile(tmp_path / "history.zip") as archive:
        archive.extractall(tmp_path / "history")
    return tmp_path / "history"


def verify(where: Path, *, cwd: Path | None = None, env: dict[str, str] | None = None) -> tuple[int, list[str]]:
    """Exit code and lines, by a Python without site-packages."""
    script = bundle.VERIFIER if cwd is None else Path("verify.py")
    command = [sys.executable, "-I", "-S", str(script), str(where)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=env or {"LANG": "C.UTF-8"}, check=False)
    return done.returncode, (done.stdout + done.stderr).splitlines()


def test_a_whole_bundle(folder: Path) -> None:
    seal = trail.Seal.objects.first()
    code, lines = verify(Path("."), cwd=folder)

    assert code == 0
    assert lines == [
        "9 entries, 3 seals, 4 chains, 0 redacted",
        f"last seal 3 ({moment(seal.sealed_at)}): {seal.hash}",
        "Whole: everything is as it was written.",
    ]
    assert verify(folder.parent / "history.zip") == (code, lines)


def test_what_lies_in_it(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())

    assert sorted(path.name for path in folder.iterdir()) == sorted([*manifest["files"], "manifest.json"])
    assert {name: manifest[name] for name in ("format", "entries", "seals", "chains", "redactions")} == {
        "format": "esukare-history/1",
        "entries": 9,
        "seals": 3,
        "chains": 4,
        "redactions": 0,
    }
    assert (folder / "verify.py").read_bytes() == bundle.VERIFIER.read_bytes()


def test_in_japanese(folder: Path) -> None:
    assert verify(folder, env={"LANG": "ja_JP.UTF-8", "PYTHONUTF8": "1"})[1][-1] == "正常：すべて書かれた時のままです。"


def test_nothing_here(tmp_path: Path) -> None:
    code, lines = verify(tmp_path)
    assert (code, lines[0]) == (1, "manifest.json: There is no manifest.json of an exported history here.")
    assert verify(tmp_path / "no") == (
        1,
        [f"{tmp_path / 'no'}: There is no manifest.json of an exported history here."],
    )


# --- somebody alters it -----------------------------------------------------------------------------------------------


def change(line: int, **values: Any) -> Callable[[Lines], None]:
    return lambda rows: rows[line - 1].update(values)


def swap(rows: Lines) -> None:
    rows[1], rows[2] = rows[2], rows[1]


def drop(line: int) -> Callable[[Lines], Any]:
    return lambda rows: rows.pop(line - 1)


def drop_a_chain(rows: Lines) -> None:
    rows[:] = [row for row in rows if row["subject"] != rows[0]["subject"]]


def alter(folder: Path, name: str, work: Callable[[Lines], Any]) -> list[str]:
    """The faults after somebody altered the file and put its digest right in the manifest."""
    path = folder / name
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    work(rows)
    path.write_text("".join(bundle.encode(row) + "\n" for row in rows))
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"][name] = {"sha256": bundle.sha256(path.read_bytes()).hexdigest()}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    code, lines = verify(folder)
    assert code == 1
    return lines


S = "people.department:{pk}"


@pytest.mark.parametrize(
    ("name", "work", "expected"),
    [
        (
            "entries.jsonl",
            change(2, actor="people.user:9"),
            f"entries.jsonl line 2: {S} #2: A field of the entry was changed after it was written.",
        ),
        (
            "entries.jsonl",
            change(2, row={"name": "x"}),
            f"entries.jsonl line 2: {S} #2: The reason, the details or the history row was changed.",
        ),
        (
            "entries.jsonl",
            change(2, reason="x"),
            f"entries.jsonl line 2: {S} #2: The reason, the details or the history row was changed.",
        ),
        ("entries.jsonl", change(2, row=None), f"entries.jsonl line 2: {S} #2: The history row is missing."),
        (
            "entries.jsonl",
            swap,
            f"entries.jsonl line 2: {S} #3: The chain has a gap: number 2 is missing before this entry.",
        ),
        (
            "entries.jsonl",
            drop(2),
            f"entries.jsonl line 2: {S} #3: The chain has a gap: number 2 is missing before this entry.",
        ),
        ("entries.jsonl", drop(9), f"chains.jsonl line 3: {S}: The chain ends after 4 entries, but 5 were written."),
        ("entries.jsonl", drop_a_chain, "seals.jsonl line 1: 1: 7 entries were sealed, 4 are there."),
        (
            "entries.jsonl",
            lambda rows: rows.insert(2, rows[1]),
            f"entries.jsonl line 3: {S} #2: The entries are not in their order.",
        ),
        (
            "entries.jsonl",
            lambda rows: rows[1].pop("salt"),
            f"entries.jsonl line 2: {S} #2: A field is missing or is of the wrong kind.",
        ),
        ("seals.jsonl", change(1, root="0" * 64), "seals.jsonl line 1: 1: The seal was changed after it was made."),
        ("seals.jsonl", drop(1), "seals.jsonl line 1: 2: Seal 1 is missing before this one."),
        ("seals.jsonl", drop(3), "seals.jsonl: The seals do not end with the one that was made last."),
        ("chains.jsonl", drop(3), f"chains.jsonl: {S}: The chain's own row is missing."),
        (
            "chains.jsonl",
            change(3, length=6),
            f"chains.jsonl line 3: {S}: The chain ends after 5 entries, but 6 were written.",
        ),
        (
            "chains.jsonl",
            change(3, head="0" * 64),
            f"chains.jsonl line 3: {S}: The chain does not end with the entry that was written last.",
        ),
        (
            "redactions.jsonl",
            lambda rows: rows.append({"redaction": 1, "entry": 1, "order": 1, "hash": "x", "digest": "y"}),
            "redactions.jsonl line 1: audit.redaction:1: The journal does not know of this redaction.",
        ),
    ],
)
def test_an_altered_file_is_named_with_its_line(
    folder: Path, support: Department, name: str, work: Callable[[Lines], Any], expected: str
) -> None:
    assert expected.format(pk=support.pk) in alter(folder, name, work)


@pytest.mark.parametrize("name", ["README.txt", "verify.py", "entries.jsonl", "chains.jsonl", "seals.jsonl"])
def test_a_file_that_is_not_the_one_exported(folder: Path, name: str) -> None:
    with (folder / name).open("a") as file:
        file.write("\n")

    code, lines = verify(folder)
    assert code == 1
    assert f"{name}: The file is not the one that was exported." in lines


@pytest.mark.parametrize("name", ["README.txt", "redactions.jsonl", "entries.jsonl", "chains.jsonl", "seals.jsonl"])
def test_a_missing_file(folder: Path, name: str) -> None:
    (folder / name).unlink()

    code, lines = verify(folder)
    assert code == 1
    assert f"{name}: The file is missing." in lines


def test_an_altered_manifest(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | {"entries": 8}))

    code, lines = verify(folder)
    assert code == 1
    assert lines[:2] == [
        "manifest.json: It was changed after it was written.",
        "manifest.json: The number of entries is not that of the manifest: 9 instead of 8.",
    ]


def test_closing_the_stream_ends_the_reading(journal: None) -> None:
    stream = bundle.stream(timezone.now())
    stream.close()

    assert trail.verify().ok


def test_a_file_that_cannot_be_written(journal: None, tmp_path: Path) -> None:
    with translation.override("en"), pytest.raises(CommandError, match="cannot be written"):
        call_command("export_history", str(tmp_path / "no" / "history.zip"))
