"""What people set for themselves."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.people.models import User
from apps.people.models.user import ContactMeans


class PreferencesForm(forms.ModelForm):
    """What people may change of themselves."""

    class Meta:
        model = User
        fields = ["language", "phone", "preferred_means", "quiet_from", "quiet_until", "time_zone"]
        widgets = {
            "phone": forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "tel"}),
            "preferred_means": forms.RadioSelect,
            "quiet_from": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
            "quiet_until": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["preferred_means"].choices = [("", _("No preference")), *ContactMeans.choices]  # type: ignore[attr-defined]
