"""Flavours: the formats that halls speak, and what each has no column for (`cannot_send/*.toml`, decision 13)."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from libs.common.kernel.events.reference import CannotSend

FOLDER = Path(__file__).parent / "cannot_send"


@dataclass(frozen=True, slots=True)
class Flavour:
    """One format; `cannot_send` holds pairs of wire type and dotted path."""

    name: str
    title: str
    title_en: str
    cannot_send: tuple[CannotSend, ...]


def load_flavours(folder: Path = FOLDER) -> Mapping[str, Flavour]:
    """Every flavour by its name."""
    found = {}
    for path in sorted(folder.glob("*.toml")):
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        fields = (
            CannotSend(type=wire_type, path=field) for wire_type, names in raw["cannot_send"].items() for field in names
        )
        found[raw["name"]] = Flavour(raw["name"], raw["title"], raw["title_en"], tuple(fields))
    return found
