"""The template environment: one per language, so that components know their words without being told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from libs.common.kernel.errors import ContractBroken
from libs.common.web.assets import Assets
from libs.common.web.catalogue import Texts
from libs.common.web.clock_strip import label_fits
from libs.common.web.formats import Formats

HOUSE_TEMPLATES = Path(__file__).parent / "templates"


class Missing(StrictUndefined):
    """A value that nobody gave: "no" to a condition, empty to a loop; writing it out is an error, so slips show."""

    # jinja types the methods that refuse as never returning, hence the ignores.
    def __bool__(self) -> bool:  # type: ignore[override]
        return False

    def __iter__(self) -> Iterator[object]:  # type: ignore[override]
        return iter(())


def build_templates(folder: Path, texts: Texts, formats: Formats, assets: Assets) -> Environment:
    """The templates of a service in one language: components as `ui`, texts as `t`, formats as filters.

    Raises:
        ContractBroken: two component files have a macro of one name.
    """
    environment = Environment(
        loader=FileSystemLoader([folder, HOUSE_TEMPLATES]),
        autoescape=True,
        undefined=Missing,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(formats.filters())
    environment.globals.update(
        t=texts,
        language=texts.language,
        static=assets.url,
        has_static=assets.__contains__,
        label_fits=label_fits,
    )
    environment.globals["ui"] = _components(environment)
    return environment


def _components(environment: Environment) -> SimpleNamespace:
    """Every macro of `components/*.html` under one name; a service may add files of its own."""
    macros: dict[str, object] = {}
    for name in environment.list_templates(filter_func=lambda name: name.startswith("components/")):
        module = environment.get_template(name).module
        for macro, value in vars(module).items():
            if macro.startswith("_"):
                continue
            if macro in macros:
                raise ContractBroken(f"{name}: another component file already has a macro {macro!r}")
            macros[macro] = value
    return SimpleNamespace(**macros)
