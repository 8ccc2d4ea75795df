"""What the pages of a case in the admin and at the desk both show, as parts of their context."""

from __future__ import annotations

from typing import Any

from apps.cases import checks, reading
from apps.cases.models import Case
from apps.people.models import User


def attachments(case: Case, user: User) -> dict[str, Any]:
    """The files that the person may read. One statement."""
    return {"attachments": list(reading.attachments_for(case, user))}


def following(case: Case, user: User, *, follows: bool) -> dict[str, str]:
    """What the person, who may read the case, can do about following it; "" where nothing. No statement."""
    verb = "unfollow" if follows else "follow"
    may = bool(user.roles & checks.WORKING_ROLES) and case.state in checks.SOURCES[verb]
    return {"follow_verb": verb if may else "", "follow_label": checks.verb_label(verb)}
