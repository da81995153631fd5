"""The one catalogue of texts: every word a page says, by key, in Chinese and in English.

A catalogue file is TOML; a text is a table with `zh` and `en` (and `en_one`, the English for exactly one `n`):

    [hall.queue]
    title = { zh = "我的队列", en = "My queue" }
    left = { zh = "还剩 {n} 个工作日", en = "{n} working days left", en_one = "{n} working day left" }

The key is the path: `hall.queue.left`. Values stand in braces; English may leave one out (a measure word).
The house's own texts lie in `i18n/texts.toml`; a service adds `services/<name>/texts.toml`, keys under its own name.
"""

from __future__ import annotations

import string
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from libs.common.kernel.errors import ContractBroken

LANGUAGES = ("zh-CN", "en")
HOUSE_TEXTS = Path(__file__).parent / "i18n" / "texts.toml"

_LEAF_KEYS = {"zh", "en", "en_one"}
_PATTERNS = "format."  # patterns of dates and numbers pick other values in each language


@dataclass(frozen=True, slots=True)
class Text:
    """One text in both languages; `en_one` is used when the value `n` is exactly 1."""

    zh: str
    en: str
    en_one: str | None = None

    def of(self, language: str, n: object = None) -> str:
        """The wording in one language."""
        if language == "zh-CN":
            return self.zh
        return self.en_one if self.en_one is not None and n == 1 else self.en


class Catalogue:
    """All texts of a process, by key."""

    def __init__(self, texts: Mapping[str, Text]) -> None:
        self._texts = dict(texts)

    def __contains__(self, key: str) -> bool:
        return key in self._texts

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def __getitem__(self, key: str) -> Text:
        try:
            return self._texts[key]
        except KeyError:
            raise ContractBroken(f"no text with the key {key!r}: add it to a texts.toml, in zh and en") from None


class Texts:
    """The catalogue seen in one language; templates know it as `t`."""

    def __init__(self, catalogue: Catalogue, language: str) -> None:
        assert language in LANGUAGES, language
        self._catalogue = catalogue
        self.language = language

    def __call__(self, key: str, **values: object) -> str:
        """The plain text of a key with its values filled in.

        Raises:
            ContractBroken: no such key, or a value is missing.
        """
        return self._fill(key, self._catalogue[key].of(self.language, values.get("n")), values)

    def rich(self, key: str, **values: object) -> Markup:
        """A text that carries markup of its own (`<b>…</b>`); the values are escaped."""
        return Markup(self._fill(key, Markup(self._catalogue[key].of(self.language, values.get("n"))), values))  # noqa: S704

    def has(self, key: str) -> bool:
        """Whether the catalogue knows the key: for codes that come from data."""
        return key in self._catalogue

    def or_code(self, prefix: str, code: str) -> str:
        """The text of a code from the data (`card.state` + `signed`), or the code itself when nobody named it yet."""
        key = f"{prefix}.{code}"
        return self(key) if key in self._catalogue else code

    def _fill(self, key: str, wording: str, values: Mapping[str, object]) -> str:
        try:
            return wording.format(**values)
        except (KeyError, IndexError) as missing:
            raise ContractBroken(f"text {key!r} needs the value {missing}") from missing


def load_catalogue(paths: Iterable[Path]) -> Catalogue:
    """Read and merge catalogue files.

    Raises:
        ContractBroken: a key stands in two files, a language is missing, or English names other values.
    """
    texts: dict[str, Text] = {}
    for path in paths:
        for key, text in _leaves(tomllib.loads(path.read_text(encoding="utf-8")), "", path):
            if key in texts:
                raise ContractBroken(f"{path}: the key {key!r} is already taken by another catalogue file")
            texts[key] = text
    return Catalogue(texts)


def _leaves(table: Mapping[str, object], prefix: str, path: Path) -> Iterator[tuple[str, Text]]:
    for name, value in table.items():
        key = f"{prefix}{name}"
        if not isinstance(value, dict):
            raise ContractBroken(f"{path}: {key} must be a table with zh and en")
        if "zh" in value or "en" in value:
            yield key, _leaf(value, key, path)
        else:
            yield from _leaves(value, f"{key}.", path)


def _leaf(value: Mapping[str, object], key: str, path: Path) -> Text:
    if not {"zh", "en"} <= set(value) <= _LEAF_KEYS or not all(isinstance(v, str) and v for v in value.values()):
        raise ContractBroken(f"{path}: {key} needs the texts zh and en (and may have en_one), all of them filled")
    text = Text(**{name: str(wording) for name, wording in value.items()})
    for wording in (text.en, text.en_one or text.en):
        if not placeholders(wording) <= placeholders(text.zh) and not key.startswith(_PATTERNS):
            raise ContractBroken(f"{path}: {key} names values in en that zh does not have")
    return text


def placeholders(wording: str) -> frozenset[str]:
    """The names of the values in a wording."""
    return frozenset(name for _, name, _, _ in string.Formatter().parse(wording) if name)
