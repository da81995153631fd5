"""The design tokens: one dark theme, colours that can be read, nothing used that is not there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

STATIC = Path(__file__).parents[3] / "libs" / "common" / "web" / "static"
TOKENS = (STATIC / "tokens.css").read_text(encoding="utf-8")
SET = re.compile(r"(--[a-z0-9-]+):\s*([^;]+);")
TEXT_PAIRS = [
    *((ink, paper) for ink in ("ink", "ink-2", "ink-3", "quiet", "blue") for paper in ("paper", "sheet")),
    *((f"{kind}-ink", f"{kind}-wash") for kind in ("green", "notice", "paused", "grey")),
    ("yellow-ink", "yellow-fill"),
    ("red-ink", "red-fill"),
    ("red-text", "red-wash"),
    ("on-blue", "blue"),
    ("day-ink", "day"),
    ("day-due-ink", "day-due"),
    ("blue-deep", "blue-wash"),
]
MARK_PAIRS = [(f"{kind}-mark", "sheet") for kind in ("green", "notice", "yellow", "red", "paused", "grey")] + [
    ("edge", "sheet"),
    ("focus", "paper"),
]


def block(start: str) -> dict[str, str]:
    """The tokens that a block sets, up to its closing brace."""
    return dict(SET.findall(TOKENS[TOKENS.index(start) :].split("}")[0]))


LIGHT, DARK = block(":root {"), block('[data-theme="dark"] {')


def contrast(one: str, other: str) -> float:
    """The WCAG contrast of two colours."""
    return (max(_light(one), _light(other)) + 0.05) / (min(_light(one), _light(other)) + 0.05)


def _light(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_there_is_one_dark_theme() -> None:
    """Chosen by hand or by the system, dark is the same, and sets every colour that light sets."""
    assert block(":root:not([data-theme]) {") == DARK
    colours = {name for name, value in LIGHT.items() if value.startswith("#")}
    assert colours - set(DARK) == set()


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "paper"), TEXT_PAIRS)
def test_text_can_be_read(theme: dict[str, str], ink: str, paper: str) -> None:
    """WCAG AA for text: 4.5 to 1."""
    assert contrast(theme[f"--{ink}"], theme[f"--{paper}"]) >= 4.5


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("mark", "paper"), MARK_PAIRS)
def test_shapes_can_be_seen(theme: dict[str, str], mark: str, paper: str) -> None:
    """WCAG AA for shapes and borders of controls: 3 to 1."""
    assert contrast(theme[f"--{mark}"], theme[f"--{paper}"]) >= 3


def test_sheets_use_only_tokens() -> None:
    """Every variable is defined, and no sheet but tokens.css names a colour of its own (the wall's ground apart)."""
    for path in sorted(STATIC.glob("*.css")):
        css = path.read_text(encoding="utf-8")
        own = set(re.findall(r"(--[a-z0-9-]+):", css)) | set(LIGHT)
        assert {name for name in re.findall(r"var\((--[a-z0-9-]+)\)", css) if name not in own} <= _components_own()
        if path.name != "tokens.css":
            assert set(re.findall(r"#[0-9a-f]{3,8}\b", css)) <= {"#0a1014"}


def _components_own() -> set[str]:
    return set(re.findall(r"(--[a-z0-9-]+):", (STATIC / "components.css").read_text(encoding="utf-8")))
