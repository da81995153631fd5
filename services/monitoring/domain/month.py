"""What only an organisation's month shows: patterns, shares, groups, repeated reds (rules.md §1 "pattern", §5
grouping).

A pattern is `pattern_min_hits` hits of one authority in one calendar month; a share is judged when the month has
ended; a
group makes one finding of what one broken source did on one day.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from services.monitoring.domain.findings import SEVERITY_ORDER, Finding, Severity
from services.monitoring.domain.rules.rule import InForce, Parameters, RuleBook

# rules whose hits are counted for the month beside (or instead of) a card of the case
COUNTED = frozenset({"S50", "S65", "S66", "S67", "S71", "S72"})
PATTERNS: dict[str, Severity] = {"S65": "red", "S67": "yellow", "S71": "yellow", "S72": "yellow"}
ODD_ENDS = frozenset({"returned", "voided", "deleted", "lapsed"})


@dataclass(frozen=True, slots=True)
class MonthHit:
    """One hit of a rule in a case of the organisation."""

    case_no: str
    rule_id: str
    occurrence: str
    severity: str
    became_true_at: datetime
    evidence: tuple[str, ...]
    grouping: str | None = None


@dataclass(frozen=True, slots=True)
class OrgMonth:
    """What the files of one organisation say of one calendar month.

    Args:
        first_on: the first day of the month.
        completions: cases that ended by a completion in the month.
        odd_ends: of them returned, voided, deleted or lapsed.
        reported_late: of them first reported after their end (S68).
        reds: when reds of the quarter became true, by card id, revoked ones left out, oldest first.
    """

    org_code: str
    org_name: str
    region_code: str
    first_on: date
    zone: ZoneInfo
    hits: tuple[MonthHit, ...] = ()
    completions: int = 0
    odd_ends: int = 0
    reported_late: int = 0
    reds: tuple[tuple[str, datetime], ...] = ()

    @property
    def ends_at(self) -> datetime:
        """The first instant after the month."""
        following = (self.first_on + timedelta(days=32)).replace(day=1)
        return datetime.combine(following, time(0), self.zone)

    @property
    def incomplete(self) -> int:
        """Completions with a mandatory field missing."""
        return len({hit.case_no for hit in self.hits if hit.rule_id == "S66"})


def org_file(org_code: str, first_on: date) -> str:
    """The name of the file of an organisation's month."""
    return f"org/{org_code}/{first_on:%Y-%m}"


def judge_month(month: OrgMonth, book: RuleBook, preset: Parameters) -> list[Finding]:
    """Everything that the month shows, by the versions of the rules that were in force."""
    found: list[Finding] = []
    for version in book.in_force(month.region_code, month.org_code, None, preset):
        if version.rule.mode in ("off", "shadow", "manual"):
            continue
        hits = sorted(
            (h for h in month.hits if h.rule_id == version.rule.id), key=lambda h: (h.became_true_at, h.case_no)
        )
        asked = _ask(month, version, hits)
        found += [f for f in asked if version.judges(f.became_true_at.astimezone(month.zone).date())]
    return sorted(found, key=lambda f: (f.became_true_at, f.rule_id, f.occurrence))


def _ask(month: OrgMonth, version: InForce, hits: list[MonthHit]) -> Iterator[Finding]:
    rule_id, get = version.rule.id, version.parameters.get
    if rule_id in PATTERNS:
        yield from _pattern(month, version, hits, get("pattern_min_hits", 3))
    if rule_id == "S50":
        yield from _grouped(month, version, hits)
    if rule_id == "S64":
        yield from _share(month, version, month.odd_ends, get("max_share_percent", 5), get("min_cases", 20), "notice")
    if rule_id == "S66":
        red, yellow, least = get("red_percent", 5), get("yellow_percent", 1), get("min_cases", 20)
        is_red = 100 * month.incomplete > red * month.completions
        yield from _share(
            month,
            version,
            month.incomplete,
            red if is_red else yellow,
            least,
            "red" if is_red else "yellow",
        )
    if rule_id == "S68":
        yield from _share(
            month,
            version,
            month.reported_late,
            get("max_share_percent", 50),
            get("min_cases", 10),
            "yellow",
        )
    if rule_id == "S73" and len(month.reds) >= get("reds_per_quarter", 2):
        place = get("reds_per_quarter", 2) - 1
        yield _finding(
            month,
            version,
            "red",
            month.reds[place][1],
            f"本季度已有 {place + 1} 张红牌，应制发监察建议书",
            f"{place + 1} red cards in the quarter: a 监察建议书 is due",
            evidence=tuple(card_id for card_id, _ in month.reds[: place + 1]),
            occurrence=f"{month.first_on.year}-Q{(month.first_on.month + 2) // 3}",
        )


def _pattern(month: OrgMonth, version: InForce, hits: list[MonthHit], least: int) -> Iterator[Finding]:
    if len(hits) < least:
        return
    shown = hits[:least]
    yield _finding(
        month,
        version,
        PATTERNS[version.rule.id],
        shown[-1].became_true_at,
        f"{month.first_on:%Y-%m} 已有 {least} 件：{version.rule.name}",
        f"{least} cases in {month.first_on:%Y-%m}: {version.rule.name_en}",
        evidence=tuple(event for hit in shown for event in hit.evidence),
    )


def _grouped(month: OrgMonth, version: InForce, hits: Iterable[MonthHit]) -> Iterator[Finding]:
    """One finding for each group and day, of the gravest severity: a broken source makes one card, not four hundred."""
    groups: dict[tuple[str, date], list[MonthHit]] = {}
    for hit in hits:
        day = hit.became_true_at.astimezone(month.zone).date()
        groups.setdefault((hit.grouping or "", day), []).append(hit)
    for (group, day), members in sorted(groups.items()):
        worst = max(members, key=lambda h: SEVERITY_ORDER[h.severity]).severity
        first = next(hit for hit in members if hit.severity == worst)
        severity: Severity = "red" if worst == "red" else "yellow" if worst == "yellow" else "notice"
        source = group.partition("/")[2]
        yield _finding(
            month,
            version,
            severity,
            first.became_true_at,
            f"{source} 于 {day} 迟报 {len({h.case_no for h in members})} 件",
            f"{source} reported {len({h.case_no for h in members})} cases late on {day}",
            evidence=first.evidence,
            occurrence=f"{group}/{day}",
        )


def _share(
    month: OrgMonth, version: InForce, numerator: int, most: int, least: int, severity: Severity
) -> Iterator[Finding]:
    """A share of the month's completions, judged when the month has ended; too few cases are no share."""
    if month.completions < least or 100 * numerator <= most * month.completions:
        return
    yield _finding(
        month,
        version,
        severity,
        month.ends_at,
        f"{month.first_on:%Y-%m} 办结 {month.completions} 件，其中 {numerator} 件，超过 {most}%：{version.rule.name}",
        f"{numerator} of {month.completions} completions, more than {most}%: {version.rule.name_en}",
        evidence=(),
    )


def _finding(
    month: OrgMonth,
    version: InForce,
    severity: Severity,
    at: datetime,
    text: str,
    text_en: str,
    *,
    evidence: tuple[str, ...],
    occurrence: str | None = None,
) -> Finding:
    rule = version.rule
    return Finding(
        rule_id=rule.id,
        family=rule.family,
        severity=severity,
        occurrence=occurrence or f"{month.first_on:%Y-%m}",
        became_true_at=at,
        ground=f"{rule.name}（{rule.ground}）",
        ground_en=f"{rule.name_en} ({rule.ground_en})",
        evidence=evidence,
        text=text,
        text_en=text_en,
        rule_version=rule.version,
        mode=rule.mode,
    )
