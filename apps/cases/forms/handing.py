"""Who has the case: escalated, accepted, sent back, passed down or across."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.cases import checks
from apps.cases.forms.base import ChecklistForm, VerbForm
from apps.cases.forms.fields import LongText, TeamChoice
from apps.cases.forms.replies import WithReplies
from apps.cases.models import HandOffKind
from apps.people.models import WORKING_ROLES, Membership, Team
from apps.policy.models import Verb

ESCALATION_KINDS = [
    (HandOffKind.FUNCTIONAL.value, _("Functional: I need other knowledge or skills")),
    (HandOffKind.HIERARCHICAL.value, _("Hierarchical: I need a decision from above")),
]


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


class SendBackForm(WithReplies):
    verb = "send_back"
    begins = "advice"
    advice = LongText(
        label=_("advice"),
        help_text=_("Worded for next time. e.g. With the order number and the time of the error we can start at once."),
    )

    def arrange(self) -> None:
        self.add_replies()


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
            .filter(role__in=WORKING_ROLES, user__is_active=True, user__is_system=False)
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
