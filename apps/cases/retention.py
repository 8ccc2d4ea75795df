"""Which personal data has outlived its retention period. Reads only: two people decide what becomes of it."""

from datetime import datetime, timedelta

from django.db.models import Q
from django.utils.translation import gettext as _

from apps.audit.models import Entry
from apps.audit.personal import BLACK
from apps.audit.redactions import Due
from apps.cases.checks import FINISHED
from apps.cases.models import Case, Retention
from apps.cases.redaction import CASE, MEMBER
from apps.people.models import User


def due(now: datetime) -> list[Due]:
    """By retention period: the cases settled, and the members deactivated, before it began."""
    periods = list(Retention.objects.select_related("category"))
    of_their_own = [period.category_id for period in periods if period.category_id]
    found = []
    for period in periods:
        before = now - timedelta(days=period.days)
        if period.of == Retention.Of.MEMBERS:
            subjects, whose = _members(before), _("members who have left")
        elif period.category is None:
            subjects, whose = _cases(~Q(category__in=of_their_own) | Q(category=None), before), _("settled cases")
        else:
            subjects, whose = _cases(Q(category=period.category), before), str(period.category)
        sentence = _("The retention period of %(days)d days is over: %(whose)s") % {"days": period.days, "whose": whose}
        found.append(Due(sentence, subjects))
    return found


def _cases(which: Q, before: datetime) -> list[str]:
    cases = Case.objects.filter(which, state__in=FINISHED, resolved_at__lt=before).exclude(subject=BLACK)
    return [f"{CASE}:{pk}" for pk in cases.order_by("pk").values_list("pk", flat=True)]


def _members(before: datetime) -> list[str]:
    """Deactivated, and nothing of theirs was changed since."""
    left = User.objects.filter(is_active=False, is_system=False).exclude(last_name=BLACK)
    names = {f"{MEMBER}:{pk}" for pk in left.values_list("pk", flat=True)}
    lively = Entry.objects.filter(subject__in=names, at__gte=before).values_list("subject", flat=True)
    return sorted(names - set(lively))
