"""What the page of one case shows: header, verbs with their dialogs, sheet, timeline, clocks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from django.db.models import Field, Q
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.cases import checks, verbs
from apps.cases.admin import queues
from apps.cases.admin.timeline import timeline
from apps.cases.forms import VerbForm
from apps.cases.looking import MASKED
from apps.cases.models import Case, Deadline, HandOff, Link, Pause, Review
from apps.cases.routing import Directory
from apps.cases.templatetags.case_words import moment, money, span, time_left
from apps.cases.verbs import VerbSpec
from apps.people.models import User
from apps.policy.models import Flag

# what the page reads of a case besides its own row
RELATED = ("team__department", "level", "owner", "reporter", "department", "category", "policy_version")

SECTIONS: tuple[tuple[str | Promise, tuple[str, ...]], ...] = (
    (gettext_lazy("What happened"), ("facts", "customer_said", "occurred_at", "place")),
    (gettext_lazy("Where it stands"), ("first_line_did", "stuck_on", "support_wanted", "wanted_by")),
    (gettext_lazy("How grave"), ("category", "impact", "urgency", "urgency_reason", "flags", "amount")),
    (gettext_lazy("Customer"), ("customer", "customer_plan", "customer_email", "customer_phone")),
    (gettext_lazy("Reported by"), ("reporter", "contact", "department", "received_at", "policy_version")),
)
RESULT = ("outcome", "resolution", "cause", "prevention", "confirmation", "satisfaction")
REVIEW = ("verdict", "worked", "may_recur", "lesson", "thanks", "by", "at")
LONG = frozenset({"facts", "customer_said", "first_line_did", "stuck_on", "urgency_reason"})


@dataclass(frozen=True, slots=True)
class Dialog:
    """Not `is_legal`: refused, and illegal meanwhile; what was typed stays, sending it again is not offered."""

    spec: VerbSpec
    form: VerbForm
    is_open: bool
    is_legal: bool


@dataclass(frozen=True, slots=True)
class Item:
    label: str
    value: str
    is_long: bool = False
    masked: str = ""  # shown instead of the value until the person asks for that
    field: str = ""


@dataclass(frozen=True, slots=True)
class ClockRow:
    clock: Deadline
    words: str
    is_late: bool


def case_page(
    case: Case, user: User, now: datetime, *, open_verb: str = "", open_form: VerbForm | None = None
) -> dict[str, Any]:
    """The context of the page. `case` as `queues.clocks` and RELATED loaded it; `open_verb` names the dialog that is
    open, `open_form` holds what was typed into it."""
    directory = Directory.read() if checks.is_manager(user) else None
    hand_offs = list(
        HandOff.objects.filter(case=case).select_related("from_team", "to_team", "to_owner", "answered_by")
    )
    review = Review.objects.filter(case=case).select_related("by").first()
    return {
        "case": case,
        "badge": queues.badge_of(case, now),
        "dialogs": _dialogs(case, user, directory, open_verb, open_form),
        "seen": verbs.fingerprint(case),
        **sheet(case),
        "review": list(_items(review, REVIEW)) if review else [],
        "timeline": timeline(case, hand_offs),
        "hand_offs": hand_offs[::-1],
        "clocks": [
            _clock_row(clock, now) for clock in Deadline.objects.filter(case=case).order_by("-started_at", "kind")
        ],
        "pauses": list(Pause.objects.filter(case=case)),
        "links": list(_links(case, user)),
    }


def sheet(case: Case) -> dict[str, Any]:
    """The escalation sheet in sections, and the result; also of an older state of the case."""
    return {
        "sections": [(title, items) for title, names in SECTIONS if (items := list(_items(case, names)))],
        "result": list(_items(case, RESULT)),
    }


def _dialogs(
    case: Case, user: User, directory: Directory | None, open_verb: str, open_form: VerbForm | None
) -> list[Dialog]:
    legal = verbs.legal_verbs(case, user, directory)
    found = []
    for spec in legal:
        is_open = spec.name == open_verb
        form = open_form if is_open and open_form is not None else spec.form(case=case, user=user)
        found.append(Dialog(spec, form, is_open, is_legal=True))
    if open_form is not None and all(spec.name != open_verb for spec in legal):
        found.append(Dialog(verbs.VERBS[open_verb], open_form, is_open=True, is_legal=False))
    return found


def _items(row: Case | Review, names: tuple[str, ...]) -> Iterator[Item]:
    """Those of the fields that say something."""
    for name in names:
        value = getattr(row, name)
        if value in (None, "", []):
            continue
        text = _text(row, name, value)
        label = capfirst(str(_field(row, name).verbose_name))
        masked = mask(text) if name in MASKED else ""
        yield Item(label, "" if masked else text, is_long=name in LONG, masked=masked, field=name)


def _field(row: Case | Review, name: str) -> Field[Any, Any]:
    return cast("Field[Any, Any]", row._meta.get_field(name))


def _text(row: Case | Review, name: str, value: Any) -> str:
    if name == "flags":
        return _(", ").join(str(Flag(flag).label) for flag in value)
    if name == "amount":
        return money(value)
    if _field(row, name).choices:
        return str(getattr(row, f"get_{name}_display")())
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, datetime):
        return moment(value)
    return str(value)


def mask(text: str) -> str:
    """Enough to recognise it by: the first sign and the last four."""
    return f"{text[:1]}{'•' * 6}{text[-4:]}" if len(text) > 5 else "•" * 6


def _clocks(case: Case) -> list[Deadline]:
    """The live ones by what is due first, then the ended ones, the latest first."""
    rows = Deadline.objects.filter(case=case).order_by("due_at", "pk")
    ended = [(row.ended_at, row) for row in rows if row.ended_at is not None]
    ended.sort(key=lambda pair: pair[0], reverse=True)
    return [row for row in rows if row.ended_at is None] + [row for _at, row in ended]


def _clock_row(clock: Deadline, now: datetime) -> ClockRow:
    match clock.state:
        case Deadline.State.RUNNING:
            return ClockRow(clock, time_left(clock.due_at, now), clock.due_at <= now)
        case Deadline.State.PAUSED:
            left = span(clock.remaining) if clock.remaining is not None else ""
            return ClockRow(clock, _("%(span)s of working time left") % {"span": left}, is_late=False)
        case Deadline.State.FIRED:
            return ClockRow(clock, clock.get_state_display(), is_late=True)
    return ClockRow(clock, clock.get_state_display(), is_late=False)


def _links(case: Case, user: User) -> Iterator[tuple[str, Case]]:
    """(how, the other case), both ways; only cases that the person may see."""
    seen = queues.visible(user).values("pk")
    rows = Link.objects.filter(Q(case=case, other__in=seen) | Q(other=case, case__in=seen))
    for link in rows.select_related("case", "other").order_by("pk"):
        if link.case_id == case.pk:
            yield link.get_kind_display(), link.other
        else:
            yield _("%(kind)s this case") % {"kind": link.get_kind_display()}, link.case
