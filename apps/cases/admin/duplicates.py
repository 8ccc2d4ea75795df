"""Cases that may be about the same matter, on the page of a case."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from apps.cases import checks
from apps.cases.duplicates import candidates
from apps.cases.models import Case
from apps.people.models import User


def duplicates(case: Case, user: User, now: datetime) -> dict[str, Any]:
    """One statement; for those who only audit none, as they could do nothing about it. `may_merge`: whether the page has
    the dialog for it."""
    may_merge = case.state in checks.SOURCES["merge"] and bool(checks.ties(case, user) & checks.MAY["merge"])
    return {"duplicates": [] if user.only_audits else candidates(case, user, now), "may_merge": may_merge}
