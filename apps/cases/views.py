"""The one door through which the bytes of an attachment leave, for the admin and the desk alike."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from apps.audit import access, trail
from apps.audit.access import Access
from apps.audit.models import Source
from apps.cases import reading
from apps.cases.models import Attachment, Case
from apps.people.models import User

# What is shown must neither run nor load anything, whatever the file is.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, no-cache",  # the browser may keep it, and asks each time whether the reader still may
}


@login_required
@require_safe
def attachment(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """The file, for whoever may read it; 404 does not tell whether there is one. Pictures are shown, all else is saved.

    Every time that bytes go out is an entry in the journal, on a chain of the attachment's own. A browser that has them
    already gets 304, and no entry.
    """
    reader = cast("User", request.user)
    row = Attachment.objects.filter(pk=pk, case__in=Case.objects.visible_to(reader).values("pk"))
    found = row.select_related("case").first()
    if found is None or not row.filter(reading.readable(found.case, reader)).exists():
        raise Http404
    response = get_conditional_response(request, etag=f'"{found.sha256}"') or _answer(request, found, reader)
    for name, value in HEADERS.items():
        response.headers[name] = value
    response.headers["ETag"] = f'"{found.sha256}"'
    return response


def _answer(request: HttpRequest, found: Attachment, reader: User) -> HttpResponseBase:
    try:
        content = found.file.open("rb")
    except FileNotFoundError:  # `manage.py attachments` names it
        raise Http404 from None
    response = FileResponse(
        content, as_attachment=not found.is_picture, filename=found.name, content_type=found.content_type
    )
    response.headers["Content-Length"] = found.size
    if request.method == "GET":
        access.record(
            trail.subject_of(found),
            Access.DOWNLOADED,
            by=reader,
            now=timezone.now(),
            source=Source.DESK,
            details={"case": found.case.number, "confidential": found.case.confidential},
        )
    return response
