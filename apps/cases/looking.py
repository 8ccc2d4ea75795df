"""Who looked: opening a confidential case and seeing a customer's masked data are entries of the journal."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from apps.audit import access, trail
from apps.audit.access import Access
from apps.audit.models import Source
from apps.cases.checks import Refused
from apps.cases.models import Case
from apps.people.models import User

MASKED = ("customer_email", "customer_phone")
UNMASK = "audit.unmask_entry"


def opened(case: Case, *, by: User, now: datetime, source: Source, version: int | None = None) -> None:
    """Write down that somebody looks at a confidential case, or at an older `version` of it. Nothing else is written."""
    if case.confidential:
        details = {} if version is None else {"version": version}
        access.record(trail.subject_of(case), Access.VIEWED, by=by, now=now, source=source, details=details)


def show(case: Case, field: str, *, by: User, now: datetime, source: Source, reason: str = "") -> str:
    """The value behind the mask, for whoever may see the case; that they saw it is an entry.

    Who works on cases needs it for that and gives no reason; an auditor needs the right and a reason. Raises Refused.
    """
    if field not in MASKED:
        raise Refused("field", _("There is nothing masked here."))
    if by.only_audits:
        if not by.has_perm(UNMASK):
            raise Refused("person", _("You have no right to see masked data."))
        if not reason.strip():
            raise Refused("missing", _("Please say why you need to see it."), field="reason")
    access.record(
        trail.subject_of(case),
        Access.UNMASKED,
        by=by,
        now=now,
        source=source,
        reason=reason.strip(),
        details={"field": field},
    )
    return str(getattr(case, field))
