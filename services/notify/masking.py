"""A routing file as it may be shown to those who do not keep it: keys, tokens and contacts are blotted out."""

from __future__ import annotations

import re
from typing import Any

import yaml

SECRET = "<secret>"  # noqa: S105 - what stands in a secret's place
NAMES = (
    "secret|api_secret|token|wechat_api_secret|smtp_auth_password|smtp_auth_secret|auth_password|auth_secret|mobile|"
    "credentials|password"
)
_FIELD = re.compile(rf"(\b(?:{NAMES})\s*:\s*)(\"[^\"]*\"|'[^']*'|[^\s,}}\]]+)")
_QUERY = re.compile(r"((?:[?&](?:key|access_token|token|secret|sign)=)|(?:/hook/))[^&\s\"',}\]]+")
_APPRISE = re.compile(r"(apprise_configs\s*:\s*\[?\s*-?\s*\{?\s*url\s*:\s*[\"']?[a-z0-9+]+://)[^\s\"',}\]]+")


def masked_document(document: str) -> str:
    """The text without secrets; its form stays readable."""
    text = _FIELD.sub(rf"\g<1>{SECRET}", document)
    return _APPRISE.sub(rf"\g<1>{SECRET}", _QUERY.sub(rf"\g<1>{SECRET}", text))


def plain_document(document: str) -> str:
    """The file as Alertmanager's own tools can read it: without what we say beyond it, and without secrets."""
    return masked_document(yaml.safe_dump(_plain(yaml.safe_load(document)), sort_keys=False, allow_unicode=True))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items() if key not in ("sunlit", "workdays")}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value
