"""The catalogue: both languages whole, broken files refused, every key of every template known."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from libs.common.kernel.errors import ContractBroken
from libs.common.web.catalogue import HOUSE_TEXTS, LANGUAGES, Catalogue, Text, Texts, load_catalogue

ROOT = Path(__file__).parents[3]
HOUSE_TEMPLATES = ROOT / "libs" / "common" / "web" / "templates"
CATALOGUES = [HOUSE_TEXTS, *sorted(ROOT.glob("services/*/texts.toml")), ROOT / "tests/pages/gallery/texts.toml"]
TEMPLATES = sorted(
    path
    for folder in (HOUSE_TEMPLATES, *ROOT.glob("services/*/templates"), ROOT / "tests/pages/gallery/templates")
    for path in folder.rglob("*.html")
)
COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
KEY = re.compile(r"""\bt(?:\.rich)?\(\s*["']([a-z0-9_.-]+)["']\s*[,)]""")
HAN = re.compile("[\u3400-\u9fff\uff00-\uffef]")


def texts(language: str, **wordings: Text) -> Texts:
    return Texts(Catalogue(wordings), language)


def test_all_catalogues_of_the_house_load_together() -> None:
    """No key is taken twice, and every text has both languages and the same values."""
    assert len(list(load_catalogue(CATALOGUES))) > 100


def test_english_holds_no_chinese() -> None:
    """Outside of names and document numbers of the gallery, English is English."""
    catalogue = load_catalogue(path for path in CATALOGUES if "gallery" not in str(path))
    spoken = {key: catalogue[key].en for key in catalogue if key != "ui.chinese"}
    assert {key: text for key, text in spoken.items() if HAN.search(text)} == {}


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_templates_name_known_texts_and_hold_none(path: Path) -> None:
    """A template says everything by key: each is in the catalogue, and the file has no Chinese, style or script."""
    source = COMMENT.sub("", path.read_text(encoding="utf-8"))
    catalogue = load_catalogue(CATALOGUES)
    assert [key for key in KEY.findall(source) if key not in catalogue] == []
    assert HAN.findall(source) == []
    assert re.findall(r"\sstyle=|<style|\son[a-z]+=|<script(?! src=| type=\"application/)", source) == []


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ('a = { zh = "甲" }', "needs the texts zh and en"),
        ('a = { zh = "甲", en = "" }', "all of them filled"),
        ('a = { zh = "甲", en = "a", fr = "a" }', "needs the texts zh and en"),
        ('a = "甲"', "must be a table"),
        ('a = { zh = "{n} 件", en = "{m} cases" }', "names values in en"),
    ],
)
def test_a_broken_file_is_refused_by_name(tmp_path: Path, content: str, says: str) -> None:
    """The refusal names the file, the key and what is wrong."""
    path = tmp_path / "texts.toml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ContractBroken, match=f"texts.toml: a.*{says}"):
        load_catalogue([path])


def test_a_key_in_two_files_is_refused(tmp_path: Path) -> None:
    """Two services cannot own one text."""
    for name in ("one.toml", "two.toml"):
        (tmp_path / name).write_text('a = { zh = "甲", en = "a" }', encoding="utf-8")
    with pytest.raises(ContractBroken, match="already taken"):
        load_catalogue([tmp_path / "one.toml", tmp_path / "two.toml"])


@pytest.mark.parametrize(
    ("language", "n", "said"),
    [("zh-CN", 1, "1 件"), ("zh-CN", 2, "2 件"), ("en", 1, "1 case"), ("en", 0, "0 cases"), ("en", 2, "2 cases")],
)
def test_english_counts_one_apart(language: str, n: int, said: str) -> None:
    """`en_one` is used for exactly one."""
    assert texts(language, a=Text("{n} 件", "{n} cases", "{n} case"))("a", n=n) == said


def test_rich_texts_escape_their_values() -> None:
    """The markup of a text stays, that of a value does not."""
    rich = texts("en", a=Text("<b>{name}</b>", "<b>{name}</b>")).rich("a", name="<script>")
    assert rich == "<b>&lt;script&gt;</b>"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_missing_text_or_value_says_which(language: str) -> None:
    """Nobody sees an empty place: the page breaks in the test, with the key."""
    with pytest.raises(ContractBroken, match=r"no text with the key 'b\.c'"):
        texts(language)("b.c")
    with pytest.raises(ContractBroken, match="'a' needs the value 'n'"):
        texts(language, a=Text("{n}", "{n}"))("a")


def test_codes_from_data_fall_back_to_themselves() -> None:
    """A code that nobody named yet is shown as it is."""
    known = Texts(Catalogue({"state.open": Text("在办", "open")}), "en")
    assert (known.or_code("state", "open"), known.or_code("state", "frozen")) == ("open", "frozen")


def test_the_house_catalogue_is_grouped_by_its_own_names() -> None:
    """A service cannot meet the house's groups by chance: they are few and named here."""
    groups = set(tomllib.loads(HOUSE_TEXTS.read_text(encoding="utf-8")))
    assert groups == {"format", "light", "life", "nav", "ui", "chart", "strip", "letters", "problem"}
