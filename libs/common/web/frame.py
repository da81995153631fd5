"""What stands around every page: navigation, who is looking, which clock, how fresh the data are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from libs.common.runtime.auth import Principal


@dataclass(frozen=True, slots=True)
class NavItem:
    """A place to go: its words (already in the page's language), its address and how many wait there."""

    text: str
    href: str
    count: int | None = None
    current: bool = False


@dataclass(frozen=True, slots=True)
class NavGroup:
    """A heading of the side navigation with its places."""

    title: str
    items: Sequence[NavItem]


@dataclass(frozen=True, slots=True)
class AsOf:
    """How fresh the data of a page are.

    Args:
        at: the data hold everything up to here.
        whole: False when a source is late: the mark becomes a dashed ring.
        note: what is missing, in words ("6 源中 5 源正常").
        href: where to read more.
    """

    at: datetime
    whole: bool = True
    note: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """The frame of one page; templates know it as `page`."""

    service: str
    language: str
    theme: str
    path: str
    query: Mapping[str, str]
    now: datetime
    is_virtual: bool
    speed: float
    visitor: Principal | None
    form_token: str
    main: Sequence[NavItem] = ()
    side: Sequence[NavGroup] = ()
    as_of: AsOf | None = None
    owner: str = ""

    def here(self, **changes: object) -> str:
        """The address of this page with some query values changed; None takes a value away.

        `page.here(sort="-red", cursor=None)` → `/supervision/?org=…&sort=-red`.
        """
        query = {**self.query, **changes}
        kept = {name: str(value) for name, value in query.items() if value is not None and value != ""}
        return f"{self.path}?{urlencode(kept)}" if kept else self.path

    def is_at(self, prefix: str) -> bool:
        """Whether this page lies under an address."""
        return self.path == prefix or (prefix != "/" and self.path.startswith(prefix))


# The five rooms of the office, in the order of a case: handled, published, supervised, told, run.
OFFICE_ROOMS = (
    ("nav.approval", "/hall/"),
    ("nav.disclosure", "/disclosure/desk"),
    ("nav.supervision", "/supervision/"),
    ("nav.notify", "/notify/"),
    ("nav.ops", "/ops/"),
)
