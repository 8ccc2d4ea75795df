"""Exports of the journal: time and memory for each format, and for the bundle that proves itself."""

import os
import resource
import subprocess
import sys
import time
from datetime import timedelta

from stage import NOW, stage

ENTRIES = int(os.environ.get("BENCH_ENTRIES", "20000"))


def fill(entries: int) -> None:
    """Entries in chains of ten, without history rows: the exports of the journal do not read those."""
    from django.db import transaction

    from apps.audit import trail
    from apps.audit.models import Source

    for start in range(0, entries, 10_000):
        with transaction.atomic():
            trail.append(
                [
                    trail.NewEntry(
                        subject=f"cases.case:{number // 10}",
                        at=NOW + timedelta(seconds=number),
                        actor="people.user:2",
                        source=Source.DESK,
                        action="note",
                        from_state="RECEIVED",
                        to_state="RECEIVED",
                        reason="経理に確認中のため、折り返しご連絡します。",
                        details={"visibility": "INTERNAL"},
                    )
                    for number in range(start, min(start + 10_000, entries))
                ]
            )
    trail.seal(NOW)


def measure(name: str) -> None:
    """In a process of its own, so that the memory is that of this export alone."""
    from django.utils import translation

    from apps.audit import bundle
    from apps.audit.export import FORMATS
    from apps.audit.journal import Filters

    with translation.override("ja"):
        stream = bundle.stream(NOW) if name == "bundle" else FORMATS[name].stream(Filters())
        began, size = time.perf_counter(), 0
        first = 0.0
        for block in stream:
            first = first or time.perf_counter() - began
            size += len(block)
    spent = time.perf_counter() - began
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(
        f"{name:<7} {ENTRIES:>9,} entries in {spent:6.1f} s ({ENTRIES / spent:,.0f}/s), "
        f"first bytes after {first:.2f} s, {size / 1e6:,.0f} MB, {memory} MB of memory at most"
    )


if len(sys.argv) > 1:
    measure(sys.argv[1])
elif __name__ == "__main__":
    with stage():
        from django.db import connection

        fill(ENTRIES)
        name = str(connection.settings_dict["NAME"])
        is_sqlite = connection.vendor == "sqlite"
        url = f"sqlite:///{name}" if is_sqlite else os.environ["DATABASE_URL"].rpartition("/")[0] + f"/{name}"
        for each in ("csv", "xlsx", "jsonl", "bundle"):
            subprocess.run([sys.executable, __file__, each], env={**os.environ, "DATABASE_URL": url}, check=True)
