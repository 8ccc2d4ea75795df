"""The whole history as one zip file that proves itself: `verify.py` in it needs nothing but Python.

Written as a stream, in constant memory, out of one snapshot. All that is in it was sealed before, so that no chain in it
can be made anew from a point on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from django.db import OperationalError
from django.db.models import F

from apps.audit import reading, trail
from apps.audit.canonical import Moment, encode, moment
from apps.audit.hashes import HASHED, SEALS
from apps.audit.models import Chain, Entry, RedactedEntry, Redaction, Seal

FORMAT = "esukare-history/1"
BLOCK = 1 << 18  # bytes; a stream hands out at least so much at once
VERIFIER = Path(__file__).parent / "verify.py"
README = """\
この ZIP はエスカレの履歴の書き出しです。改ざんがないことは、Python 3.8 以降だけで確認できます。
This is an exported history of Esukare. Python 3.8 or newer alone verifies that nothing was altered:

    python3 verify.py

entries.jsonl      記録（1 行 1 件）と、その時点の行全体 / the entries, each with the full row behind it
chains.jsonl       対象ごとの連鎖の長さと末尾 / how long each subject's chain is, and its last hash
seals.jsonl        封印 / the seals, each with the Merkle root over the entries since the one before
redactions.jsonl   個人情報を消去した記録 / the entries whose personal data was blanked
manifest.json      件数と各ファイルの SHA-256 / what was exported, and the SHA-256 of each file
"""


def stream(now: datetime) -> Iterator[bytes]:
    """The bytes of the zip file. Closing the generator ends the reading at once."""
    with suppress(OperationalError):  # a writer holds it up: the latest entries are then left to the next seal
        trail.seal(now)
    sink, manifest = Sink(), _Manifest(now)
    with reading.snapshot(), ZipFile(sink, "w", ZIP_DEFLATED, compresslevel=3) as archive:  # type: ignore[call-overload]
        for name, blocks in _files(manifest):
            digest = sha256()
            info = ZipInfo(name, date_time=now.timetuple()[:6])
            info.compress_type, info.external_attr = ZIP_DEFLATED, 0o644 << 16
            with archive.open(info, "w", force_zip64=True) as file:
                for block in blocks:
                    digest.update(block)
                    file.write(block)
                    if len(sink.held) >= BLOCK:
                        yield sink.take()
            manifest.files[name] = {"sha256": digest.hexdigest()}
    yield sink.take()


class Sink:
    """What ZipFile writes into; it cannot go back, so that what is written may leave."""

    def __init__(self) -> None:
        self.held = bytearray()

    def write(self, block: bytes) -> int:
        self.held += block
        return len(block)

    def flush(self) -> None:
        pass

    def take(self) -> bytes:
        held, self.held = bytes(self.held), bytearray()
        return held


class _Manifest:
    def __init__(self, now: datetime) -> None:
        self.now = now
        self.counts = {"entries": 0, "seals": 0, "chains": 0, "redactions": 0}
        self.files: dict[str, dict[str, str]] = {}
        self.last_seal: dict[str, Any] | None = None

    def counted(self, name: str, rows: Iterable[dict[str, Any]]) -> Iterator[bytes]:
        """The rows as lines, in blocks."""
        for batch in reading.batches(rows):
            self.counts[name] += len(batch)
            yield "".join(encode(row) + "\n" for row in batch).encode()

    def text(self) -> bytes:
        about: dict[str, Any] = {"format": FORMAT, "made_at": moment(self.now), "last_seal": self.last_seal}
        about |= {"files": self.files, **self.counts}
        about["sha256"] = sha256(encode(about).encode()).hexdigest()
        return (encode(about) + "\n").encode()


def _files(manifest: _Manifest) -> Iterator[tuple[str, Iterable[bytes]]]:
    """Name and content of each file, the manifest last: it names the others' digests."""
    yield "README.txt", [README.encode()]
    yield "verify.py", [VERIFIER.read_bytes()]
    yield "redactions.jsonl", manifest.counted("redactions", _redactions())
    yield "entries.jsonl", manifest.counted("entries", _entries())
    yield "chains.jsonl", manifest.counted("chains", _chains())
    manifest.counts["chains"] -= Chain.objects.filter(subject=SEALS).count()  # that one counts the seals
    yield "seals.jsonl", manifest.counted("seals", _seals(manifest))
    yield "manifest.json", [manifest.text()]


def _entries() -> Iterator[dict[str, Any]]:
    for batch in reading.read(Entry.objects.order_by("id")):
        for each in batch:
            data = {"salt": each.salt, "reason": each.reason, "details": each.details, "row": each.row}
            yield {**dict(zip(HASHED, each.hashed, strict=True)), "id": each.id, "hash": each.hash, **data}


def _chains() -> Iterator[dict[str, Any]]:
    rows = Chain.objects.order_by("subject").values("subject", "length", "head")
    yield from rows.iterator(chunk_size=reading.BATCH)  # type: ignore[misc]


def _seals(manifest: _Manifest) -> Iterator[dict[str, Any]]:
    names = ("number", "first_id", "last_id", "count", "root", "previous", "hash")
    rows = Seal.objects.order_by("number").values(*names, at=Moment("sealed_at"))
    for row in rows.iterator(chunk_size=reading.BATCH):
        row["sealed_at"] = row.pop("at")
        manifest.last_seal = {"number": row["number"], "hash": row["hash"], "root": row["root"]}
        yield row  # type: ignore[misc]


def _redactions() -> Iterator[dict[str, Any]]:
    rows = RedactedEntry.objects.filter(redaction__state=Redaction.State.DONE).order_by("redaction_id", "entry_id")
    named = rows.values("redaction", "entry", "digest", order=F("id"), hash=F("entry__hash"))
    yield from named.iterator(chunk_size=reading.BATCH)  # type: ignore[misc]
