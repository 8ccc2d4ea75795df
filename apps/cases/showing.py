"""What the pages of a case in the admin and at the desk both show, as parts of their context."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from apps.cases import checks, reading
from apps.cases.models import Case, Link
from apps.cases.verbs import VerbSpec
from apps.people.models import WORKING_ROLES, User


def attachments(case: Case, user: User) -> dict[str, Any]:
    """The files that the person may read. One statement."""
    return {"attachments": list(reading.attachments_for(case, user))}


def following(case: Case, user: User, *, follows: bool) -> dict[str, str]:
    """What the person, who may read the case, can do about following it; "" where nothing. No statement."""
    verb = "unfollow" if follows else "follow"
    may = bool(user.roles & WORKING_ROLES) and case.state in checks.SOURCES[verb]
    return {"follow_verb": verb if may else "", "follow_label": checks.verb_label(verb)}


def links(case: Case, user: User) -> dict[str, Any]:
    """(how, the other case), both ways; only cases that the person may see. One statement."""
    return {"links": list(_links(case, user))}


def _links(case: Case, user: User) -> Iterator[tuple[str, Case]]:
    seen = Case.objects.visible_to(user).values("pk")
    rows = Link.objects.filter(Q(case=case, other__in=seen) | Q(other=case, case__in=seen))
    for link in rows.select_related("case", "other").order_by("pk"):
        if link.case_id == case.pk:
            yield link.get_kind_display(), link.other
        else:
            yield _("%(kind)s this case") % {"kind": link.get_kind_display()}, link.case


def not_here(request: HttpRequest, spec: VerbSpec) -> HttpResponse:
    """The answer to a verb's form for a case that is not open to the person, or not any more: of the case it says
    nothing, of what was typed it gives back every word."""
    return render(request, "404.html", {"typed": typed_words(request, spec)}, status=404)


def typed_words(request: HttpRequest, spec: VerbSpec) -> list[tuple[str, str]]:
    """The texts in a verb's form as it was sent, each with its label."""
    fields = {name: field for name, field in spec.form.base_fields.items() if isinstance(field, forms.CharField)}
    return [
        (str(capfirst(str(field.label))), text)
        for name, field in fields.items()
        if not field.widget.is_hidden and (text := request.POST.get(name, "").strip())
    ]
