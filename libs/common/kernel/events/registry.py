"""Every event type of the platform: its body, version, topic and name (contract: docs/events.md)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from libs.common.kernel.events import approval, control, disclosure, hall, notify, reference, supervision
from libs.common.kernel.events.parts import Party, SealedParty

HALL_EVENTS = "hall.events.v1"
APPROVAL_CASES = "approval.cases.v1"
APPROVAL_REFERENCE = "approval.reference.v1"
DISCLOSURE_RECORDS = "disclosure.records.v1"
SUPERVISION_FINDINGS = "supervision.findings.v1"
NOTIFY_DELIVERIES = "notify.deliveries.v1"
SUNLIT_CONTROL = "sunlit.control.v1"

Upcaster = Callable[[dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class TypeInfo:
    """What the house knows of one wire type.

    Args:
        type: wire type (`hall.case.accepted`).
        version: the present schema version; older ones are lifted by upcasters.
        struct: the typed body as it stands on `topic`.
        topic: where it is published.
        title, title_en: its name for people.
        intake: the typed body as a hall sends it (party in clear); None = the same as `struct`, or not from halls.
        key: field of the body that must equal the envelope's `subject`; None = not checked here.
    """

    type: str
    version: int
    struct: Any
    topic: str
    title: str
    title_en: str
    intake: Any = None
    key: str | None = None

    @property
    def name(self) -> str:
        """Name of the class of the body (`CaseAccepted`)."""
        return str(getattr(self.struct, "__origin__", self.struct).__name__)

    @property
    def dataschema(self) -> str:
        """`urn:sunlit:<type>:<version>` (decision 14)."""
        return f"urn:sunlit:{self.type}:{self.version}"


@dataclass(frozen=True, slots=True)
class Registry:
    """Types and the steps that lift old bodies: `upcasters[type, n]` makes version n + 1 of a body of version n."""

    types: Mapping[str, TypeInfo]
    upcasters: Mapping[tuple[str, int], Upcaster] = field(default_factory=lambda: MappingProxyType({}))


def _hall(suffix: str, struct: Any, title: str, title_en: str, *, intake: Any = None, key: str = "case_no") -> TypeInfo:
    wire_type = f"hall.{suffix}"
    return TypeInfo(wire_type, 1, struct, HALL_EVENTS, title, title_en, intake=intake or struct, key=key)


def _ours(wire_type: str, struct: Any, topic: str, title: str, title_en: str, key: str | None = None) -> TypeInfo:
    return TypeInfo(wire_type, 1, struct, topic, title, title_en, key=key)


_HALL = (
    _hall(
        "application.submitted",
        hall.ApplicationSubmitted[SealedParty],
        "申办",
        "application submitted",
        intake=hall.ApplicationSubmitted[Party],
    ),
    _hall("application.prereviewed", hall.ApplicationPrereviewed, "预受理", "application pre-reviewed"),
    _hall(
        "case.accepted",
        hall.CaseAccepted[SealedParty],
        "受理",
        "case accepted",
        intake=hall.CaseAccepted[Party],
    ),
    _hall("case.refused", hall.CaseRefused, "不予受理", "case refused"),
    _hall("supplement.requested", hall.SupplementRequested, "补正告知", "supplement requested"),
    _hall("supplement.received", hall.SupplementReceived, "补正受理", "supplement received"),
    _hall("supplement.lapsed", hall.SupplementLapsed, "补正不来", "supplement lapsed"),
    _hall("step.completed", hall.StepCompleted, "环节办结", "step completed"),
    _hall("special.started", hall.SpecialStarted, "特别程序开始", "special procedure started"),
    _hall("special.ended", hall.SpecialEnded, "特别程序结束", "special procedure ended"),
    _hall("hearing.informed", hall.HearingInformed, "听证权利告知", "right to a hearing told"),
    _hall("hearing.requested", hall.HearingRequested, "申请听证", "hearing requested"),
    _hall("hearing.noticed", hall.HearingNoticed, "听证通知", "hearing noticed"),
    _hall("hearing.held", hall.HearingHeld, "举行听证", "hearing held"),
    _hall("inspection.held", hall.InspectionHeld, "现场核查", "on-site check held"),
    _hall("joint.opined", hall.JointOpined, "并联意见", "joint opinion given"),
    _hall("joint.met", hall.JointMet, "联审会议", "joint meeting held"),
    _hall("notice_period.started", hall.NoticePeriodStarted, "公示开始", "notice period started"),
    _hall("notice_period.ended", hall.NoticePeriodEnded, "公示结束", "notice period ended"),
    _hall("case.passed_up", hall.CasePassedUp, "转报", "case passed up"),
    _hall("case.transferred", hall.CaseTransferred, "转办", "case transferred"),
    _hall("case.withdrawn", hall.CaseWithdrawn, "撤回申请", "case withdrawn"),
    _hall("paper.handed_over", hall.PaperHandedOver, "材料移交", "paper handed over"),
    _hall("case.completed", hall.CaseCompleted, "办结", "case completed"),
    _hall("result.collected", hall.ResultCollected, "送达", "result delivered"),
    _hall("fee.charged", hall.FeeCharged, "收费", "fee charged"),
    _hall("fee.refunded", hall.FeeRefunded, "退费", "fee refunded"),
    _hall("evaluation.submitted", hall.EvaluationSubmitted, "好差评", "rating given"),
    _hall("evaluation.handled", hall.EvaluationHandled, "差评处理", "bad rating handled"),
    _hall("consultation.opened", hall.ConsultationOpened, "咨询", "consultation opened", key="consultation_no"),
    _hall("consultation.answered", hall.ConsultationAnswered, "咨询答复", "answered", key="consultation_no"),
    _hall("complaint.opened", hall.ComplaintOpened, "诉求提出", "complaint opened", key="complaint_no"),
    _hall("complaint.accepted", hall.ComplaintAccepted, "诉求派单", "complaint accepted", key="complaint_no"),
    _hall("complaint.returned", hall.ComplaintReturned, "诉求退单", "complaint returned", key="complaint_no"),
    _hall("complaint.arrived", hall.ComplaintArrived, "诉求到场", "complaint attended", key="complaint_no"),
    _hall("complaint.extended", hall.ComplaintExtended, "诉求延期", "complaint extended", key="complaint_no"),
    _hall("complaint.replied", hall.ComplaintReplied, "诉求答复", "complaint replied", key="complaint_no"),
    _hall("complaint.met", hall.ComplaintMet, "诉求约谈", "complainant met", key="complaint_no"),
    _hall("complaint.closed", hall.ComplaintClosed, "诉求办结", "complaint closed", key="complaint_no"),
    _hall("penalty.filed", hall.PenaltyFiled, "处罚立案", "penalty filed"),
    _hall("penalty.noticed", hall.PenaltyNoticed, "处罚告知", "penalty noticed"),
    _hall("penalty.legal_reviewed", hall.PenaltyLegalReviewed, "处罚法制审核", "penalty legally reviewed"),
    _hall("penalty.discussed", hall.PenaltyDiscussed, "处罚集体讨论", "penalty discussed"),
    _hall("penalty.hearing_held", hall.PenaltyHearingHeld, "处罚听证", "penalty hearing held"),
    _hall(
        "penalty.decided",
        hall.PenaltyDecided[SealedParty],
        "处罚决定",
        "penalty decided",
        intake=hall.PenaltyDecided[Party],
    ),
    _hall("penalty.changed", hall.PenaltyChanged, "处罚变更", "penalty changed"),
    _hall("penalty.revoked", hall.PenaltyRevoked, "处罚撤销", "penalty revoked"),
    _hall("penalty.fulfilled", hall.PenaltyFulfilled, "处罚履行", "penalty fulfilled"),
    _hall("material.attached", hall.MaterialAttached, "材料附件", "material attached"),
    _hall("record.voided", hall.RecordVoided, "误报作废", "record voided"),
    TypeInfo(
        "hall.source.heartbeat",
        1,
        hall.SourceHeartbeat,
        HALL_EVENTS,
        "心跳",
        "heartbeat of a source",
        intake=hall.SourceHeartbeat,
        key="source",
    ),
)
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
        "complaint_no",
    ),
    _ours(
        "supervision.complaint.accepted",
        supervision.ComplaintAccepted,
        SUPERVISION_FINDINGS,
        "诉求派单",
        "complaint accepted",
        "complaint_no",
    ),
    _ours(
        "supervision.complaint.returned",
        supervision.ComplaintReturned,
        SUPERVISION_FINDINGS,
        "诉求退单",
        "complaint returned",
        "complaint_no",
    ),
    _ours(
        "supervision.complaint.arrived",
        supervision.ComplaintArrived,
        SUPERVISION_FINDINGS,
        "诉求到场",
        "complaint arrived",
        "complaint_no",
    ),
    _ours(
        "supervision.complaint.extended",
        supervision.ComplaintExtended,
        SUPERVISION_FINDINGS,
        "诉求延期",
        "complaint extended",
        "complaint_no",
    ),
    _ours(
        "supervision.complaint.replied",
        supervision.ComplaintReplied,
        SUPERVISION_FINDINGS,
        "诉求答复",
        "complaint replied",
        "complaint_no",
    ),
    _ours(
        "supervision.complaint.met",
        supervision.ComplaintMet,
        SUPERVISION_FINDINGS,
        "诉求约谈",
        "complaint met",
        "complaint_no",
    ),
    _ours(
        "supervision.complaint.closed",
        supervision.ComplaintClosed,
        SUPERVISION_FINDINGS,
        "诉求办结",
        "complaint closed",
        "complaint_no",
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

TYPES: Mapping[str, TypeInfo] = MappingProxyType(
    {info.type: info for info in (*_HALL, *_CASES, *_REFERENCE, *_RECORDS, *_FINDINGS, *_DELIVERIES, *_CONTROL)}
)
REGISTRY = Registry(TYPES)
