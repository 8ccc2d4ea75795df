"""What each verb demands, as a form: exactly its fields, limited to what is legal, every hint an example.

A form is a convenience, the verb is the law: it checks again under the lock and may still refuse.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.cases import checks
from apps.cases.checks import GRAVE, NOTHING_DONE, Refused
from apps.cases.models import Case, HandOffKind, LinkKind, Outcome, Verdict, Visibility, WaitingFor
from apps.people.models import Membership, Team, User
from apps.policy import rules
from apps.policy.models import Verb
from apps.policy.rulebook import Rulebook, get_rulebook

ESCALATION_KINDS = [
    (HandOffKind.FUNCTIONAL.value, _("Functional: I need other knowledge or skills")),
    (HandOffKind.HIERARCHICAL.value, _("Hierarchical: I need a decision from above")),
]
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


class VerbForm(forms.Form):
    """The form of one verb on one case, or on several at once, as `user` sees it. They are as last read, not locked.

    On several it offers what fits any of them; the verb decides for each.
    """

    verb = ""
    seen = forms.CharField(required=False, widget=forms.HiddenInput)  # see `verbs.fingerprint`

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        case: Case,
        user: User,
        seen: str = "",
        others: Sequence[Case] = (),
    ) -> None:
        # several of these forms stand on one page: their ids must differ
        super().__init__(data, initial={"seen": seen}, auto_id=f"id_{self.verb}_%s")
        self.case = case
        self.cases = [case, *others]
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


class ChecklistForm(VerbForm):
    """A verb before which the policy version of the case wants things checked."""

    before: Verb

    def add_checklist(self) -> None:
        """Put the checklist last; without items there is no such field."""
        items = {item.id: item for policy in self.policies for item in rules.items(policy[0], self.before, policy[1])}
        if not items:
            return
        choices = [
            (item.id, item.label if item.required else gettext("%(item)s (optional)") % {"item": item.label})
            for item in items.values()
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
        for rulebook, category_id in self.policies:
            if "checklist" not in self.errors:
                self.demand(checks.checklist_ticked, rulebook, self.before, category_id, cleaned.get("checklist", ()))

    @property
    def policies(self) -> list[tuple[Rulebook, int | None]]:
        """What decides about the checklist: the policy version and the kind of each case, none of them twice."""
        found = dict.fromkeys((case.policy_version_id, case.category_id) for case in self.cases)
        return [(get_rulebook(version_id), category_id) for version_id, category_id in found]


class RespondForm(VerbForm):
    verb = "respond"
    told = LongText(
        label=_("what the customer was told"),
        help_text=_("e.g. We are looking into it and will call you back by 3 p.m."),
    )


class EscalateForm(ChecklistForm):
    verb = "escalate"
    before = Verb.ESCALATE
    kind = forms.ChoiceField(label=_("kind of escalation"), choices=ESCALATION_KINDS, widget=forms.RadioSelect)
    reason = LongText(
        label=_("reason"), help_text=_("e.g. The cause lies in the server logs, which the desk cannot read.")
    )
    team = TeamChoice(
        label=_("to team"),
        queryset=Team.objects.none(),
        required=False,
        empty_label=_("As the policy says"),
        help_text=_("e.g. leave it to the policy; name a team only where you know better."),
    )
    skip_reason = forms.CharField(
        label=_("why a level is skipped"),
        required=False,
        help_text=_("Only if the team you name is more than one level above. e.g. The second line is not on duty."),
    )

    def arrange(self) -> None:
        above = Team.objects.active().filter(level__rank__gt=self.lowest_rank)
        self.fields["team"].queryset = above.select_related("level")  # type: ignore[attr-defined]
        self.add_checklist()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        self.demand_checklist(cleaned)
        if team := cleaned.get("team"):
            self.demand(
                checks.level_not_skipped,
                from_rank=self.lowest_rank,
                to_rank=team.level.rank,
                skip_reason=cleaned.get("skip_reason", ""),
            )
        return cleaned

    @property
    def lowest_rank(self) -> int:
        return min(case.level.rank for case in self.cases)


class AcceptForm(VerbForm):
    verb = "accept"


class SendBackForm(VerbForm):
    verb = "send_back"
    advice = LongText(
        label=_("advice"),
        help_text=_("Worded for next time. e.g. With the order number and the time of the error we can start at once."),
    )


class DeEscalateForm(VerbForm):
    verb = "de_escalate"
    team = TeamChoice(label=_("to team"), queryset=Team.objects.none(), help_text=_("A team of a lower level."))
    reason = LongText(
        label=_("reason"), help_text=_("e.g. The decision is made; what remains is to inform the customer.")
    )

    def arrange(self) -> None:
        below = Team.objects.active().filter(level__rank__lt=self.case.level.rank)
        self.fields["team"].queryset = below.select_related("level")  # type: ignore[attr-defined]


class HandOverForm(VerbForm):
    verb = "hand_over"
    owner = forms.ChoiceField(label=_("new owner"), help_text=_("Colleagues who work on the same level."))
    reason = LongText(label=_("reason"), help_text=_("e.g. My shift ends at 18:00; Ms Suzuki knows the customer."))

    def arrange(self) -> None:
        ranks = {case.level.rank for case in self.cases}
        holders = {(case.team_id, case.owner_id) for case in self.cases}
        memberships = (
            Membership.objects.filter(team__is_active=True, team__level__rank__in=ranks)
            .filter(role__in=checks.WORKING_ROLES, user__is_active=True, user__is_system=False)
            .select_related("user", "team__level")
            .order_by("team__code", "user__last_name_kana", "user__first_name_kana", "pk")
        )
        self.colleagues: dict[str, Membership] = {}
        by_team: dict[Team, dict[str, str]] = {}
        for each in memberships:
            if holders != {(each.team_id, each.user_id)}:
                key = f"{each.team_id}-{each.user_id}"  # once, however many roles they have there
                self.colleagues.setdefault(key, each)
                by_team.setdefault(each.team, {})[key] = str(each.user)
        nearest_first = sorted(by_team.items(), key=lambda item: item[0].pk != self.case.team_id)
        self.fields["owner"].choices = [  # type: ignore[attr-defined]
            ("", _("Please choose")),
            *((str(team), list(people.items())) for team, people in nearest_first),
        ]

    def values(self) -> dict[str, Any]:
        colleague = self.colleagues[self.cleaned_data["owner"]]
        return {"owner": colleague.user, "team": colleague.team, "reason": self.cleaned_data["reason"]}


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


class ResolveForm(ChecklistForm):
    verb = "resolve"
    before = Verb.RESOLVE
    outcome = forms.ChoiceField(label=_("outcome"), choices=[("", _("Please choose")), *Outcome.choices])
    resolution = LongText(
        label=_("resolution"), help_text=_("e.g. The price was corrected and the difference paid back on 22 November.")
    )
    cause = LongText(
        label=_("cause"),
        required=False,
        rows=2,
        help_text=_("e.g. The new price list was not loaded in one shop. Not needed for a duplicate or a withdrawal."),
    )
    prevention = LongText(
        label=_("prevention"),
        required=False,
        rows=2,
        help_text=_("e.g. Loading the price list is now checked every morning. Needed for P1 and P2."),
    )
    duplicate_of = CaseNumber(
        label=_("original case"), required=False, help_text=_("Only for a duplicate. e.g. ESC-2026-000123")
    )

    def arrange(self) -> None:
        self.fields["duplicate_of"].user = self.user  # type: ignore[attr-defined]
        self.add_checklist()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        outcome = cleaned.get("outcome")
        if outcome == Outcome.DUPLICATE:
            if "duplicate_of" in cleaned:
                self.demand(checks.filled, cleaned["duplicate_of"], gettext("original case"), field="duplicate_of")
        elif outcome and outcome not in NOTHING_DONE:
            self.demand(checks.filled, cleaned.get("cause"), gettext("cause"), field="cause")
            if self.case.priority in GRAVE:
                self.demand(checks.filled, cleaned.get("prevention"), gettext("prevention"), field="prevention")
            self.demand_checklist(cleaned)
        return cleaned

    def values(self) -> dict[str, Any]:
        values = super().values()
        if values["outcome"] != Outcome.DUPLICATE:
            values["duplicate_of"] = None  # typed before the outcome was changed
        return values


class ConfirmForm(VerbForm):
    verb = "confirm"
    satisfaction = forms.TypedChoiceField(
        label=_("satisfaction (1–5)"),
        choices=[("", _("Not asked")), *((str(mark), str(mark)) for mark in range(1, 6))],
        coerce=int,
        empty_value=None,
        required=False,
        help_text=_("As the customer said it; 5 is the best."),
    )


class ReopenForm(VerbForm):
    verb = "reopen"
    reason = LongText(
        label=_("what is still wrong"),
        help_text=_("e.g. The same error came back this morning on two of five devices."),
    )


class ReviewForm(VerbForm):
    verb = "review"
    verdict = forms.ChoiceField(label=_("verdict"), choices=Verdict.choices, widget=forms.RadioSelect)
    worked = YesNo(label=_("Did the measure work?"))
    may_recur = YesNo(label=_("May it happen again?"))
    lesson = LongText(
        label=_("lesson"), required=False, help_text=_("e.g. Ask for the order number first; it saves a day.")
    )
    thanks = LongText(
        label=_("word of thanks"),
        rows=2,
        help_text=_("To the reporter and the owner. e.g. Thank you for reporting it so early and so precisely."),
    )


class NoteForm(VerbForm):
    verb = "note"
    text = LongText(label=_("text"), rows=4, help_text=_("e.g. Called the vendor; they answer by 15:00."))
    visibility = forms.ChoiceField(
        label=_("who may read it"),
        choices=Visibility.choices,
        initial=Visibility.INTERNAL,
        widget=forms.RadioSelect,
    )


class LinkForm(VerbForm):
    verb = "link"
    kind = forms.ChoiceField(label=_("this case is"), choices=LinkKind.choices)
    other = CaseNumber(label=_("the other case"), help_text=_("e.g. ESC-2026-000123"))

    def arrange(self) -> None:
        self.fields["other"].user = self.user  # type: ignore[attr-defined]
