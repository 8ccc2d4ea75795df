"""What is hashed, and how: an entry's data, an entry in its chain, a seal, the Merkle root that a seal holds.

All hashes are SHA-256 in hexadecimal, over the canonical JSON of `apps.audit.canonical`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

from apps.audit.canonical import encode, moment

NONE_BEFORE = "0" * 64  # stands for the hash before the first one
SEALS = "audit.seal"  # the Chain row that counts the seals, so that cutting off the last one shows

HASHED = (
    "subject", "sequence", "at", "actor", "source", "action", "from_state", "to_state", "record", "digest", "previous",
)  # fmt: skip


def data_digest(salt: str, reason: str, details: dict[str, Any], row: dict[str, Any]) -> str:
    """Of an entry's data; `details` and `row` are canonical already (`plain`, `row_of`)."""
    return sha256((salt + encode({"details": details, "reason": reason, "row": row})).encode()).hexdigest()


def entry_hash(values: Sequence[object]) -> str:
    """Of an entry's fields in the order of HASHED; `at` is canonical already (`moment`)."""
    return _sha256(values)


def seal_hash(
    number: int, sealed_at: datetime, first_id: int, last_id: int, count: int, root: str, previous: str
) -> str:
    return _sha256([number, moment(sealed_at), first_id, last_id, count, root, previous])


def redacted_leaf(hash_: str, digest: str) -> str:
    """A leaf of a redaction's Merkle tree: an entry by its hash, and the digest of what was left of it."""
    return f"{hash_}:{digest}"


def _sha256(values: Sequence[object]) -> str:
    return sha256(encode(list(values)).encode()).hexdigest()


class Merkle:
    """The Merkle tree hash of RFC 6962 (section 2.1) over a stream of leaves, in memory of its logarithm."""

    def __init__(self) -> None:
        self.count = 0
        self._peaks: list[bytes] = []  # of the full trees that the bits of `count` stand for, the largest first

    def add(self, leaf: str) -> None:
        node = sha256(b"\x00" + leaf.encode()).digest()
        size = self.count
        while size & 1:
            node = sha256(b"\x01" + self._peaks.pop() + node).digest()
            size >>= 1
        self._peaks.append(node)
        self.count += 1

    def root(self) -> str:
        if not self._peaks:
            return sha256(b"").hexdigest()
        *rest, node = self._peaks
        for peak in reversed(rest):
            node = sha256(b"\x01" + peak + node).digest()
        return node.hex()
