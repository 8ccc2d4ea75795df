"""Files that leave while they are being made."""

from __future__ import annotations

from collections.abc import Iterator

from django.http import StreamingHttpResponse
from django.utils import timezone, translation
from django.utils.http import content_disposition_header


def download(stream: Iterator[bytes], name: str, content_type: str) -> StreamingHttpResponse:
    """A file in the reader's language and zone, which the request's end would otherwise take away.

    A reader who closes the connection closes the stream, and with it the statement in the database.
    """
    response = StreamingHttpResponse(
        _in(stream, translation.get_language() or "", str(timezone.get_current_timezone())), content_type=content_type
    )
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response


def _in(stream: Iterator[bytes], language: str, zone: str) -> Iterator[bytes]:
    with translation.override(language), timezone.override(zone):
        yield from stream
