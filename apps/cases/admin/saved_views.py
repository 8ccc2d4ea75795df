"""Lists that people keep: who sees them, who may change them, and the form that does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.db.models import Q
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from apps.cases.admin.criteria import Criteria
from apps.cases.models import SavedView
from apps.people.models import Role, User

MOST = 30  # of one owner
NAME_TAKEN = _("There is a list of this name already. Please choose another name.")
LEADING = (Role.LEAD, Role.MANAGER)


@dataclass(frozen=True, slots=True)
class Tab:
    """A saved view as the list shows it. `query` leads there; `may_change`: by the person who looks."""

    view: SavedView
    criteria: Criteria
    may_change: bool
    is_current: bool

    @property
    def query(self) -> str:
        return f"{self.criteria.query()}&{urlencode({'view': self.view.pk})}"


def tabs(user: User, current: str) -> list[Tab]:
    """The person's own views and those shared with their teams, in one statement. `current`: the key in the address."""
    teams = [each.team_id for each in user.membership_list]
    views = SavedView.objects.filter(Q(owner=user) | Q(team__in=teams)).select_related("owner", "team")
    return [
        Tab(view, Criteria.read(QueryDict(view.query)), may_change(view, user), str(view.pk) == current)
        for view in views
    ]


def may_change(view: SavedView, user: User) -> bool:
    """The owner may; of a shared view also who leads the team."""
    leads = any(each.team_id == view.team_id and each.role in LEADING for each in user.membership_list)
    return view.owner_id == user.pk or leads


class ViewForm(forms.ModelForm):  # type: ignore[type-arg]
    """Name and share a list. What is kept of it are its criteria and nothing else that stood in the address."""

    query = forms.CharField(required=False, max_length=4000, widget=forms.HiddenInput)
    replaces = forms.BooleanField(
        label=_("Keep the tab, filters and order as they are now"),
        required=False,
        help_text=_("Otherwise only the name."),
    )

    class Meta:
        model = SavedView
        fields = ("name", "team")

    def __init__(self, data: Any = None, *, user: User, instance: SavedView | None = None, query: str = "") -> None:
        is_new = instance is None
        super().__init__(
            data,
            instance=instance or SavedView(owner=user),
            initial={"query": query},
            auto_id=f"id_{'save' if is_new else 'view'}_%s",
        )
        self.user = user
        self.fields["name"].help_text = _("e.g. P1 and P2 of my team")
        teams = {each.team_id: each.team for each in user.membership_list}
        if instance is not None and instance.team is not None:
            teams.setdefault(instance.team.pk, instance.team)
        # the teams are known already: the field need not read them again
        self.fields["team"] = forms.TypedChoiceField(
            label=_("shared with team"),
            required=False,
            coerce=lambda key: teams[int(key)],
            empty_value=None,
            choices=[("", _("Only for me")), *((key, str(team)) for key, team in teams.items())],
            help_text=_("Everybody in the team sees the list, and in it only the cases that they may see."),
        )
        self.initial["team"] = self.instance.team_id or ""
        if is_new:
            del self.fields["replaces"]

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        mine = SavedView.objects.filter(owner=self.instance.owner_id).exclude(pk=self.instance.pk)
        names = list(mine.values_list("name", flat=True))
        if name in names:
            raise forms.ValidationError(NAME_TAKEN)
        if self.instance.pk is None and len(names) >= MOST:
            raise forms.ValidationError(
                _("You keep %(most)d lists already. Please delete one first."), params={"most": MOST}
            )
        return name

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.instance.pk is None or cleaned.get("replaces"):
            query = Criteria.read(QueryDict(cleaned.get("query", ""))).query()
            if len(query) > SavedView._meta.get_field("query").max_length:  # type: ignore[operator]
                self.add_error(None, _("These are too many conditions to keep. Please leave some out."))
            else:
                self.instance.query = query
        return cleaned
