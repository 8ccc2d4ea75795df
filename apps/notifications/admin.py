"""The outbox for those who watch it: read-only, with one button that sends again.

Who may see which is for the app to say whose things they are about: it registers `MessageAdmin` with a `get_queryset`
of its own, which sets `is_readable` on each message: whether the person may read its words.
"""

from typing import Any, cast

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.admin import ModelAdmin
from unfold.decorators import action, display
from unfold.forms import BaseDialogForm

from apps.audit.models import Source
from apps.notifications import delivery
from apps.notifications.models import Message
from apps.people.models import User

WORDS = ["subject", "body"]


class MessageAdmin(ModelAdmin):
    list_display = ["created_at", "status_label", "key", "headline", "address", "attempts", "next_try_at", "sent_at"]
    list_display_links = ["headline"]
    list_filter = ["status", "key", "why", "channel"]
    list_select_related = False
    search_fields = ["about", "subject", "address"]
    date_hierarchy = "created_at"
    ordering = ["-id"]
    show_full_result_count = False  # the table only grows
    actions = ["resend_selected"]
    actions_detail = ["resend"]
    fieldsets = [
        (None, {"fields": WORDS}),
        (_("Recipient"), {"fields": ["recipient", "channel", "address", "language", "why", "about", "key"]}),
        (
            _("Delivery"),
            {"fields": ["status", "error", "attempts", "created_at", "next_try_at", "claimed_at", "sent_at"]},
        ),
    ]

    def get_fieldsets(self, request: HttpRequest, obj: Message | None = None) -> Any:
        sets = super().get_fieldsets(request, obj)
        return sets if obj is None or obj.is_readable else sets[1:]  # type: ignore[attr-defined]

    @display(description=_("subject line"), ordering="subject")
    def headline(self, message: Message) -> str:
        return message.subject if message.is_readable else "–"  # type: ignore[attr-defined]

    @display(
        description=_("status"),
        ordering="status",
        label={"QUEUED": "info", "SENDING": "info", "SENT": "success", "FAILED": "danger"},
    )
    def status_label(self, message: Message) -> tuple[str, str]:
        return message.status, message.get_status_display()

    @admin.action(description=_("Send again"), permissions=["resend"])
    def resend_selected(self, request: HttpRequest, queryset: QuerySet[Message]) -> None:
        self._resend(request, list(queryset.values_list("pk", flat=True)))

    @action(
        description=_("Send again"),
        permissions=["resend"],
        icon="forward_to_inbox",
        dialog={
            "title": _("Send again"),
            "description": _("The message is sent to the same address within a minute."),
            "form_class": None,
            "form_submit_text": _("Send again"),
        },
    )
    def resend(self, request: HttpRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        self._resend(request, [int(object_id)])
        page = reverse(f"{self.admin_site.name}:notifications_message_change", args=[object_id])
        return HttpResponse(headers={"HX-Redirect": page})

    def _resend(self, request: HttpRequest, message_ids: list[int]) -> None:
        ids = list(self.get_queryset(request).filter(pk__in=message_ids).values_list("pk", flat=True))
        number = delivery.resend(ids, timezone.now(), by=cast("User", request.user), source=Source.ADMIN)
        if number:
            sentence = ngettext("%(number)s message is sent again.", "%(number)s messages are sent again.", number)
            messages.success(request, sentence % {"number": number})
        else:
            messages.info(request, _("Nothing to send again: it is on its way or was sent already."))

    def has_resend_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """`object_id` is given for the button on a message's page, which shows only where it can do something."""
        return request.user.has_perm("notifications.change_message") and (
            object_id is None or delivery.resendable([int(object_id)]).exists()
        )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Message | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Message | None = None) -> bool:
        return False
