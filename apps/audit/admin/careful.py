"""Two people at one form: nothing is overwritten unseen, each is told what the other did, and no typed word is lost."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db import models
from django.forms.models import _get_foreign_key
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin

from apps.audit import meanwhile

SEEN = "seen"


class CarefulAdmin(ModelAdmin):
    """For models with a history. Its forms carry a token of what they showed; one that comes late comes back, with what
    was typed and what was changed meanwhile, and can be sent again knowingly."""

    change_form_before_template = "admin/audit/meanwhile.html"

    def too_late(self, request: HttpRequest, obj: models.Model) -> str:
        """A sentence if nobody may change the thing any more; the caller is in a transaction."""
        return ""

    def get_form(
        self, request: HttpRequest, obj: models.Model | None = None, *args: Any, **kwargs: Any
    ) -> type[forms.ModelForm]:
        form = super().get_form(request, obj, *args, **kwargs)
        return form if obj is None or request.method != "POST" else self._careful(form, request, obj)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any
    ) -> HttpResponse:
        obj, form = options.get("obj"), context["adminform"].form
        if obj is not None:
            context |= {"seen": meanwhile.seen(self._histories(obj)), "meanwhile": getattr(form, "changes", [])}
            if getattr(form, "too_late", ""):
                context |= dict.fromkeys(("show_save", "show_save_and_continue", "show_save_and_add_another"), False)
        return super().render_change_form(request, context, *args, **options)

    def _careful(self, form: type[forms.ModelForm], request: HttpRequest, obj: models.Model) -> type[forms.ModelForm]:
        token, too_late, tables = request.POST.get(SEEN, ""), self.too_late, self._histories(obj)

        class Careful(form):  # type: ignore[misc, valid-type]
            changes: list[meanwhile.Change] = []
            too_late = ""

            def clean(self) -> Any:
                cleaned = super().clean()
                list(type(obj)._base_manager.select_for_update().filter(pk=obj.pk).values_list("pk"))
                self.too_late = too_late(request, obj)
                self.changes = meanwhile.since(tables, token)
                if self.too_late:
                    self.add_error(None, self.too_late)
                elif self.changes:
                    self.add_error(
                        None,
                        _(
                            "Somebody changed this while you were working on it; what they did is listed above. Nothing "
                            "of yours is saved yet, and all that you typed is below: check it and save again."
                        ),
                    )
                return cleaned

        return Careful

    def _histories(self, obj: Any) -> meanwhile.Tables:
        """Its own, and those of the parts that the form has rows for."""
        parts: list[models.QuerySet[Any]] = []
        for inline in self.inlines:
            key = _get_foreign_key(self.model, inline.model, fk_name=inline.fk_name)
            parts.append(inline.model.history.filter(**{key.attname: obj.pk}))  # type: ignore[attr-defined]
        return [type(obj).history.filter(**{type(obj)._meta.pk.attname: obj.pk}), *parts]
