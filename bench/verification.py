"""Verification of a journal of wide rows: entries a second of one core, and the memory it takes."""

import os
import resource
import time

from stage import NOW, receive, stage

from apps.audit import trail
from apps.audit.models import Entry, Source
from apps.cases import actions
from apps.cases.ledger import Book
from apps.people.models import User

ENTRIES = int(os.environ.get("BENCH_ENTRIES", "20000"))
NOTES = 9  # to a case: with its receipt ten entries a chain


def grow(entries: int) -> None:
    """Cases with ten entries each, every one with the case's full row behind it, sealed by the thousand cases."""
    operator = User.objects.get(username="operator")
    for start in range(0, entries, 1000 * (NOTES + 1)):
        ids = receive(min(1000, (entries - start) // (NOTES + 1)))
        for _each in range(NOTES):
            with Book(source=Source.DESK, is_silent=True) as book:
                for case in book.load(ids):
                    actions.note(case, book, by=operator, now=NOW, text="経理に確認中。")
        trail.seal(NOW)


if __name__ == "__main__":
    with stage():
        grow(ENTRIES)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        began, cpu = time.perf_counter(), time.process_time()
        report = trail.verify()
        spent, cpu = time.perf_counter() - began, time.process_time() - cpu
        assert report.ok, report.faults
        print(
            f"{report.entries:,} entries of {Entry.objects.count():,}, {report.seals} seals in {spent:.1f} s "
            f"({cpu:.1f} s of this process): {report.entries / spent:,.0f} entries/s; "
            f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB at most ({before // 1024} MB before)"
        )
