"""Alerts on what a person must do something about; each names its section of docs/operations.md."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert.

    Args:
        holds: how long the expression must hold before somebody is told.
        severity: page = somebody gets up; ticket = the next working day.
        summary: one line, zh-CN and English; `{{ }}` is Prometheus' own.
    """

    name: str
    expr: str
    holds: str
    severity: Literal["page", "ticket"]
    summary: str

    def rule(self) -> dict[str, object]:
        """As Prometheus reads it."""
        return {
            "alert": self.name,
            "expr": self.expr,
            "for": self.holds,
            "labels": {"severity": self.severity},
            "annotations": {"summary": self.summary, "runbook_url": f"docs/operations.md#{self.name.lower()}"},
        }


SPINE = (
    Alert(
        "ProcessDown",
        'up{service=~"approval|disclosure|monitoring|notify"} == 0',
        "2m",
        "page",
        "{{ $labels.service }}-{{ $labels.process }} 无应答. A process does not answer",
    ),
    Alert(
        "ConsumerStands",
        "sum by (service) (sunlit_consumer_lag_events) > 0 "
        "and sum by (service) (rate(sunlit_consumer_events_total[5m])) == 0",
        "5m",
        "page",
        "{{ $labels.service }} 有积压而不消费. Events wait and nobody reads them",
    ),
    Alert(
        "ConsumerLags",
        "sum by (service) (sunlit_consumer_lag_events) > 100000",
        "10m",
        "ticket",
        "{{ $labels.service }} 积压 {{ $value }} 条. More comes in than is worked off",
    ),
    Alert(
        "ConsumerTripped",
        "max by (service) (sunlit_consumer_tripped) == 1",
        "0m",
        "page",
        "{{ $labels.service }} 死信过多, 已停止消费. Too much was parked: the consumer stopped itself",
    ),
    Alert(
        "LettersParked",
        "sum by (service, code) (increase(sunlit_dead_letters_total[15m])) > 0",
        "0m",
        "ticket",
        "{{ $labels.service }} 新增死信 {{ $labels.code }}. Events were parked: their cases are grey until settled",
    ),
    Alert(
        "OffsetGap",
        "sum by (service) (increase(sunlit_offset_gaps_total[10m])) > 0",
        "0m",
        "page",
        "{{ $labels.service }} 位点跳过. The group's offset stood ahead of the effects; the worker rewound it",
    ),
    Alert(
        "RetriesRise",
        "sum by (service, why) (rate(sunlit_consumer_retries_total[5m])) > 0.5",
        "10m",
        "ticket",
        "{{ $labels.service }} 反复重试: {{ $labels.why }}. Batches are tried again and again",
    ),
    Alert(
        "BatchesSlow",
        "histogram_quantile(0.99, sum by (service, le) (rate(sunlit_batch_seconds_bucket[10m]))) > 4",
        "15m",
        "ticket",
        "{{ $labels.service }} 批次慢. A batch of a hundred takes longer than 4 s",
    ),
    Alert(
        "OutboxAges",
        "max by (service) (sunlit_outbox_age_seconds) > 60",
        "5m",
        "page",
        "{{ $labels.service }} 发件箱滞留. Facts wait longer than a minute for Kafka",
    ),
    Alert(
        "OutboxNearCap",
        'max by (service) (sunlit_outbox_rows{service="approval"}) > 90000',
        "1m",
        "page",
        "发件箱接近上限, 报送将被拒. Soon the intake answers 503",
    ),
    Alert(
        "RelayWithoutLeader",
        "sum by (service) (sunlit_relay_leads) == 0",
        "3m",
        "page",
        "{{ $labels.service }} 无转发者. Nobody publishes the outbox",
    ),
    Alert(
        "DueLate",
        "max by (service, line) (sunlit_due_late_seconds) > 120",
        "5m",
        "page",
        "{{ $labels.service }}/{{ $labels.line }} 到期处理滞后. Looks are taken more than two minutes late",
    ),
    Alert(
        "GaugesStale",
        "time() - max by (service) (sunlit_gauges_counted_at_seconds) > 300",
        "5m",
        "ticket",
        "{{ $labels.service }} 表计数停止. What the tables say is older than five minutes",
    ),
    Alert(
        "MemoryNearLimit",
        'max by (service, process) (process_resident_memory_bytes{service!=""}) > 900e6',
        "15m",
        "ticket",
        "{{ $labels.service }}-{{ $labels.process }} 内存接近上限. Soon the kernel ends it",
    ),
)

EDGE = (
    Alert(
        "ApiErrors",
        'sum by (service) (rate(sunlit_http_requests_total{status=~"5.."}[5m])) '
        "/ sum by (service) (rate(sunlit_http_requests_total[5m])) > 0.02",
        "10m",
        "page",
        "{{ $labels.service }} 接口错误率超过 2 %. Requests fail for our sake",
    ),
    Alert(
        "ApiSlow",
        "histogram_quantile(0.99, sum by (service, le) (rate(sunlit_http_seconds_bucket[10m]))) > 2.5",
        "15m",
        "ticket",
        "{{ $labels.service }} 接口慢. One request in a hundred takes longer than 2.5 s",
    ),
)

LAW = (
    Alert(
        "SourcesSilent",
        "max(sunlit_supervision_silent_sources) > 0",
        "30m",
        "ticket",
        "{{ $value }} 个来源静默, 其办件灰灯. Sources are silent: their cases stand grey and get no cards",
    ),
    Alert(
        "RecordsOverdue",
        "max(sunlit_disclosure_overdue_records) > 0",
        "5m",
        "page",
        "{{ $value }} 条超过法定公开期限. Records are unpublished after their last lawful day",
    ),
    Alert(
        "RecordsDueSoon",
        'max(sunlit_disclosure_waiting_records{days_left="0-1"}) > 0',
        "1h",
        "ticket",
        "{{ $value }} 条今明两日到期待审. Records wait at the desk whose last day is today or tomorrow",
    ),
    Alert(
        "DeliveriesWait",
        "max(sunlit_notify_oldest_waiting_seconds) > 120",
        "5m",
        "page",
        "通知滞留 {{ $value }} 秒. Notifications wait although their moment has come",
    ),
    Alert(
        "DeliveriesFail",
        'sum by (channel) (increase(sunlit_notify_deliveries_total{outcome="failed"}[15m])) > 0',
        "0m",
        "ticket",
        "{{ $labels.channel }} 通知投递失败. Deliveries were given up",
    ),
)

ENGINES = (
    Alert(
        "KafkaUnderReplicated",
        "sum(kafka_topic_partition_under_replicated_partition) > 0",
        "5m",
        "page",
        "Kafka 副本不足. Partitions have fewer copies than they should",
    ),
    Alert(
        "PostgresDown",
        "min by (cluster) (cnpg_collector_up) == 0",
        "2m",
        "page",
        "PostgreSQL 实例不可用. An instance does not answer",
    ),
    Alert(
        "PostgresReplicaLags",
        "max(cnpg_pg_replication_lag) > 30",
        "5m",
        "ticket",
        "PostgreSQL 备库落后 {{ $value }} 秒. A standby is behind",
    ),
    Alert(
        "PostgresConnectionsNearLimit",
        'max(sum by (pod) (cnpg_backends_total)) / max(cnpg_pg_settings_setting{name="max_connections"}) > 0.85',
        "10m",
        "ticket",
        "PostgreSQL 连接接近上限. Connections are near max_connections",
    ),
    Alert(
        "WalNotArchived",
        "max(cnpg_pg_stat_archiver_seconds_since_last_archival) > 1800",
        "10m",
        "page",
        "预写日志未归档. What happened since cannot be restored from the backups",
    ),
    Alert(
        "BackupOld",
        "time() - max(barman_cloud_cloudnative_pg_io_last_available_backup_timestamp) > 36 * 3600",
        "1h",
        "page",
        "备份过旧. The newest base backup is older than a day and a half",
    ),
    Alert(
        "RestoreDrillOld",
        'time() - max(kube_cronjob_status_last_successful_time{cronjob="restore-drill"}) > 9 * 86400',
        "1h",
        "ticket",
        "恢复演练过期. No backup has been restored for more than a week",
    ),
)


def groups() -> list[dict[str, object]]:
    """The rule groups."""
    named = (("spine", SPINE), ("edge", EDGE), ("law", LAW), ("engines", ENGINES))
    return [{"name": f"sunlit-{name}", "rules": [one.rule() for one in alerts]} for name, alerts in named]
