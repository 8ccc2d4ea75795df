"""What the pages of a case in the admin and at the desk both show, as parts of their context."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.text import capfirst

from apps.cases import checks, reading
from apps.cases.models import Case
from apps.cases.verbs import VerbSpec
from apps.people.models import User


def attachments(case: Case, user: User) -> dict[str, Any]:
    """The files that the person may read. One statement."""
    return {"attachments": list(reading.attachments_for(case, user))}


def following(case: Case, user: User, *, follows: bool) -> dict[str, str]:
    """What the person, who may read the case, can do about following it; "" where nothing. No statement."""
    verb = "unfollow" if follows else "follow"
    may = bool(user.roles & checks.WORKING_ROLES) and case.state in checks.SOURCES[verb]
    return {"follow_verb": verb if may else "", "follow_label": checks.verb_label(verb)}


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
