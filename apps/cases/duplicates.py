"""Cases that may be about the same matter. A few statements, at most LOOKED_AT rows, and arithmetic on pairs of signs."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import BooleanField, ExpressionWrapper, Q
from django.utils.translation import gettext as _

from apps.cases.models import Case, Link
from apps.cases.models.choices import OPEN_STATES
from apps.cases.search import digits, normalise
from apps.people.models import User

LOOKED_AT = 300  # cases, the likeliest first
SHOWN = 5
RECENT = timedelta(days=30)
ALIKE = 0.5  # share of common pairs from which two texts are alike
READ = 400  # signs of the facts


@dataclass(frozen=True, slots=True)
class Candidate:
    case: Case
    reasons: list[str]
    score: float


def candidates(case: Case, user: User, now: datetime) -> list[Candidate]:
    """For an open case: what the person may see, open or received in the last 30 days, and not linked to it already.

    The likeliest first, with the reasons in words. One statement, for a closed case none.
    """
    if case.state not in OPEN_STATES:
        return []
    found = []
    phone = digits(case.customer_phone)
    subject, text = pairs(case.subject), pairs(f"{case.subject}{case.facts[:READ]}")
    for other in _likely(case, user, now, phone):
        score = max(alike(subject, pairs(other.subject)), alike(text, pairs(f"{other.subject}{other.facts[:READ]}")))
        reasons = _same(case, other, phone)
        rank = score + len(reasons) / 2
        if score >= ALIKE:
            reasons.append(_("similar text (%(percent)d%%)") % {"percent": score * 100})
        if reasons:
            found.append(Candidate(other, reasons, rank))
    found.sort(key=lambda each: (-each.score, -each.case.pk))
    return found[:SHOWN]


def _likely(case: Case, user: User, now: datetime, phone: str) -> Collection[Case]:
    """Those of the same customer first, then the latest."""
    same = Q()
    if case.customer:
        same |= Q(customer=case.customer)
    if case.customer_email:
        same |= Q(customer_email__iexact=case.customer_email)
    if len(phone) >= 9:
        same |= Q(search_text__contains=phone)
    cases = Case.objects.filter(pk__in=Case.objects.visible_to(user).values("pk"))
    cases = cases.filter(Q(state__in=OPEN_STATES) | Q(received_at__gte=now - RECENT)).exclude(pk=case.pk)
    cases = cases.exclude(pk__in=Link.objects.filter(case=case).values("other"))
    cases = cases.exclude(pk__in=Link.objects.filter(other=case).values("case"))
    if same:
        cases = cases.annotate(is_same=ExpressionWrapper(same, output_field=BooleanField()))
    likeliest = ["-is_same", "-received_at", "-pk"] if same else ["-received_at", "-pk"]
    fields = ("number", "subject", "facts", "state", "customer", "customer_email", "customer_phone", "received_at")
    return list(cases.only(*fields).order_by(*likeliest)[:LOOKED_AT])


def _same(case: Case, other: Case, phone: str) -> list[str]:
    reasons = []
    if case.customer and normalise(case.customer) == normalise(other.customer):
        reasons.append(_("same customer"))
    if len(phone) >= 9 and digits(other.customer_phone) == phone:
        reasons.append(_("same telephone number"))
    if case.customer_email and case.customer_email.lower() == other.customer_email.lower():
        reasons.append(_("same mail address"))
    return reasons


def pairs(text: str) -> frozenset[str]:
    """The pairs of neighbouring signs: Japanese has no spaces to split at."""
    signs = normalise(text).replace(" ", "")
    return frozenset(signs[at : at + 2] for at in range(len(signs) - 1))


def alike(one: frozenset[str], other: frozenset[str]) -> float:
    """Dice's coefficient, from 0 (nothing in common) to 1 (the same)."""
    return 2 * len(one & other) / (len(one) + len(other)) if one and other else 0.0
