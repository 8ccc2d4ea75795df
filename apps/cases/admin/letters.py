"""The messages about cases, for those who may read the cases."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib import admin
from django.db.models import BooleanField, CharField, ExpressionWrapper, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat
from django.http import HttpRequest

from apps.audit.masks import MASK, Maskers
from apps.cases.admin import queues
from apps.cases.models import Case
from apps.notifications.admin import MessageAdmin
from apps.notifications.models import Message
from apps.people.admin import MaskedForAuditors
from apps.people.models import Role, User

ABOUT = f"{Case._meta.label_lower}:"


@admin.register(Message)
class LetterAdmin(MaskedForAuditors, MessageAdmin):
    """The policy owner sees what could not be delivered of every case: to whom and why not, but not its words."""

    def mask(self, rows: Sequence[Message], reader: User) -> None:
        maskers = Maskers({letter.about for letter in rows})
        for letter in rows:
            letter.address = MASK
            for name in ("subject", "body", "error"):
                setattr(letter, name, maskers.say(letter.about, getattr(letter, name)))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Message]:
        user = queues.reader(request)
        seen = queues.visible(user).order_by()
        names = seen.values(name=Concat(Value(ABOUT), Cast("pk", CharField()), output_field=CharField()))
        readable = ~Q(about__startswith=ABOUT) | Q(about__in=names)
        if user.is_superuser or Role.AUDITOR in user.roles:
            readable = Q(pk__isnull=False)  # everything, also about a case that is gone
        messages = Message.objects.annotate(is_readable=ExpressionWrapper(readable, BooleanField()))
        shown = Q(is_readable=True)
        if Role.POLICY_OWNER in user.roles:
            shown |= Q(status=Message.Status.FAILED)
        return messages.filter(shown)

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        """A search in words that a person may not read would tell them too."""
        user = queues.reader(request)
        if user.only_audits:
            return ["about"]
        return ["about", "address"] if Role.POLICY_OWNER in user.roles else list(self.search_fields)
