"""`python -m libs.ops.settings_table`: writes the table of settings into docs/operations.md, from the settings."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, get_args, get_origin

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from libs.common.runtime.settings import Settings
from libs.ops.engines.places import ROOT

DOCUMENT = ROOT / "docs" / "operations.md"
BEGIN, END = "<!-- settings: written by python -m libs.ops.settings_table -->", "<!-- end of settings -->"


def table() -> str:
    """Every setting: its variable, what it is when nobody says, what it means."""
    lines = ["| variable | default | what it is |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        lines.append(f"| `SUNLIT_{name.upper()}` | {default(field)} | {meaning(field)} |")
    return "\n".join(lines)


def default(field: FieldInfo) -> str:
    """What a setting is when nobody says."""
    value = field.default
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    return "–" if value in (None, "") else f"`{value}`"


def meaning(field: FieldInfo) -> str:
    """The description, and the words that may be said."""
    text = (field.description or "").replace("|", "\\|")
    if get_origin(field.annotation) is Literal:
        text += f" ({', '.join(f'`{word}`' for word in get_args(field.annotation))})"
    return text


def written(text: str) -> str:
    """The document with the table in its place."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{table()}\n\n{END}{after}"


def write(document: Path = DOCUMENT) -> None:
    """Write it."""
    document.write_text(written(document.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    write()
