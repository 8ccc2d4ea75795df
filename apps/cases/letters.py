"""The messages about a case with their delivery, and sending again what did not arrive."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Case as Either
from django.db.models import Count, Value, When, Window
from django.utils.translation import gettext as _

from apps.audit import trail
from apps.cases import checks
from apps.cases.checks import Tie
from apps.cases.models import Case
from apps.cases.routing import Directory
from apps.notifications.models import Message
from apps.people.models import User

MOST = 30
MAY_RESEND = frozenset({Tie.OWNER, Tie.LEAD, Tie.MANAGER})  # beside those who keep the outbox
ADDRESS = re.compile(r"[^\s<>@;,]+@[^\s<>@;,]+")


@dataclass(frozen=True, slots=True)
class Letters:
    """The failed ones first, then the latest; `total` counts those that are not shown too."""

    shown: Sequence[Message]
    total: int
    may_resend: bool

    @property
    def failed(self) -> list[Message]:
        return [letter for letter in self.shown if letter.status == Message.Status.FAILED]

    @property
    def others(self) -> list[Message]:
        return [letter for letter in self.shown if letter.status != Message.Status.FAILED]


def letters(case: Case, user: User, directory: Directory | None) -> Letters:
    """In one statement, however many there are."""
    failed_first = Either(When(status=Message.Status.FAILED, then=Value(0)), default=Value(1))
    rows = Message.objects.filter(about=trail.subject_of(case)).annotate(total=Window(Count("pk")))
    shown = list(rows.select_related("recipient").defer("body").order_by(failed_first, "-id")[:MOST])
    total = shown[0].total if shown else 0
    return Letters(shown, total, may_resend(case, user, directory))


def may_resend(case: Case, user: User, directory: Directory | None) -> bool:
    """Who answers for the case may have its messages sent again, and who keeps the outbox any."""
    return user.has_perm("notifications.change_message") or bool(checks.ties(case, user, directory) & MAY_RESEND)


def error_in_words(letter: Message) -> str:
    """Why it did not arrive. Servers like to repeat the address, which is nobody's business here."""
    error = ADDRESS.sub("•••", letter.error)
    if not error:
        return ""
    if re.match(r"5\d\d\b", error):
        return _("The recipient's mail server refused it: %(error)s") % {"error": error}
    if re.match(r"4\d\d\b", error):
        return _("The recipient's mail server could not take it just then: %(error)s") % {"error": error}
    if re.match(r"(\w*Error|SMTP\w+|timeout|gaierror): ", error):
        return _("Our mail server could not be reached or did not answer: %(error)s") % {"error": error}
    return error
