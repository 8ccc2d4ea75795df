"""What the people who have the case do meanwhile: answer, wait."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.cases.forms.base import VerbForm
from apps.cases.forms.fields import LongText, Moment
from apps.cases.models import WaitingFor


class RespondForm(VerbForm):
    verb = "respond"
    told = LongText(
        label=_("what the customer was told"),
        help_text=_("e.g. We are looking into it and will call you back by 3 p.m."),
    )


class HoldForm(VerbForm):
    verb = "hold"
    waiting_for = forms.ChoiceField(
        label=_("waiting for"),
        choices=[("", _("Please choose")), *WaitingFor.choices],
        help_text=_("e.g. the customer"),
    )
    until = Moment(label=_("until"), help_text=_("Then the case goes on by itself. e.g. tomorrow, 10:00"))
    reason = LongText(
        label=_("reason"), required=False, rows=2, help_text=_("e.g. The customer sends the photos tomorrow.")
    )


class ResumeForm(VerbForm):
    verb = "resume"
