"""For each alert a history in which it fires and a twin, as near as possible, in which it does not.

A history is series → values in promtool's notation, a value a minute (a value each half hour in histories of days,
`LONG` and over); it is judged at its last minute.
"""

from __future__ import annotations

from dataclasses import dataclass

Series = dict[str, str]
LONG = 2000  # minutes


@dataclass(frozen=True)
class Case:
    """One alert's histories."""

    alert: str
    fires: Series
    quiet: Series
    minutes: int


def requests(good: str, bad: str) -> Series:
    """Requests of the intake: answered, and failed for our sake."""
    labels = 'service="approval",process="api",method="POST",route="/api/approval/v1/events"'
    return {
        f'sunlit_http_requests_total{{{labels},status="202"}}': good,
        f'sunlit_http_requests_total{{{labels},status="503"}}': bad,
    }


def looks(all_of_them: str, in_a_minute: str) -> Series:
    """Looks of supervision, all and those within a minute."""
    labels = 'service="monitoring",line="cases"'
    return {
        f"sunlit_due_lag_seconds_count{{{labels}}}": all_of_them,
        f'sunlit_due_lag_seconds_bucket{{{labels},le="60.0"}}': in_a_minute,
    }


def one(series: str, fires: str, quiet: str, minutes: int, alert: str) -> Case:
    """A case of one series."""
    return Case(alert, {series: fires}, {series: quiet}, minutes)


CASES = (
    one('up{service="notify",process="worker"}', "1 1 0x5", "1 1 0 1x4", 6, "ProcessDown"),
    Case(
        "ConsumerStands",
        {
            'sunlit_consumer_lag_events{service="notify"}': "9x30",
            'sunlit_consumer_events_total{service="notify"}': "7x30",
        },
        {
            'sunlit_consumer_lag_events{service="notify"}': "9x30",
            'sunlit_consumer_events_total{service="notify"}': "0+1x30",
        },
        25,
    ),
    one('sunlit_consumer_lag_events{service="approval"}', "200000x15", "90000x15", 15, "ConsumerLags"),
    one('sunlit_consumer_tripped{service="approval"}', "0 1 1", "0 0 0", 2, "ConsumerTripped"),
    one('sunlit_dead_letters_total{service="approval",code="DEEP"}', "0 0 1 1", "1 1 1 1", 3, "LettersParked"),
    one('sunlit_offset_gaps_total{service="approval"}', "0 0 1 1", "1 1 1 1", 3, "OffsetGap"),
    one('sunlit_consumer_retries_total{service="approval",why="57P01"}', "0+60x20", "0+6x20", 20, "RetriesRise"),
    Case(
        "BatchesSlow",
        {
            'sunlit_batch_seconds_bucket{service="a",le="2.5"}': "0+5x30",
            'sunlit_batch_seconds_bucket{service="a",le="5.0"}': "0+10x30",
            'sunlit_batch_seconds_bucket{service="a",le="+Inf"}': "0+10x30",
        },
        {
            'sunlit_batch_seconds_bucket{service="a",le="2.5"}': "0+10x30",
            'sunlit_batch_seconds_bucket{service="a",le="5.0"}': "0+10x30",
            'sunlit_batch_seconds_bucket{service="a",le="+Inf"}': "0+10x30",
        },
        30,
    ),
    one('sunlit_outbox_age_seconds{service="approval"}', "90x10", "30x10", 10, "OutboxAges"),
    one('sunlit_outbox_rows{service="approval"}', "99000x5", "80000x5", 5, "OutboxNearCap"),
    Case(
        "RelayWithoutLeader",
        {
            'sunlit_relay_leads{service="notify",instance="a"}': "0x9",
            'sunlit_relay_leads{service="notify",instance="b"}': "1 0x8",
        },
        {
            'sunlit_relay_leads{service="notify",instance="a"}': "0x9",
            'sunlit_relay_leads{service="notify",instance="b"}': "1x9",
        },
        8,
    ),
    one('sunlit_due_late_seconds{service="approval",line="cases"}', "300x9", "60x9", 9, "DueLate"),
    one('sunlit_gauges_counted_at_seconds{service="approval"}', "0x20", "0+60x20", 20, "GaugesStale"),
    one(
        'process_resident_memory_bytes{service="approval",process="api"}',
        "950000000x20",
        "500000000x20",
        20,
        "MemoryNearLimit",
    ),
    Case("ApiErrors", requests("0+90x20", "0+10x20"), requests("0+100x20", "0+1x20"), 20),
    Case(
        "ApiSlow",
        {
            'sunlit_http_seconds_bucket{service="a",le="2.5"}': "0+5x30",
            'sunlit_http_seconds_bucket{service="a",le="5.0"}': "0+10x30",
            'sunlit_http_seconds_bucket{service="a",le="+Inf"}': "0+10x30",
        },
        {
            'sunlit_http_seconds_bucket{service="a",le="1.0"}': "0+10x30",
            'sunlit_http_seconds_bucket{service="a",le="2.5"}': "0+10x30",
            'sunlit_http_seconds_bucket{service="a",le="+Inf"}': "0+10x30",
        },
        30,
    ),
    one('sunlit_supervision_silent_sources{service="monitoring"}', "2x40", "2x20 0x20", 40, "SourcesSilent"),
    one('sunlit_disclosure_overdue_records{service="disclosure"}', "1x10", "0x10", 10, "RecordsOverdue"),
    one('sunlit_disclosure_waiting_records{days_left="0-1"}', "3x70", "0x70", 70, "RecordsDueSoon"),
    one('sunlit_notify_oldest_waiting_seconds{service="notify"}', "180x9", "30x9", 9, "DeliveriesWait"),
    one('sunlit_notify_deliveries_total{channel="email",outcome="failed"}', "0 0 1 1", "1 1 1 1", 3, "DeliveriesFail"),
    one(
        'kafka_topic_partition_under_replicated_partition{topic="hall.events.v1"}',
        "1x9",
        "0x9",
        9,
        "KafkaUnderReplicated",
    ),
    one('cnpg_collector_up{cluster="sunlit-db",pod="sunlit-db-1"}', "0x5", "1x5", 5, "PostgresDown"),
    one('cnpg_pg_replication_lag{pod="sunlit-db-2"}', "60x9", "5x9", 9, "PostgresReplicaLags"),
    Case(
        "PostgresConnectionsNearLimit",
        {'cnpg_backends_total{pod="a"}': "540x15", 'cnpg_pg_settings_setting{name="max_connections"}': "600x15"},
        {'cnpg_backends_total{pod="a"}': "400x15", 'cnpg_pg_settings_setting{name="max_connections"}': "600x15"},
        15,
    ),
    one("cnpg_pg_stat_archiver_seconds_since_last_archival", "2000x15", "300x15", 15, "WalNotArchived"),
    one("barman_cloud_cloudnative_pg_io_last_available_backup_timestamp", "1x80", "1+1800x80", 2400, "BackupOld"),
    one(
        'kube_cronjob_status_last_successful_time{cronjob="restore-drill"}',
        "1x440",
        "1+1800x440",
        13200,
        "RestoreDrillOld",
    ),
    # 1 − 99.9 % = 0.1 % of errors may be: 2 % burn it twenty times too fast, 0.8 % eight times, 0.2 % twice
    Case("IntakeBudgetBurnsFast", requests("0+980x70", "0+20x70"), requests("0+999x70", "0+1x70"), 70),
    Case("IntakeBudgetBurnsSteadily", requests("0+992x400", "0+8x400"), requests("0+999x400", "0+1x400"), 400),
    Case("IntakeBudgetBurnsSlowly", requests("0+998x150", "0+2x150"), requests("0+9995x150", "0+5x150"), 4500),
    # 0.5 % may be late
    Case("CardBudgetBurnsFast", looks("0+100x70", "0+90x70"), looks("0+100x70", "0+99x70"), 70),
    Case("CardBudgetBurnsSteadily", looks("0+100x400", "0+96x400"), looks("0+100x400", "0+99x400"), 400),
    Case("CardBudgetBurnsSlowly", looks("0+100x150", "0+99x150"), looks("0+1000x150", "0+996x150"), 4500),
    one("sunlit_notify_oldest_waiting_seconds", "90x70", "30x70", 70, "NotificationBudgetBurnsFast"),
    one(
        "sunlit_notify_oldest_waiting_seconds",
        "30x300 90x100",
        "30x390 90x1 30x10",
        400,
        "NotificationBudgetBurnsSteadily",
    ),
    one("sunlit_notify_oldest_waiting_seconds", "30x140 90x10", "30x150", 4500, "NotificationBudgetBurnsSlowly"),
    one("sunlit_disclosure_overdue_records", "1x70", "0x70", 70, "PublicationBudgetBurnsFast"),
    one("sunlit_disclosure_overdue_records", "0x300 1x100", "0x400", 400, "PublicationBudgetBurnsSteadily"),
    one("sunlit_disclosure_overdue_records", "0x140 1x10", "0x150", 4500, "PublicationBudgetBurnsSlowly"),
)
