"""What the reader asks the journal for."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.apps import apps
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.audit import words
from apps.audit.journal import LOOKED, SIGN_INS, Filters

DEPARTMENTS = "people.department"  # by name: this is the lowest app


class JournalForm(forms.Form):
    """Sent by GET; days are those of the reader's zone, both included."""

    q = forms.CharField(label=gettext_lazy("Case number or name"), required=False, max_length=100)
    person = forms.CharField(label=gettext_lazy("Who did it"), required=False, max_length=100)
    kind = forms.ChoiceField(label=gettext_lazy("Kind of thing"), required=False)
    action = forms.ChoiceField(label=gettext_lazy("Action"), required=False)
    department = forms.ChoiceField(label=gettext_lazy("Department of the case"), required=False)
    since = forms.DateField(
        label=gettext_lazy("From (day)"), required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d")
    )
    until = forms.DateField(
        label=gettext_lazy("To (day)"), required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d")
    )
    breach = forms.BooleanField(label=gettext_lazy("Only missed limits"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        every = ("", _("All"))
        self.fields["kind"].choices = [every, *_kinds()]  # type: ignore[attr-defined]
        self.fields["action"].choices = [every, *_actions()]  # type: ignore[attr-defined]
        self.fields["department"].choices = [every, *words.every(DEPARTMENTS).items()]  # type: ignore[attr-defined]
        self.person_name = ""

    def clean_person(self) -> str:
        """How the journal names the person. What was typed must mean exactly one."""
        text = self.cleaned_data["person"].strip()
        if not text:
            return ""
        found = words.people(text)
        named_so = [each for each, name in found.items() if text in (name, name.rpartition(" (")[0])]
        if len(named_so) == 1:
            found = {named_so[0]: found[named_so[0]]}
        if not found:
            raise ValidationError(_("Nobody is called “%(text)s”."), params={"text": text})
        if len(found) > 1:
            names = _(", ").join(list(found.values())[:5])
            raise ValidationError(_("Several people fit; please choose one: %(names)s"), params={"names": names})
        (actor, self.person_name), *_rest = found.items()
        return actor

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        if values.get("since") and values.get("until") and values["since"] > values["until"]:
            self.add_error("until", _("The last day must not be before the first day."))
        return values

    @property
    def filters(self) -> Filters:
        """Of a valid form."""
        asked = self.cleaned_data
        return Filters(
            actor=asked["person"],
            kind=asked["kind"],
            action=asked["action"],
            department=asked["department"],
            breach=asked["breach"],
            since=_midnight(asked["since"]) if asked["since"] else None,
            until=_midnight(asked["until"] + timedelta(days=1)) if asked["until"] else None,
            search=asked["q"].strip(),
        )


def _midnight(day: Any) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def _kinds() -> list[tuple[str, list[tuple[str, str]]]]:
    """By app; of each app first all its kinds together."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for kind in words.kinds():
        groups.setdefault(kind.model.partition(".")[0], []).append((kind.model, str(capfirst(kind.label))))
    called = {label: str(apps.get_app_config(label).verbose_name) for label in groups}
    return [
        (called[label], [(f"{label}.", _("%(group)s: all") % {"group": called[label]}), *choices])
        for label, choices in groups.items()
    ]


def _actions() -> list[tuple[str, str]]:
    together = [(LOOKED, _("Everything that was looked at")), (SIGN_INS, _("Everything about signing in"))]
    return [*together, *words.actions().items()]


class ReasonForm(forms.Form):
    """Why masked data is to be seen."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=500, widget=forms.Textarea({"rows": 2}))


class MomentForm(forms.Form):
    """A moment of the reader's zone, to the second, as pages show moments: what was done within that second counts."""

    at = forms.DateTimeField(
        label=gettext_lazy("Moment"),
        widget=forms.DateTimeInput({"type": "datetime-local", "step": "1"}, "%Y-%m-%dT%H:%M:%S"),
        input_formats=["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M"],
    )

    def clean_at(self) -> datetime:
        at: datetime = self.cleaned_data["at"]
        return at.replace(microsecond=999_999)


class VerificationForm(forms.Form):
    """What is to be verified; empty fields: everything."""

    subject = forms.CharField(
        label=gettext_lazy("Only the story of"),
        required=False,
        max_length=100,
        help_text=gettext_lazy("A case number, or a name of the journal such as cases.case:42. Empty: everything."),
    )
    since = forms.DateField(
        label=gettext_lazy("Only what was touched since (day)"),
        required=False,
        widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"),
    )

    def clean_subject(self) -> str:
        text: str = self.cleaned_data["subject"].strip()
        if not text or words.kind_of(text) is not None:
            return text
        found = words.search(text, most=2)
        if len(found) != 1:
            raise ValidationError(_("Nothing, or more than one thing, is called “%(text)s”.") % {"text": text})
        return found[0]

    @property
    def moment(self) -> datetime | None:
        """Of a valid form."""
        day = self.cleaned_data["since"]
        return _midnight(day) if day else None


class RedactionForm(forms.Form):
    """Whose data is to be blanked, and why."""

    subjects = forms.CharField(
        label=gettext_lazy("Cases, members and near misses"),
        max_length=20_000,
        widget=forms.Textarea({"rows": 4}),
        help_text=gettext_lazy(
            "One a line: the number of a settled case, the user name of a member who has left, or the number of a closed "
            "near miss, such as #12."
        ),
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=500,
        widget=forms.Textarea({"rows": 2}),
        help_text=gettext_lazy("Stays in the journal for good. Please write no personal data here."),
    )
