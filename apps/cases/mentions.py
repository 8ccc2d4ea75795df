"""Who is called by @name in a text."""

from __future__ import annotations

import re
from collections.abc import Collection

from django.db.models import Q
from django.utils.translation import gettext as _

from apps.cases import reading
from apps.cases.checks import Refused
from apps.cases.models import Case, Visibility
from apps.people.models import User

MOST = 20  # names that are looked up in one text
# Letters of ASCII only: Japanese goes on right behind a name (@leadさん). Not the middle of a mail address.
NAME = re.compile(r"(?<![A-Za-z0-9_.+@＠-])[@＠]([A-Za-z0-9_][A-Za-z0-9_.+-]*)")


def names_in(text: str) -> list[str]:
    found = (name.rstrip(".+-") for name in NAME.findall(text))
    return list(dict.fromkeys(found))[:MOST]


def of_note(case: Case, text: str, picked: Collection[User], *, by: User, visibility: str) -> list[User]:
    """Who is told of a note that `by` writes, themselves excepted: only people who may read it.

    A name in the text that calls nobody of them stays text; who was picked from a list is refused with a sentence.
    """
    names = names_in(text)
    if not names and not picked:
        return []
    chosen = {user.pk for user in picked}
    people = list(User.objects.people().filter(Q(username__in=names) | Q(pk__in=chosen)).order_by("pk"))
    allowed = reading.among([*people, by], [case.pk])
    told = []
    for user in people:
        may_read = (user.pk, case.pk) in allowed
        if visibility == Visibility.INTERNAL:
            may_read = may_read and reading.may_read_internal(case, user, by=by)
        if may_read and user.pk != by.pk:
            told.append(user)
        elif user.pk in chosen and user.pk != by.pk:
            sentence = _("%(name)s may not read this note and cannot be mentioned in it.")
            raise Refused("mention", sentence % {"name": user}, field="mentioned")
    return told
