"""What the page of one case shows to one reader."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from apps.cases import checks, showing, verbs
from apps.cases.checks import Refused
from apps.cases.forms import VerbForm
from apps.cases.looking import MASKED
from apps.cases.models import Case, Deadline, Follower, HandOff, Review, State
from apps.cases.routing import Directory
from apps.cases.templatetags.case_words import badge, live, moment, money, span, still_missed, time_left, what_follows
from apps.cases.veil import Veil
from apps.desk import words
from apps.desk.forms import FLAGS, IMPACTS, URGENCIES, ReportForm
from apps.desk.timeline import timeline
from apps.people.models import User

RELATED = ("team__department", "team__level", "level", "owner", "reporter", "department", "category")
SENTENCES = {"impact": dict(IMPACTS), "urgency": dict(URGENCIES), "flags": dict(FLAGS)}
RESULT = ("outcome", "resolution", "cause", "prevention")


def read(visible: QuerySet[Case], number: str) -> Case:
    """The case, if it is among those that the person may see; 404 does not tell whether there is one."""
    case = visible.select_related(*RELATED).filter(number=number).first()
    if case is None:
        raise Http404
    return case


@dataclass(frozen=True, slots=True)
class Dialog:
    """`is_offered`: a verb that is not possible now cannot be sent; what was typed into it stays readable."""

    spec: verbs.VerbSpec
    form: VerbForm
    is_offered: bool
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class Clock:
    name: str
    words: str
    due: str
    follows: str
    tone: str  # missed, soon, calm or paused


@dataclass(frozen=True, slots=True)
class Item:
    label: str | Promise
    value: str
    masked: str = ""  # shown instead of the value until the person asks for that
    field: str = ""


def context(
    user: User,
    number: str,
    now: datetime,
    *,
    spec: verbs.VerbSpec | None = None,
    form: VerbForm | None = None,
    refusal: Refused | None = None,
) -> dict[str, Any]:
    """The page as the case is now. With a `spec` its dialog is open, with `form` holding what was typed into it."""
    visible = Case.objects.visible_to(user)
    follows = Follower.objects.filter(case=OuterRef("pk"), user=user)
    case = read(visible.annotate(follows=Exists(follows)), number)
    hand_offs = list(
        HandOff.objects.filter(case=case).select_related("from_team", "to_team", "to_owner", "by", "answered_by")
    )
    review = Review.objects.filter(case=case).select_related("by").first() if case.state == State.REVIEWED else None
    clocks = list(Deadline.objects.filter(live() | still_missed(), case=case))
    directory = Directory.read() if checks.is_manager(user) else None
    legal = verbs.legal_verbs(case, user, directory)
    attached, linked = showing.attachments(case, user), showing.links(case, user)
    others = [other for _how, other in linked["links"]]
    veil = Veil(case, *others, reader=user)
    veil.cover(case, *others, *hand_offs, *attached["attachments"], *filter(None, [review]))
    return {
        "case": case,
        "situation": words.situation(case),
        "since": words.since(case),
        "holder_since": _holder_since(case, hand_offs),
        "way": words.way(case),
        "badge": badge(case, clocks, now) if case.is_open else None,
        "clocks": [_clock(case, clock, now) for clock in sorted(clocks, key=lambda clock: clock.due_at)],
        "verbs": legal,
        "dialog": None if spec is None else _dialog(case, user, directory, legal, spec, form, refusal),
        "sections": [(title, list(_items(case, (*names, *more)))) for title, names, more in ReportForm.SECTIONS],
        "result": list(_result(case)),
        "timeline": [replace(event, text=veil(event.text)) for event in timeline(case, user, hand_offs, review)],
        **linked,
        **attached,
        **showing.following(case, user, follows=case.follows),  # type: ignore[attr-defined]
    }


def _dialog(
    case: Case,
    user: User,
    directory: Directory | None,
    legal: Iterable[verbs.VerbSpec],
    spec: verbs.VerbSpec,
    form: VerbForm | None,
    refusal: Refused | None,
) -> Dialog:
    seen = verbs.fingerprint(case)
    if form is None:
        refused = verbs.refusal(case, spec.name, user, directory)  # of an old link or a bookmark
        form = spec.form(case=case, user=user, seen=seen)
        return Dialog(spec, form, spec in legal, refused.sentence if refused else "")
    data = form.data.copy()  # type: ignore[attr-defined]
    data["seen"] = seen  # the person has the case before their eyes as it is now
    form.data = data
    if refusal is not None:
        form.refuse(refusal)
    return Dialog(spec, form, spec in legal)


def _holder_since(case: Case, hand_offs: list[HandOff]) -> datetime:
    """Since when the case is where it is: with this owner, or with this team."""
    last = hand_offs[-1] if hand_offs else None
    if last is None:
        return case.received_at
    return (last.answered_at if last.status == HandOff.Status.ACCEPTED else None) or last.at


def _clock(case: Case, clock: Deadline, now: datetime) -> Clock:
    name, due = clock.get_kind_display(), moment(clock.due_at)
    if clock.state == Deadline.State.PAUSED:
        left = span(clock.remaining or timedelta(0))
        return Clock(name, _("stands still, %(span)s left") % {"span": left}, "", "", "paused")
    if clock.due_at <= now:
        return Clock(name, time_left(clock.due_at, now), due, "", "missed")
    is_soon = clock.warn_at is not None and clock.warn_at <= now
    return Clock(name, time_left(clock.due_at, now), due, what_follows(case, clock), "soon" if is_soon else "calm")


def _items(case: Case, names: Iterable[str]) -> Iterator[Item]:
    """Those of the sheet's fields that say something, under the words that they were asked with."""
    for name in names:
        value = getattr(case, name, None)  # the form asks some things that are no field of the case
        if value not in (None, "", []):
            text = _text(case, name, value)
            masked = "•" * 6 if name in MASKED else ""
            yield Item(ReportForm.base_fields[name].label or "", "" if masked else text, masked, name)


def _text(case: Case, name: str, value: Any) -> str:
    if name == "flags":
        return "\n".join(str(SENTENCES[name].get(flag, flag)) for flag in value)
    if name in SENTENCES:
        return str(SENTENCES[name][value])
    if name == "amount":
        return money(value)
    if name == "support_wanted":
        return str(case.get_support_wanted_display())
    return moment(value) if isinstance(value, datetime) else str(value)


def _result(case: Case) -> Iterator[Item]:
    for name in RESULT:
        value = case.get_outcome_display() if name == "outcome" else getattr(case, name)
        if value and case.resolved_at is not None:
            yield Item(Case._meta.get_field(name).verbose_name, str(value))
