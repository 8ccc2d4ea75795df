"""The forms of the reporter and of the safety team."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.core.files.base import ContentFile
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.cases.forms import LongText
from apps.nearmiss import photos
from apps.nearmiss.models import NearMiss
from apps.people.models import Department
from apps.policy.models import Category, Impact, Urgency


class PhotosInput(forms.ClearableFileInput):
    allow_multiple_selected = True

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        data = {"data-drop": gettext("Take “{name}” away again")}
        return super().get_context(name, value, (attrs or {}) | data)


class Photos(forms.FileField):
    """Up to five photos, cleaned of what their camera wrote into them."""

    def __init__(self, **kwargs: Any) -> None:
        widget = PhotosInput(attrs={"accept": "image/*", "multiple": True})
        super().__init__(
            label=_("Photos"),
            required=False,
            widget=widget,
            help_text=_(
                "Up to five. Place, time and device are taken out of them. Mind that nobody can be recognised."
            ),
            **kwargs,
        )

    def clean(self, data: Any, initial: Any = None) -> list[ContentFile[bytes]]:  # type: ignore[override]
        uploads = [each for each in (data if isinstance(data, list) else [data]) if each]
        if len(uploads) > photos.MOST_PHOTOS:
            raise forms.ValidationError(gettext("Please choose at most five photos."))
        return [photos.redrawn(super(Photos, self).clean(each)) for each in uploads]


class ReportForm(forms.ModelForm):
    token = forms.UUIDField(widget=forms.HiddenInput)
    photos = Photos()

    class Meta:
        model = NearMiss
        fields = ["what", "department", "place", "consequence", "idea"]
        widgets = {
            "what": forms.Textarea(attrs={"rows": 4}),
            "consequence": forms.Textarea(attrs={"rows": 2}),
            "idea": forms.Textarea(attrs={"rows": 2}),
        }
        help_texts = {
            "what": _("e.g. I nearly gave the wrong medicine: two boxes look alike and stand side by side."),
            "department": _("Its safety team reads this."),
            "place": _("e.g. Ward 3, medicine cupboard"),
            "consequence": _("e.g. A patient with an allergy would have got it."),
            "idea": _("e.g. Put a red label on one of them."),
        }

    field_order = ["what", "department", "place", "consequence", "idea", "photos"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["token"].initial = uuid.uuid4()
        self.fields["department"].empty_label = _("Please choose")  # type: ignore[attr-defined]
        self.fields["department"].queryset = Department.objects.filter(is_active=True)  # type: ignore[attr-defined]

    def sheet(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.Meta.fields}


class CodeForm(forms.Form):
    code = forms.CharField(
        label=_("Receipt code"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
        help_text=_("e.g. 7KQM-2XHD-9PRT"),
    )


class AddForm(forms.Form):
    """More facts, from whoever holds the code."""

    text = LongText(label=_("Add something"), help_text=_("e.g. It happened again today, with the other box."))
    photos = Photos()


class AnswerForm(forms.Form):
    text = LongText(
        label=_("Your answer"),
        rows=4,
        help_text=_("e.g. Thank you for telling us. The boxes stand apart from today."),
    )
    closes = forms.BooleanField(label=_("With this it is settled"), required=False)


class CaseForm(forms.Form):
    """What a case needs beyond what the near miss says."""

    subject = forms.CharField(label=_("In one line"), max_length=200)
    impact = forms.ChoiceField(label=_("How many are affected?"), choices=Impact.choices)
    urgency = forms.ChoiceField(label=_("How soon must something happen?"), choices=Urgency.choices)
    category = forms.ModelChoiceField(
        label=_("Kind of case"), queryset=Category.objects.filter(is_active=True), required=False
    )
