"""What the next step will demand of this case: said before the dialog is opened, from the same checks that decide then."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.text import capfirst
from django.utils.translation import ngettext

from apps.cases import checks
from apps.cases.checks import Refused
from apps.cases.forms import ChecklistForm, VerbForm
from apps.cases.models import Case, Outcome, State
from apps.people.models import User
from apps.policy import rules

NEXT: dict[str, str] = {State.RECEIVED: "escalate", State.IN_PROGRESS: "resolve", State.RESOLVED: "review"}


@dataclass(frozen=True, slots=True)
class Demand:
    """`verb` of a case of this priority needs `needs`; `items` must be checked; `obstacle`: why it will be refused."""

    verb: str
    needs: list[str]
    items: list[str]
    obstacle: str = ""


def demand(case: Case, user: User, forms: Iterable[VerbForm]) -> Demand | None:
    """Of the step that comes next in the case's state; None where the person may not take it. `forms`: those offered."""
    verb = NEXT.get(case.state)
    form = next((form for form in forms if form.verb == verb), None)
    if form is None or verb is None:
        return None
    labels = {name: str(each.label) for name, each in form.fields.items() if each.required}
    if verb == "resolve":
        labels |= checks.result_demands(case, Outcome.SOLVED)
    items = []
    if isinstance(form, ChecklistForm):
        items = [item.label for item in rules.required_items(form.rulebook, form.before, case.category_id)]
    needs = [capfirst(label) for label in labels.values()]
    if items:
        count = len(items)
        needs.append(ngettext("%(count)d checklist item", "%(count)d checklist items", count) % {"count": count})
    return Demand(checks.verb_label(verb), needs, items, _obstacle(case, verb, user))


def _obstacle(case: Case, verb: str, user: User) -> str:
    if verb == "resolve":
        try:
            checks.authority_suffices(case, user)
        except Refused as refused:
            return refused.sentence
    return ""
