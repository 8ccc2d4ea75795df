"""Who follows a case, on its page."""

from __future__ import annotations

from typing import Any

from apps.cases import showing
from apps.cases.models import Case, Follower
from apps.people.models import User


def followers(case: Case, user: User) -> dict[str, Any]:
    """One statement."""
    rows = Follower.objects.filter(case=case).select_related("user").order_by("since", "pk")
    people = [row.user for row in rows]
    return {"followers": people, **showing.following(case, user, follows=user in people)}
