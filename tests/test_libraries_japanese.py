"""Nothing that the admin's libraries say comes out in English on a Japanese page, also after they are upgraded.

Read from the installed packages: every literal that they hand to gettext, in Python, templates and scripts. What an
upgrade adds belongs into escalation_site/locale_libraries.
"""

import ast
import importlib.util
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from django.http import HttpResponse
from django.test import RequestFactory
from django.utils import translation
from django.utils.translation.template import templatize
from django.views.i18n import JSONCatalog

PACKAGES = ("unfold", "simple_history", "import_export", "axes")
# The same in every language: it has no word of its own.
SAME = {"%(class_name)s %(instance)s"}

FUNCTION = r"(?:u|n|p|np)?gettext(?:_lazy|_noop)?|_"
STRING = r"""u?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
CALL = re.compile(rf"\b({FUNCTION})\(\s*({STRING}(?:\s*,\s*{STRING})*)")
HOLE = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")


class Text(NamedTuple):
    """A text as a library asks for it; the last two are empty where it has no context or no plural."""

    message: str
    context: str = ""
    plural: str = ""


def text(function: str, literals: list[str]) -> Text:
    """The text that a call of this gettext function with these leading literals asks for."""
    name = function.removesuffix("_lazy").removesuffix("_noop")
    context = literals.pop(0) if name in {"pgettext", "npgettext"} else ""
    return Text(literals[0], context, literals[1] if name in {"ngettext", "npgettext"} else "")


def in_python(source: str) -> Iterator[Text]:
    """By syntax, so that a literal in several pieces is one text."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            literals = [arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
            if literals and re.fullmatch(FUNCTION, name):
                yield text(name, literals)


def in_calls(source: str) -> Iterator[Text]:
    """Calls with whole literals: what Django makes of a template for its own extraction, and scripts."""
    for function, arguments in CALL.findall(source):
        yield text(function, [ast.literal_eval(literal) for literal in re.findall(STRING, arguments)])


def in_template(source: str) -> Iterator[Text]:
    return in_calls(templatize(source))


def found(pattern: str, read: Callable[[str], Iterator[Text]]) -> set[Text]:
    """All texts in the packages' files of that name."""
    texts: set[Text] = set()
    for package in PACKAGES:
        spec = importlib.util.find_spec(package)
        assert spec is not None
        assert spec.origin is not None
        for path in Path(spec.origin).parent.rglob(pattern):
            if "tests" not in path.parts:
                texts.update(read(path.read_text(encoding="utf-8")))
    return texts


@pytest.fixture(scope="module")
def texts() -> set[Text]:
    return found("*.py", in_python) | found("templates/**/*.*", in_template)


def in_japanese(asked: Text) -> str:
    """What a reader gets to see, before the holes are filled."""
    message, context, plural = asked
    with translation.override("ja"):
        if context and plural:
            return translation.npgettext(context, message, plural, 2)
        if context:
            return translation.pgettext(context, message)
        return translation.ngettext(message, plural, 2) if plural else translation.gettext(message)


def test_the_reader_finds_each_way_of_asking() -> None:
    assert set(in_python('_("one " "two")\nngettext_lazy("a", "b", n)\npgettext("c", "d")\n_(name)')) == {
        Text("one two"),
        Text("a", plural="b"),
        Text("d", context="c"),
    }
    template = """{% load i18n %}{% translate "it's" %}{{ _("x") }}{% translate name %}{% trans "May" context "verb" %}
    {% blocktranslate count n=n %}{{ n }} row{% plural %}{{ n }} rows{% endblocktranslate %}"""
    assert set(in_template(template)) == {
        Text("it's"),
        Text("x"),
        Text("May", context="verb"),
        Text("%(n)s row", plural="%(n)s rows"),
    }


def test_the_packages_were_read(texts: set[Text]) -> None:
    assert {
        Text("Apply Filters"),
        Text("Change reason"),
        Text("entry", plural="entries"),
        Text("Format"),
        Text("IP Address"),
    } <= texts
    assert len(texts) > 150


def test_every_text_of_the_libraries_is_japanese(texts: set[Text]) -> None:
    english = {asked for asked in texts if in_japanese(asked) in {asked.message, asked.plural}}
    assert sorted(asked.message for asked in english) == sorted(SAME)


def test_every_hole_is_kept(texts: set[Text]) -> None:
    differing = {
        asked.message
        for asked in texts
        if sorted(HOLE.findall(in_japanese(asked))) != sorted(HOLE.findall(asked.plural or asked.message))
    }
    assert not differing


def test_the_scripts_are_japanese(rf: RequestFactory) -> None:
    scripts = found("static/**/*.js", in_calls)
    assert Text("%(sel)s of %(cnt)s selected", plural="%(sel)s of %(cnt)s selected") in scripts
    with translation.override("ja"):
        response = JSONCatalog.as_view(packages=["django.contrib.admin"])(rf.get("/"))
    assert isinstance(response, HttpResponse)
    catalog = json.loads(response.content)["catalog"]
    assert not {
        asked.message for asked in scripts if catalog.get(asked.message) in (None, asked.message, [asked.message])
    }


def test_english_pages_stay_english() -> None:
    with translation.override("en"):
        assert translation.gettext("Apply Filters") == "Apply Filters"
