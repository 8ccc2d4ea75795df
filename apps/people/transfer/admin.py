"""The pages: a file comes in, is tried out and shown row by row, and is written when the person says so."""

import base64
import zlib
from typing import Any

from django import forms
from django.contrib import messages
from django.core import signing
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from import_export.admin import ImportExportMixin
from import_export.forms import ConfirmImportForm
from import_export.results import Result, RowResult
from import_export.tmp_storages import BaseStorage
from unfold.contrib.import_export.forms import ExportForm, ImportForm

from apps.audit import access, trail
from apps.audit.models import Source

from .formats import MAX_BYTES, MAX_ROWS, Csv, Xlsx
from .table import lines

FORMATS = [Csv, Xlsx]
MAX_AGE = 3600  # seconds between the look at the rows and the yes to them


class Carried(BaseStorage):
    """Keeps the file in the signed name that the page with the preview carries back: nothing of it stays on a disk,
    and whichever server gets the yes has what was shown."""

    signer = signing.TimestampSigner(salt="apps.people.transfer")

    def save(self, data: bytes) -> None:
        self.data = data
        self.name = self.signer.sign(base64.urlsafe_b64encode(zlib.compress(data)).decode())

    def read(self) -> bytes:
        """Raises BadSignature where the file is not what was shown, or was shown too long ago."""
        packed = self.signer.unsign(self.name, max_age=MAX_AGE)
        return zlib.decompress(base64.urlsafe_b64decode(packed))

    def remove(self) -> None:
        """There is nothing to remove."""


class UploadForm(ImportForm):
    """Only a file: what kind it is, it says itself."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["format"].required = False
        self.fields["format"].widget = forms.HiddenInput()
        self.fields["resource"].label = gettext_lazy("Table")
        self.fields["import_file"].widget.attrs |= {"accept": ".csv,.xlsx", "class": ""}
        self.fields["import_file"].help_text = _(
            "CSV (UTF-8 or Shift_JIS) or Excel (.xlsx), at most %(rows)s rows."
        ) % {"rows": MAX_ROWS}

    @property
    def media(self) -> forms.Media:
        return forms.Media()  # the library's script would choose the format by the file's name

    def clean_import_file(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["import_file"]
        if file.size is None or file.size > MAX_BYTES:
            raise ValidationError(
                _("The file is larger than %(size)s MB. Please divide it."), params={"size": MAX_BYTES // 1024**2}
            )
        return file

    def clean(self) -> dict[str, Any]:
        file = self.cleaned_data.get("import_file")
        if file is not None:
            is_zip = file.read(4) == b"PK\x03\x04"
            file.seek(0)
            self.cleaned_data["format"] = str(FORMATS.index(Xlsx if is_zip else Csv))
        return self.cleaned_data


class DownloadForm(ExportForm):
    """CSV unless the person wants Excel."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["format"] = str(FORMATS.index(Csv))


class ConfirmForm(ConfirmImportForm):
    format = forms.ChoiceField(choices=[(str(i), "") for i in range(len(FORMATS))], widget=forms.HiddenInput)


class TransferAdmin(ImportExportMixin):
    """Adds import and export to a ModelAdmin; `resource_classes` are `Table`s.

    Export needs the permission to view, import those to add and to change; `also_changes` names what else it writes.
    """

    formats = FORMATS
    import_form_class = UploadForm
    confirm_form_class = ConfirmForm
    export_form_class = DownloadForm
    import_template_name = "people/transfer.html"
    tmp_storage_class = Carried
    skip_admin_log = True  # the journal tells of every row
    also_changes: tuple[str, ...] = ()  # further permissions, such as "people.add_membership"

    # --- who may ----------------------------------------------------------------------------------------------------

    def has_export_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)  # type: ignore[attr-defined,no-any-return]

    def has_import_permission(self, request: HttpRequest) -> bool:
        may = self.has_add_permission(request) and self.has_change_permission(request)  # type: ignore[attr-defined]
        return may and request.user.has_perms(self.also_changes)  # type: ignore[union-attr]

    # --- in ---------------------------------------------------------------------------------------------------------

    def get_import_resource_kwargs(self, request: HttpRequest, **kwargs: Any) -> dict[str, Any]:
        return {"user": request.user}

    def get_export_resource_kwargs(self, request: HttpRequest, **kwargs: Any) -> dict[str, Any]:
        return {}

    def get_import_data_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return {"rollback_on_validation_errors": True}  # all or nothing

    def add_data_read_fail_error_to_form(self, form: forms.Form, e: Exception) -> None:
        if not isinstance(e, ValidationError):
            raise e
        form.add_error("import_file", e)

    def import_action(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """The page with the file's field, and below it what the file just sent would do."""
        response: TemplateResponse = super().import_action(request, **kwargs)
        context = response.context_data or {}
        self._explain(request, context, context["form"])
        return response

    def process_import(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Write what was shown, all of it or nothing."""
        try:
            with trail.through(Source.IMPORT):
                response: HttpResponse = super().process_import(request, **kwargs)
        except (signing.BadSignature, IndexError):
            messages.error(request, _("This is not the file that was shown, or it was shown long ago. Send it again."))
            return HttpResponseRedirect(self._page("import"))
        if isinstance(response, TemplateResponse) and "form" not in (response.context_data or {}):
            return HttpResponseRedirect(self._page("import"))  # a form that no page of ours sends
        return response

    def process_result(self, result: Result, request: HttpRequest) -> HttpResponse:
        if result.has_errors() or result.has_validation_errors():  # something changed since the preview
            form = self.create_import_form(request)
            context = self.admin_site.each_context(request) | {"form": form, "result": result, "opts": self.opts}  # type: ignore[attr-defined]
            self._explain(request, context, self.create_confirm_form(request))
            return TemplateResponse(request, [self.import_template_name], context)
        return super().process_result(result, request)  # type: ignore[no-any-return]

    def add_success_message(self, result: Result, request: HttpRequest) -> None:
        sentence = _("Imported: %(new)s new, %(changed)s changed, %(unchanged)s unchanged.")
        messages.success(request, sentence % _counts(result))

    def _explain(self, request: HttpRequest, context: dict[str, Any], form: Any) -> None:
        """Add to the page's context which tables there are, and what became of each row."""
        tables = [cls(user=request.user) for cls in self.get_import_resource_classes(request)]
        context |= {
            "title": _("Import: %(what)s") % {"what": self.opts.verbose_name_plural},  # type: ignore[attr-defined]
            "tables": tables,
            "export_url": self._page("export"),
            "list_url": self._page("changelist"),
        }
        result = context.get("result")
        if result is not None:
            form.is_valid()
            context |= {
                "lines": lines(tables[self.get_resource_index(form)], result),
                "counts": _counts(result),
                "sentences": [
                    sentence
                    for error in result.base_errors
                    for sentence in (
                        error.error.messages if isinstance(error.error, ValidationError) else [str(error.error)]
                    )
                ],
            }

    def _page(self, name: str) -> str:
        return reverse(f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}_{name}")  # type: ignore[attr-defined]

    # --- out --------------------------------------------------------------------------------------------------------

    def get_export_data(self, file_format: Any, request: HttpRequest, queryset: Any, **kwargs: Any) -> bytes:
        """The file; that it left the house is written down."""
        data: bytes = super().get_export_data(file_format, request, queryset, **kwargs)
        table = self.choose_export_resource_class(kwargs.get("export_form"), request)
        access.record(
            f"export:{table._meta.model._meta.label_lower}",
            access.Access.EXPORTED,
            by=request.user,  # type: ignore[arg-type]
            now=timezone.now(),
            source=Source.ADMIN,
        )
        return data


def _counts(result: Result) -> dict[str, int]:
    totals = result.totals
    return {
        "new": totals[RowResult.IMPORT_TYPE_NEW],
        "changed": totals[RowResult.IMPORT_TYPE_UPDATE],
        "unchanged": totals[RowResult.IMPORT_TYPE_SKIP],
        "refused": totals[RowResult.IMPORT_TYPE_INVALID] + totals[RowResult.IMPORT_TYPE_ERROR],
    }
