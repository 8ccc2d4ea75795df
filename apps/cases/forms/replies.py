"""A choice of canned replies below the text that they begin."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.cases import replies
from apps.cases.forms.base import VerbForm


class ReplySelect(forms.Select):
    """Each option carries its text, for the script that puts it where the cursor is."""

    texts: dict[str, str] = {}

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        if text := self.texts.get(str(value)):
            option["attrs"]["data-text"] = text
        return option


class WithReplies(VerbForm):
    """Offers the canned replies for the field `begins`.

    With scripts a choice goes into the text at once and is not sent. Without them it is sent: then the form comes back
    with the text filled in, so that nobody sends what they have not read.
    """

    begins = ""

    def add_replies(self) -> None:
        """Put the choice after the text, where the cursor waits first; without replies there is no such field."""
        self.offers = {str(offer.pk): offer for offer in replies.offered(self.case, self.user)}
        if not self.offers:
            return
        widget = ReplySelect(attrs={"data-begins": f"id_{self.verb}_{self.begins}"})
        widget.texts = {key: offer.text for key, offer in self.offers.items()}
        self.fields["reply"] = forms.ChoiceField(
            label=_("canned reply"),
            required=False,
            choices=[("", _("None")), *((key, offer.title) for key, offer in self.offers.items())],
            widget=widget,
            help_text=_("Puts a prepared text into the field above, to be read and changed."),
        )
        names = [name for name in self.fields if name != "reply"]
        names.insert(names.index(self.begins) + 1, "reply")
        self.order_fields(names)

    def full_clean(self) -> None:
        super().full_clean()
        chosen = self.offers.get(str(self.data.get("reply", ""))) if self.is_bound and self.offers else None
        if chosen is None:
            return
        data = self.data.copy()  # type: ignore[attr-defined]
        data[self.begins] = "\n".join(filter(None, [data.get(self.begins, "").rstrip(), chosen.text]))
        data["reply"] = ""
        self.data = data
        self.errors.pop(self.begins, None)
        self.add_error(self.begins, gettext("The prepared text has been put in. Please read it and send it then."))

    def values(self) -> dict[str, Any]:
        return {name: value for name, value in super().values().items() if name != "reply"}
