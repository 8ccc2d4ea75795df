"""What of cases and of members is personal, and how it is blanked outside the journal (see `apps.audit.redactions`)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from axes.models import AccessAttempt
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.utils.translation import gettext as _

from apps.audit import personal
from apps.audit.models import Source
from apps.audit.personal import BLACK
from apps.cases import checks
from apps.cases.ledger import Book
from apps.cases.models import Case
from apps.notifications import blanking
from apps.people.models import User

CASE = "cases.case"
MEMBER = "people.user"

BLANKS = {
    **dict.fromkeys(("customer_email", "customer_phone"), ""),
    **dict.fromkeys(("subject", "customer", "customer_plan", "customer_said", "place", "contact"), BLACK),
    **dict.fromkeys(("facts", "first_line_did", "stuck_on", "urgency_reason"), BLACK),
    **dict.fromkeys(("resolution", "cause", "prevention"), BLACK),
}


def redact(case: Case, book: Book, *, by: User, now: datetime) -> None:
    """The verb: blank what is personal in the case and in all that hangs on it. `by`: who approved it."""
    draft = book.draft(case)
    checks.state_allows(case, "redact")
    for name, blank in BLANKS.items():
        if getattr(case, name):
            setattr(case, name, blank)
    draft.is_redacted = True
    draft.record("redact", by=by, now=now, from_state=case.state)


class Cases:
    """Keeper of the customers' personal data."""

    def find(self, texts: Collection[str]) -> dict[str, int]:
        return dict(Case.objects.filter(number__in=texts).values_list("number", "pk"))

    def names(self, keys: Sequence[int]) -> dict[int, str]:
        return dict(Case.objects.filter(pk__in=keys).values_list("pk", "number"))

    def refusal(self, keys: Sequence[int]) -> str:
        cases = Case.objects.filter(pk__in=keys)
        if len(keys) != len(cases):
            return _("One of these cases does not exist.")
        if unfinished := [case.number for case in cases if case.state not in checks.FINISHED]:
            return _("%(number)s is not settled yet; its data is still needed.") % {"number": unfinished[0]}
        return ""

    def blank(self, keys: Sequence[int], *, by: str, now: datetime) -> None:
        person = User.objects.get(pk=by.partition(":")[2])
        with Book(source=Source.CLOCK, is_silent=True) as book:
            for case in book.load(keys):
                redact(case, book, by=person, now=now)


class Members:
    """Keeper of the personal data of people who have left."""

    def find(self, texts: Collection[str]) -> dict[str, int]:
        return dict(User.objects.filter(username__in=texts).values_list("username", "pk"))

    def names(self, keys: Sequence[int]) -> dict[int, str]:
        return {person.pk: f"{person} ({person.username})" for person in User.objects.filter(pk__in=keys)}

    def refusal(self, keys: Sequence[int]) -> str:
        people = User.objects.filter(pk__in=keys)
        if len(keys) != len(people):
            return _("One of these members does not exist.")
        if staying := [person for person in people if person.is_active or person.is_system]:
            return _("%(name)s has not left; only the data of deactivated members is redacted.") % {"name": staying[0]}
        return ""

    def blank(self, keys: Sequence[int], *, by: str, now: datetime) -> None:
        for person in User.objects.select_for_update().filter(pk__in=keys).order_by("pk"):
            names = {f"{person.last_name} {person.first_name}", f"{person.first_name} {person.last_name}"}
            blanking.blank_person(person, {name.strip() for name in names} | {person.email})
            log = LogEntry.objects.filter(
                content_type=ContentType.objects.get_for_model(User), object_id=str(person.pk)
            )
            log.update(object_repr=BLACK, change_message="")
            AccessAttempt.objects.filter(username=person.username).delete()
            for name, blank in personal.blanks_of(MEMBER).items():
                if getattr(person, name, ""):
                    setattr(person, name, blank.replace(personal.KEY, str(person.pk)))
            person.set_unusable_password()
            person.save()
