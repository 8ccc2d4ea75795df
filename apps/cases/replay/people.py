"""Makes the teams and people that a log names, where they are missing; each leaves its history and journal entry."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from django.contrib.auth.hashers import make_password
from django.db import models, transaction

from apps.audit import trail
from apps.audit.models import Source
from apps.cases.replay.log import Event
from apps.people.models import Department, Level, Membership, Role, Team, User
from apps.policy.models import Category

DEPARTMENT_CODE = "replayed-log"
FRONT_LINE = ""  # the team name that stands for the first line of a case whose log begins further up


class Cast:
    """Teams by (name, line) and people by name, with what the verbs ask of them already read."""

    def __init__(self) -> None:
        self.department: Department
        self.teams: dict[tuple[str, int], Team] = {}
        self.people: dict[str, User] = {}
        self.by_id: dict[int, User] = {}
        self.importer: User
        self.categories: dict[str, Category] = {}

    def person(self, actor: str) -> User:
        """The named person; the importer where the log names nobody."""
        return self.people.get(actor, self.importer)


def seed(events: Sequence[Event], *, now: datetime) -> Cast:
    """The log's cast: what is there is used, what is missing is made, in one transaction."""
    with transaction.atomic():
        cast = Cast()
        cast.importer = User.objects.importer()
        cast.department, _created = Department.objects.get_or_create(
            code=DEPARTMENT_CODE, defaults={"name": "再現ログ", "name_en": "Replayed log"}
        )
        cast.categories = {key: each for each in Category.objects.all() for key in (each.code, each.name, each.name_en)}
        _seed_teams(cast, events, now)
        _seed_people(cast, events, now)
    return cast


def _seed_teams(cast: Cast, events: Sequence[Event], now: datetime) -> None:
    levels = {level.rank: level for level in Level.objects.all()}
    named = {(event.team, event.line) for event in events}
    for team in Team.objects.active().select_related("level", "department"):
        for name in (team.name, team.code):
            cast.teams.setdefault((name, team.level.rank), team)
    missing = sorted((named | {(FRONT_LINE, 1)}) - cast.teams.keys())
    fresh = [
        Team(
            code=f"log-{line}-{_key(name)}",
            name=name or "再現ログ 受付",
            name_en="" if name else "Replayed log, front line",
            department=cast.department,
            level=levels[line],
        )
        for name, line in missing
    ]
    known = {
        team.code: team
        for team in Team.objects.filter(code__in=[team.code for team in fresh]).select_related("level", "department")
    }
    _create(Team, [team for team in fresh if team.code not in known], cast.importer, now)
    for place, team in zip(missing, fresh, strict=True):
        cast.teams[place] = known.get(team.code, team)


def _seed_people(cast: Cast, events: Sequence[Event], now: datetime) -> None:
    names = sorted({event.actor for event in events} - {""})
    usernames = {name: f"log.{_key(name)}" for name in names}
    known = {user.username: user for user in User.objects.filter(username__in=usernames.values())}
    password = make_password(None)
    fresh = [
        User(username=username, last_name=name, password=password)
        for name, username in usernames.items()
        if username not in known
    ]
    _create(User, fresh, cast.importer, now)
    known |= {user.username: user for user in fresh}
    cast.people = {name: known[username] for name, username in usernames.items()}
    wanted = {(cast.people[event.actor].pk, cast.teams[event.team, event.line].pk) for event in events if event.actor}
    there = set(Membership.objects.filter(user__in=_ids(cast), role=Role.RESPONDER).values_list("user_id", "team_id"))
    _create(
        Membership,
        [Membership(user_id=user, team_id=team, role=Role.RESPONDER) for user, team in sorted(wanted - there)],
        cast.importer,
        now,
    )
    by_user: dict[int, list[Membership]] = defaultdict(list)
    memberships = Membership.objects.filter(user__in=_ids(cast), team__is_active=True)
    for membership in memberships.select_related("team__department", "team__level", "level"):
        by_user[membership.user_id].append(membership)
    for user in cast.people.values():
        user.membership_list = by_user[user.pk]
        cast.by_id[user.pk] = user


def _ids(cast: Cast) -> list[int]:
    return [user.pk for user in cast.people.values()]


def _create(model: type[models.Model], rows: Sequence[models.Model], by: User, now: datetime) -> None:
    """Insert the rows with their history and journal entries, in a handful of statements."""
    model._default_manager.bulk_create(rows)
    history = model.history.bulk_history_create(rows, default_user=by, default_date=now)  # type: ignore[attr-defined]
    trail.append(
        [
            trail.NewEntry(
                subject=trail.subject_of(row),
                at=now,
                actor=trail.actor_of(by),
                source=Source.IMPORT,
                action="created",
                history=past,
            )
            for row, past in zip(rows, history, strict=True)
        ]
    )


def _key(name: str) -> str:
    """A short code that any name can have: the log's names are no identifiers."""
    return hashlib.sha256(name.encode()).hexdigest()[:16]
