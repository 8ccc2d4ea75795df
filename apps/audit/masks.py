"""Personal data in free texts: mail addresses and telephone numbers by their form, a thing's own values by what they are.

Nobody can say of every word whether it names a person. What is known is masked: the values of a thing's personal
columns, also former ones, in the forms in which people write them; and whatever looks like an address or a number.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from apps.audit import words

MASK = "••••••"

_SIGN = r"A-Za-z0-9Ａ-Ｚａ-ｚ０-９"
_ADDRESS = re.compile(rf"[{_SIGN}._%+\-＿．＋－]+[@＠][{_SIGN}\-－]+(?:[.．][{_SIGN}\-－]+)+")
# Ten to fifteen digits in either width from a 0 or a +, in groups or not: 03-1234-5678, (090) 1234-5678, ＋８１ ９０…
_GAP = r"[\s\-‐‑‒–—―−－ーｰ.．・()（）]{0,2}"
_NUMBER = re.compile(rf"(?<![{_SIGN}\-－])[(（]?(?:[+＋]{_GAP}\d|[0０])(?:{_GAP}\d){{8,14}}(?!\d)")

_HONORIFIC = "様|さま|さん|氏|殿|君|くん|ちゃん|御中"
_TITLE = re.compile(rf"(?:{_HONORIFIC})$")
_FORM = re.compile(r"(?:株式|有限|合同|合資)会社|(?:医療|学校|(?:一般|公益)?[社財]団)法人|[(（][株有][)）]|[㈱㈲]")


class Masker:
    """Masks texts about one thing. `values`: what its personal columns hold or held."""

    def __init__(self, values: Iterable[str] = ()) -> None:
        forms = sorted({form for value in values for form in _forms(value)}, key=len, reverse=True)
        self._own = re.compile("|".join(forms), re.IGNORECASE) if forms else None

    def __call__(self, text: str) -> str:
        if self._own is not None:
            text = self._own.sub(MASK, text)
        return _NUMBER.sub(MASK, _ADDRESS.sub(MASK, text))


PLAIN = Masker()


def _forms(value: str) -> Iterator[str]:
    """As patterns: the whole however it is spaced; each word of it; the beginning of one before a title (川口様)."""
    names = [_TITLE.sub("", word) for word in _FORM.sub(" ", value).split()]
    if names:
        yield r"\s*".join(map(re.escape, names))
    for name in names:
        if len(name) > 1:
            yield re.escape(name)
        yield from (rf"{re.escape(name[:end])}(?=\s*(?:{_HONORIFIC}))" for end in range(1, len(name)))
        yield rf"{re.escape(name)}(?=\s*(?:{_HONORIFIC}))"


class Maskers:
    """One for each thing that texts are about; a statement for each kind that has personal values of its own."""

    def __init__(self, subjects: Iterable[str], *, shows_personal: bool = False) -> None:
        self._shows = shows_personal
        keys: dict[str, set[str]] = {}
        for subject in () if shows_personal else subjects:
            kind = words.kind_of(subject)
            if kind is not None and kind.named_by is not None:
                keys.setdefault(kind.model, set()).add(subject.partition(":")[2])
        self._own = {
            f"{model}:{key}": Masker(values)
            for model, wanted in keys.items()
            if (named_by := words.kind_of(model).named_by)  # type: ignore[union-attr]
            for key, values in named_by(wanted).items()
        }

    def say(self, subject: str, text: str) -> str:
        """What may be read of a text about the thing."""
        return text if self._shows else self._own.get(subject, PLAIN)(text)

    def keeps(self, subject: str) -> bool:
        """Whether the thing has values of its own that texts are masked of."""
        return subject in self._own

    def plain(self, subject: str, value: object) -> object:
        """The same for texts within JSON."""
        if isinstance(value, str):
            return self.say(subject, value)
        if isinstance(value, list):
            return [self.plain(subject, each) for each in value]
        if isinstance(value, dict):
            return {name: self.plain(subject, each) for name, each in value.items()}
        return value
