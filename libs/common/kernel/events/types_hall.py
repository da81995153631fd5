"""The types that halls send (contract: docs/events.md)."""

from __future__ import annotations

from typing import Any

from libs.common.kernel.events import hall
from libs.common.kernel.events.parts import Party, SealedParty
from libs.common.kernel.events.type_info import HALL_EVENTS, TypeInfo


def _hall(suffix: str, struct: Any, title: str, title_en: str, *, intake: Any = None, key: str = "case_no") -> TypeInfo:
    wire_type = f"hall.{suffix}"
    return TypeInfo(wire_type, 1, struct, HALL_EVENTS, title, title_en, intake=intake or struct, key=key)


HALL_TYPES: tuple[TypeInfo, ...] = (
    _hall(
        "application.submitted",
        hall.ApplicationSubmitted[SealedParty],
        "申办",
        "application submitted",
        intake=hall.ApplicationSubmitted[Party],
    ),
    _hall("application.prereviewed", hall.ApplicationPrereviewed, "预受理", "application pre-reviewed"),
    _hall("case.accepted", hall.CaseAccepted[SealedParty], "受理", "case accepted", intake=hall.CaseAccepted[Party]),
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
