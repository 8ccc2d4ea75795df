"""What can be done with a near miss. Each writes the rows, the journal's entry and the mails in one transaction.

The journal's entry of a reporter's doing names nobody, and of its moment only the day.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, time
from uuid import UUID

from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.audit import trail
from apps.audit.models import Source
from apps.cases import actions as case_actions
from apps.cases.checks import Refused
from apps.cases.ledger import Book
from apps.cases.models import Case
from apps.nearmiss import receipts, telling
from apps.nearmiss.models import Message, NearMiss, Photo
from apps.people.models import Team, User

Status = NearMiss.Status


def report(token: UUID, sheet: Mapping[str, object], photos: Sequence[ContentFile[bytes]], *, now: datetime) -> str:
    """Write it down; returns the receipt code. A form sent again (same `token`) gets its code again, nothing else."""
    code = receipts.code_of(token)
    try:
        with transaction.atomic():
            made = NearMiss.objects.create(**sheet, reported_on=timezone.localdate(now), receipt=receipts.digest(code))
            _keep(made, photos)
            _record(made, "reported", at=_the_day(now))
            telling.tell(made, has_more=False, now=now)
    except IntegrityError:
        if not NearMiss.objects.filter(receipt=receipts.digest(code)).exists():
            raise
    return code


def find(code: str) -> NearMiss | None:
    """The near miss with this receipt code."""
    return NearMiss.objects.filter(receipt=receipts.digest(code)).select_related("department").first()


@transaction.atomic
def add(near_miss: NearMiss, text: str, photos: Sequence[ContentFile[bytes]], *, now: datetime) -> None:
    """The reporter adds facts. A closed one waits for an answer again."""
    locked = _lock(near_miss)
    Message.objects.create(near_miss=locked, on=timezone.localdate(now), text=text)
    _keep(locked, photos)
    _move(locked, Status.WAITING if locked.status != Status.NEW else Status.NEW, "added", at=_the_day(now))
    telling.tell(locked, has_more=True, now=now)


@transaction.atomic
def answer(near_miss: NearMiss, text: str, *, by: User, now: datetime, closes: bool = False) -> None:
    """The safety team answers, and may close it with that. Raises Refused if the person may not see it."""
    _may(near_miss, by)
    locked = _lock(near_miss)
    Message.objects.create(near_miss=locked, by=by, on=timezone.localdate(now), text=text)
    _move(locked, Status.CLOSED if closes else Status.ANSWERED, "closed" if closes else "answered", at=now, by=by)


@transaction.atomic
def become_a_case(near_miss: NearMiss, sheet: Mapping[str, object], *, by: User, team: Team, now: datetime) -> Case:
    """A case with what the near miss says; whoever makes it counts as its reporter. Raises Refused."""
    _may(near_miss, by)
    locked = _lock(near_miss)
    if locked.case_id is not None:
        raise Refused("is_a_case", _("This near miss is a case already."))
    with Book(source=Source.ADMIN) as book:
        case = case_actions.receive(book, by=by, now=now, sheet=sheet, team=team)
    locked.case = case
    _move(locked, locked.status, "became_a_case", at=now, by=by, details={"case": case.number})
    return case


def _may(near_miss: NearMiss, by: User) -> None:
    if not NearMiss.objects.visible_to(by).filter(pk=near_miss.pk).exists():
        raise Refused("person", _("This is open to the department's safety team."))


def _lock(near_miss: NearMiss) -> NearMiss:
    return NearMiss.objects.select_for_update().get(pk=near_miss.pk)


def _keep(near_miss: NearMiss, photos: Sequence[ContentFile[bytes]]) -> None:
    for content in photos:
        photo = Photo(near_miss=near_miss)
        photo.file.save(f"near-miss/{photo.pk}.jpg", content, save=False)
        photo.save(force_insert=True)


def _move(
    near_miss: NearMiss,
    status: str,
    action: str,
    *,
    at: datetime,
    by: User | None = None,
    details: Mapping[str, object] | None = None,
) -> None:
    before, near_miss.status = near_miss.status, status
    near_miss.save(update_fields=["status", "case"])
    _record(near_miss, action, at=at, by=by, from_state=before, details=details)


def _record(
    near_miss: NearMiss,
    action: str,
    *,
    at: datetime,
    by: User | None = None,
    from_state: str = "",
    details: Mapping[str, object] | None = None,
) -> None:
    entry = trail.NewEntry(
        subject=trail.subject_of(near_miss),
        at=at,
        actor=trail.actor_of(by),
        source=Source.DESK if by is None else Source.ADMIN,
        action=action,
        from_state=from_state,
        to_state=str(near_miss.status),
        details=details or {},
    )
    trail.append([entry])


def _the_day(now: datetime) -> datetime:
    return timezone.make_aware(datetime.combine(timezone.localdate(now), time(0)))
