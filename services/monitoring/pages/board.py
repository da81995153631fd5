"""What the board and the wall show, as of one instant, cut to what the reader may see."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from libs.common.runtime.auth import Principal
from libs.common.runtime.database import Tx
from libs.common.web.catalogue import Texts
from libs.common.web.formats import Formats
from services.monitoring.pages.pictures import news_row
from services.monitoring.store import queries
from services.monitoring.store.files import read_card

NEWS_ROWS, READ_ROWS, TURNING_ROWS, CARDS_MOST = 8, 40, 12, 10_000
ASKED = ("red", "yellow")


@dataclass(frozen=True, slots=True)
class Look:
    """One look at the board.

    Args:
        at: the instant and the sources that are silent at it.
        is_past: somebody asked for an earlier instant: nothing is live, and links lead to that instant.
        own: the organisation of a department, None for whoever sees all.
    """

    at: queries.At
    zone: ZoneInfo
    is_past: bool
    own: str | None


def own_org(who: Principal | None) -> str | None:
    """A department sees its own organisation."""
    return who.orgs[0] if who is not None and who.role == "department" and who.orgs else None


def lists(look: Look) -> Callable[..., str]:
    """Addresses of the lists behind the numbers, as of the instant of the board."""

    def address(**query: object) -> str:
        kept = {name: str(value) for name, value in query.items() if value}
        if look.is_past:
            kept["as_of"] = look.at.as_of.isoformat()
        return f"/supervision/cases?{urlencode(kept)}" if kept else "/supervision/cases"

    return address


async def board_context(tx: Tx, look: Look, t: Texts, formats: Formats, now: datetime) -> dict[str, Any]:
    """Everything that the templates of board and wall need, but for the sources."""
    day = look.at.as_of.astimezone(look.zone).date()
    month, midnight = (datetime.combine(d, time(0), look.zone) for d in (queries.month_of(day), day))
    found = await queries.board(tx, look.at, month, midnight)
    rows = tuple(row for row in found.rows if look.own in (None, row.org_code))
    shown = replace(found, rows=rows)
    turning = await queries.cases(tx, queries.CasesWanted(org=look.own, turning=True), look.at, TURNING_ROWS, None)
    # news are of today, a board of the past has none; a card that a graver one has replaced is none either
    newest = [] if look.is_past else await queries.cards(tx, queries.CardsWanted(org=look.own), READ_ROWS, None)
    news = [(read_card(body), state) for body, state in newest if state != "superseded"][:NEWS_ROWS]
    return {
        "at": look.at,
        "rows": shown.rows,
        "totals": shown.totals,
        "timely": shown.timely,
        "today": (found.opened_today, found.ended_today) if look.own is None else None,
        "turning": turning,
        "day": day,
        "news": [news_row(card, state, t, formats, now) for card, state in news],
        "asked": await asked(tx, look),
        "lists": lists(look),
        "is_past": look.is_past,
    }


async def asked(tx: Tx, look: Look) -> Sequence[tuple[str, int]]:
    """Live cards that somebody must answer for, by severity, gravest first; none for the past."""
    if look.is_past:
        return ()
    counts: Mapping[str, int]
    if look.own is None:
        counts = await queries.live_counts(tx)
    else:
        wanted = [queries.CardsWanted(severity=severity, org=look.own, live=True) for severity in ASKED]
        counts = {str(w.severity): len(await queries.cards(tx, w, CARDS_MOST, None)) for w in wanted}
    return [(severity, counts.get(severity, 0)) for severity in ASKED]
