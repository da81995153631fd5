"""Dashboards of what runs: platform, intake, Kafka, PostgreSQL."""

from __future__ import annotations

from libs.ops.observe.dashboards import Dashboard, curve, http, quantile, stat
from libs.ops.observe.objectives import OBJECTIVES

PLATFORM = Dashboard(
    "platform",
    "阳光政务 · 平台 Platform",
    (
        stat("不应答的进程 Processes down", 'count(up{service!=""} == 0) or vector(0)', bad=1),
        stat("积压 Lag", "sum(sunlit_consumer_lag_events)", warn=10_000, bad=100_000),
        stat("发件箱最久 Oldest fact", "max(sunlit_outbox_age_seconds)", "s", 10, 60),
        stat("到期滞后 Looks late", "max(sunlit_due_late_seconds)", "s", 30, 120),
        stat("死信 Letters, a day", "sum(increase(sunlit_dead_letters_total[1d])) or vector(0)", warn=1, bad=100),
        stat("停止的消费者 Tripped", "sum(sunlit_consumer_tripped)", bad=1),
        curve(
            "事件 Events taken in a second",
            ("sum by (service) (rate(sunlit_consumer_events_total[$__rate_interval]))", "{{service}}"),
        ),
        curve("积压 Lag by topic", ("sum by (service, topic) (sunlit_consumer_lag_events)", "{{service}} {{topic}}")),
        curve(
            "批次耗时 Time of a batch",
            (quantile(0.5, "sunlit_batch_seconds", "service"), "{{service}} p50"),
            (quantile(0.99, "sunlit_batch_seconds", "service"), "{{service}} p99"),
            unit="s",
        ),
        curve("批次大小 Events of a batch", (quantile(0.5, "sunlit_batch_events", "service"), "{{service}} p50")),
        curve("发件箱 Outbox", ("max by (service) (sunlit_outbox_rows)", "{{service}} rows")),
        curve(
            "转发 Facts told a second",
            ("sum by (service) (rate(sunlit_relay_events_total[$__rate_interval]))", "{{service}}"),
            ("sum by (service) (rate(sunlit_relay_errors_total[$__rate_interval]))", "{{service}} failed"),
        ),
        curve(
            "重复与重试 Duplicates, retries",
            ("sum by (service) (rate(sunlit_consumer_duplicates_total[$__rate_interval]))", "{{service}} duplicates"),
            ("sum by (service, why) (rate(sunlit_consumer_retries_total[$__rate_interval]))", "{{service}} {{why}}"),
        ),
        curve(
            "内存 Memory",
            ('max by (service, process) (process_resident_memory_bytes{service!=""})', "{{service}}-{{process}}"),
            unit="bytes",
        ),
        curve(
            "处理器 CPU",
            (
                'sum by (service, process) (rate(process_cpu_seconds_total{service!=""}[$__rate_interval]))',
                "{{service}}-{{process}}",
            ),
        ),
        curve(
            "预算燃烧 Budgets burnt, 1 h",
            *((f"sunlit:{one.name}:errors_1h / {one.budget}", one.name) for one in OBJECTIVES),
        ),
    ),
)

INTAKE = Dashboard(
    "intake",
    "阳光政务 · 报送 Intake",
    (
        stat("错误率 Errors, 1 h", "sunlit:intake:errors_1h", "percentunit", 0.001, 0.01),
        stat(
            "请求 Requests a second",
            'sum(rate(sunlit_http_requests_total{service="approval",process="api",method="POST"}[5m]))',
        ),
        stat(
            "慢的百分之一 p99",
            quantile(0.99, "sunlit_http_seconds", "service", '{service="approval",process="api"}'),
            "s",
            1,
            2.5,
        ),
        stat("静默来源 Silent sources", "max(sunlit_supervision_silent_sources)", warn=1, bad=5),
        curve(
            "按状态 By status",
            (
                http("approval", "status", ',method="POST"'),
                "{{status}}",
            ),
        ),
        curve(
            "按地址 By route",
            (
                http("approval", "route"),
                "{{route}}",
            ),
        ),
        curve(
            "耗时 Time of a request",
            (quantile(0.5, "sunlit_http_seconds", "service", '{process="api"}'), "{{service}} p50"),
            (quantile(0.99, "sunlit_http_seconds", "service", '{process="api"}'), "{{service}} p99"),
            unit="s",
        ),
        curve(
            "各接口错误 Errors of all APIs",
            ('sum by (service) (rate(sunlit_http_requests_total{status=~"5.."}[$__rate_interval]))', "{{service}}"),
        ),
        curve(
            "消费 Hall events taken in",
            ('sum by (topic) (rate(sunlit_consumer_events_total{service="approval"}[$__rate_interval]))', "{{topic}}"),
        ),
        curve(
            "死信 Letters",
            ('sum by (code) (increase(sunlit_dead_letters_total{service="approval"}[$__rate_interval]))', "{{code}}"),
        ),
    ),
)

KAFKA = Dashboard(
    "kafka",
    "阳光政务 · Kafka",
    (
        stat("副本不足 Under-replicated", "sum(kafka_topic_partition_under_replicated_partition)", bad=1),
        stat(
            "组积压 Lag of groups",
            'sum(kafka_consumergroup_lag{consumergroup=~"approval|disclosure|monitoring|notify"})',
            warn=10_000,
            bad=100_000,
        ),
        stat("位点跳过 Offset gaps, a day", "sum(increase(sunlit_offset_gaps_total[1d])) or vector(0)", bad=1),
        curve(
            "写入 Written a second",
            (
                'sum by (topic) (rate(kafka_topic_partition_current_offset{topic!~"__.*"}[$__rate_interval]))',
                "{{topic}}",
            ),
        ),
        curve("组积压 Lag", ("sum by (consumergroup, topic) (kafka_consumergroup_lag)", "{{consumergroup}} {{topic}}")),
        curve("同步副本 In sync", ("min by (topic) (kafka_topic_partition_in_sync_replica)", "{{topic}}")),
        curve("转发者 Who publishes", ("sum by (service) (sunlit_relay_leads)", "{{service}}")),
    ),
)

POSTGRESQL = Dashboard(
    "postgresql",
    "阳光政务 · PostgreSQL",
    (
        stat("实例 Instances up", "sum(cnpg_collector_up)"),
        stat("备库 Streaming standbys", "max(cnpg_pg_replication_streaming_replicas)"),
        stat("落后 Lag", "max(cnpg_pg_replication_lag)", "s", 5, 30),
        stat(
            "备份 Age of the backup",
            "time() - max(barman_cloud_cloudnative_pg_io_last_available_backup_timestamp)",
            "s",
            90_000,
            129_600,
        ),
        stat("未归档 Since last archival", "max(cnpg_pg_stat_archiver_seconds_since_last_archival)", "s", 900, 1800),
        stat(
            "演练 Since the drill",
            'time() - max(kube_cronjob_status_last_successful_time{cronjob="restore-drill"})',
            "s",
            691_200,
            777_600,
        ),
        curve("连接 Connections", ("sum by (state) (cnpg_backends_total)", "{{state}}")),
        curve("等待 Waiting for locks", ("sum(cnpg_backends_waiting_total)", "backends")),
        curve(
            "事务 Transactions a second",
            ("sum(rate(cnpg_pg_stat_database_xact_commit[$__rate_interval]))", "commit"),
            ("sum(rate(cnpg_pg_stat_database_xact_rollback[$__rate_interval]))", "rollback"),
        ),
        curve("大小 Size", ("max by (datname) (cnpg_pg_database_size_bytes)", "{{datname}}"), unit="bytes"),
        curve("死锁 Deadlocks", ("sum(increase(cnpg_pg_stat_database_deadlocks[$__rate_interval]))", "deadlocks")),
        curve("最长事务 Longest transaction", ("max(cnpg_backends_max_tx_duration_seconds)", "s"), unit="s"),
    ),
)
