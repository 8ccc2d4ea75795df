"""Canned replies: which are offered, and what their {placeholders} stand for. The list is closed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, pgettext
from django.utils.translation import gettext as _

from apps.cases.models import CannedReply, Case, Deadline
from apps.cases.templatetags.case_words import moment
from apps.people.models import User

HOLE = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Placeholder:
    """`fallback` is what a reader gets where the case does not say."""

    stands_for: str | Promise
    value: Callable[[Case], str]
    fallback: str | Promise


@dataclass(frozen=True, slots=True)
class Offer:
    pk: int
    title: str
    text: str  # filled in


def _salutation(case: Case) -> str:
    """With the honorific that goes with a name, which people often note with it."""
    name = case.customer.removesuffix("様").rstrip()
    return pgettext("salutation", "%(name)s") % {"name": name} if name else ""


def _deadline(case: Case) -> str:
    due = Deadline.objects.filter(case=case, state=Deadline.State.RUNNING).order_by("due_at")
    return moment(due.values_list("due_at", flat=True).first())


PLACEHOLDERS: dict[str, Placeholder] = {
    "number": Placeholder(gettext_lazy("number"), lambda case: case.number, ""),
    "subject": Placeholder(gettext_lazy("subject"), lambda case: case.subject, ""),
    "customer": Placeholder(gettext_lazy("customer"), _salutation, gettext_lazy("dear customer")),
    "owner": Placeholder(
        gettext_lazy("owner"), lambda case: str(case.owner or ""), gettext_lazy("the person in charge")
    ),
    "team": Placeholder(gettext_lazy("team"), lambda case: str(case.team), ""),
    "reporter": Placeholder(
        gettext_lazy("reporter"), lambda case: str(case.reporter or ""), gettext_lazy("the person who reported it")
    ),
    "deadline": Placeholder(gettext_lazy("deadline"), _deadline, gettext_lazy("as soon as possible")),
    "place": Placeholder(gettext_lazy("place"), lambda case: case.place, gettext_lazy("the place in question")),
}


def listed() -> str:
    """All placeholders with what they stand for, for a hint."""
    return _(", ").join(f"{{{name}}} {each.stands_for}" for name, each in PLACEHOLDERS.items())


def check(text: str) -> None:
    """Raises ValidationError naming the first placeholder that there is not."""
    for name in HOLE.findall(text):
        if name not in PLACEHOLDERS:
            sentence = _("There is no placeholder {%(name)s}. There are: %(known)s.")
            known = _(", ").join(f"{{{each}}}" for each in PLACEHOLDERS)
            raise ValidationError(sentence % {"name": name, "known": known})


def fill_in(text: str, case: Case) -> str:
    """The text with the case's words in it. A statement only where it names the deadline."""

    def word(found: re.Match[str]) -> str:
        each = PLACEHOLDERS.get(found[1])
        return found[0] if each is None else each.value(case) or str(each.fallback)

    return HOLE.sub(word, text)


def offered(case: Case, user: User) -> list[Offer]:
    """Active replies for everybody and for the person's teams, filled in; read once for each instance of the case."""
    kept: list[Offer] | None = case.__dict__.get("offered_replies")
    if kept is None:
        kept = case.__dict__["offered_replies"] = list(_offers(case, user))
    return kept


def _offers(case: Case, user: User) -> Iterator[Offer]:
    is_english = (get_language() or "").startswith("en")
    teams = [membership.team_id for membership in user.membership_list]
    for reply in CannedReply.objects.filter(Q(team=None) | Q(team__in=teams), is_active=True):
        text = reply.text_en if is_english and reply.text_en else reply.text
        yield Offer(reply.pk, str(reply), fill_in(text, case))
