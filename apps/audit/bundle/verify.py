#!/usr/bin/env python3
"""Verifies an exported history, with nothing but Python 3.8 or newer and this one file.

    python3 verify.py [FOLDER or FILE.zip]      (the folder of this file by default)

Exit code 0: everything is as it was written. 1: something is not, or there is no export here; every fault is named with
its file, its line and the entry. It reads the files once, line by line; its memory grows with the number of subjects and
of redacted entries only.

What it proves, and how:
 - each entry's `digest` is the SHA-256 of its salt, reason, details and full row (of a redacted one: its last
   redaction's digest is, which is itself an entry of the journal);
 - each entry's `hash` is the SHA-256 of its other fields, among them the digest and the hash before it in its subject's
   chain, so that no entry can be changed, swapped, left out or put in between;
 - each chain is as long as it was and ends with the hash it ended with;
 - each seal holds the Merkle root (RFC 6962) over the hashes of all entries since the seal before it.
 - manifest.json names every file with its SHA-256, how many rows it has, and the SHA-256 of itself.
Compare the last seal's hash, which is printed, with the one that was sent to you by mail on its day: then nothing older
can have been rewritten as a whole either.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import zipfile
import zlib
from typing import IO, Any, Dict, Iterator, List, Optional, Tuple

FORMAT = "esukare-history/1"
HASHED = (
    "subject", "sequence", "at", "actor", "source", "action", "from_state", "to_state", "record", "digest", "previous",
)  # fmt: skip
NONE_BEFORE = "0" * 64
SEALS = "audit.seal"
MOST_FAULTS = 100
FILES = ("README.txt", "verify.py", "redactions.jsonl", "entries.jsonl", "chains.jsonl", "seals.jsonl")
SEAL = ("number", "sealed_at", "first_id", "last_id", "count", "root", "previous")
# What each line of a file holds, as far as it is read: numbers, and texts; of entries also `details` and `row`.
NUMBERS = {
    "redactions.jsonl": ("redaction", "entry", "order"),
    "entries.jsonl": ("id", "sequence"),
    "chains.jsonl": ("length",),
    "seals.jsonl": ("number", "first_id", "last_id", "count"),
}
TEXTS = {
    "redactions.jsonl": ("hash", "digest"),
    "entries.jsonl": (*(name for name in HASHED if name != "sequence"), "hash", "salt", "reason"),
    "chains.jsonl": ("subject", "head"),
    "seals.jsonl": ("sealed_at", "root", "previous", "hash"),
}
# What a file, or a line of it, that somebody spoilt may make of reading it.
UNREADABLE = (OSError, EOFError, KeyError, RuntimeError, zipfile.BadZipFile, zlib.error)
SPOILT = (ArithmeticError, AttributeError, KeyError, RecursionError, TypeError, ValueError)

JAPANESE = {
    "No line of JSON.": "JSONの行ではありません。",
    "The file is missing.": "ファイルがありません。",
    "The file is not the one that was exported.": "書き出された時のファイルと異なります。",
    "The file is not part of the export.": "書き出したものに含まれないファイルです。",
    "The file is there more than once.": "同じ名前のファイルが重複しています。",
    "It does not name this file: {0}.": "目録に次のファイルの記載がありません：{0}",
    "It was changed after it was written.": "書かれた後に変更されています。",
    "Its last seal is not the last one here.": "目録の最後の封印が、ここにある最後の封印と異なります。",
    "There is no manifest.json of an exported history here.": "書き出した履歴の目録（manifest.json）がここにありません。",
    "A field is missing or is of the wrong kind.": "項目が欠けているか、形式が正しくありません。",
    "The entries are not in their order.": "記録の順序が正しくありません。",
    "The chain has a gap: number {0} is missing before this entry.": "連鎖に欠落があります。この記録の前の{0}番がありません。",
    "The entry does not continue the entry before it.": "直前の記録につながっていません。",
    "A field of the entry was changed after it was written.": "記録の項目が書き換えられています。",
    "The reason, the details or the history row was changed.": "理由・詳細・履歴行のいずれかが書き換えられています。",
    "The history row is missing.": "履歴行がありません。",
    "The chain ends after {0} entries, but {1} were written.": "連鎖は{0}件で終わっていますが、{1}件書かれたはずです。",
    "The chain does not end with the entry that was written last.": "連鎖の末尾が最後に書かれた記録ではありません。",
    "The chain's own row is missing.": "連鎖の台帳行がありません。",
    "Seal {0} is missing before this one.": "この封印の前の封印{0}がありません。",
    "The seal does not continue the seal before it.": "直前の封印につながっていません。",
    "The seal was changed after it was made.": "封印が書き換えられています。",
    "{0} entries were sealed, {1} are there.": "{0}件が封印されましたが、{1}件しかありません。",
    "The entries are not those that were sealed.": "封印された記録と異なります。",
    "The seals do not end with the one that was made last.": "封印の末尾が最後に作られたものではありません。",
    "The redacted entries are not those that the journal names.": "個人情報を消去した記録が監査記録の記載と異なります。",
    "The journal does not know of this redaction.": "この消去は監査記録に記載がありません。",
    "The number of {0} is not that of the manifest: {1} instead of {2}.": "{0}の件数が目録と異なります（{2}件のはずが{1}件）。",
    "entries": "記録",
    "seals": "封印",
    "chains": "連鎖",
    "redacted": "消去済み",
    "redactions": "消去の記録",
    "Whole: everything is as it was written.": "正常：すべて書かれた時のままです。",
    "BROKEN: {0} faults.": "異常：{0}件の不一致があります。",
    "last seal": "最後の封印",
    "line": "行",
    "... and more": "… 以下省略",
}
IS_JAPANESE = (os.environ.get("LC_ALL") or os.environ.get("LANG") or "").startswith("ja")


def say(sentence: str, *values: object) -> str:
    return (JAPANESE.get(sentence, sentence) if IS_JAPANESE else sentence).format(*values)


def encode(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


class Merkle:
    """The Merkle tree hash of RFC 6962 (section 2.1) over a stream of leaves."""

    def __init__(self) -> None:
        self.count = 0
        self.peaks: List[bytes] = []

    def add(self, leaf: str) -> None:
        node = hashlib.sha256(b"\x00" + leaf.encode("utf-8", "surrogatepass")).digest()
        size = self.count
        while size & 1:
            node = hashlib.sha256(b"\x01" + self.peaks.pop() + node).digest()
            size >>= 1
        self.peaks.append(node)
        self.count += 1

    def root(self) -> str:
        if not self.peaks:
            return hashlib.sha256(b"").hexdigest()
        node = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            node = hashlib.sha256(b"\x01" + peak + node).digest()
        return node.hex()


class Source:
    """A folder, or a zip file."""

    def __init__(self, path: str) -> None:
        self.zip = zipfile.ZipFile(path) if os.path.isfile(path) else None
        self.path = path

    def names(self) -> List[str]:
        """In a folder without hidden files, and without the zip file that the rest may have come from."""
        if self.zip:
            return self.zip.namelist()
        return sorted(name for name in os.listdir(self.path) if not name.startswith(".") and not name.endswith(".zip"))

    def open(self, name: str) -> IO[bytes]:
        return self.zip.open(name) if self.zip else open(os.path.join(self.path, name), "rb")


class Verifier:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.faults: List[str] = []
        self.count = 0
        self.digests: Dict[str, str] = {}  # of each file, as it is read
        self.found = {"entries": 0, "seals": 0, "chains": 0, "redacted": 0, "redactions": 0}
        self.last_seal: Any = None
        self.left: Dict[int, Tuple[int, str]] = {}
        self.trees: Dict[str, Tuple[Merkle, str]] = {}
        self.head, self.number = NONE_BEFORE, 0

    def fault(self, where: str, sentence: str, *values: object) -> None:
        self.count += 1
        if self.count <= MOST_FAULTS:
            self.faults.append("{}: {}".format(where, say(sentence, *values)))

    def lines(self, name: str) -> Iterator[Tuple[str, Dict[str, Any]]]:
        """(where, row) of each line that is as a line of this file must be."""
        for number, line in enumerate(self.raw(name), start=1):
            where = "{} {} {}".format(name, say("line"), number)
            try:
                row = json.loads(line.decode("utf-8"))
                encode(row)  # which refuses what is no number of JSON
            except SPOILT:
                self.fault(where, "No line of JSON.")
                continue
            if fault := wrong(name, row):
                self.fault(named(where, row), fault)
            else:
                yield where, row

    def raw(self, name: str) -> Iterator[bytes]:
        """The lines of a file; takes its digest on the way."""
        digest = hashlib.sha256()
        try:
            with self.source.open(name) as file:
                for line in file:
                    digest.update(line)
                    yield line
        except UNREADABLE:
            self.unreadable(name)
        else:
            self.digests[name] = digest.hexdigest()

    def unreadable(self, name: str) -> None:
        is_there = name in self.source.names()
        self.fault(name, "The file is not the one that was exported." if is_there else "The file is missing.")
        self.digests[name] = ""

    def run(self) -> bool:
        manifest = self.manifest()
        self.redactions()
        self.entries()
        if manifest is not None:
            self.files(manifest)
        return self.count == 0

    def manifest(self) -> Optional[Dict[str, Any]]:
        """None where there is none that can be read; that is a fault."""
        if "manifest.json" not in self.source.names():
            self.fault("manifest.json", "There is no manifest.json of an exported history here.")
            return None
        try:
            with self.source.open("manifest.json") as file:
                manifest = json.loads(file.read().decode("utf-8"))
            left = {name: value for name, value in manifest.items() if name != "sha256"}
            if manifest["format"] != FORMAT or not isinstance(manifest["files"], dict):
                raise ValueError
            if sha256(encode(left)) != manifest.get("sha256"):
                self.fault("manifest.json", "It was changed after it was written.")
        except (*UNREADABLE, *SPOILT):
            self.fault("manifest.json", "The file is not the one that was exported.")
            return None
        return manifest  # type: ignore[no-any-return]

    def redactions(self) -> None:
        """What each redaction left, by entry; and the root over it, which the journal must name."""
        for where, row in self.lines("redactions.jsonl"):
            self.found["redactions"] += 1
            name = "audit.redaction:{}".format(row["redaction"])
            self.left[row["entry"]] = max((row["order"], row["digest"]), self.left.get(row["entry"], (0, "")))
            self.trees.setdefault(name, (Merkle(), where))[0].add("{}:{}".format(row["hash"], row["digest"]))

    def entries(self) -> None:
        """Chains and seals in one reading: the entries lie in the order in which they were written."""
        chains: Dict[str, Tuple[int, str]] = {}
        redacted: Dict[str, Any] = {}
        last = 0
        seals = self.lines("seals.jsonl")
        seal, tree = next(seals, None), Merkle()
        for line, row in self.lines("entries.jsonl"):
            where, number = named(line, row), row["id"]
            while seal is not None and number > seal[1]["last_id"]:
                self.seal(*seal, tree)
                seal, tree = next(seals, None), Merkle()
            tree.add(row["hash"])
            if number <= last:
                self.fault(where, "The entries are not in their order.")
            last = number
            self.entry(where, row, chains)
            if row["action"] == "redacted" and row["subject"].startswith("audit.redaction:"):
                redacted.setdefault(row["subject"], (row["details"].get("count"), row["details"].get("root")))
        while seal is not None:
            self.seal(*seal, tree)
            seal, tree = next(seals, None), Merkle()
        self.ends(chains)
        for name, (root, where) in self.trees.items():
            if name not in redacted:
                self.fault("{}: {}".format(where, name), "The journal does not know of this redaction.")
            elif redacted[name] != (root.count, root.root()):
                self.fault("{}: {}".format(where, name), "The redacted entries are not those that the journal names.")
        for name, (count, _root) in redacted.items():
            if count and name not in self.trees:
                self.fault(
                    "redactions.jsonl: {}".format(name), "The redacted entries are not those that the journal names."
                )

    def entry(self, where: str, row: Dict[str, Any], chains: Dict[str, Tuple[int, str]]) -> None:
        length, head = chains.get(row["subject"], (0, NONE_BEFORE))
        chains[row["subject"]] = (row["sequence"], row["hash"])
        self.found["entries"] += 1
        redacted = self.left.get(row["id"])
        self.found["redacted"] += redacted is not None
        if row["sequence"] != length + 1:
            self.fault(where, "The chain has a gap: number {0} is missing before this entry.", length + 1)
        elif row["previous"] != head:
            self.fault(where, "The entry does not continue the entry before it.")
        elif sha256(encode([row[name] for name in HASHED])) != row["hash"]:
            self.fault(where, "A field of the entry was changed after it was written.")
        elif row["row"] is None:
            self.fault(where, "The history row is missing.")
        else:
            data = {"details": row["details"], "reason": row["reason"], "row": row["row"]}
            if sha256(row["salt"] + encode(data)) != (redacted[1] if redacted else row["digest"]):
                self.fault(where, "The reason, the details or the history row was changed.")

    def seal(self, where: str, row: Dict[str, Any], tree: Merkle) -> None:
        self.found["seals"] += 1
        where = "{}: {}".format(where, row["number"])
        if row["number"] != self.number + 1:
            self.fault(where, "Seal {0} is missing before this one.", self.number + 1)
        elif row["previous"] != self.head:
            self.fault(where, "The seal does not continue the seal before it.")
        if sha256(encode([row[name] for name in SEAL])) != row["hash"]:
            self.fault(where, "The seal was changed after it was made.")
        if tree.count != row["count"]:
            self.fault(where, "{0} entries were sealed, {1} are there.", row["count"], tree.count)
        elif tree.root() != row["root"]:
            self.fault(where, "The entries are not those that were sealed.")
        self.number, self.head, self.last_seal = row["number"], row["hash"], row

    def ends(self, chains: Dict[str, Tuple[int, str]]) -> None:
        seals = (0, NONE_BEFORE)
        for where, row in self.lines("chains.jsonl"):
            subject, end = row["subject"], (row["length"], row["head"])
            if subject == SEALS:
                seals = end
                continue
            self.found["chains"] += 1
            where = "{}: {}".format(where, subject)
            length, head = chains.pop(subject, (0, NONE_BEFORE))
            if length != end[0]:
                self.fault(where, "The chain ends after {0} entries, but {1} were written.", length, end[0])
            elif head != end[1]:
                self.fault(where, "The chain does not end with the entry that was written last.")
        for subject in chains:
            self.fault("chains.jsonl: {}".format(subject), "The chain's own row is missing.")
        if (self.number, self.head) != seals:
            self.fault("seals.jsonl", "The seals do not end with the one that was made last.")

    def files(self, manifest: Dict[str, Any]) -> None:
        """Every file is the one that the manifest names, this one too, and there is no other."""
        names = self.source.names()
        for name in sorted({*names, *FILES, *manifest["files"]} - {"manifest.json"}):
            if name not in FILES:
                self.fault(name, "The file is not part of the export.")
                continue
            if names.count(name) > 1:
                self.fault(name, "The file is there more than once.")
            about = manifest["files"].get(name)
            if about is None:
                self.fault("manifest.json", "It does not name this file: {0}.", name)
                continue
            if name not in self.digests:
                for _line in self.raw(name):
                    pass
            if self.digests[name] and about != {"sha256": self.digests[name]}:
                self.fault(name, "The file is not the one that was exported.")
        if names.count("manifest.json") > 1:
            self.fault("manifest.json", "The file is there more than once.")
        for name in ("entries", "seals", "chains", "redactions"):
            if manifest.get(name) != self.found[name]:
                sentence = "The number of {0} is not that of the manifest: {1} instead of {2}."
                self.fault("manifest.json", sentence, say(name), self.found[name], manifest.get(name))
        last = self.last_seal and {name: self.last_seal[name] for name in ("number", "hash", "root")}
        if manifest.get("last_seal") != last:
            self.fault("manifest.json", "Its last seal is not the last one here.")


def wrong(name: str, row: Any) -> str:
    """What is wrong with the fields of a row of this file; "" if nothing is."""
    is_right = (
        isinstance(row, dict)
        and all(type(row.get(each)) is int for each in NUMBERS[name])
        and all(type(row.get(each)) is str for each in TEXTS[name])
    )
    if is_right and name == "entries.jsonl":
        is_right = isinstance(row.get("details"), dict) and isinstance(row.get("row", ""), (dict, type(None)))
    return "" if is_right else "A field is missing or is of the wrong kind."


def named(where: str, row: Any) -> str:
    """The place with the entry that is there, if one is."""
    if isinstance(row, dict) and "subject" in row and "sequence" in row:
        return "{}: {} #{}".format(where, row["subject"], row["sequence"])
    return where


def main(arguments: List[str]) -> int:
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")
    path = arguments[0] if arguments else os.path.dirname(os.path.abspath(__file__))
    try:
        verifier = Verifier(Source(path))
        is_whole = verifier.run()
    except (OSError, zipfile.BadZipFile):
        print("{}: {}".format(path, say("There is no manifest.json of an exported history here.")))
        return 1
    for fault in verifier.faults:
        print(fault)
    if verifier.count > MOST_FAULTS:
        print(say("... and more"))
    shown = ("entries", "seals", "chains", "redacted")
    print(", ".join("{:,} {}".format(verifier.found[name], say(name)) for name in shown))
    if verifier.last_seal:
        row = verifier.last_seal
        print("{} {} ({}): {}".format(say("last seal"), row["number"], row["sealed_at"], row["hash"]))
    print(say("Whole: everything is as it was written.") if is_whole else say("BROKEN: {0} faults.", verifier.count))
    return 0 if is_whole else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
