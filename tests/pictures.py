"""`make pictures`: the main pages of a fresh demo into docs/pictures/<page>-<light|dark>.png, by Debian's Chromium."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import django
from PIL import Image

FOLDER = Path(__file__).resolve().parent.parent / "docs/pictures"
SIZE = (1280, 720)
COLOURS = 128  # enough for these pages, and half the bytes
MOST_BYTES = 120_000


def take(home: str) -> Iterator[tuple[Path, int]]:
    """Yields each picture written, and how many bytes it has."""
    from apps.cases.models import Case
    from apps.people.models import User
    from apps.policy.models import Version
    from tests.browser import visiting

    case = Case.objects.filter(state="ESCALATED", team__code="support-leaders").first()
    version = Version.objects.get()
    assert case is not None
    pages = {
        "first-page": ("lead", "/admin/"),
        "list": ("lead", "/admin/cases/case/?queue=teams"),
        "case": ("lead", f"/admin/cases/case/{case.pk}/change/"),
        "policy": ("policy", f"/admin/policy/version/{version.pk}/change/"),
        "journal": ("auditor", "/admin/audit/entry/"),
        "desk": ("operator", "/"),
    }
    with visiting(home) as visit:
        for name, (who, path) in pages.items():
            for theme in ("light", "dark"):
                page = visit(User.objects.get(username=who), path, SIZE, dark=theme == "dark")
                page.wait_for_load_state("networkidle")
                target = FOLDER / f"{name}-{theme}.png"
                with Image.open(BytesIO(page.screenshot(animations="disabled"))) as picture:
                    picture.convert("RGB").quantize(COLOURS).save(target, optimize=True)
                yield target, target.stat().st_size
                page.context.close()
    if visit.complaints:
        sys.exit("\n".join(visit.complaints))


@contextmanager
def demo(folder: str) -> Iterator[str]:
    """The address of a server with the demo in an SQLite file of its own, its clocks just looked at."""
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "escalation_site.settings",
        "DATABASE_URL": f"sqlite:///{folder}/demo.sqlite3",
        "ALLOWED_HOSTS": "localhost",
        "LOG_LEVEL": "ERROR",
        "DJANGO_ALLOW_ASYNC_UNSAFE": "true",  # playwright runs a loop of its own in this thread
    }
    django.setup()
    from django.contrib.staticfiles.handlers import StaticFilesHandler
    from django.core.files.storage import storages
    from django.core.management import call_command
    from django.test.testcases import LiveServerThread

    from apps.cases.tasks import sweep

    storages.backends["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    with Path(os.devnull).open("w") as nowhere:
        call_command("migrate", verbosity=0)
        call_command("seed_policy", stdout=nowhere)
        call_command("demo", stdout=nowhere)
    sweep()
    server = LiveServerThread("localhost", StaticFilesHandler)
    server.start()
    server.is_ready.wait()
    try:
        yield f"http://localhost:{server.port}"
    finally:
        server.terminate()
        server.join()


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    too_large = []
    with TemporaryDirectory() as folder, demo(folder) as home:
        for target, size in take(home):
            sys.stdout.write(f"{target.relative_to(FOLDER.parent.parent)} {size // 1000} kB\n")
            if size > MOST_BYTES:
                too_large.append(target.name)
    if too_large:
        sys.exit(f"More than {MOST_BYTES // 1000} kB: {', '.join(too_large)}")


if __name__ == "__main__":
    main()
