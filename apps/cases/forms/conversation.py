"""What people say to each other about a case."""

from __future__ import annotations

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.cases.forms.base import VerbForm
from apps.cases.forms.fields import Files, LongText
from apps.cases.forms.replies import WithReplies
from apps.cases.models import Visibility
from apps.people.models import User


class NoteForm(WithReplies):
    verb = "note"
    begins = "text"
    text = LongText(
        label=_("text"),
        rows=4,
        help_text=_("e.g. Called the vendor; they answer by 15:00. @username tells a colleague."),
    )
    visibility = forms.ChoiceField(
        label=_("who may read it"),
        choices=Visibility.choices,
        initial=Visibility.INTERNAL,
        widget=forms.RadioSelect,
    )
    mentioned = forms.ModelMultipleChoiceField(
        label=_("tell colleagues"),
        queryset=User.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    files = Files(required=False)  # type: ignore[assignment]  # a form's own `files` is what was sent

    def arrange(self) -> None:
        self.add_replies()
        near = User.objects.filter(memberships__team=self.case.team_id, memberships__team__is_active=True).values("pk")
        case = self.case
        people = User.objects.people().filter(Q(pk__in=near) | Q(pk__in=[case.reporter_id or 0, case.owner_id or 0]))
        field = self.fields["mentioned"]
        field.queryset = people.exclude(pk=self.user.pk)  # type: ignore[attr-defined]


class AttachForm(VerbForm):
    verb = "attach"
    files = Files()  # type: ignore[assignment]
    visibility = forms.ChoiceField(
        label=_("who may read it"),
        choices=[each for each in Visibility.choices if each[0] != Visibility.CUSTOMER],
        initial=Visibility.INTERNAL,
        widget=forms.RadioSelect,
    )


class FollowForm(VerbForm):
    verb = "follow"


class UnfollowForm(VerbForm):
    verb = "unfollow"
