"""The project's only signal receivers: history rows saved one by one, and people who sign in, get their entries.

Rows that are written in bulk (the cases' ledger) send no signal; their writer appends the entries itself.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db import models, transaction
from django.db.models.signals import m2m_changed, post_save
from django.urls import reverse
from django.utils import timezone
from simple_history.models import HistoricalRecords
from simple_history.signals import post_create_historical_record

from apps.audit import trail
from apps.audit.canonical import row_of
from apps.audit.models import Entry, Source
from apps.audit.words import UNKNOWN_NAME

# Of failed sign-ins under one name no more than MOST_FAILURES entries are written in FAILURES_WITHIN: whoever tries a
# million passwords shall not fill the journal.
MOST_FAILURES = 10
FAILURES_WITHIN = timedelta(minutes=10)
ACTIONS = {"+": "created", "~": "changed", "-": "deleted"}


def connect() -> None:
    post_create_historical_record.connect(record, dispatch_uid="audit.record")
    user_logged_in.connect(record_sign_in, dispatch_uid="audit.record_sign_in")
    user_logged_out.connect(record_sign_out, dispatch_uid="audit.record_sign_out")
    user_login_failed.connect(record_failure, dispatch_uid="audit.record_failure")
    post_save.connect(record_password, sender=get_user_model(), dispatch_uid="audit.record_password")
    for holder, name in ((get_user_model(), "groups"), (get_user_model(), "user_permissions"), (Group, "permissions")):
        through = getattr(holder, name).through
        m2m_changed.connect(record_rights, sender=through, dispatch_uid=f"audit.record_rights.{name}")


def record(sender: type[models.Model], history_instance: Any, **_: object) -> None:
    """Append the entry of one history row. `details` name the fields that a change touched."""
    history = history_instance
    subject = history.instance_type
    with transaction.atomic():
        trail.append(
            [
                trail.NewEntry(
                    subject=f"{subject._meta.label_lower}:{getattr(history, subject._meta.pk.attname)}",
                    at=history.history_date,
                    actor=trail.actor_of(history.history_user_id),
                    source=_source(),
                    action=ACTIONS[history.history_type],
                    reason=history.history_change_reason or "",
                    details={"changed": _changed(sender, history)} if history.history_type == "~" else {},
                    history=history,
                )
            ]
        )


def record_sign_in(sender: object, user: models.Model, **_: object) -> None:
    _append(trail.subject_of(user), "signed_in", trail.actor_of(user))


def record_sign_out(sender: object, user: models.Model | None, **_: object) -> None:
    """A session that nobody had signed in to leaves no entry."""
    if user is not None:
        _append(trail.subject_of(user), "signed_out", trail.actor_of(user))


def record_failure(sender: object, credentials: Mapping[str, Any], **_: object) -> None:
    """Under which name, if somebody has it. Any other is not written down: people type passwords into the wrong field."""
    users: Any = get_user_model()
    name = credentials.get(users.USERNAME_FIELD) or ""
    user = users._base_manager.filter(**{users.USERNAME_FIELD: name}).first()
    subject = UNKNOWN_NAME if user is None else trail.subject_of(user)
    lately = Entry.objects.filter(action="sign_in_failed", at__gt=timezone.now() - FAILURES_WITHIN, subject=subject)
    if len(lately.values("id")[:MOST_FAILURES]) < MOST_FAILURES:
        _append(subject, "sign_in_failed", actor="")


def record_password(sender: object, instance: Any, **_: object) -> None:
    """A password that was set, wherever that was done; not one that only got a newer hash at signing in.

    Between `set_password` and the end of the save, `_password` holds it for Django's own use.
    """
    if instance._password is not None:
        _append(trail.subject_of(instance), "password_set", _signed_in())


GIVEN, TAKEN = "rights_given", "rights_taken"
RIGHTS = {"post_add": GIVEN, "post_remove": TAKEN, "pre_clear": TAKEN}


def record_rights(
    sender: object, instance: models.Model, action: str, reverse: bool, model: Any, pk_set: set[Any] | None, **_: object
) -> None:
    """Django's groups and single permissions. They give nobody anything here; but nobody tries that unseen."""
    if action not in RIGHTS or (not pk_set and action != "pre_clear"):
        return
    others = list(model._base_manager.filter(pk__in=pk_set or ()).order_by("pk"))
    holders, rights = (others, [instance]) if reverse and others else ([instance], others)
    for holder in holders:
        details = {"rights": [str(each) for each in rights]}
        _append(trail.subject_of(holder), RIGHTS[action], _signed_in(), details)


def _signed_in() -> str:
    user = getattr(getattr(HistoricalRecords.context, "request", None), "user", None)
    return trail.actor_of(user) if user is not None and user.is_authenticated else ""


def _append(subject: str, action: str, actor: str, details: Mapping[str, object] | None = None) -> None:
    entry = trail.NewEntry(
        subject=subject, at=timezone.now(), actor=actor, source=_source(), action=action, details=details or {}
    )
    with transaction.atomic():
        trail.append([entry])


def _source() -> Source:
    if (chosen := trail.door.get()) is not None:
        return chosen
    request = getattr(HistoricalRecords.context, "request", None)
    if request is None:
        return Source.COMMAND
    return Source.ADMIN if request.path.startswith(reverse("admin:index")) else Source.DESK


def _changed(model: type[models.Model], history: Any) -> list[str]:
    """The names of the tracked fields that differ from the history row before."""
    key = history.instance_type._meta.pk.attname
    earlier = model._base_manager.filter(**{key: getattr(history, key)}, pk__lt=history.pk).order_by("-pk").first()
    old, new = {} if earlier is None else row_of(earlier), row_of(history)
    return [field.name for field in history.tracked_fields if old.get(field.attname) != new.get(field.attname)]
