"""What an auditor reads of a case outside the journal – its page, the sheet on paper, older states – masked as the journal is.

Without masks, for a reason that is an entry: on the case's story in the journal.
"""

from __future__ import annotations

from typing import Any

from apps.audit import trail
from apps.audit.masks import Maskers
from apps.cases.looking import MASKED
from apps.cases.models import Case
from apps.cases.redaction import BLANKS
from apps.cases.texts import TEXTS
from apps.people.models import User

_OF_CASE = tuple(name for name in BLANKS if name not in MASKED)  # those have masks of their own, with a button each
_COLUMNS: dict[type[Any], tuple[str, ...]] = {Case: _OF_CASE, **dict(TEXTS)}


class Veil:
    """Over the texts about cases, for a person who only audits; one statement for those, and none for others."""

    def __init__(self, *cases: Case, reader: User) -> None:
        self._about = trail.subject_of(cases[0]) if cases else ""
        self._maskers = Maskers(map(trail.subject_of, cases), shows_personal=not reader.only_audits)

    def __call__(self, text: str) -> str:
        """What may be read of a text about the case; the first one."""
        return self._maskers.say(self._about, text)

    def cover(self, *rows: Any) -> None:
        """Mask what people wrote into the rows, in memory alone: they are shown and never saved."""
        for row in rows:
            about = trail.subject_of(row if isinstance(row, Case) else Case(pk=row.case_id))
            for name in _COLUMNS[type(row)]:
                setattr(row, name, self._maskers.say(about, getattr(row, name)))
