"""The escalation sheet as the first line fills it in. Every hint is an example, every choice a plain sentence."""

from __future__ import annotations

import unicodedata
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.datastructures import MultiValueDict
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.cases import checks
from apps.cases.forms import Files, LongText, Moment
from apps.cases.models import Support
from apps.desk import sending
from apps.desk.sending import Intent
from apps.people.models import Department, Team
from apps.policy.models import Category, Flag, Impact, Urgency, Verb
from apps.policy.rulebook import Rulebook

NOT_ON_THE_SHEET = frozenset({"token", "files", "intent", "checklist"})
CLOCKS_DIFFER = timedelta(minutes=5)  # by which a telephone's clock may be fast

IMPACTS = [
    (Impact.ALL.value, _("Everyone: the whole service or the whole place stands still")),
    (Impact.SOME.value, _("Some: several customers, or one part of the service")),
    (Impact.ONE.value, _("A single one: this customer, this machine")),
]
URGENCIES = [
    (Urgency.CRITICAL.value, _("At once: people, money or our good name are being harmed right now")),
    (Urgency.HIGH.value, _("Today: the customer cannot go on, or a date is near")),
    (Urgency.MEDIUM.value, _("Soon: it hinders, but there is a way around it")),
    (Urgency.LOW.value, _("When there is time: a question or a wish")),
]
FLAGS = [
    (Flag.REFUND.value, _("A refund or compensation is asked for")),
    (Flag.PERSONAL_DATA.value, _("Personal data may have got out")),
    (Flag.HARASSMENT.value, _("A member of staff is shouted at, threatened or insulted")),
    (Flag.SAME_FAULT.value, _("Other customers report the same fault")),
    (Flag.LEGAL.value, _("A lawyer, a court or an authority was mentioned")),
]


class Checklist(forms.CheckboxSelectMultiple):
    """Tells the script which items are for one kind of case alone."""

    kinds: Mapping[int, int | None] = {}  # of each item

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        if kind := self.kinds.get(value):
            option["attrs"]["data-kind"] = kind
        return option


class Yen(forms.DecimalField):
    """A whole amount as people write it: 50,000 or 50,000円."""

    widget = forms.TextInput(attrs={"inputmode": "numeric"})

    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override]
        if isinstance(value, str):
            value = unicodedata.normalize("NFKC", value).strip().strip("¥円").replace(",", "").strip()
        return super().to_python(value)


@dataclass(frozen=True)
class Section:
    """A part of the sheet. `more`: the fields that can wait; shown at once where one of them is at fault."""

    title: str | Promise
    fields: list[forms.BoundField]
    more: list[forms.BoundField]
    is_more_open: bool


class ReportForm(forms.Form):
    """The escalation sheet as the first line fills it in. The names are those of Case's fields."""

    SECTIONS: tuple[tuple[str | Promise, tuple[str, ...], tuple[str, ...]], ...] = (
        (
            _("What happened"),
            ("subject", "category", "facts", "first_line_did"),
            ("occurred_at", "place", "customer_said"),
        ),
        (
            _("Who, and how bad"),
            ("customer", "impact", "urgency", "flags"),
            ("customer_email", "customer_phone", "customer_plan", "urgency_reason", "amount", "department"),
        ),
        (_("What I need"), ("intent", "checklist", "stuck_on", "support_wanted"), ("wanted_by", "contact")),
    )

    token = forms.UUIDField(widget=forms.HiddenInput)

    subject = forms.CharField(
        label=_("In one line"), max_length=200, help_text=_("e.g. Cards are refused at every till")
    )
    category = forms.ModelChoiceField(
        label=_("Kind of case"),
        queryset=Category.objects.none(),
        required=False,
        empty_label=_("I am not sure"),
        help_text=_("e.g. System fault. If in doubt, leave it."),
    )
    facts = LongText(
        label=_("What happened, in order"),
        rows=5,
        help_text=_(
            "Who, what, when, where, why, how. e.g. Since about 13:40 all three tills show E-4021 when a card is "
            "inserted. Cash works."
        ),
    )
    first_line_did = LongText(
        label=_("What has been done so far"),
        required=False,
        help_text=_("e.g. Restarted till 2, no change. Apologised and asked for cash."),
    )
    occurred_at = Moment(label=_("Since when"), required=False, help_text=_("e.g. today, 13:40"))
    place = forms.CharField(
        label=_("Where"), required=False, max_length=200, help_text=_("e.g. Shinjuku shop, ground floor")
    )
    customer_said = LongText(
        label=_("What the customer said, in gist"),
        required=False,
        help_text=_("e.g. Is in a hurry; wants to know by when it works again."),
    )

    customer = forms.CharField(
        label=_("Customer"),
        required=False,
        max_length=200,
        help_text=_("e.g. Yamada Trading Co., Ltd., Ms Suzuki. Empty if it concerns nobody in particular."),
    )
    impact = forms.ChoiceField(
        label=_("How many are affected?"),
        choices=IMPACTS,
        widget=forms.RadioSelect,
        help_text=_("e.g. One shop of twelve: some."),
    )
    urgency = forms.ChoiceField(
        label=_("How soon must something happen?"),
        choices=URGENCIES,
        widget=forms.RadioSelect,
        help_text=_("e.g. The delivery leaves at 17:00: today."),
    )
    flags = forms.MultipleChoiceField(
        label=_("Does one of these apply?"),
        choices=FLAGS,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("e.g. “I will call my lawyer”: the last one. The right people are told at once."),
    )
    customer_email = forms.EmailField(
        label=_("Customer's mail address"),
        required=False,
        help_text=_("e.g. suzuki@example.jp. When it is settled, the customer is asked to confirm."),
    )
    customer_phone = forms.CharField(
        label=_("Customer's telephone"),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"inputmode": "tel"}),
        help_text=_("e.g. 03-0000-1234"),
    )
    customer_plan = forms.CharField(
        label=_("Contract or plan"), required=False, max_length=100, help_text=_("e.g. Business plan, 12 shops")
    )
    urgency_reason = LongText(
        label=_("Why so soon"), required=False, rows=2, help_text=_("e.g. The weekend sale starts tomorrow at 10:00.")
    )
    amount = Yen(
        label=_("Amount at stake (yen)"),
        required=False,
        min_value=Decimal(0),
        max_digits=14,
        decimal_places=0,
        help_text=_("e.g. 48,000"),
    )
    department = forms.ModelChoiceField(
        label=_("Department concerned"),
        queryset=Department.objects.none(),
        empty_label=None,
        help_text=_("e.g. your own. Change it if it happened elsewhere."),
    )

    intent = forms.ChoiceField(
        label=_("Can you settle it yourself?"),
        choices=Intent.choices,
        initial=Intent.REPORT,
        required=False,
        widget=forms.RadioSelect,
        help_text=_("e.g. The decision is not mine to take: somebody else should take it."),
    )
    checklist = forms.TypedMultipleChoiceField(
        label=_("Before it is passed on"),
        coerce=int,
        empty_value=[],
        required=False,
        widget=Checklist,
        help_text=_("e.g. The facts are all there: tick it."),
    )
    support_wanted = forms.ChoiceField(
        label=_("What would help most?"),
        choices=[("", _("I am not sure")), *Support.choices],
        required=False,
        help_text=_("e.g. A decision"),
    )
    stuck_on = LongText(
        label=_("Where it is stuck"),
        required=False,
        help_text=_("e.g. I may not decide about a refund, and the customer waits on the line."),
    )
    wanted_by = Moment(label=_("By when"), required=False, help_text=_("e.g. today, 17:00"))
    contact = forms.CharField(
        label=_("How to reach you"),
        required=False,
        max_length=200,
        help_text=_("e.g. extension 214 until 18:00, then the shop's mobile"),
    )

    files = Files(required=False)  # type: ignore[assignment]  # a form's own `files` is what was sent

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        files: MultiValueDict[str, UploadedFile] | None = None,
        *,
        now: datetime,
        team: Team,
        rulebook: Rulebook,
    ) -> None:
        super().__init__(data, files, initial={"token": uuid.uuid4(), "department": team.department_id})
        self.now = now
        self.rulebook = rulebook
        self.fields["category"].queryset = Category.objects.filter(is_active=True)  # type: ignore[attr-defined]
        self.fields["department"].queryset = Department.objects.filter(is_active=True)  # type: ignore[attr-defined]
        names = {category.pk: str(category) for category in self.fields["category"].queryset}  # type: ignore[attr-defined]
        self.fields["checklist"].choices = list(self._items(names))  # type: ignore[attr-defined]
        self.fields["checklist"].widget.kinds = {item.id: item.category_id for item in rulebook.checklist}  # type: ignore[attr-defined]
        for field in (self.fields[name] for name in self.fields if name != "token"):
            field.error_messages["required"] = gettext("Please fill in “%(label)s”.") % {"label": field.label}
            if isinstance(field.widget, forms.RadioSelect):
                field.error_messages["required"] = gettext("Please choose one: “%(label)s”") % {"label": field.label}
            field.widget.attrs["data-missing"] = field.error_messages["required"]  # for the script that turns the steps
        self.fields["token"].error_messages = dict.fromkeys(
            ("required", "invalid"), gettext("This form had become too old. Nothing is lost: please send it again.")
        )

    def clean_occurred_at(self) -> datetime | None:
        at: datetime | None = self.cleaned_data["occurred_at"]
        if at is not None and at > self.now + CLOCKS_DIFFER:
            raise forms.ValidationError(gettext("This moment has not come yet. Please check the date."))
        return at

    def clean_wanted_by(self) -> datetime | None:
        at: datetime | None = self.cleaned_data["wanted_by"]
        if at is not None and at <= self.now:
            raise forms.ValidationError(gettext("This moment has passed. Please name a later one, or leave it empty."))
        return at

    def _items(self, categories: Mapping[int, str]) -> Iterator[tuple[int, str]]:
        """The checklist before an escalation; an item of one kind of case says so."""
        for item in self.rulebook.checklist:
            if item.verb == Verb.ESCALATE:
                label = item.label if item.required else gettext("%(item)s (optional)") % {"item": item.label}
                kind = categories.get(item.category_id or 0)
                yield item.id, gettext("%(item)s (for “%(kind)s”)") % {"item": label, "kind": kind} if kind else label

    def clean(self) -> dict[str, Any]:
        """Who passes it on ticks the checklist and says where it is stuck: the reason of the escalation."""
        cleaned = super().clean() or {}
        if cleaned.get("intent") in (Intent.ESCALATE, Intent.CONSULT) and not cleaned.get("stuck_on"):
            self.add_error("stuck_on", self.fields["stuck_on"].error_messages["required"])
        if cleaned.get("intent") == Intent.ESCALATE:
            category = cleaned.get("category")
            try:
                ticked = cleaned.get("checklist", ())
                checks.checklist_ticked(self.rulebook, Verb.ESCALATE, category.pk if category else None, ticked)
            except checks.Refused as refused:
                self.add_error("checklist", refused.sentence)
        return cleaned

    def sheet(self) -> dict[str, Any]:
        """The valid form by field name of Case."""
        return {name: value for name, value in self.cleaned_data.items() if name not in NOT_ON_THE_SHEET}

    def order(self) -> sending.Order:
        """What is to be done besides."""
        values = self.cleaned_data
        intent = Intent(values["intent"] or Intent.REPORT)
        return sending.Order(intent, values["stuck_on"], tuple(values["checklist"]), values["files"])

    def renew_token(self) -> None:
        """Let the form, as it was filled in, be sent as a new report."""
        data = self.data.copy()  # type: ignore[attr-defined]
        data["token"] = str(uuid.uuid4())
        self.data = data

    def sections(self) -> Iterator[Section]:
        for number, (title, names, more) in enumerate(self.SECTIONS):
            rest = [self[name] for name in more]
            fields = [self[name] for name in (*names, *(["files"] if number == 0 else []))]
            yield Section(title, fields, rest, any(field.errors for field in rest))
