"""An office's own rule as a CEL expression over the documented facts of a case (docs/supervision.md).

The expression says whether the facts are a breach. It is asked after every act of the case, in order, so that the card
says since when it is true, whatever order the acts arrived in. Its cost is bounded before it is ever run: length,
number
of nodes, one level of `exists`/`all`/`filter`/`map`, no regular expressions, at most 200 acts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import celpy
from celpy import celtypes
from celpy.adapter import json_to_cel
from celpy.celparser import CELParseError
from celpy.evaluation import CELEvalError

from libs.common.kernel.errors import Problem
from libs.common.kernel.events.envelope import Event
from services.monitoring.domain.findings import Hit
from services.monitoring.domain.rules.rule import Rule
from services.monitoring.domain.rules.subject import Subject

LENGTH_MAX, NODES_MAX, ACTS_MAX = 1000, 600, 200
MACROS = frozenset({"exists", "exists_one", "all", "filter", "map"})
FORBIDDEN = frozenset({"matches"})
Facts = dict[str, Any]
# what every expression may name, with values of a case of which nothing is known yet
EMPTY: Mapping[str, Any] = {
    "case": {
        "no": "", "org": "", "item": "", "region": "", "kind": "", "channel": "", "level": "", "result": "",
        "by_proxy": False, "joint": False, "accepted": False, "ended": False,
    },
    "days": {"used": 0, "promise": 0, "legal": 0, "to_accept": 0, "paused": 0},
    "count": {
        "supplements": 0, "pauses": 0, "extensions": 0, "steps": 0, "hearings": 0, "transfers": 0, "bad_ratings": 0,
        "fees": 0, "acts": 0,
    },
    "fee": 0.0,
    "events": [],
}  # fmt: skip
_COUNTS = {
    "supplements": "hall.supplement.requested",
    "steps": "hall.step.completed",
    "hearings": "hall.hearing.held",
    "transfers": "hall.case.transferred",
    "fees": "hall.fee.charged",
}


@lru_cache(maxsize=256)
def _program(text: str) -> celpy.Runner:
    environment = celpy.Environment()
    return environment.program(environment.compile(text))


def check_expression(text: str) -> Problem | None:
    """Why this is no expression that may run; None when it is one."""
    if len(text) > LENGTH_MAX:
        return _problem("TOO_LONG", f"表达式不能超过 {LENGTH_MAX} 个字符", f"at most {LENGTH_MAX} characters")
    try:
        tree = celpy.Environment().compile(text)
    except CELParseError as error:
        place = f"第 {error.line} 行第 {error.column} 列"
        return _problem("SYNTAX", f"{place}读不懂", f"not understood at line {error.line}, column {error.column}")
    if sum(1 for _ in tree.iter_subtrees()) > NODES_MAX:
        return _problem("TOO_COSTLY", f"表达式过于复杂（超过 {NODES_MAX} 个节点）", f"more than {NODES_MAX} nodes")
    called = _calls(tree)
    bad = FORBIDDEN & set(called)
    if bad:
        return _problem("FORBIDDEN", f"不能使用 {', '.join(bad)}", f"{', '.join(bad)} may not be used")
    if sum(count for name, count in called.items() if name in MACROS) > 2 or _nested(tree):
        return _problem(
            "TOO_COSTLY",
            "遍历最多两次，且不能嵌套",
            "at most two walks over events, and none inside another",
        )
    return _trial(text)


def _trial(text: str) -> Problem | None:
    """Runs it once over a case of which nothing is known: every name and type must be right."""
    sample = {**EMPTY, "events": [{"type": "hall.case.accepted", "day": "2026-03-02", "org": "", "handler": ""}]}
    try:
        answer = _program(text).evaluate(_activation(sample))
    except CELEvalError as error:
        said = str(error.args[0]) if error.args else str(error)
        return _problem(
            "FACTS",
            f"用到了没有的事实，或类型不符：{said[:200]}",
            f"an unknown fact or a wrong type: {said[:200]}",
        )
    if not isinstance(answer, celtypes.BoolType):
        return _problem("NOT_BOOL", "表达式的结果必须是真或假", "the expression must answer true or false")
    return None


def ask_expression(subject: Subject, rule: Rule) -> Iterator[Hit]:
    """One hit since the first act after which the expression holds without a break up to the last one."""
    assert rule.expression is not None
    program, acts = _program(rule.expression), subject.proceeding.events[:ACTS_MAX]
    since: Event | None = None
    for place in range(1, len(acts) + 1):
        since = since or acts[place - 1] if _holds(program, facts_of(subject, acts[:place])) else None
    if since is not None:
        severity = "red" if "red" in rule.severities else "yellow" if "yellow" in rule.severities else "notice"
        yield subject.hit(
            "red" if severity == "red" else "yellow" if severity == "yellow" else "notice",
            since,
            rule.name,
            rule.name_en,
            occurrence="1",
        )


def _holds(program: celpy.Runner, facts: Mapping[str, Any]) -> bool:
    try:
        return bool(program.evaluate(_activation(facts)))
    except CELEvalError:
        # a fact that one case lacks makes no breach; the trial at the draft has shown that names and types are right
        return False


def _activation(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: json_to_cel(value) for name, value in facts.items()}


def facts_of(subject: Subject, acts: tuple[Event, ...]) -> Facts:
    """The documented facts after these acts (docs/supervision.md lists them)."""
    seen, last = subject.proceeding, acts[-1]
    counts = Counter(event.type for event in acts)
    accepted = next((e for e in acts if e.type == "hall.case.accepted"), None)
    completed = next((e for e in acts if e.type == "hall.case.completed"), None)
    specials = [e.data.special_kind for e in acts if e.type == "hall.special.started"]
    start = seen.start_on if accepted is not None else None
    fees = [e.data.amount for e in acts if e.type == "hall.fee.charged" and e.data.amount]
    return {
        "case": {
            "no": seen.case_no,
            "org": seen.org_code,
            "item": seen.item_code or "",
            "region": seen.region_code,
            "kind": seen.case_kind or "",
            "channel": seen.submit_channel or "",
            "level": seen.service_point[0] if seen.service_point else "",
            "result": (completed.data.result or "") if completed else "",
            "by_proxy": seen.by_proxy,
            "joint": seen.is_joint,
            "accepted": accepted is not None,
            "ended": completed is not None,
        },
        "days": {
            "used": subject.working_days(start, subject.day(last.time)) if start else 0,
            "promise": _days(seen.promise_limit),
            "legal": _days(seen.legal_limit),
            "to_accept": subject.working_days(subject.day(acts[0].time), subject.day(accepted.time)) if accepted else 0,
            "paused": sum(
                subject.working_days(p.start_on, p.end_on or subject.day(last.time))
                for p in (subject.clocks.pauses if subject.clocks else ())
            ),
        },
        "count": {
            **{name: counts[kind] for name, kind in _COUNTS.items()},
            "pauses": len([kind for kind in specials if kind != "extension"]),
            "extensions": len([kind for kind in specials if kind == "extension"]),
            "bad_ratings": len([e for e in acts if e.type == "hall.evaluation.submitted" and (e.data.grade or 0) >= 4]),
            "acts": len(acts),
        },
        "fee": float(sum(map(float, fees))),
        "events": [_event(subject, event) for event in acts],
    }


def _event(subject: Subject, event: Event) -> dict[str, str]:
    handler = getattr(event.data, "handler", None)
    return {
        "type": event.type,
        "day": subject.day(event.time).isoformat(),
        "org": str(getattr(event.data, "org_code", "")),
        "handler": (handler.no or "") if handler else "",
    }


def _days(limit: Any) -> int:
    return int(limit.value or 0) if limit is not None and (limit.unit or "working_day") == "working_day" else 0


def _calls(tree: Any) -> Counter[str]:
    """Names that are called, with how often."""
    return Counter(
        str(node.children[0] if node.data == "ident_arg" else node.children[1])
        for node in tree.iter_subtrees()
        if node.data in ("ident_arg", "member_dot_arg")
    )


def _nested(tree: Any) -> bool:
    """Whether a walk over events stands inside another one."""
    walks = [n for n in tree.iter_subtrees() if n.data == "member_dot_arg" and str(n.children[1]) in MACROS]
    return any(
        inner is not outer
        for outer in walks
        for inner in outer.iter_subtrees()
        if inner.data == "member_dot_arg" and str(inner.children[1]) in MACROS
    )


def _problem(code: str, message: str, message_en: str) -> Problem:
    return Problem(f"EXPRESSION_{code}", "/expression", message, message_en)
