"""Dashboards of what is promised: clocks, disclosure, supervision, notify."""

from __future__ import annotations

from libs.ops.observe.dashboards import Dashboard, curve, http, quantile, stat

CLOCKS = Dashboard(
    "clocks",
    "阳光政务 · 时限 Clocks",
    (
        stat("在办 Cases in hand", "sum(max by (light) (sunlit_approval_open_cases))"),
        stat("黄灯 Yellow", 'max(sunlit_approval_open_cases{light="yellow"})', warn=1),
        stat("红灯 Red", 'max(sunlit_approval_open_cases{light="red"})', bad=1),
        stat("到期滞后 Looks late", "max(sunlit_due_late_seconds)", "s", 30, 120),
        curve("在办按灯 Cases in hand by light", ("max by (light) (sunlit_approval_open_cases)", "{{light}}")),
        curve(
            "到期处理 Looks a second",
            ("sum by (service, line) (rate(sunlit_due_looks_total[$__rate_interval]))", "{{service}} {{line}}"),
        ),
        curve(
            "滞后 Lateness",
            (quantile(0.99, "sunlit_due_lag_seconds", "service, line"), "{{service}} {{line}} p99"),
            unit="s",
        ),
        curve(
            "处理耗时 Time of a batch of looks",
            (quantile(0.99, "sunlit_due_seconds", "service"), "{{service}} p99"),
            unit="s",
        ),
        curve(
            "视为作出 Deemed outcomes a day",
            ('sum by (type) (increase(sunlit_relay_events_total{type=~"approval.case.deemed.*"}[1d]))', "{{type}}"),
        ),
        curve(
            "时限变动 Clocks changed",
            ('sum(rate(sunlit_relay_events_total{type="approval.case.clock_changed"}[$__rate_interval]))', "a second"),
        ),
    ),
)

DISCLOSURE = Dashboard(
    "disclosure",
    "阳光政务 · 公开 Disclosure",
    (
        stat("超期未公开 Overdue", "max(sunlit_disclosure_overdue_records)", bad=1),
        stat(
            "今明到期 Due today or tomorrow",
            'max(sunlit_disclosure_waiting_records{days_left="0-1"}) or vector(0)',
            warn=1,
        ),
        stat(
            "今日公开 Published, a day",
            'sum(increase(sunlit_relay_events_total{type="disclosure.record.published"}[1d]))',
        ),
        stat("透明日志 Leaves of the log", "max(sunlit_disclosure_log_leaves)"),
        curve("待审 Waiting at the desk", ("max by (days_left) (sunlit_disclosure_waiting_records)", "{{days_left}}")),
        curve(
            "公开与撤下 Told by type",
            ('sum by (type) (increase(sunlit_relay_events_total{type=~"disclosure.record.*"}[1h]))', "{{type}}"),
        ),
        curve(
            "依申请公开 On request",
            ('sum by (type) (increase(sunlit_relay_events_total{type=~"disclosure.request.*"}[1d]))', "{{type}}"),
        ),
        curve(
            "门户请求 Portal requests",
            (
                http("disclosure", "status"),
                "{{status}}",
            ),
        ),
        curve("超期 Overdue", ("max(sunlit_disclosure_overdue_records)", "records")),
    ),
)

SUPERVISION = Dashboard(
    "supervision",
    "阳光政务 · 电子监察 Supervision",
    (
        stat("待答红牌 Open red cards", 'max(sunlit_supervision_open_cards{severity="red"}) or vector(0)', bad=1),
        stat(
            "待答黄牌 Open yellow cards", 'max(sunlit_supervision_open_cards{severity="yellow"}) or vector(0)', warn=1
        ),
        stat("一分钟内 Within a minute, 1 h", "1 - sunlit:card:errors_1h", "percentunit"),
        stat("静默来源 Silent sources", "max(sunlit_supervision_silent_sources)", warn=1, bad=5),
        curve(
            "发牌 Cards a day",
            ('sum by (type) (increase(sunlit_relay_events_total{type=~"supervision.card.*"}[1d]))', "{{type}}"),
        ),
        curve("待答 Open cards", ("max by (severity) (sunlit_supervision_open_cards)", "{{severity}}")),
        curve(
            "滞后 Lateness of looks",
            (quantile(0.99, "sunlit_due_lag_seconds", "line", '{service="monitoring"}'), "{{line}} p99"),
            unit="s",
        ),
        curve(
            "督办与诉求 Orders, complaints",
            (
                'sum by (type) (increase(sunlit_relay_events_total{type=~"supervision.(order|complaint).*"}[1d]))',
                "{{type}}",
            ),
        ),
        curve(
            "消费 Events taken in",
            (
                'sum by (topic) (rate(sunlit_consumer_events_total{service="monitoring"}[$__rate_interval]))',
                "{{topic}}",
            ),
        ),
    ),
)

NOTIFY = Dashboard(
    "notify",
    "阳光政务 · 告警通知 Notify",
    (
        stat("等待最久 Oldest waiting", "max(sunlit_notify_oldest_waiting_seconds)", "s", 60, 120),
        stat(
            "等待 Waiting", "sum(max by (channel) (sunlit_notify_waiting_deliveries)) or vector(0)", warn=100, bad=1000
        ),
        stat(
            "失败 Given up, a day",
            'sum(increase(sunlit_notify_deliveries_total{outcome="failed"}[1d])) or vector(0)',
            warn=1,
            bad=100,
        ),
        stat("按时 In time, 1 h", "1 - sunlit:notification:errors_1h", "percentunit"),
        curve(
            "投递 Attempts by channel",
            (
                "sum by (channel, outcome) (rate(sunlit_notify_deliveries_total[$__rate_interval]))",
                "{{channel}} {{outcome}}",
            ),
        ),
        curve("等待 Waiting by channel", ("max by (channel) (sunlit_notify_waiting_deliveries)", "{{channel}}")),
        curve(
            "告知 Told by type",
            ('sum by (type) (increase(sunlit_relay_events_total{type=~"notify.*"}[1h]))', "{{type}}"),
        ),
        curve(
            "分组滞后 Lateness of groups",
            (quantile(0.99, "sunlit_due_lag_seconds", "line", '{service="notify"}'), "{{line}} p99"),
            unit="s",
        ),
    ),
)
