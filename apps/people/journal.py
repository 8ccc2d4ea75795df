"""How the journal names people and the organisation."""

from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.dateparse import parse_datetime
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from apps.audit import words
from apps.audit.templatetags.audit_words import moment
from apps.audit.words import Kind, Part

from .models import Role
from .models.user import CLOCK, IMPORT

NAMED = ("name", "name_en")


def register() -> None:
    words.register(
        Kind(
            "people.user",
            reads=("last_name", "first_name", "username"),
            say=person,
            page="admin:people_user_change",
            found_by=_person_called,
            personal=frozenset({"email", "phone"}),
            quiet=frozenset({"date_joined"}),
            parts=(Part("people.membership", "user"),),
        ),
        Kind(
            "people.team",
            reads=NAMED,
            say=in_language,
            page="admin:people_team_change",
            found_by=_called,
            parts=(
                Part("people.membership", "team"),
                Part("people.teamskill", "team"),
                Part("people.shift", "team", narrow=_on_duty),
            ),
        ),
        Kind(
            "people.membership",
            reads=("user__last_name", "user__first_name", "user__username", "team__name", "role"),
            say=lambda last, first, username, team, role: _membership(person(last, first, username), team, role),
        ),
        Kind(
            "people.shift",
            reads=("user__last_name", "user__first_name", "user__username", "team__name", "starts_at"),
            say=lambda last, first, username, team, starts_at: " ".join(
                (person(last, first, username), team, _moment(starts_at))
            ),
            page="admin:people_shift_change",
        ),
        Kind(
            "people.department",
            reads=NAMED,
            say=in_language,
            page="admin:people_department_change",
            found_by=_called,
        ),
        Kind("auth.group", reads=("name",), say=lambda name: name),
        Kind("people.level", reads=NAMED, say=in_language, page="admin:people_level_change"),
        Kind("people.skill", reads=NAMED, say=in_language, page="admin:people_skill_change"),
        Kind(
            "people.teamskill",
            reads=("team__name", "team__name_en", "skill__name", "skill__name_en"),
            say=lambda team, team_en, skill, skill_en: f"{in_language(team, team_en)} – {in_language(skill, skill_en)}",
        ),
    )


def person(last_name: str, first_name: str, username: str) -> str:
    """As `User.get_full_name`; the system's own users by what they stand for."""
    if username == CLOCK:
        return _("by itself")
    if username == IMPORT:
        return _("import")
    names = [last_name, first_name]
    if (get_language() or "").startswith("en"):
        names.reverse()
    return " ".join(filter(None, names)) or username


def in_language(name: str, name_en: str) -> str:
    return name_en if name_en and (get_language() or "").startswith("en") else name


def _membership(name: str, team: str, role: str) -> str:
    return _("%(name)s as %(role)s in %(team)s") % {"name": name, "role": Role(role).label, "team": team}


def _person_called(text: str) -> Q:
    """Every word of the text is in the person's name, its reading, or the username."""
    condition = Q(is_system=False)
    for word in text.replace("（", " ").replace("）", " ").replace("(", " ").replace(")", " ").split():
        condition &= (
            Q(last_name__icontains=word)
            | Q(first_name__icontains=word)
            | Q(last_name_kana__icontains=word)
            | Q(first_name_kana__icontains=word)
            | Q(username__icontains=word)
        )
    return condition


def _called(text: str) -> Q:
    return Q(name__icontains=text) | Q(name_en__icontains=text)


def _on_duty(shifts: QuerySet[Any], at: datetime) -> QuerySet[Any]:
    return shifts.filter(starts_at__lte=at, ends_at__gt=at)


def _moment(text: str) -> str:
    """Of a moment as the database writes it."""
    at = parse_datetime(text if "+" in text[10:] else f"{text}+00:00")
    return moment(at)
