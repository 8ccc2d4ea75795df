"""How a case ends, and how it begins again."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.cases import checks
from apps.cases.checks import GRAVE, NOTHING_DONE
from apps.cases.forms.base import ChecklistForm, VerbForm
from apps.cases.forms.fields import CaseNumber, LongText, YesNo
from apps.cases.forms.replies import WithReplies
from apps.cases.models import Outcome, Verdict
from apps.policy.models import Verb


class ResolveForm(WithReplies, ChecklistForm):
    verb = "resolve"
    begins = "resolution"
    before = Verb.RESOLVE
    outcome = forms.ChoiceField(label=_("outcome"), choices=[("", _("Please choose")), *Outcome.choices])
    resolution = LongText(
        label=_("resolution"), help_text=_("e.g. The price was corrected and the difference paid back on 22 November.")
    )
    cause = LongText(
        label=_("cause"),
        required=False,
        rows=2,
        help_text=_("e.g. The new price list was not loaded in one shop. Not needed for a duplicate or a withdrawal."),
    )
    prevention = LongText(
        label=_("prevention"),
        required=False,
        rows=2,
        help_text=_("e.g. Loading the price list is now checked every morning. Needed for P1 and P2."),
    )
    duplicate_of = CaseNumber(
        label=_("original case"), required=False, help_text=_("Only for a duplicate. e.g. ESC-2026-000123")
    )

    def arrange(self) -> None:
        self.fields["duplicate_of"].user = self.user  # type: ignore[attr-defined]
        self.add_checklist()
        self.add_replies()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        outcome = cleaned.get("outcome")
        if outcome == Outcome.DUPLICATE:
            if "duplicate_of" in cleaned:
                self.demand(checks.filled, cleaned["duplicate_of"], gettext("original case"), field="duplicate_of")
        elif outcome and outcome not in NOTHING_DONE:
            self.demand(checks.filled, cleaned.get("cause"), gettext("cause"), field="cause")
            if self.case.priority in GRAVE:
                self.demand(checks.filled, cleaned.get("prevention"), gettext("prevention"), field="prevention")
            self.demand_checklist(cleaned)
        return cleaned

    def values(self) -> dict[str, Any]:
        values = super().values()
        if values["outcome"] != Outcome.DUPLICATE:
            values["duplicate_of"] = None  # typed before the outcome was changed
        return values


class ConfirmForm(VerbForm):
    verb = "confirm"
    satisfaction = forms.TypedChoiceField(
        label=_("satisfaction (1–5)"),
        choices=[("", _("Not asked")), *((str(mark), str(mark)) for mark in range(1, 6))],
        coerce=int,
        empty_value=None,
        required=False,
        help_text=_("As the customer said it; 5 is the best."),
    )
    words = LongText(
        label=_("what the customer said"),
        rows=2,
        required=False,
        help_text=_("e.g. It works again, and they are glad about the quick answer."),
    )


class ReopenForm(VerbForm):
    verb = "reopen"
    reason = LongText(
        label=_("what is still wrong"),
        help_text=_("e.g. The same error came back this morning on two of five devices."),
    )


class ReviewForm(VerbForm):
    verb = "review"
    verdict = forms.ChoiceField(label=_("verdict"), choices=Verdict.choices, widget=forms.RadioSelect)
    worked = YesNo(label=_("Did the measure work?"))
    may_recur = YesNo(label=_("May it happen again?"))
    lesson = LongText(
        label=_("lesson"), required=False, help_text=_("e.g. Ask for the order number first; it saves a day.")
    )
    thanks = LongText(
        label=_("word of thanks"),
        rows=2,
        help_text=_("To the reporter and the owner. e.g. Thank you for reporting it so early and so precisely."),
    )
