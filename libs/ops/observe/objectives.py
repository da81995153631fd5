"""Four promises to the public as service level objectives, each with alerts on how fast its budget burns.

Two kinds: of requests (good ones among all), and of time (minutes in which a promise was broken). Windows and factors
are those of the multi-window method: a page when 2 % of the month's budget went in an hour or 5 % in six hours, a
ticket when a tenth went in three days; the short window lets the alert end soon after the trouble.
"""

from __future__ import annotations

from dataclasses import dataclass

Rule = dict[str, object]

WINDOWS = ("5m", "30m", "1h", "6h", "3d")
BURNS = (  # suffix, long window, short window, factor, severity
    ("Fast", "1h", "5m", 14.4, "page"),
    ("Steadily", "6h", "30m", 6.0, "page"),
    ("Slowly", "3d", "6h", 1.0, "ticket"),
)


@dataclass(frozen=True, slots=True)
class Objective:
    """One promise.

    Args:
        name: stem of the recorded series.
        alert: stem of the alerts' names.
        promise: in words, zh-CN and English.
        target: share of good requests or good time in 30 days.
        errors: share of bad ones over a window, PromQL with `{window}`.
        recorded: a series of 0 and 1 that `errors` leans on, if any.
    """

    name: str
    alert: str
    promise: str
    target: float
    errors: str
    recorded: str = ""

    @property
    def budget(self) -> float:
        """Share of bad ones that may be."""
        return round(1 - self.target, 6)


OBJECTIVES = (
    Objective(
        "intake",
        "IntakeBudgetBurns",
        "报送接口可用 99.9 %. The intake answers 99.9 % of what halls send without an error of ours",
        0.999,
        'sum(rate(sunlit_http_requests_total{{service="approval",process="api",method="POST",status=~"5.."}}[{window}]))'
        ' / sum(rate(sunlit_http_requests_total{{service="approval",process="api",method="POST"}}[{window}]))',
    ),
    Objective(
        "card",
        "CardBudgetBurns",
        "违规成立一分钟内发牌 99.5 %. 99.5 % of looks of supervision are taken within a minute of their moment",
        0.995,
        '1 - sum(rate(sunlit_due_lag_seconds_bucket{{service="monitoring",le="60.0"}}[{window}]))'
        ' / sum(rate(sunlit_due_lag_seconds_count{{service="monitoring"}}[{window}]))',
    ),
    Objective(
        "notification",
        "NotificationBudgetBurns",
        "通知按时送出 99.5 %. In 99.5 % of all minutes no notification waits for more than a minute of ours",
        0.995,
        "avg_over_time(sunlit:notification:late[{window}])",
        "max(sunlit_notify_oldest_waiting_seconds) > bool 60",
    ),
    Objective(
        "publication",
        "PublicationBudgetBurns",
        "七个工作日内公开 99.9 %. In 99.9 % of all minutes no record is unpublished after its last lawful day",
        0.999,
        "avg_over_time(sunlit:publication:late[{window}])",
        "max(sunlit_disclosure_overdue_records) > bool 0",
    ),
)


def recordings(one: Objective) -> list[Rule]:
    """The share of bad ones over every window."""
    first: list[Rule] = [{"record": f"sunlit:{one.name}:late", "expr": one.recorded}] if one.recorded else []
    return first + [
        {"record": f"sunlit:{one.name}:errors_{window}", "expr": one.errors.format(window=window)} for window in WINDOWS
    ]


def alerts(one: Objective) -> list[Rule]:
    """An alert for each pair of windows."""
    return [
        {
            "alert": f"{one.alert}{suffix}",
            "expr": f"sunlit:{one.name}:errors_{long} > {round(factor * one.budget, 6)} "
            f"and sunlit:{one.name}:errors_{short} > {round(factor * one.budget, 6)}",
            "labels": {"severity": severity, "slo": one.name},
            "annotations": {
                "summary": f"{one.promise}: the month's budget burns {factor:g} times too fast",
                "runbook_url": f"docs/operations.md#{(one.alert + suffix).lower()}",
            },
        }
        for suffix, long, short, factor, severity in BURNS
    ]


def groups() -> list[dict[str, object]]:
    """The rule groups of all objectives."""
    return [
        {"name": f"sunlit-slo-{one.name}", "interval": "1m", "rules": [*recordings(one), *alerts(one)]}
        for one in OBJECTIVES
    ]
