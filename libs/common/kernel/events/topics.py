"""The topics: who writes them, who reads them, by what they are keyed (contract: docs/events.md)."""

from __future__ import annotations

from dataclasses import dataclass

from libs.common.kernel.events.type_info import (
    APPROVAL_CASES,
    APPROVAL_REFERENCE,
    DISCLOSURE_RECORDS,
    HALL_EVENTS,
    NOTIFY_DELIVERIES,
    SUNLIT_CONTROL,
    SUPERVISION_FINDINGS,
)

HALL_INGEST = "hall.ingest.{source}.v1"
_ALL = ("approval", "disclosure", "monitoring", "notify")


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic.

    Args:
        name: Kafka name; `{source}` stands for one hall system.
        key: what the Kafka key (= the envelope's `subject`) is, zh-CN and English.
        written_by, read_by: services; `hall` = the hall systems with their own credentials.
        compacted: the newest record of a key is enough.
    """

    name: str
    key: str
    key_en: str
    title: str
    title_en: str
    written_by: tuple[str, ...]
    read_by: tuple[str, ...]
    compacted: bool = False


TOPICS: tuple[Topic, ...] = (
    Topic(
        HALL_INGEST,
        "办件编号等，同 hall.events.v1",
        "as hall.events.v1",
        "大厅直报（每个系统一个主题）",
        "hall events as one hall system writes them, party in clear",
        ("hall",),
        ("approval",),
    ),
    Topic(
        HALL_EVENTS,
        "办件编号；诉求、咨询为其编号；心跳为来源",
        "case_no; complaint_no, consultation_no; heartbeats: the source",
        "大厅事件（已核验、密封、盖时间戳）",
        "hall events after checks, sealing and stamping",
        ("approval",),
        ("approval", "monitoring"),
    ),
    Topic(
        APPROVAL_CASES,
        "办件编号",
        "case_no",
        "办件与处罚",
        "cases, their clocks, penalties",
        ("approval",),
        ("disclosure", "monitoring", "notify"),
    ),
    Topic(
        APPROVAL_REFERENCE,
        "<种类>:<代码>",
        "<kind>:<code>",
        "基础数据（按键压缩）",
        "reference data",
        ("approval",),
        _ALL,
        compacted=True,
    ),
    Topic(
        DISCLOSURE_RECORDS,
        "公开记录编号；公开申请为其编号",
        "record_id; requests: request_no",
        "公开记录与公开申请",
        "records and requests",
        ("disclosure",),
        ("monitoring", "notify"),
    ),
    Topic(
        SUPERVISION_FINDINGS,
        "办件编号，或 org:<组织>，或 source:<来源>",
        "case_no, or org:<org_code>, or source:<source>",
        "监察发现",
        "cards, orders, scores, outages",
        ("monitoring",),
        ("notify", "approval"),
    ),
    Topic(
        NOTIFY_DELIVERIES,
        "通知编号",
        "notification_id",
        "通知送达",
        "deliveries",
        ("notify",),
        ("monitoring",),
    ),
    Topic(SUNLIT_CONTROL, "服务名", "service", "控制消息", "light messages to agents", (*_ALL, "sunlit"), _ALL),
)
