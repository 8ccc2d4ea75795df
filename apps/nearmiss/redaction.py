"""How the words and photos of a near miss are blanked: two people agree on it, as on everything (`apps.audit.redactions`)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import partial

from django.db import models, transaction
from django.utils.translation import gettext as _

from apps.audit import guards, personal, trail
from apps.audit.models import Redaction, Source
from apps.audit.personal import BLACK
from apps.nearmiss.models import Message, NearMiss, Photo

NEAR_MISS = "nearmiss.nearmiss"
BLANKS = {
    NEAR_MISS: dict.fromkeys(("what", "place", "consequence", "idea"), BLACK),
    "nearmiss.message": {"text": BLACK},
    "nearmiss.photo": {"file": ""},
}


def guard(model: type[models.Model]) -> guards.AppendOnly:
    """Rows that are only ever added, but for the blanking while an approved redaction names their near miss."""
    approved = (
        f"EXISTS (SELECT 1 FROM {Redaction._meta.db_table} d WHERE d.state = 'APPROVED' "  # noqa: S608
        f"AND CAST(d.subjects AS text) LIKE '%\"{NEAR_MISS}:' || OLD.near_miss_id || '\"%')"
    )
    columns = [str(field.column) for field in model._meta.concrete_fields]
    return guards.AppendOnly(
        model._meta.db_table, f"{approved} AND {personal.permitted(model._meta.label_lower, columns)}"
    )


class NearMisses:
    """Keeper of what was written about near misses. They are called by their number, as the journal calls them: #12."""

    def find(self, texts: Collection[str]) -> dict[str, int]:
        asked = {text: int(text[1:]) for text in texts if text.startswith("#") and text[1:].isdecimal()}
        there = set(NearMiss.objects.filter(pk__in=asked.values()).values_list("pk", flat=True))
        return {text: pk for text, pk in asked.items() if pk in there}

    def names(self, keys: Sequence[int]) -> dict[int, str]:
        return {key: _("Near miss #%(number)d") % {"number": key} for key in keys}

    def refusal(self, keys: Sequence[int]) -> str:
        found = NearMiss.objects.filter(pk__in=keys)
        if len(keys) != len(found):
            return _("One of these near misses does not exist.")
        if unfinished := [each.pk for each in found if each.status != NearMiss.Status.CLOSED]:
            return _("Near miss #%(number)d is not closed yet; its words are still needed.") % {"number": unfinished[0]}
        return ""

    def blank(self, keys: Sequence[int], *, by: str, now: datetime) -> None:
        found = list(NearMiss.objects.select_for_update().filter(pk__in=keys).order_by("pk"))
        photos = Photo.objects.filter(near_miss__in=keys).exclude(file="")
        for photo in photos:
            transaction.on_commit(partial(photo.file.storage.delete, str(photo.file.name)))
        personal.blank(NEAR_MISS, NearMiss.objects.filter(pk__in=keys))
        personal.blank("nearmiss.message", Message.objects.filter(near_miss__in=keys))
        photos.update(file="")
        trail.append(
            [
                trail.NewEntry(trail.subject_of(each), now, by, Source.CLOCK, "redact", each.status, each.status)
                for each in found
            ]
        )
