"""The escalation sheet for paper."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from apps.cases import checks
from apps.cases.admin.page import mask, text_of
from apps.cases.checks import Tie
from apps.cases.looking import MASKED
from apps.cases.models import Case, Deadline
from apps.cases.templatetags.case_words import badge, live, still_missed
from apps.cases.veil import Veil
from apps.people.models import User

# who needs the customer's address and number to do their work
BY_RIGHT = frozenset({Tie.OWNER, Tie.REPORTER})

ROWS: tuple[tuple[str | Promise, tuple[str, ...]], ...] = (
    (_("How grave"), ("category", "impact", "urgency", "flags", "amount", "wanted_by", "urgency_reason")),
    (_("Customer"), ("customer", "customer_plan", "customer_email", "customer_phone")),
    (_("What happened"), ("occurred_at", "place", "department", "facts", "customer_said")),
    (_("Where it stands"), ("first_line_did", "stuck_on", "support_wanted")),
    (_("Reported by"), ("reporter", "contact", "received_at")),
)
RESULT = (_("Result"), ("outcome", "resolution", "cause", "prevention"))
SIGNS = 60  # of Japanese on a line of the sheet
ROOMY, FULL = 20, 45  # written lines: up to here there is room to spare; beyond that one page is not enough anyhow
LINES = {
    "urgency_reason": 1,
    "facts": 3,
    "customer_said": 2,
    "first_line_did": 2,
    "stuck_on": 2,
    "resolution": 2,
    "cause": 1,
    "prevention": 1,
}


@dataclass(frozen=True, slots=True)
class Cell:
    """`lines`: how much room a long field has at least, 0 for a short one; an empty `value` is room to write."""

    label: str
    value: str
    lines: int

    @property
    def room(self) -> range:
        return range(max(self.lines, 1))


def printed_sheet(case: Case, reader: User, now: datetime) -> dict[str, Any]:
    """All fields of the sheet, the empty ones too. Personal data are masked but for the owner and the reporter; for
    an auditor also in the texts."""
    Veil(case, reader=reader).cover(case)
    sections = [*ROWS, RESULT] if case.outcome else ROWS
    written = sum(_lines_of(text_of(case, name)) for _title, names in sections for name in names if name in LINES)
    may_read = bool(checks.ties(case, reader) & BY_RIGHT)
    personal = [name for name in sorted(MASKED) if getattr(case, name)]
    return {
        "case": case,
        "badge": badge(case, Deadline.objects.filter(live() | still_missed(), case=case), now),
        "reader": reader,
        "now": now,
        "is_full": ROOMY < written <= FULL,
        "free": range(1 if written > ROOMY else 3 if case.outcome else 5),
        "is_masked": bool(personal) and not may_read,
        "unmasked": personal if may_read else [],
        "rows": [(title, [_cell(case, name, may_read) for name in names]) for title, names in sections],
    }


def _lines_of(text: str) -> int:
    return sum(-(-len(line) // SIGNS) for line in text.splitlines())


def _cell(case: Case, name: str, may_read: bool) -> Cell:
    field = Case._meta.get_field(name)
    value = text_of(case, name)
    if value and name in MASKED and not may_read:
        value = mask(value)
    return Cell(capfirst(str(getattr(field, "verbose_name", name))), value, LINES.get(name, 0))
