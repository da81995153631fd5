"""Every rule asked about one subject: the built-in check or the office's expression, by the version that was in
force."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from services.monitoring.domain.findings import Finding, Hit
from services.monitoring.domain.rules.checks import checks_of
from services.monitoring.domain.rules.expression import ask_expression
from services.monitoring.domain.rules.rule import InForce, Parameters, Rule, RuleBook
from services.monitoring.domain.rules.subject import Subject

SILENT = frozenset({"shadow", "off", "manual"})
# a total breach mutes the breach of one step (rules.md §5)
TOTAL, STEP = frozenset({"S02", "S03", "S52"}), "S04"


def find_all(subject: Subject, book: RuleBook, preset: Parameters) -> list[Finding]:
    """Everything that the rules find in a subject, past and future of the same facts, earliest first."""
    seen = subject.proceeding
    in_force = book.in_force(seen.region_code, seen.org_code, seen.item_code, preset)
    checks = checks_of(subject.file.kind)
    found = [
        finding
        for version in in_force
        if version.rule.mode not in SILENT and (version.rule.id in checks or version.rule.expression is not None)
        for finding in ask(subject, version)
    ]
    return sorted(_muted(found), key=lambda f: (f.became_true_at, f.rule_id, f.occurrence))


def ask(subject: Subject, version: InForce) -> Iterator[Finding]:
    """What one version of one rule finds, of what became true while it was in force."""
    rule = version.rule
    check = checks_of(subject.file.kind).get(rule.id)
    if rule.expression is not None:
        hits = ask_expression(subject, rule) if subject.file.kind == "case" else iter(())
    elif check is not None:
        hits = check(subject, version.parameters)
    else:
        return
    for hit in hits:
        if hit.severity in rule.severities and version.judges(subject.day(hit.at)):
            yield _finding(rule, hit)


def _finding(rule: Rule, hit: Hit) -> Finding:
    return Finding(
        rule_id=rule.id,
        family=rule.family,
        severity=hit.severity,
        occurrence=hit.occurrence,
        became_true_at=hit.at,
        ground=hit.ground or f"{rule.name}（{rule.ground}）",
        ground_en=hit.ground_en or f"{rule.name_en} ({rule.ground_en})",
        evidence=hit.evidence,
        text=hit.text,
        text_en=hit.text_en,
        due_on=hit.due_on,
        working_days_left=hit.working_days_left,
        step=hit.step,
        is_over=hit.is_over,
        rule_version=rule.version,
        mode=rule.mode,
        group=hit.group,
        mended_at=hit.mended_at,
    )


def _muted(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Inhibition: S02, S03 and S52 of a case mute its S04 from their own moment on."""
    found = list(findings)
    totals = [f.became_true_at for f in found if f.rule_id in TOTAL and f.severity != "notice"]
    for finding in found:
        if finding.rule_id != STEP or not any(at <= finding.became_true_at for at in totals):
            yield finding
