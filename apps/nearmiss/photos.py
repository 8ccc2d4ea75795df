"""Photos without a trace of their camera: every picture is drawn anew, smaller, as a JPEG that holds pixels alone."""

from __future__ import annotations

import io
import warnings

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from PIL import Image, ImageOps

MOST_BYTES = 15 * 1024 * 1024
MOST_PHOTOS = 5
LONGEST_SIDE = 2400  # pixels
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")


def redrawn(upload: UploadedFile) -> ContentFile[bytes]:
    """The picture upright, at most LONGEST_SIDE long. Raises ValidationError with a sentence that names the file."""
    name = {"name": upload.name}
    if (upload.size or 0) > MOST_BYTES:
        raise ValidationError(_("“%(name)s” is larger than 15 MB. Please choose a smaller photo."), params=name)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(upload, formats=FORMATS) as picture:
                upright = ImageOps.exif_transpose(picture).convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        sentence = _("“%(name)s” is no photo that we can read. Please choose a JPEG, PNG or WebP picture.")
        raise ValidationError(sentence, params=name) from None
    upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    pixels = Image.new("RGB", upright.size)
    pixels.paste(upright)  # what a file says besides its pixels stays behind
    out = io.BytesIO()
    pixels.save(out, "JPEG", quality=85)
    return ContentFile(out.getvalue())
