"""Whose inbox is whose: which posts a person reads, and where a notification stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

# what a notification can be; the first that fits is its state (`store_queries.STATE`)
STATES = ("settled", "replaced", "acknowledged", "snoozed", "waiting")
ROOMS = {"supervisor": "supervision", "supervisor-admin": "supervision", "operator": "operations"}


@dataclass(frozen=True, slots=True)
class Scope:
    """What a person may see: inboxes of these rooms (the part of a post before the slash); None = every one."""

    rooms: tuple[str, ...] | None = None


def scope_of(role: str, organisations: Sequence[str]) -> Scope:
    """Everything a person may see: without organisations of their own no limit, else those and their own room."""
    if not organisations:
        return Scope()
    room = ROOMS.get(role)
    return Scope((*organisations, *((room,) if room else ())))


def own_scope(role: str, organisations: Sequence[str]) -> Scope:
    """The inboxes addressed to this person: those of a supervisor's or operator's room, or of the organisations."""
    room = ROOMS.get(role)
    if room is not None:
        return Scope((room,))
    return Scope(tuple(organisations) or None)


def posts_signed(posts: Sequence[str], scope: Scope) -> list[str]:
    """Those of the posts for which a person with this scope signs."""
    return [post for post in posts if scope.rooms is None or post.partition("/")[0] in scope.rooms]
