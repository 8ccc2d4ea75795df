"""manage.py replay FILE: a historical log through the verbs, under a simulated clock."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from apps.audit import trail
from apps.cases.replay import log, people, run
from apps.policy.seed import seed_policy

SHOWN = 10  # lines named per reason in the text; --json names all


class Command(BaseCommand):
    help = "Replay a historical log (CSV, also .gz) through the same verbs as the live system, under a simulated clock."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--format", choices=sorted(log.FORMATS), default="neutral")
        parser.add_argument("--limit", type=int, help="only the first N cases of the file")
        parser.add_argument("--json", action="store_true", help="the summary as JSON on standard output")

    def handle(self, *, file: Path, format: str, limit: int | None, json: bool, **options: Any) -> None:
        try:
            read = log.read(file, format, limit)
        except log.Unreadable as error:
            raise CommandError(str(error)) from error
        seed_policy()
        cast = people.seed(read.events, now=timezone.now())
        summary = run.play(read, cast, progress=None if json else self._show_progress)
        trail.seal(timezone.now())
        result = _as_dict(summary, read)
        self.stdout.write(_dump(result) if json else _text(result))

    def _show_progress(self, played: int, now: datetime) -> None:
        self.stderr.write(f"\r{now:%Y-%m-%d %H:%M} {played} events", ending="")


def _as_dict(summary: run.Summary, read: log.Log) -> dict[str, Any]:
    refusals: dict[str, dict[str, Any]] = {}
    for each in summary.refusals:
        found = refusals.setdefault(f"{each.verb}: {each.code}", {"count": 0, "example": each.sentence, "lines": []})
        found["count"] += 1
        found["lines"].append(each.line_number)
    return {
        "events": summary.events,
        "cases": summary.cases,
        "states": dict(sorted(summary.states.items())),
        "verbs": dict(sorted(summary.verbs.items())),
        "bridging_verbs": dict(sorted(summary.bridging.items())),
        "events_without_a_verb": summary.idle,
        "clocks_fired": {str(kind): count for kind, count in sorted(summary.fired.items())},
        "warnings": summary.warned,
        "refusals": dict(sorted(refusals.items())),
        "malformed_lines": [asdict(each) for each in read.bad_lines],
        "seconds": round(summary.seconds, 1),
        "cases_per_second": round(summary.cases / summary.seconds, 1) if summary.seconds else None,
    }


def _dump(result: dict[str, Any]) -> str:
    return json.dumps(result, ensure_ascii=False, indent=2)


def _text(result: dict[str, Any]) -> str:
    lines = [""]
    for key, value in result.items():
        if key == "refusals":
            lines.append(f"refusals: {sum(each['count'] for each in value.values())}")
            for reason, each in value.items():
                shown = ", ".join(map(str, each["lines"][:SHOWN])) + (", …" if each["count"] > SHOWN else "")
                lines.append(f"  {reason}: {each['count']} (lines {shown}) e.g. {each['example']}")
        elif key == "malformed_lines":
            lines.append(f"malformed lines: {len(value)}")
            lines += [f"  line {each['line_number']}: {each['reason']}" for each in value[:SHOWN]]
        elif isinstance(value, dict):
            lines.append(f"{key}: " + ", ".join(f"{name} {count}" for name, count in value.items()))
        else:
            lines.append(f"{key}: {value}")
    return "\n".join(lines)
