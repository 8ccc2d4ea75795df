"""What people say to each other about a case."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.cases.forms.base import VerbForm
from apps.cases.forms.fields import LongText
from apps.cases.models import Visibility


class NoteForm(VerbForm):
    verb = "note"
    text = LongText(label=_("text"), rows=4, help_text=_("e.g. Called the vendor; they answer by 15:00."))
    visibility = forms.ChoiceField(
        label=_("who may read it"),
        choices=Visibility.choices,
        initial=Visibility.INTERNAL,
        widget=forms.RadioSelect,
    )
