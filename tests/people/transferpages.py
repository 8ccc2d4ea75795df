"""The pages for import and export, and what a test reads out of them."""

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

HEADINGS = "ユーザー名,姓,名,姓（ふりがな）,名（ふりがな）,電話番号,所属"
NEW = "suzuki,鈴木,次郎,すずき,じろう,03-0000-3001,phone-desk:一次対応者"
MODELS = ["user", "department", "team", "shift"]


def page(name: str, model: str = "user") -> str:
    return reverse(f"admin:people_{model}_{name}")


def upload(client: Client, data: str | bytes, model: str = "user", name: str = "名簿.csv"):
    file = SimpleUploadedFile(name, data.encode() if isinstance(data, str) else data)
    return client.post(page("import", model), {"import_file": file, "resource": "0"})


def confirm(client: Client, preview, model: str = "user"):
    return client.post(page("process_import", model), preview.context["confirm_form"].initial, follow=True)


def told(response) -> list[tuple[int, str, list[tuple[str, str]]]]:
    """(row, outcome, refusals) of each line that the page shows."""
    return [(line.number, line.outcome, line.refusals) for line in response.context["lines"]]


def exported(client: Client, model: str = "user", kind: str = "0") -> bytes:
    return client.post(page("export", model), {"format": kind, "resource": "0"}).content
