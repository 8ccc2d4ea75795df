"""What the repository promises about itself: migrations, Japanese, the READMEs, its shape."""

import ast
import gettext
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from django.conf import settings
from django.core.management import call_command, get_commands

from tests.test_libraries_japanese import Text, in_python, in_template

ROOT = Path(settings.BASE_DIR)
READMES = ("README.md", "README.ja.md")
CATALOGUES = sorted(ROOT.glob("escalation_site/locale*/ja/LC_MESSAGES/*.po"))
AGREED = {
    *("manage.py", "README.md", "README.ja.md", "LICENSE", "Makefile", "pyproject.toml", ".env.example", ".gitignore"),
    *("requirements.txt", "requirements-dev.txt"),
    *("apps", "escalation_site", "tests", "bench", "deploy", "docs", ".ci", ".github"),
}
MOST_LINES = 400


@pytest.mark.django_db
def test_no_migration_is_missing():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)  # ends the run if there is one


# --- Japanese ---------------------------------------------------------------------------------------------------------


class Entry(NamedTuple):
    """One entry of a .po file."""

    context: str
    message: str
    plural: str
    translations: tuple[str, ...]
    is_fuzzy: bool


def read(catalogue: Path) -> Iterator[Entry]:
    """The entries of a .po file but its header, and without what is commented out."""
    for block in re.split(r"\n\s*\n", catalogue.read_text(encoding="utf-8")):
        fields: dict[str, str] = {}
        name = ""
        for line in block.splitlines():
            found = re.fullmatch(r'(?:(msg\w+(?:\[\d\])?)\s+)?(".*")', line.strip())
            if found:
                name = found[1] or name
                fields[name] = fields.get(name, "") + ast.literal_eval(found[2])
        if fields.get("msgid"):
            yield Entry(
                context=fields.get("msgctxt", ""),
                message=fields["msgid"],
                plural=fields.get("msgid_plural", ""),
                translations=tuple(text for name, text in fields.items() if name.startswith("msgstr")),
                is_fuzzy=bool(re.search(r"^#,.*\bfuzzy\b", block, re.MULTILINE)),
            )


def compiled(entries: Iterator[Entry]) -> dict[object, str]:
    """The entries as Python's gettext keeps them in memory."""
    texts: dict[object, str] = {}
    for entry in entries:
        key = f"{entry.context}\x04{entry.message}" if entry.context else entry.message
        if entry.plural:
            texts |= {(key, number): text for number, text in enumerate(entry.translations)}
        else:
            texts[key] = entry.translations[0]
    return texts


def our_texts() -> set[Text]:
    """Every literal that our code and templates hand to gettext."""
    texts: set[Text] = set()
    for folder in ("apps", "escalation_site"):
        for path in (ROOT / folder).rglob("*"):
            if path.suffix == ".py":
                texts.update(in_python(path.read_text(encoding="utf-8")))
            elif "templates" in path.parts and path.is_file():
                texts.update(in_template(path.read_text(encoding="utf-8")))
    return texts


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_entry_is_translated_and_checked(catalogue: Path):
    entries = list(read(catalogue))
    assert entries
    assert [entry.message for entry in entries if entry.is_fuzzy or len(entry.translations) != 1] == []
    assert [entry.message for entry in entries if not all(entry.translations)] == []


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_compiled_catalogue_is_made_of_the_readable_one(catalogue: Path):
    with catalogue.with_suffix(".mo").open("rb") as file:
        texts = dict(gettext.GNUTranslations(file)._catalog)  # type: ignore[attr-defined]
    del texts[""]  # the header
    assert texts == compiled(read(catalogue))


def test_the_japanese_catalogue_has_our_texts_and_no_others():
    known = {
        Text(entry.message, entry.context, entry.plural)
        for entry in read(ROOT / "escalation_site/locale/ja/LC_MESSAGES/django.po")
    }
    assert sorted(our_texts() ^ known) == []


# --- the READMEs ------------------------------------------------------------------------------------------------------


def readme(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def commands_named_in(name: str) -> set[str]:
    """`make …` and `manage.py …` in code: in backticks or in a fenced block."""
    code = "\n".join(re.findall(r"```.*?```|`[^`\n]+`", readme(name), re.DOTALL))
    return {f"{tool} {command}" for tool, command in re.findall(r"\b(make|manage\.py) ([a-z]\w*)", code)}


@pytest.mark.parametrize("name", READMES)
def test_the_diagram_is_the_one_that_the_code_draws(name: str, capsys: pytest.CaptureFixture[str]):
    call_command("state_table")
    assert re.findall(r"```mermaid\n(.*?)```", readme(name), re.DOTALL) == [capsys.readouterr().out]


@pytest.mark.parametrize("name", READMES)
def test_the_named_commands_exist(name: str):
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    existing = {f"make {target}" for target in targets} | {f"manage.py {command}" for command in get_commands()}
    assert commands_named_in(name) - existing == set()


def test_both_languages_name_the_same_commands():
    assert commands_named_in("README.md") == commands_named_in("README.ja.md") != set()


@pytest.mark.parametrize("name", READMES)
def test_the_named_files_exist(name: str):
    links = re.findall(r"\]\(([^)#]+)", readme(name))
    assert [link for link in links if "://" not in link and not (ROOT / link).exists()] == []


# --- its shape --------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a git checkout")
def test_nothing_new_lies_at_the_top():
    listing = ["git", "-c", "safe.directory=*", "ls-files", "--cached", "--others", "--exclude-standard"]
    files = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    assert {file.partition("/")[0] for file in files} - AGREED == set()


def test_no_file_of_the_apps_is_too_long():
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines())
        for path in (ROOT / "apps").rglob("*")
        if path.suffix in {".py", ".html", ".css", ".js"} and "migrations" not in path.parts
    }
    assert {path: lines for path, lines in lengths.items() if lines > MOST_LINES} == {}
