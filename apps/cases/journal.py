"""How the journal names cases and what is done to them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.functional import lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.audit import words
from apps.audit.masks import MASK
from apps.audit.models import Entry, Source
from apps.audit.story import Event
from apps.audit.words import Kind
from apps.cases.happenings import action_label
from apps.cases.models import Attachment, Case, Deadline, Firing, HandOff, Outcome, State, Update, Verdict, Visibility
from apps.cases.models.choices import WaitingFor
from apps.cases.verbs import VERBS
from apps.notifications.models import Message
from apps.people.journal import person
from apps.policy.models import Flag

ACTIONS = (*VERBS, "receive", "take_in", "climb", "remind", "alarm", "record_no_answer", "redact")
PERSONAL = ("customer", "customer_email", "customer_phone", "contact")
_in_language = lazy(action_label, str)


def register() -> None:
    words.register(
        Kind(
            "cases.case",
            reads=("number", "subject", "confidential"),
            say=_case,
            page="admin:cases_case_change",
            found_by=_numbered,
            values={"flags": _flags},
            quiet=frozenset({"active_at", "search_text", "number"}),
            personal=frozenset(PERSONAL),
            named_by=_named_by,
            is_protected=lambda pk: Case.objects.filter(pk=pk, confidential=True).exists(),
            beside=_beside,
            also=_attachments,
        ),
        Kind("cases.attachment", reads=("case__number",), say=lambda number: number),
        Kind(
            "cases.savedview",
            reads=("name",),
            say=lambda name: name,
        ),
        Kind("cases.cannedreply", reads=("title",), say=lambda title: title),
        Kind("cases.retention", reads=("category__name", "days"), say=_retention),
    )
    words.register_actions({name: _in_language(name) for name in ACTIONS})
    words.register_states(dict(State.choices))
    words.register_notes(
        {
            "outcome": (gettext_lazy("outcome"), lambda value: str(Outcome(value).label)),
            "verdict": (gettext_lazy("verdict"), lambda value: str(Verdict(value).label)),
            "waiting_for": (gettext_lazy("waiting for"), lambda value: str(WaitingFor(value).label)),
            "clock": (gettext_lazy("clock"), _clock),
            "breach": (gettext_lazy("Limit missed"), lambda kinds: _(", ").join(map(_clock, kinds))),
            "triggers": (gettext_lazy("triggers"), lambda names: _(", ").join(names)),
            "other": (gettext_lazy("other case"), str),
            "field": (gettext_lazy("field"), lambda name: str(Case._meta.get_field(name).verbose_name)),
        }
    )
    words.register_behalf(_for_the_customer)


def _case(number: str, subject: str, confidential: str) -> str:
    """The subject of a confidential case is no matter for lists."""
    return f"{number} {_('confidential')}" if confidential in ("true", "1") else f"{number} {subject}"


def _named_by(keys: Collection[str]) -> Mapping[str, Collection[str]]:
    """What the personal columns of the cases hold or held, in one statement."""
    found: dict[str, set[str]] = {key: set() for key in keys}
    rows = Case.history.filter(id__in=[key for key in keys if key.isdecimal()]).order_by()
    for pk, *values in rows.values_list("id", *PERSONAL).distinct():
        found[str(pk)] |= set(filter(None, values))
    return found


def _numbered(text: str) -> Q:
    """The number of a case; its last digits alone mean this year's or last year's."""
    text = unicodedata.normalize("NFKC", text).strip().upper()
    if re.fullmatch(r"\d{1,6}", text):
        year = timezone.localdate().year
        return Q(number__in=[f"ESC-{each}-{int(text):06d}" for each in (year, year - 1)])
    return Q(number=text)


def _flags(values: Iterable[str]) -> str:
    return _(", ").join(str(Flag(value).label) for value in values)


def _clock(kind: str) -> str:
    return str(Deadline.Kind(kind).label)


def _for_the_customer(entry: Entry) -> str:
    return _("on the customer's behalf") if entry.action == "confirm" and entry.source != Source.LINK else ""


def _attachments(keys: Collection[str]) -> list[str]:
    files = Attachment.objects.filter(case__in=[key for key in keys if key.isdecimal()]).order_by("at", "pk")
    return [f"cases.attachment:{pk}" for pk in files.values_list("pk", flat=True)]


def _beside(pk: Any, shows_personal: bool) -> list[Event]:
    """Hand-offs, texts, clocks that fell due and letters; four statements, however long the case is."""
    return [*_hand_offs(pk), *_updates(pk), *_firings(pk), *_letters(pk, shows_personal)]


def _hand_offs(pk: Any) -> Iterable[Event]:
    people = ("from_team", "to_team", "from_owner", "to_owner", "by", "answered_by")
    for each in HandOff.objects.filter(case=pk).select_related(*people):
        way = f"{_holder(each.from_team, each.from_owner)} → {_holder(each.to_team, each.to_owner)}"
        texts = [("", way), (_("Reason"), each.reason), (_("Why a level is skipped"), each.skip_reason)]
        yield Event(each.at, _("Hand-off: %(kind)s") % {"kind": each.get_kind_display()}, _who(each.by), _said(texts))
        if each.answered_at is not None and each.answered_at > each.at:
            title = _("Answer to the hand-off: %(status)s") % {"status": each.get_status_display()}
            yield Event(each.answered_at, title, _who(each.answered_by), _said([("", way), ("", each.advice)]))


def _updates(pk: Any) -> Iterable[Event]:
    for each in Update.objects.filter(case=pk).select_related("by"):
        title = _("Text: %(action)s") % {"action": action_label(each.verb)}
        yield Event(each.at, title, _who(each.by), [(str(Visibility(each.visibility).label), each.text)])


def _firings(pk: Any) -> Iterable[Event]:
    for each in Firing.objects.filter(deadline__case=pk).select_related("deadline"):
        is_due = each.step == Firing.Step.DUE
        title = (_("Due: %(clock)s") if is_due else _("Soon due: %(clock)s")) % {
            "clock": each.deadline.get_kind_display()
        }
        yield Event(each.at, title, is_late=is_due)


def _letters(pk: Any, shows_personal: bool) -> Iterable[Event]:
    letters = Message.objects.filter(about=f"cases.case:{pk}").select_related("recipient").defer("body")
    for each in letters.order_by("id"):
        to = str(each.recipient or _("the customer"))
        address = each.address if shows_personal else MASK
        text = f"{to} ({address}): {each.get_status_display()}"
        yield Event(
            each.created_at,
            _("Mail: %(kind)s") % {"kind": each.get_key_display()},
            texts=_said([("", text), ("", each.error)]),
            is_masked=not shows_personal,
        )


def _holder(team: Any, owner: Any) -> str:
    return f"{team} ({owner})" if owner else str(team)


def _who(user: Any) -> str:
    return "" if user is None else person(user.last_name, user.first_name, user.username)


def _said(texts: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(label, text) for label, text in texts if text]


def _retention(category: str, days: str) -> str:
    return f"{category or _('retention period')}: {days}"
