"""The types that our own services send (contract: docs/events.md)."""

from __future__ import annotations

from typing import Any

from libs.common.kernel.events import approval, control, disclosure, notify, reference, supervision
from libs.common.kernel.events.type_info import (
    APPROVAL_CASES,
    APPROVAL_REFERENCE,
    DISCLOSURE_RECORDS,
    NOTIFY_DELIVERIES,
    SUNLIT_CONTROL,
    SUPERVISION_FINDINGS,
    TypeInfo,
)


def _ours(wire_type: str, struct: Any, topic: str, title: str, title_en: str, key: str | None = None) -> TypeInfo:
    return TypeInfo(wire_type, 1, struct, topic, title, title_en, key=key)


_CASES = (
    _ours("approval.case.opened", approval.CaseOpened, APPROVAL_CASES, "收件建档", "case opened", "case_no"),
    _ours("approval.case.accepted", approval.CaseAccepted, APPROVAL_CASES, "受理", "case accepted", "case_no"),
    _ours(
        "approval.case.clock_changed", approval.CaseClockChanged, APPROVAL_CASES, "时限变动", "clock changed", "case_no"
    ),
    _ours("approval.case.deemed", approval.CaseDeemed, APPROVAL_CASES, "视为作出", "deemed outcome", "case_no"),
    _ours(
        "approval.case.deemed_annulled",
        approval.CaseDeemedAnnulled,
        APPROVAL_CASES,
        "视为作出失效",
        "deemed outcome annulled",
        "case_no",
    ),
    _ours("approval.case.decided", approval.CaseDecided, APPROVAL_CASES, "作出决定", "case decided", "case_no"),
    _ours("approval.case.delivered", approval.CaseDelivered, APPROVAL_CASES, "送达", "case delivered", "case_no"),
    _ours("approval.case.closed", approval.CaseClosed, APPROVAL_CASES, "结案", "case closed", "case_no"),
    _ours(
        "approval.penalty.decided", approval.PenaltyDecided, APPROVAL_CASES, "处罚决定", "penalty decided", "case_no"
    ),
    _ours(
        "approval.penalty.changed", approval.PenaltyChanged, APPROVAL_CASES, "处罚变更", "penalty changed", "case_no"
    ),
    _ours(
        "approval.penalty.revoked", approval.PenaltyRevoked, APPROVAL_CASES, "处罚撤销", "penalty revoked", "case_no"
    ),
    _ours(
        "approval.penalty.fulfilled",
        approval.PenaltyFulfilled,
        APPROVAL_CASES,
        "处罚履行",
        "penalty fulfilled",
        "case_no",
    ),
)
_REFERENCE = (
    _ours("approval.item.published", reference.ItemPublished, APPROVAL_REFERENCE, "事项发布", "item published"),
    _ours(
        "approval.calendar.published",
        reference.CalendarPublished,
        APPROVAL_REFERENCE,
        "工作日历发布",
        "calendar published",
    ),
    _ours("approval.org.published", reference.OrgPublished, APPROVAL_REFERENCE, "组织发布", "organisation published"),
    _ours("approval.roster.published", reference.RosterPublished, APPROVAL_REFERENCE, "名册发布", "roster published"),
    _ours("approval.region.published", reference.RegionPublished, APPROVAL_REFERENCE, "地区发布", "region published"),
    _ours(
        "approval.source.published",
        reference.SourcePublished,
        APPROVAL_REFERENCE,
        "报送系统发布",
        "source published",
    ),
)
_RECORDS = (
    _ours(
        "disclosure.record.published",
        disclosure.RecordPublished,
        DISCLOSURE_RECORDS,
        "公开",
        "record published",
        "record_id",
    ),
    _ours("disclosure.record.held", disclosure.RecordHeld, DISCLOSURE_RECORDS, "暂缓公开", "record held", "record_id"),
    _ours(
        "disclosure.record.withheld",
        disclosure.RecordWithheld,
        DISCLOSURE_RECORDS,
        "不予公开",
        "record withheld",
        "record_id",
    ),
    _ours(
        "disclosure.record.corrected",
        disclosure.RecordCorrected,
        DISCLOSURE_RECORDS,
        "公开更正",
        "record corrected",
        "record_id",
    ),
    _ours(
        "disclosure.record.withdrawn",
        disclosure.RecordWithdrawn,
        DISCLOSURE_RECORDS,
        "撤下",
        "record withdrawn",
        "record_id",
    ),
    _ours(
        "disclosure.record.expired",
        disclosure.RecordExpired,
        DISCLOSURE_RECORDS,
        "公示期满",
        "record expired",
        "record_id",
    ),
    _ours(
        "disclosure.information.registered",
        disclosure.InformationRegistered,
        DISCLOSURE_RECORDS,
        "信息登记",
        "information registered",
    ),
    _ours("disclosure.leak.found", disclosure.LeakFound, DISCLOSURE_RECORDS, "发现泄露", "leak found"),
    _ours(
        "disclosure.request.received",
        disclosure.RequestReceived,
        DISCLOSURE_RECORDS,
        "收到公开申请",
        "request received",
        "request_no",
    ),
    _ours(
        "disclosure.request.clock_changed",
        disclosure.RequestClockChanged,
        DISCLOSURE_RECORDS,
        "公开申请时限变动",
        "request clock changed",
        "request_no",
    ),
    _ours(
        "disclosure.request.answered",
        disclosure.RequestAnswered,
        DISCLOSURE_RECORDS,
        "公开申请答复",
        "request answered",
        "request_no",
    ),
    _ours(
        "disclosure.request.closed",
        disclosure.RequestClosed,
        DISCLOSURE_RECORDS,
        "公开申请办结",
        "request closed",
        "request_no",
    ),
    _ours("disclosure.report.filed", disclosure.ReportFiled, DISCLOSURE_RECORDS, "年度报告", "annual report filed"),
)
_FINDINGS = (
    _ours("supervision.card.pending", supervision.CardPending, SUPERVISION_FINDINGS, "待确认", "card pending"),
    _ours("supervision.card.issued", supervision.CardIssued, SUPERVISION_FINDINGS, "发牌", "card issued"),
    _ours("supervision.card.dropped", supervision.CardDropped, SUPERVISION_FINDINGS, "不予发牌", "card dropped"),
    _ours("supervision.card.signed", supervision.CardSigned, SUPERVISION_FINDINGS, "签收", "card signed"),
    _ours("supervision.card.replied", supervision.CardReplied, SUPERVISION_FINDINGS, "反馈", "card replied"),
    _ours("supervision.card.kept", supervision.CardKept, SUPERVISION_FINDINGS, "留牌", "card kept"),
    _ours("supervision.card.returned", supervision.CardReturned, SUPERVISION_FINDINGS, "退回再反馈", "card returned"),
    _ours("supervision.card.appealed", supervision.CardAppealed, SUPERVISION_FINDINGS, "申诉", "card appealed"),
    _ours("supervision.card.passed_up", supervision.CardPassedUp, SUPERVISION_FINDINGS, "申诉上报", "card passed up"),
    _ours("supervision.card.upheld", supervision.CardUpheld, SUPERVISION_FINDINGS, "维持", "card upheld"),
    _ours("supervision.card.revoked", supervision.CardRevoked, SUPERVISION_FINDINGS, "撤销发牌", "card revoked"),
    _ours("supervision.card.rectified", supervision.CardRectified, SUPERVISION_FINDINGS, "整改", "card rectified"),
    _ours("supervision.card.verified", supervision.CardVerified, SUPERVISION_FINDINGS, "整改核实", "card verified"),
    _ours("supervision.card.closed", supervision.CardClosed, SUPERVISION_FINDINGS, "销号", "card closed"),
    _ours("supervision.card.escalated", supervision.CardEscalated, SUPERVISION_FINDINGS, "升级", "card escalated"),
    _ours(
        "supervision.card.superseded",
        supervision.CardSuperseded,
        SUPERVISION_FINDINGS,
        "由更重的牌取代",
        "card superseded",
    ),
    _ours("supervision.order.issued", supervision.OrderIssued, SUPERVISION_FINDINGS, "督办", "order issued"),
    _ours("supervision.order.replied", supervision.OrderReplied, SUPERVISION_FINDINGS, "督办回复", "order replied"),
    _ours("supervision.order.returned", supervision.OrderReturned, SUPERVISION_FINDINGS, "再督办", "order returned"),
    _ours("supervision.order.closed", supervision.OrderClosed, SUPERVISION_FINDINGS, "督办办结", "order closed"),
    _ours(
        "supervision.complaint.opened",
        supervision.ComplaintOpened,
        SUPERVISION_FINDINGS,
        "诉求登记",
        "complaint opened",
    ),
    _ours(
        "supervision.complaint.accepted",
        supervision.ComplaintAccepted,
        SUPERVISION_FINDINGS,
        "诉求派单",
        "complaint accepted",
    ),
    _ours(
        "supervision.complaint.returned",
        supervision.ComplaintReturned,
        SUPERVISION_FINDINGS,
        "诉求退单",
        "complaint returned",
    ),
    _ours(
        "supervision.complaint.arrived",
        supervision.ComplaintArrived,
        SUPERVISION_FINDINGS,
        "诉求到场",
        "complaint arrived",
    ),
    _ours(
        "supervision.complaint.extended",
        supervision.ComplaintExtended,
        SUPERVISION_FINDINGS,
        "诉求延期",
        "complaint extended",
    ),
    _ours(
        "supervision.complaint.replied",
        supervision.ComplaintReplied,
        SUPERVISION_FINDINGS,
        "诉求答复",
        "complaint replied",
    ),
    _ours("supervision.complaint.met", supervision.ComplaintMet, SUPERVISION_FINDINGS, "诉求约谈", "complaint met"),
    _ours(
        "supervision.complaint.closed",
        supervision.ComplaintClosed,
        SUPERVISION_FINDINGS,
        "诉求办结",
        "complaint closed",
    ),
    _ours("supervision.score.changed", supervision.ScoreChanged, SUPERVISION_FINDINGS, "评分变动", "score changed"),
    _ours("supervision.source.stale", supervision.SourceStale, SUPERVISION_FINDINGS, "数据中断", "source stale"),
    _ours(
        "supervision.source.recovered",
        supervision.SourceRecovered,
        SUPERVISION_FINDINGS,
        "数据恢复",
        "source recovered",
    ),
)
_DELIVERIES = (
    _ours(
        "notify.notification.sent",
        notify.NotificationSent,
        NOTIFY_DELIVERIES,
        "通知送出",
        "notification sent",
        "notification_id",
    ),
    _ours(
        "notify.notification.failed",
        notify.NotificationFailed,
        NOTIFY_DELIVERIES,
        "通知失败",
        "notification failed",
        "notification_id",
    ),
    _ours(
        "notify.notification.acknowledged",
        notify.NotificationAcknowledged,
        NOTIFY_DELIVERIES,
        "通知确认",
        "notification acknowledged",
        "notification_id",
    ),
    _ours(
        "notify.notification.escalated",
        notify.NotificationEscalated,
        NOTIFY_DELIVERIES,
        "通知升级",
        "notification escalated",
        "notification_id",
    ),
    _ours(
        "notify.notification.merged",
        notify.NotificationMerged,
        NOTIFY_DELIVERIES,
        "通知合并",
        "notification merged",
        "notification_id",
    ),
)
_CONTROL = (
    _ours("control.rules.changed", control.RulesChanged, SUNLIT_CONTROL, "规则变更", "rules changed"),
    _ours("control.rebuild.requested", control.RebuildRequested, SUNLIT_CONTROL, "请求重建", "rebuild requested"),
    _ours("control.wake_up.sent", control.WakeUpSent, SUNLIT_CONTROL, "唤醒", "wake-up sent"),
)
OUR_TYPES: tuple[TypeInfo, ...] = (*_CASES, *_REFERENCE, *_RECORDS, *_FINDINGS, *_DELIVERIES, *_CONTROL)
