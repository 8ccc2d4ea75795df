"""What people type, as fields."""

from __future__ import annotations

import unicodedata
from typing import Any

from django import forms
from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.cases import files
from apps.cases.checks import Refused
from apps.cases.files import Incoming
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


class FilesInput(forms.FileInput):
    """Says what it takes, and how much, to the browser's picker and to the script that complains before sending."""

    allow_multiple_selected = True

    def __init__(self) -> None:
        super().__init__(attrs={"accept": files.ACCEPT, "multiple": True})

    def value_from_datadict(self, data: Any, sent: Any, name: str) -> Any:
        return sent.getlist(name) if hasattr(sent, "getlist") else sent.get(name)

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        words = {"limit": filesizeformat(settings.ATTACHMENT_MAX_BYTES)}
        sentence = gettext("“{name}” is too large; a file may have at most %(limit)s. Please choose a smaller one.")
        data = {
            "data-limit": settings.ATTACHMENT_MAX_BYTES,
            "data-too-large": sentence % words,
            "data-drop": gettext("Take “{name}” away again"),
        }
        return super().get_context(name, value, (attrs or {}) | data)


class Files(forms.FileField):
    """Several files at once, each looked into. A browser shows the choice as empty when the form comes back."""

    def __init__(self, **kwargs: Any) -> None:
        hint = _("Photos, PDF, Office files, text, CSV, mail or ZIP. Several at once.")
        super().__init__(label=_("files"), widget=FilesInput(), help_text=hint, **kwargs)

    def clean(self, data: Any, initial: Any = None) -> list[Incoming]:  # type: ignore[override]
        sent = data if isinstance(data, list | tuple) else [data] if data else []
        if self.required and not sent:
            raise forms.ValidationError(gettext("Please choose at least one file."))
        kept, sentences = [], []
        for each in sent:
            try:
                kept.append(files.inspect(each))
            except Refused as refused:
                sentences.append(refused.sentence)
        if sentences:
            raise forms.ValidationError(sentences)
        return kept
