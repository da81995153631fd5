"""The human page of an API, made on the server from its OpenAPI document: no script, no other host's files."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from html import escape
from typing import Any

from fastapi import FastAPI
from fastapi.responses import HTMLResponse

STYLE = """
:root{color-scheme:light dark;--line:#8884;--soft:#8882;--accent:#0b6b5d}
body{font:16px/1.6 system-ui,"Noto Sans SC","PingFang SC","Microsoft YaHei",sans-serif;margin:0 auto;max-width:60rem;
padding:1.5rem}
h1{font-size:1.6rem;margin:.2rem 0}h2{border-bottom:1px solid var(--line);font-size:1.15rem;margin-top:2rem}
details{border:1px solid var(--line);border-radius:.5rem;margin:.5rem 0;padding:.5rem .8rem}
summary{cursor:pointer;overflow-wrap:anywhere}summary b{display:inline-block;min-width:4.2rem}
table{border-collapse:collapse;width:100%}td,th{border-top:1px solid var(--line);padding:.25rem .5rem;text-align:left;
vertical-align:top}pre{background:var(--soft);border-radius:.4rem;overflow:auto;padding:.6rem}
@media (prefers-color-scheme:light){a{color:var(--accent)}}
"""
STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = (
    f"default-src 'none'; style-src 'sha256-{STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def install_docs(app: FastAPI, path: str) -> None:
    """Serve the page at `path`."""

    async def docs() -> HTMLResponse:
        return HTMLResponse("".join(page(app.openapi())), headers={"Content-Security-Policy": POLICY})

    app.add_api_route(path, docs, methods=["GET"], include_in_schema=False)


def page(document: dict[str, Any]) -> Iterator[str]:
    """The page in pieces: every operation with its parameters, body and answers, then every schema."""
    info = document["info"]
    yield f'<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>{escape(info["title"])}</title>'
    yield f'<meta name="viewport" content="width=device-width,initial-scale=1"><style>{STYLE}</style>'
    yield f"<main><h1>{escape(info['title'])}</h1><p>{escape(info.get('description', ''))}</p>"
    yield f"<p>版本 Version {escape(info['version'])} · <a href='openapi.json'>openapi.json</a></p>"
    yield "<h2>接口 Operations</h2>"
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield from _operation(method.upper(), path, operation)
    yield "<h2>结构 Schemas</h2>"
    for name, schema in document.get("components", {}).get("schemas", {}).items():
        yield f"<details id='{escape(name)}'><summary>{escape(name)}</summary>{_json(schema)}</details>"
    yield "</main></html>"


def _operation(method: str, path: str, operation: dict[str, Any]) -> Iterator[str]:
    summary = escape(operation.get("summary", ""))
    yield f"<details><summary><b>{method}</b> <code>{escape(path)}</code> {summary}</summary>"
    yield f"<p>{escape(operation.get('description', ''))}</p>"
    if parameters := operation.get("parameters"):
        yield "<table><tr><th>参数 Parameter</th><th>位置 In</th><th>类型 Type</th><th>说明 Meaning</th></tr>"
        for each in parameters:
            cells = (each["name"], each["in"], _type(each.get("schema", {})), each.get("description", ""))
            yield "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"
        yield "</table>"
    for media, content in operation.get("requestBody", {}).get("content", {}).items():
        yield f"<p>请求 Body <code>{escape(media)}</code></p>{_json(content.get('schema', {}))}"
    for status, answer in operation.get("responses", {}).items():
        yield f"<p>应答 Answer <b>{escape(status)}</b> {escape(answer.get('description', ''))}</p>"
        for content in answer.get("content", {}).values():
            yield _json(content.get("schema", {}))
    yield "</details>"


def _type(schema: dict[str, Any]) -> str:
    if "anyOf" in schema:
        return " | ".join(_type(one) for one in schema["anyOf"])
    return str(schema.get("type", schema.get("$ref", "").rsplit("/", 1)[-1]))


def _json(schema: dict[str, Any]) -> str:
    return f"<pre>{escape(json.dumps(schema, ensure_ascii=False, indent=2))}</pre>" if schema else ""
