"""What a list of cases is asked for, in its address: the tab, the filters, the words, the order. Nothing else gets in.

What is not known or makes no sense is left out with a sentence; the list is shown all the same.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.cases import search
from apps.cases.admin import paging, queues
from apps.cases.models import Case, Deadline, State
from apps.cases.models.case import CaseQuerySet
from apps.people.models import User
from apps.policy.models import Priority

DEFAULT_QUEUE = "open"
NOBODY = "none"  # as an owner
RELATED = ("level", "team", "owner", "category", "department")
# Where on the list one is, not what is on it; `view` names the saved view that one came by.
PLACE = frozenset({"after", "before", "view", "dialog"})
MOST_IDS = 50
YEARS = range(1900, 3000)


class Ids(forms.Field):
    """Keys of rows, as the filter drawer offers them; `also`: words beside them."""

    widget = forms.SelectMultiple
    key = forms.IntegerField(min_value=1, max_value=2**63 - 1)

    def __init__(self, *, also: Iterable[str] = (), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.also = frozenset(also)

    def to_python(self, value: Any) -> list[int | str]:
        asked = [each for each in value or () if each]
        if len(asked) > MOST_IDS:
            raise forms.ValidationError("too many")
        return [each if each in self.also else self.key.clean(each) for each in asked]


class CriteriaForm(forms.Form):
    """The names and kinds of all that an address may say of a list."""

    q = forms.CharField(label=_("search"), required=False, max_length=200)
    state = forms.MultipleChoiceField(label=_("state"), required=False, choices=State.choices)
    priority = forms.MultipleChoiceField(label=_("priority"), required=False, choices=Priority.choices)
    level = Ids(label=_("level"), required=False)
    team = Ids(label=_("team"), required=False)
    owner = Ids(label=_("owner"), required=False, also=[NOBODY])
    category = Ids(label=_("kind of case"), required=False)
    department = Ids(label=_("department"), required=False)
    breach = forms.MultipleChoiceField(label=_("missed clock"), required=False, choices=Deadline.Kind.choices)
    received_from = forms.DateField(label=_("received from"), required=False, input_formats=["%Y-%m-%d"])
    received_to = forms.DateField(label=_("received until"), required=False, input_formats=["%Y-%m-%d"])
    o = forms.ChoiceField(
        label=_("order"),
        required=False,
        choices=[(name, name) for column in paging.COLUMNS for name in (column, f"-{column}")],
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        first, last = cleaned.get("received_from"), cleaned.get("received_to")
        for name, day in (("received_from", first), ("received_to", last)):
            if day and day.year not in YEARS:
                self.add_error(name, "no calendar goes there")
        if first and last and first > last:
            self.add_error("received_to", "before the first day")
        return cleaned


FIELDS = tuple(CriteriaForm.base_fields)
FILTERS = tuple(name for name in FIELDS if name not in ("q", "o"))


@dataclass(frozen=True)
class Criteria:
    """`values`: by field of CriteriaForm, only those that say something. `complaints`: what was left out and why."""

    queue: queues.Queue = queues.QUEUES[DEFAULT_QUEUE]
    values: Mapping[str, Any] = field(default_factory=dict)
    complaints: tuple[str, ...] = ()

    @classmethod
    def read(cls, asked: QueryDict) -> Criteria:
        """From an address, or from one that was kept."""
        complaints = []
        name = asked.get("queue", DEFAULT_QUEUE)
        queue = queues.QUEUES.get(name, queues.QUEUES[DEFAULT_QUEUE])
        if name not in queues.QUEUES:
            sentence = gettext("There is no list “%(name)s”; instead you see: %(list)s.")
            complaints.append(sentence % {"name": name[:40], "list": queue.label})
        form = CriteriaForm(asked)
        form.is_valid()
        for each in form.errors:
            sentence = gettext("“%(label)s” was not understood and left out. Please choose it again.")
            complaints.append(sentence % {"label": capfirst(str(form.fields[each].label))})
        for each in sorted(asked.keys() - {"queue", *FIELDS, *PLACE}):
            sentence = gettext("The condition “%(name)s” is not known and was left out.")
            complaints.append(sentence % {"name": each[:40]})
        values = {each: value for each, value in form.cleaned_data.items() if value not in (None, "", [])}
        return cls(queue, values, tuple(complaints))

    @property
    def words(self) -> str:
        return str(self.values.get("q", ""))

    @property
    def order(self) -> str:
        return str(self.values.get("o", ""))

    @property
    def keys(self) -> tuple[paging.Key, ...]:
        return paging.keys_of(self.order, self.queue.ordering)

    # --- as an address --------------------------------------------------------------------------------------------

    def pairs(self, *, queue: str = "", order: str | None = None, but: Collection[str] = ()) -> list[tuple[str, str]]:
        """What leads here, name by name: to another queue, in another order, without the fields `but`."""
        found = [("queue", queue or self.queue.name)]
        values = self.values if order is None else {**self.values, "o": order}
        for name in FIELDS:
            value = None if name in but else values.get(name)
            if value:
                found += [(name, str(each)) for each in (value if isinstance(value, list) else [value])]
        return found

    def query(self, *, queue: str = "", order: str | None = None, but: Collection[str] = ()) -> str:
        """As a query string without the question mark."""
        return urlencode(self.pairs(queue=queue, order=order, but=but))

    def without(self, name: str, value: Any) -> str:
        """The query string without this value of the field."""
        values = self.values[name]
        left = [each for each in values if each != value] if isinstance(values, list) else []
        return Criteria(self.queue, {**self.values, name: left}).query()

    # --- as a condition -------------------------------------------------------------------------------------------

    def narrow(self, cases: CaseQuerySet, user: User, now: datetime) -> QuerySet[Case]:
        """Those of `cases` that are asked for; `cases` are what the person may see."""
        return self.queue.narrow(cases, user, now).filter(self._condition())

    def _condition(self) -> Q:
        found = search.matches(self.words)
        for name in ("state", "priority", *RELATED):
            if asked := self.values.get(name):
                any_of = Q(**{f"{name}__in": [each for each in asked if each != NOBODY]})
                found &= any_of | Q(owner=None) if NOBODY in asked else any_of
        if kinds := self.values.get("breach"):
            missed = Deadline.objects.filter(case=OuterRef("pk"), state=Deadline.State.FIRED, kind__in=kinds)
            found &= Q(Exists(missed))
        if first := self.values.get("received_from"):
            found &= Q(received_at__gte=_midnight(first))
        if last := self.values.get("received_to"):
            found &= Q(received_at__lt=_midnight(last + timedelta(days=1)))
        return found


def _midnight(day: date) -> datetime:
    """When the day begins where the reader is."""
    return timezone.make_aware(datetime.combine(day, time.min))
