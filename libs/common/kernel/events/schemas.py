"""JSON Schema (2020-12) of envelope and bodies, made from the typed bodies."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from libs.common.kernel.events import clocks, parts
from libs.common.kernel.events.type_info import Registry, TypeInfo
from libs.common.kernel.events.wire import Attributes

INTAKE = "intake"
_PARTY_SUFFIX = re.compile(r"_(Sealed)?Party_$")


def family_of(info: TypeInfo, *, intake: bool = False) -> str:
    """First word of the wire type; `intake` for what halls send in another shape than it is published in."""
    return INTAKE if intake and info.intake is not info.struct else info.type.partition(".")[0]


def body_schema(info: TypeInfo, *, intake: bool = False) -> dict[str, Any]:
    """The schema of one body, whole in itself (`$defs` inside)."""
    return msgspec.json.schema(info.intake if intake else info.struct)


def envelope_schema() -> dict[str, Any]:
    """The schema of the context attributes."""
    _, definitions = msgspec.json.schema_components([Attributes])
    return {**definitions["Attributes"], "title": "Envelope"}


def component_schemas(registry: Registry, root: str = "#/components/schemas/") -> Mapping[str, dict[str, Any]]:
    """The schemas of every body under names like `hall.CaseAccepted`, `intake.CaseAccepted`, `part.Limit`."""
    found: dict[str, dict[str, Any]] = {"Envelope": envelope_schema()}
    families: dict[str, list[Any]] = {}
    for info in registry.types.values():
        families.setdefault(family_of(info), []).append(info.struct)
        if info.intake not in (None, info.struct):
            families.setdefault(INTAKE, []).append(info.intake)
    for family, structs in families.items():
        _, definitions = msgspec.json.schema_components(structs, ref_template="{name}")
        for name, schema in definitions.items():
            title = _PARTY_SUFFIX.sub("", name)
            renamed: dict[str, Any] = _renamed(schema, family, root)
            found[_component(name, family)] = {**renamed, "title": title}
    return found


def _component(name: str, family: str) -> str:
    """Name of a component: parts that all families share stand once."""
    shared = any(hasattr(module, name) for module in (parts, clocks))
    return f"{'part' if shared else family}.{_PARTY_SUFFIX.sub('', name)}"


def _renamed(node: Any, family: str, root: str) -> Any:
    """The schema as plain JSON values, its references led to the components."""
    if isinstance(node, dict):
        return {
            key: root + _component(value, family) if key == "$ref" else _renamed(value, family, root)
            for key, value in node.items()
        }
    if isinstance(node, list | tuple):
        return [_renamed(element, family, root) for element in node]
    return node
