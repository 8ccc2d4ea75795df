"""The form of one verb on one case."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.cases import checks
from apps.cases.checks import Refused
from apps.cases.models import Case
from apps.people.models import User
from apps.policy import rules
from apps.policy.models import Verb
from apps.policy.rulebook import Rulebook, get_rulebook


class VerbForm(forms.Form):
    """The form of one verb on one case, as `user` sees it. The case is as last read, not locked."""

    verb = ""
    seen = forms.CharField(required=False, widget=forms.HiddenInput)  # see `verbs.fingerprint`

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        files: MultiValueDict[str, UploadedFile] | None = None,
        *,
        case: Case,
        user: User,
        seen: str = "",
    ) -> None:
        # several of these forms stand on one page: their ids must differ
        super().__init__(data, files, initial={"seen": seen}, auto_id=f"id_{self.verb}_%s")
        self.case = case
        self.user = user
        self.arrange()

    def arrange(self) -> None:
        """Limit the choices to what is legal for this case and person."""

    def values(self) -> dict[str, Any]:
        """The valid form as keyword arguments of the verb."""
        return {name: value for name, value in self.cleaned_data.items() if name != "seen"}

    def refuse(self, refusal: Refused) -> None:
        """Show why the verb was refused: at the field at fault, if the form has it, else above all fields."""
        self.full_clean()
        self.add_error(refusal.field if refusal.field in self.fields else None, refusal.sentence)

    def demand(self, check: Callable[..., None], *args: Any, **kwargs: Any) -> None:
        """Run one of the verb's own checks beforehand, so that the person sees all that is missing at once."""
        try:
            check(*args, **kwargs)
        except Refused as refusal:
            self.add_error(refusal.field if refusal.field in self.fields else None, refusal.sentence)

    @property
    def rulebook(self) -> Rulebook:
        return get_rulebook(self.case.policy_version_id)


class ChecklistForm(VerbForm):
    """A verb before which the policy version of the case wants things checked."""

    before: Verb

    def add_checklist(self) -> None:
        """Put the checklist last; without items there is no such field."""
        items = rules.items(self.rulebook, self.before, self.case.category_id)
        if not items:
            return
        choices = [
            (item.id, item.label if item.required else gettext("%(item)s (optional)") % {"item": item.label})
            for item in items
        ]
        self.fields["checklist"] = forms.TypedMultipleChoiceField(
            label=_("checklist"),
            choices=choices,
            coerce=int,
            empty_value=[],
            required=False,
            widget=forms.CheckboxSelectMultiple,
        )

    def demand_checklist(self, cleaned: Mapping[str, Any]) -> None:
        self.demand(
            checks.checklist_ticked, self.rulebook, self.before, self.case.category_id, cleaned.get("checklist", ())
        )
