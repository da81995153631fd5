"""The ready-made people of local mode: one for each role, so that a visitor can look through everybody's eyes.

There is no password: whoever reaches a local platform may be any of them, and the page says so. A site signs people in
through its own identity provider.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from libs.common.runtime.auth import Principal, mint, token_key

SESSION_TTL = timedelta(hours=12)

# role → text key of the name; the order is that of the login page
PEOPLE: tuple[Principal, ...] = (
    Principal("local:supervisor", "周敏", "supervisor"),
    Principal("local:supervisor-admin", "何志远", "supervisor-admin"),
    Principal("local:clerk", "林晓", "clerk"),
    Principal("local:department", "陈立", "department"),
    Principal("local:reviewer", "苏文", "reviewer"),
    Principal("local:approver", "高原", "approver"),
    Principal("local:operator", "马骁", "operator"),
    Principal("local:auditor", "沈静", "auditor"),
    Principal("local:hall", "大厅系统", "hall"),
    Principal("local:admin", "管理员", "admin"),
)


def person(role: str) -> Principal | None:
    """The ready-made person of a role."""
    return next((one for one in PEOPLE if one.role == role), None)


def sign_in(secrets_dir: Path, who: Principal, now: datetime, ttl: timedelta = SESSION_TTL) -> str:
    """An access token for a local person, from the wall instant `now` on."""
    return mint(token_key(secrets_dir), who, now=now, ttl=ttl)


def safe_next(asked: str | None) -> str:
    """Where to go after the login: a path of this origin, never another site."""
    if asked and asked.startswith("/") and not asked.startswith(("//", "/\\")) and "\n" not in asked:
        return asked
    return "/supervision/"
