"""The catalogue of rules in force: id, name, family, ladder, ground, and the function that finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from services.monitoring.domain.findings import Finding
from services.monitoring.domain.rules import publication, special_procedure, time_limits
from services.monitoring.domain.rules.subject import Parameters, Subject

Find = Callable[[Subject, Parameters], Iterator[Finding]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; `severities` is its ladder, from the mildest up."""

    id: str
    version: str
    family: str
    severities: tuple[str, ...]
    name: str
    name_en: str
    ground: str
    find: Find


RULES: tuple[Rule, ...] = (
    Rule(
        "S01",
        "1",
        "TIME",
        ("notice",),
        "承诺时限将到",
        "promised limit nears",
        "优化营商环境条例第三十六条",
        time_limits.due_soon,
    ),
    Rule(
        "S02",
        "1",
        "TIME",
        ("yellow",),
        "承诺时限已过",
        "promised limit passed",
        "优化营商环境条例第三十六条",
        time_limits.promise_passed,
    ),
    Rule(
        "S03",
        "1",
        "TIME",
        ("red",),
        "法定时限已过",
        "legal limit passed",
        "行政许可法第四十二条、第七十四条第二项",
        time_limits.law_passed,
    ),
    Rule(
        "S13",
        "1",
        "PROC",
        ("red",),
        "暂停计时没有法律依据",
        "pause without base in law",
        "行政许可法第四十五条",
        special_procedure.unlawful_kind,
    ),
    Rule(
        "S14",
        "1",
        "PROC",
        ("red",),
        "特别程序未书面告知",
        "pause not told in writing",
        "行政许可法第四十五条",
        special_procedure.untold_pause,
    ),
    Rule(
        "S34",
        "1",
        "DISC",
        ("notice", "yellow", "red"),
        "公示逾期",
        "publication overdue",
        "国办发〔2015〕51 号、行政许可法第四十条",
        publication.publication_overdue,
    ),
)
BY_ID = {rule.id: rule for rule in RULES}


def find_all(subject: Subject, parameters: Parameters) -> list[Finding]:
    """Everything that the rules find in a case, past and future of the same facts, earliest first."""
    found = [finding for rule in RULES for finding in rule.find(subject, parameters)]
    return sorted(found, key=lambda f: (f.became_true_at, f.rule_id, f.occurrence))
