"""How the journal speaks: what "people.user:7", "escalate" or "IN_PROGRESS" is called in the reader's language.

This is the lowest app and knows none of the things that it names. A higher app says in `AppConfig.ready` what its own
are called:

    words.register(words.Kind("people.team", reads=("name", "name_en"), say=…), …)
    words.register_actions({"escalate": _("Escalate")})
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db.models import CharField, Model, Q, QuerySet, Value
from django.db.models.functions import Cast, Coalesce
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.audit.access import Access
from apps.audit.guards import history_models
from apps.audit.models import Entry

if TYPE_CHECKING:
    from apps.audit.story import Event

Label = str | Promise
TEXTS = 5  # of one row at most, so that all kinds together are read in one statement


@dataclass(frozen=True)
class Part:
    """Rows of another kind that belong to a thing: `key` is their column that names it."""

    kind: str
    key: str
    narrow: Callable[[QuerySet[Any], datetime], QuerySet[Any]] | None = None  # to those that matter at a moment


@dataclass(frozen=True)
class Kind:
    """One kind of thing that entries speak of.

    `reads` are the columns, also across foreign keys, whose texts `say` puts into words. `found_by` turns what a person
    typed into a condition; it must be quick on a table of millions. `values` put columns into words that have no
    choices of their own; `quiet` columns say nothing to people; `personal` ones are masked. `named_by` gives, by key,
    what personal values the things have or had: texts about them are masked of those too. `is_protected` tells whether
    looking at the thing is an entry itself. `beside` gives what else happened to it than its entries; `also` names, by
    the keys of things, subjects that belong to them and have no history of their own.
    """

    model: str
    reads: tuple[str, ...]
    say: Callable[..., str]
    page: str = ""  # the admin's page of it, such as "admin:people_team_change"
    found_by: Callable[[str], Q] | None = None
    values: Mapping[str, Callable[[Any], str]] = field(default_factory=dict)
    quiet: frozenset[str] = frozenset()
    personal: frozenset[str] = frozenset()
    named_by: Callable[[Collection[str]], Mapping[str, Collection[str]]] | None = None
    parts: tuple[Part, ...] = ()
    is_protected: Callable[[Any], bool] = lambda _pk: False
    beside: Callable[[Any, bool], list[Event]] | None = None  # of the key; whether personal data is shown
    also: Callable[[Collection[str]], list[str]] = lambda _keys: []

    @property
    def table(self) -> type[Model]:
        return apps.get_model(self.model)

    @property
    def label(self) -> str:
        return str(self.table._meta.verbose_name)


UNKNOWN_NAME = "audit.login:unknown"  # whoever tried to sign in under a name that nobody has
WHOLE = "audit.entry:all"  # what an export of the journal was taken from

_kinds: dict[str, Kind] = {}
_actions: dict[str, Label] = {
    "created": gettext_lazy("Created"),
    "changed": gettext_lazy("Changed"),
    "deleted": gettext_lazy("Deleted"),
    "signed_in": gettext_lazy("Signed in"),
    "signed_out": gettext_lazy("Signed out"),
    "sign_in_failed": gettext_lazy("Failed sign-in"),
    "password_set": gettext_lazy("Password set"),
    "rights_given": gettext_lazy("Right given"),
    "rights_taken": gettext_lazy("Right taken"),
    Access.VIEWED: gettext_lazy("Looked at"),
    Access.UNMASKED: gettext_lazy("Looked at masked data"),
    Access.DOWNLOADED: gettext_lazy("Downloaded"),
    Access.EXPORTED: gettext_lazy("Exported"),
}
_states: dict[str, Label] = {}
_notes: dict[str, tuple[Label, Callable[[Any], str]]] = {
    "rights": (gettext_lazy("rights"), lambda names: _(", ").join(names)),
}
_behalf: list[Callable[[Entry], str]] = []


def register(*kinds: Kind) -> None:
    _kinds.update({kind.model: kind for kind in kinds})


def register_actions(labels: Mapping[str, Label]) -> None:
    _actions.update(labels)


def register_states(labels: Mapping[str, Label]) -> None:
    _states.update(labels)


def register_notes(notes: Mapping[str, tuple[Label, Callable[[Any], str]]]) -> None:
    """Say what keys of `Entry.details` are called, and how their values are put into words."""
    _notes.update(notes)


def register_behalf(on_whose: Callable[[Entry], str]) -> None:
    """`on_whose(entry)`: a remark such as 'on the customer's behalf', or ""."""
    _behalf.append(on_whose)


# --- asked by the pages -----------------------------------------------------------------------------------------------


def kinds() -> list[Kind]:
    """By app, in the order in which they were registered."""
    return list(_kinds.values())


def kind_of(subject: str) -> Kind | None:
    return _kinds.get(subject.partition(":")[0])


def key_of(kind: Kind, subject: str) -> Any:
    """The primary key in it; None if that is no key."""
    try:
        return kind.table._meta.pk.to_python(subject.partition(":")[2])
    except ValidationError:
        return None


def actions() -> dict[str, str]:
    return {name: str(label) for name, label in _actions.items()}


def action(name: str) -> str:
    return str(_actions.get(name, name))


def state(name: str) -> str:
    return str(_states.get(name, name))


def behalf(entry: Entry) -> str:
    return next((said for ask in _behalf if (said := ask(entry))), "")


def notes(entry: Entry) -> list[tuple[str, str]]:
    """What `details` say beside the change itself, as (label, words)."""
    return [
        (str(_notes[key][0]), _notes[key][1](value)) for key, value in entry.details.items() if key in _notes and value
    ]


def page_of(subject: str) -> str:
    """The admin's address of the thing, or ""."""
    kind = kind_of(subject)
    return reverse(kind.page, args=[subject.partition(":")[2]]) if kind is not None and kind.page else ""


def names(subjects: Iterable[str], records: Mapping[str, str] | None = None) -> dict[str, str]:
    """What the things are called; those that are gone by their last history row in `records` (subject to record).

    One statement, however many kinds; a second one where some are gone.
    """
    wanted = {subject for subject in subjects if subject}
    found = _read((subject, kind.table) for subject in wanted if (kind := kind_of(subject)) is not None)
    if UNKNOWN_NAME in wanted:
        found[UNKNOWN_NAME] = _("a name that nobody has")
    if WHOLE in wanted:
        found[WHOLE] = _("the journal")
    gone = {subject: records[subject] for subject in wanted - found.keys() if records and records.get(subject)}
    if gone:
        found |= past_names(gone)
    return {subject: found.get(subject, subject) for subject in wanted}


def past_names(records: Mapping[str, str]) -> dict[str, str]:
    """What the things were called in those history rows (subject to record), in one statement."""
    past = {model._meta.label_lower: model for model in history_models()}
    known = {record: label for record in records.values() if (label := record.partition(":")[0]) in past}
    called = _read((record, past[label]) for record, label in known.items() if _is_known(past[label]))
    return {subject: called.get(record, subject) for subject, record in records.items()}


def _is_known(history: Any) -> bool:
    return history.instance_type._meta.label_lower in _kinds


def search(text: str, most: int = 50) -> list[str]:
    """The subjects whose number or name the text may mean, in one statement."""
    rows = [_keyed(kind.table, kind.model).filter(kind.found_by(text)) for kind in kinds() if kind.found_by is not None]
    found = [row.values_list("words_kind", "words_key") for row in rows]
    if not found:
        return []
    return [f"{kind}:{key}" for kind, key in found[0].union(*found[1:], all=True)[:most]]


def with_belongings(subjects: Sequence[str]) -> list[str]:
    """The subjects, and what belongs to them without a history of its own, such as a case's files."""
    keys: dict[str, list[str]] = {}
    for subject in subjects:
        label, _colon, key = subject.partition(":")
        keys.setdefault(label, []).append(key)
    return [*subjects, *(each for label, own in keys.items() for each in _kinds[label].also(own))]


def people(text: str, most: int = 20) -> dict[str, str]:
    """Persons whom the text may mean, by how the journal names them; one statement.

    Told apart by their user names: "森 千尋 (auditor)", which is itself such a text. So is "people.user:7".
    """
    users = get_user_model()
    label = users._meta.label_lower
    kind = _kinds[label]
    _label, is_reference, key = text.partition(f"{label}:")
    if is_reference:
        condition = Q(pk=key) if key.isdecimal() else Q(pk=None)
    else:
        condition = Q() if kind.found_by is None else kind.found_by(text)
    found = users._base_manager.filter(condition).order_by("pk")[:most]
    return {f"{label}:{user.pk}": f"{user.get_full_name()} ({user.get_username()})" for user in found}


def every(label: str) -> dict[str, str]:
    """All things of a kind that has few of them, by their names; one statement."""
    kind = _kinds[label]
    rows = {f"{label}:{key}": kind.say(*texts[: len(kind.reads)]) for _l, key, *texts in _texts(label, kind.table)}
    return dict(sorted(rows.items(), key=lambda pair: pair[1]))


def persons(subjects: Iterable[str]) -> list[str]:
    """Those of the subjects that are persons."""
    label = get_user_model()._meta.label_lower
    return [each for each in subjects if each.partition(":")[0] == label]


def _read(things: Iterable[tuple[str, type[Model]]]) -> dict[str, str]:
    """`things`: references such as "people.team:3" or "people.historicalteam:55", each with its table."""
    keys: dict[tuple[str, type[Model]], list[Any]] = {}
    for reference, table in things:
        label, _colon, key = reference.partition(":")
        try:
            keys.setdefault((label, table), []).append(table._meta.pk.to_python(key))
        except ValidationError:
            continue
    queries = [_texts(label, table).filter(pk__in=each) for (label, table), each in keys.items()]
    if not queries:
        return {}
    found = {}
    for label, key, *texts in queries[0].union(*queries[1:], all=True):
        kind = _kind_behind(label)
        found[f"{label}:{key}"] = kind.say(*texts[: len(kind.reads)])
    return found


def _kind_behind(label: str) -> Kind:
    """Of a table, or of its history."""
    if label in _kinds:
        return _kinds[label]
    model: Any = apps.get_model(label)
    return _kinds[model.instance_type._meta.label_lower]


def _keyed(table: type[Model], label: str) -> QuerySet[Any]:
    key = Cast("pk", CharField())
    return table._base_manager.order_by().annotate(words_kind=Value(label), words_key=key)


def _texts(label: str, table: type[Model]) -> QuerySet[Any]:
    reads = _kind_behind(label).reads
    texts: list[Any] = [Coalesce(Cast(name, CharField()), Value("")) for name in reads]
    texts += [Value("")] * (TEXTS - len(reads))
    named = {f"words_{place}": text for place, text in enumerate(texts)}
    return _keyed(table, label).annotate(**named).values_list("words_kind", "words_key", *named)
