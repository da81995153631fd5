"""Scores and grades (rules.md §8): nine heads, points of cards, runs of notices, bonuses; a fold over card events.

Every point names what took or gave it. A card counts once per (case, family) as the top live card, in the month of its
issue; a revoked one gives its points back there. All numbers are parameters with the defaults of the paper.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType

from services.monitoring.domain.cards import COUNTING, Card

VERSION = "1"
HEADS: Mapping[str, int] = MappingProxyType(
    {
        "政务公开": 10, "流程规范": 14, "期限合法": 14, "收费合理": 8, "满意度": 10, "服务态度": 10, "监督检查": 14,
        "法律责任": 10, "廉洁": 10,
    }
)  # fmt: skip
HEAD_OF_FAMILY: Mapping[str, str] = MappingProxyType(
    {
        "DISC": "政务公开", "PROC": "流程规范", "MAT": "流程规范", "TIME": "期限合法", "FEE": "收费合理",
        "SERV": "服务态度",
        "DATA": "监督检查",
        "GAME": "监督检查", "AUTH": "法律责任",
    }
)  # fmt: skip
SATISFACTION_RULES = frozenset({"S46"})
# the cards of S66 carry no points beside the share of incomplete records
WITHOUT_POINTS = frozenset({"S66", "S73"})
POINTS: Mapping[str, int] = MappingProxyType({"notice": 0, "yellow": 5, "red": 10})
RUN, RUN_POINTS = 3, 3
GRADES: Sequence[tuple[int, str]] = ((90, "优秀"), (80, "良好"), (60, "合格"))
RANK_MIN_VOLUME = 100


@dataclass(frozen=True, slots=True)
class Point:
    """Points taken (negative) or given, under a head, by an event."""

    head: str
    points: int
    event: str
    why: str


@dataclass(frozen=True, slots=True)
class Volume:
    """What the bonuses are made of.

    Args:
        completions: of the month; `incomplete` of them with a mandatory field missing.
        promised, early: completions with a promise, and of them with used ≤ P − 1.
        legal_days, promise_days: sums over the authority's items in force at the month's end.
    """

    completions: int = 0
    incomplete: int = 0
    promised: int = 0
    early: int = 0
    legal_days: int = 0
    promise_days: int = 0


@dataclass(frozen=True, slots=True)
class Score:
    """A month's score of one organisation, with every point that made it."""

    total: int
    heads: Mapping[str, int]
    points: tuple[Point, ...]
    grade: str
    is_ranked: bool
    version: str = VERSION
    bonus: Mapping[str, int] = field(default_factory=dict)
    completions: int = 0


def head_of(card: Card) -> str:
    """The head under which a card's points fall."""
    return "满意度" if card.rule_id in SATISFACTION_RULES else HEAD_OF_FAMILY.get(card.family, "监督检查")


def score_month(cards: Iterable[Card], walk: Sequence[tuple[str, bool]], volume: Volume) -> Score:
    """The month's score.

    Args:
        cards: every card of the organisation that was issued in the month.
        walk: the month's notices and completions in order of time: (id, is_notice); a completion stands for a case that
            had no notice.
    """
    points = [*_card_points(cards), *_runs(walk), *_incomplete(volume)]
    heads = {head: max(0, weight + sum(p.points for p in points if p.head == head)) for head, weight in HEADS.items()}
    bonus = {"early": _early(volume), "shortened": _shortened(volume)}
    total = sum(heads.values()) + sum(bonus.values())
    is_ranked = volume.completions >= RANK_MIN_VOLUME
    grade, done = grade_of(Decimal(total)), volume.completions
    return Score(total, heads, tuple(points), grade, is_ranked, bonus=bonus, completions=done)


def _card_points(cards: Iterable[Card]) -> list[Point]:
    return [
        Point(head_of(card), -POINTS[card.severity], card.card_id, f"{card.rule_id} {card.text}")
        for card in sorted(cards, key=lambda c: (c.issued_at, c.card_id))
        if card.state in COUNTING and POINTS[card.severity] and card.rule_id not in WITHOUT_POINTS
    ]


def _runs(walk: Sequence[tuple[str, bool]]) -> list[Point]:
    """S73: a completion without a notice sets the counter to 0; at three notices it fires and starts again."""
    found, run = [], 0
    for event, is_notice in walk:
        run = run + 1 if is_notice else 0
        if run == RUN:
            found.append(Point("期限合法", -RUN_POINTS, event, f"连续 {RUN} 次预警"))
            run = 0
    return found


def _incomplete(volume: Volume) -> list[Point]:
    """S66: −min(5, floor(100 · m / n))."""
    if not volume.completions:
        return []
    taken = min(5, 100 * volume.incomplete // volume.completions)
    return [Point("监督检查", -taken, "S66", f"{volume.incomplete}/{volume.completions} 件必填项缺失")] if taken else []


def _early(volume: Volume) -> int:
    """floor(10 · e / n): ten percent early is one point, each further ten percent one more."""
    return 10 * volume.early // volume.promised if volume.promised else 0


def _shortened(volume: Volume) -> int:
    """0 below 30 % of the law's days, else 3 and one more for each further ten percent, in integers."""
    if not volume.legal_days:
        return 0
    saved = 100 * (volume.legal_days - volume.promise_days)
    return 0 if saved < 30 * volume.legal_days else 3 + (saved - 30 * volume.legal_days) // (10 * volume.legal_days)


def grade_of(total: Decimal) -> str:
    """优秀 ≥ 90 · 良好 ≥ 80 · 合格 ≥ 60 · 不合格."""
    return next((name for bound, name in GRADES if total >= bound), "不合格")


def score_year(months: Sequence[Score], measures: Iterable[int] = ()) -> Decimal | None:
    """The mean of the months less the points of disciplinary measures of the year, not below 0; None without months."""
    if not months:
        return None
    mean = Decimal(sum(month.total for month in months)) / len(months)
    return max(Decimal(0), mean - sum(measures)).quantize(Decimal("0.01"))
