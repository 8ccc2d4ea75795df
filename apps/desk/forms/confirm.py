"""The customer's answer."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.cases.forms import LongText

MARKS = [
    ("5", _("5 – very satisfied")),
    ("4", _("4 – satisfied")),
    ("3", _("3 – neither nor")),
    ("2", _("2 – dissatisfied")),
    ("1", _("1 – very dissatisfied")),
]


class SettledForm(forms.Form):
    """The customer: yes, it is settled."""

    satisfaction = forms.TypedChoiceField(
        label=_("How satisfied are you? (optional)"),
        choices=MARKS,
        coerce=int,
        empty_value=None,
        required=False,
        widget=forms.RadioSelect,
    )
    words = LongText(
        label=_("Anything you would like to tell us? (optional)"),
        rows=2,
        max_length=4000,
        required=False,
        help_text=_("e.g. The quick answer helped a lot."),
    )


class NotSettledForm(forms.Form):
    """The customer: no, something is still wrong."""

    reason = LongText(
        label=_("What is still wrong?"),
        rows=4,
        max_length=4000,
        help_text=_("e.g. The same message appeared again this morning."),
        error_messages={"required": _("Please tell us in a few words what is still wrong.")},
    )
