"""What people type, as fields."""

from __future__ import annotations

import unicodedata
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.cases.models import Case
from apps.people.models import Team, User

YES_NO = [("yes", _("Yes")), ("no", _("No"))]


class LongText(forms.CharField):
    """Several lines, or just one."""

    def __init__(self, *, rows: int = 3, **kwargs: Any) -> None:
        super().__init__(widget=forms.Textarea(attrs={"rows": rows}), **kwargs)


class Moment(forms.DateTimeField):
    """A date and time in the reader's zone, by the browser's own picker."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
        super().__init__(widget=widget, **kwargs)


class YesNo(forms.TypedChoiceField):
    """A question that wants an answer: neither is chosen beforehand."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=YES_NO, coerce=lambda value: value == "yes", widget=forms.RadioSelect, **kwargs)


class TeamChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj: Team) -> str:
        return f"{obj} ({obj.level})"


class CaseNumber(forms.CharField):
    """Another case by its number, as the person types it; only one that they may see."""

    user: User

    def clean(self, value: str) -> Case | None:
        number = unicodedata.normalize("NFKC", super().clean(value)).strip().upper()
        if not number:
            return None
        case = Case.objects.visible_to(self.user).filter(number=number).first()
        if case is None:
            sentence = _("No case %(number)s is open to you. Please check the number.")
            raise forms.ValidationError(sentence, params={"number": number})
        return case
