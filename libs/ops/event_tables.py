"""The tables of docs/events.md, written from the registry: `python -m libs.ops.event_tables docs/events.md`."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from libs.common.kernel.events.faults import FAULTS
from libs.common.kernel.events.quality import expected_fields
from libs.common.kernel.events.registry import REGISTRY
from libs.common.kernel.events.topics import TOPICS
from libs.common.kernel.events.type_info import Registry, TypeInfo

_BLOCK = re.compile(r"(<!-- (topics|types|faults) -->\n).*?(<!-- end -->)", re.DOTALL)


def refreshed(text: str, registry: Registry = REGISTRY) -> str:
    """The document with its three tables (topics, types, faults) as the code has them now."""
    tables = {
        "topics": "\n".join(_topic_lines()),
        "types": "\n".join(_type_lines(registry)),
        "faults": "\n".join(_fault_lines()),
    }
    return _BLOCK.sub(lambda found: f"{found[1]}\n{tables[found[2]]}\n\n{found[3]}", text)


def _topic_lines() -> Iterator[str]:
    yield "| topic | what | key | written by | read by |"
    yield "|---|---|---|---|---|"
    for topic in TOPICS:
        kept = " (compacted)" if topic.compacted else ""
        writers, readers = ", ".join(topic.written_by), ", ".join(topic.read_by)
        yield f"| `{topic.name}` | {topic.title} · {topic.title_en}{kept} | {topic.key_en} | {writers} | {readers} |"


def _type_lines(registry: Registry) -> Iterator[str]:
    for topic in dict.fromkeys(info.topic for info in registry.types.values()):
        yield f"### `{topic}`\n"
        yield "| type | version | name | body | fields |"
        yield "|---|---|---|---|---|"
        for info in registry.types.values():
            if info.topic == topic:
                name = f"{info.title} · {info.title_en}"
                yield f"| `{info.type}` | {info.version} | {name} | `{info.name}` | {', '.join(_fields(info))} |"
        yield ""


def _fields(info: TypeInfo) -> Iterator[str]:
    """Needed fields in bold, fields that should come plainly, the rest with a question mark."""
    struct: Any = info.struct
    expected = expected_fields(getattr(struct, "__origin__", struct))
    for field in msgspec.structs.fields(struct):
        if field.required:
            yield f"**{field.encode_name}**"
        else:
            yield field.encode_name + ("" if field.name in expected else "?")


def _fault_lines() -> Iterator[str]:
    yield "| code | zh-CN | English |"
    yield "|---|---|---|"
    for code, (zh, en) in FAULTS.items():
        yield f"| `{code}` | {zh} | {en} |"


def main(path: str) -> None:
    """Rewrites the tables of the document at `path`."""
    document = Path(path)
    document.write_text(refreshed(document.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
