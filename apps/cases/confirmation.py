"""The customer's signed link: names one resolution of one case, and expires."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.core import signing
from django.utils.translation import gettext as _

from apps.cases.checks import Refused
from apps.cases.models import Case

SALT = "cases.confirmation"
VALID_FOR = timedelta(days=30)


def url(case: Case, now: datetime) -> str:
    """The link for the case's present resolution, valid for 30 days from `now`."""
    token = signing.dumps([case.pk, case.reopenings, int((now + VALID_FOR).timestamp())], salt=SALT, compress=True)
    return f"{settings.SITE_URL}/confirm/{token}/"


def case_id(token: str, now: datetime) -> tuple[int, int]:
    """(case id, number of reopenings that it was made under). Raises Refused for a broken or expired link."""
    try:
        pk, reopenings, expires = signing.loads(token, salt=SALT)
    except (signing.BadSignature, ValueError, TypeError):
        raise Refused("link", _("This link is not complete. Please open it from the mail again.")) from None
    if now.timestamp() > expires:
        raise Refused("link", _("This link has expired. Please contact us; we will be glad to help."))
    return pk, reopenings
