"""What the page of one case shows: header, verbs with their dialogs, sheet, timeline, clocks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast

from django.db.models import Field
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.cases import checks, reading, showing, verbs
from apps.cases.admin.clocks import clocks
from apps.cases.admin.demands import demand
from apps.cases.admin.duplicates import duplicates
from apps.cases.admin.filtering import EVERYTHING, Filter
from apps.cases.admin.followers import followers
from apps.cases.admin.timeline import timeline
from apps.cases.forms import VerbForm
from apps.cases.letters import letters
from apps.cases.looking import MASKED
from apps.cases.models import Case, HandOff, Review
from apps.cases.routing import Directory
from apps.cases.templatetags.case_words import moment, money
from apps.cases.veil import Veil
from apps.cases.verbs import VerbSpec
from apps.people.models import User
from apps.policy.models import Flag

# what the page reads of a case besides its own row
RELATED = (
    *("team__department", "team__level", "level", "owner", "reporter", "department"),
    *("category__authority_level", "policy_version", "review_record__by"),
)

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


KEYS = {"accept": "a", "escalate": "e", "note": "n"}
LIKELIEST = 4  # verbs that the bar at the bottom of a phone has room for
MOST_HAND_OFFS = 100


@dataclass(frozen=True, slots=True)
class Dialog:
    """Not `is_legal`: refused, and illegal meanwhile; what was typed stays, sending it again is not offered.

    `meanwhile`: what others did since the form was made; who sends it again does so knowingly.
    """

    spec: VerbSpec
    form: VerbForm
    is_open: bool
    is_legal: bool
    meanwhile: list[str]

    @property
    def key(self) -> str:
        return KEYS.get(self.spec.name, "")


@dataclass(frozen=True, slots=True)
class Item:
    label: str
    value: str
    is_long: bool = False
    masked: str = ""  # shown instead of the value until the person asks for that
    field: str = ""


def case_page(
    case: Case,
    user: User,
    now: datetime,
    *,
    open_verb: str = "",
    open_form: VerbForm | None = None,
    wanted: Filter = EVERYTHING,
) -> dict[str, Any]:
    """The context of the page. `case` as RELATED and `verbs.with_steps` loaded it; `open_verb` names
    the dialog that is open, `open_form` holds what was typed into it; `wanted` narrows the timeline."""
    directory = Directory.read() if checks.is_manager(user) else None
    dialogs = _dialogs(case, user, directory, open_verb, open_form)
    likely = _likeliest(dialogs)
    watches = clocks(case, now)
    may_read_all = reading.sees_all_notes(user)
    review = getattr(case, "review_record", None)
    hand_offs = HandOff.objects.filter(case=case).select_related(
        "from_team", "to_team", "from_owner", "to_owner", "by", "answered_by"
    )
    latest = list(hand_offs.order_by("-at", "-id")[:MOST_HAND_OFFS])
    attached, linked = showing.attachments(case, user), showing.links(case, user)
    others = [other for _how, other in linked["links"]]
    veil = Veil(case, *others, reader=user)
    veil.cover(case, *others, *latest, *watches.pauses, *attached["attachments"], *filter(None, [review]))
    return {
        "case": case,
        "badge": watches.badge,
        "dialogs": dialogs,
        "seen": verbs.fingerprint(case, case.steps),  # type: ignore[attr-defined]
        "likely": likely,
        "others": [dialog for dialog in dialogs if dialog.is_legal and dialog not in likely],
        "demand": demand(case, user, [dialog.form for dialog in dialogs if dialog.is_legal]),
        **sheet(case),
        "review": list(_items(review, REVIEW)) if review else [],
        "timeline": timeline(case, latest, wanted if may_read_all else replace(wanted, reporter_only=True), veil),
        "hand_offs": latest,
        "clocks": watches,
        "letters": letters(case, user, directory),
        **linked,
        **attached,
        **followers(case, user),
        **duplicates(case, user, now),
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
    meanwhile = verbs.meanwhile(case, open_form.data.get("seen", ""), user) if open_form is not None else []
    found = []
    for spec in legal:
        is_open = spec.name == open_verb
        is_typed = is_open and open_form is not None
        form = open_form if is_typed and open_form is not None else spec.form(case=case, user=user)
        found.append(Dialog(spec, form, is_open, is_legal=True, meanwhile=meanwhile if is_typed else []))
    if open_form is not None and all(spec.name != open_verb for spec in legal):
        found.append(Dialog(verbs.VERBS[open_verb], open_form, is_open=True, is_legal=False, meanwhile=meanwhile))
    return found


def _likeliest(dialogs: list[Dialog]) -> list[Dialog]:
    """The few that are always at hand, a note among them."""
    legal = [dialog for dialog in dialogs if dialog.is_legal]
    likely = legal[:LIKELIEST]
    note = [dialog for dialog in legal[LIKELIEST:] if dialog.spec.name == "note"]
    return [*likely[:-1], *note] if note else likely


def _items(row: Case | Review, names: tuple[str, ...]) -> Iterator[Item]:
    """Those of the fields that say something."""
    for name in names:
        text = text_of(row, name)
        if not text:
            continue
        label = capfirst(str(_field(row, name).verbose_name))
        masked = mask(text) if name in MASKED else ""
        yield Item(label, "" if masked else text, is_long=name in LONG, masked=masked, field=name)


def _field(row: Case | Review, name: str) -> Field[Any, Any]:
    return cast("Field[Any, Any]", row._meta.get_field(name))


def text_of(row: Case | Review, name: str) -> str:
    """The field as people read it; "" where it says nothing."""
    value = getattr(row, name)
    if value in (None, "", []):
        return ""
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
