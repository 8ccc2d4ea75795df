"""How cases belong together."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.cases.forms.base import VerbForm
from apps.cases.forms.fields import CaseNumber
from apps.cases.models import LinkKind


class LinkForm(VerbForm):
    verb = "link"
    kind = forms.ChoiceField(label=_("this case is"), choices=LinkKind.choices)
    other = CaseNumber(label=_("the other case"), help_text=_("e.g. ESC-2026-000123"))

    def arrange(self) -> None:
        self.fields["other"].user = self.user  # type: ignore[attr-defined]


class MergeForm(VerbForm):
    verb = "merge"
    into = CaseNumber(label=_("the original case"), help_text=_("The one that goes on. e.g. ESC-2026-000123"))

    def arrange(self) -> None:
        self.fields["into"].user = self.user  # type: ignore[attr-defined]
