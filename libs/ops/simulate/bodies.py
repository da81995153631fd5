"""What the great acts of a case say: application, acceptance, refusal, completion, and the papers that go with them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from libs.ops.simulate.acts import document, document_no
from libs.ops.simulate.plans import CasePlan

MATERIALS: list[dict[str, Any]] = [
    {"code": "M01", "name": "申请表", "required": True, "got_by": "electronic"},
    {"code": "M02", "name": "营业执照", "required": True, "got_by": "licence_library"},
]
FLOOR_PLAN: dict[str, Any] = {"code": "M03", "name": "场所平面图", "required": True}
PAY_CHANNEL = "统一公共支付平台"
# conditions of every item, by code; a denial names one
CONDITIONS = {"C01": "场所符合要求", "C02": "人员符合要求", "C03": "材料真实完整"}
REASONS = {
    "denied": "不符合法定条件：场所不符合要求",
    "returned": "申请人未配合现场核查，退件",
    "voided": "重复录入，作废",
}


def application(plan: CasePlan) -> dict[str, Any]:
    """申办."""
    named = plan.applicant.type != "natural_person"
    body = {
        "item_name": plan.item.name,
        "project_name": f"{plan.applicant.name}{plan.item.name}" if named else plan.item.name,
        "submit_channel": plan.channel,
        "by_proxy": plan.by_proxy,
        "receipt_no": f"HZ{plan.case_no}",
        "query_code": f"{plan.number * 7919 % 10**6:06d}",
        "materials": MATERIALS,
        "party": plan.applicant.body(),
    }
    if plan.original_case_no is not None:
        body["original_case_no"] = plan.original_case_no
    return body


def acceptance(plan: CasePlan, at: datetime) -> dict[str, Any]:
    """受理: what is frozen of the item, and of a joint approval its parts."""
    item, joint = plan.item, plan.joint
    body: dict[str, Any] = {
        "accept_doc": paper(plan, "受", "受理通知书", at),
        "case_kind": "joint" if joint else item.kind,
        "legal_limit": {"value": joint.legal_days if joint else item.legal_days, "unit": "working_day"},
        "promise_limit": {"value": joint.promise_days if joint else item.promise_days, "unit": "working_day"},
        "fee_expected": item.fee != "0.00",
        "materials": MATERIALS,
        "party": plan.applicant.body(),
    }
    if "quantity" in item.traits:
        body["quantity_limited"] = True
    if plan.renewal_until is not None:
        body["renewal_of"] = {
            "licence_no": f"旧{item.key.upper()}{plan.number:06d}",
            "valid_until": plan.renewal_until.isoformat(),
        }
    if joint is not None:
        body["joint"] = {
            "group_no": group_of(plan),
            "lead_org_code": item.organisation.code,
            "parts": [
                {
                    "org_code": part.organisation.code,
                    "item_code": part.item_code,
                    "limit": {"value": part.limit_days, "unit": "working_day"},
                    "on_silence": "consent",
                }
                for part in joint.parts
            ],
        }
    return body


def refusal(plan: CasePlan, at: datetime) -> dict[str, Any]:
    """不予受理, with its reason and its remedies."""
    competent = plan.refusal != "not_competent"
    return {
        "refusal": plan.refusal,
        "reason": "申请事项不符合受理条件" if competent else "申请事项不属于本机关职权范围",
        "remedy_told": True,
        "doc": paper(plan, "不受", "不予受理决定书", at),
    }


def completion(plan: CasePlan, at: datetime) -> dict[str, Any]:
    """办结, by whatever result."""
    body: dict[str, Any] = {"result": plan.result}
    if plan.result in REASONS:
        body["reason"] = REASONS[plan.result]
    if plan.result not in ("granted", "denied"):
        return body
    granted = plan.result == "granted"
    body["remedy_told"] = True
    body["decision"] = {
        "no": document_no(plan.item.organisation, "许", plan.series, at.year, plan.number),
        "name": _decision_name(plan, granted=granted),
        "decided_on": at.date().isoformat(),
    }
    if granted:
        body["licences"] = [_licence(plan, at)]
        body["fee"] = {"amount": plan.item.fee, "standard": plan.item.fee}
    else:
        body["grounds"] = [{"condition_code": "C01", "text": CONDITIONS["C01"]}]
    if plan.secrecy:
        body["secrecy"] = {
            "state_secret": False,
            "trade_secret": True,
            "personal_privacy": False,
            "third_party": False,
            "internal": False,
            "note": "含商业秘密，请审查",
        }
    return body


def _decision_name(plan: CasePlan, *, granted: bool) -> str:
    if plan.item.category == "行政许可":
        return "准予行政许可决定书" if granted else "不予行政许可决定书"
    return f"{plan.item.name}{'' if granted else '不予办理'}决定书"


def _licence(plan: CasePlan, at: datetime) -> dict[str, Any]:
    organisation = plan.item.organisation
    return {
        "type": plan.item.licence,
        "name": plan.item.licence,
        "no": f"{plan.item.key.upper()}{plan.case_no[2:]}",
        "content": f"准予{plan.item.name}",
        "valid_from": at.date().isoformat(),
        "valid_until": date(at.year + 5, at.month, min(at.day, 28)).isoformat(),
        "issuer": organisation.name,
        "issuer_code": organisation.code,
    }


def fee(plan: CasePlan) -> dict[str, Any]:
    """收费 at the listed rate."""
    return {
        "fee_item": f"{plan.item.name}收费",
        "amount": plan.item.fee,
        "standard": plan.item.fee,
        "pay_channel": PAY_CHANNEL,
        "receipt_no": f"PJ{plan.case_no[2:]}",
    }


def paper(plan: CasePlan, word: str, name: str, at: datetime) -> dict[str, Any]:
    """A paper of the case's authority, sealed and served."""
    return document(document_no(plan.item.organisation, word, plan.series, at.year, plan.number), name, at)


def group_of(plan: CasePlan) -> str:
    """The number of the joint group that the case leads."""
    return f"BL{plan.case_no[2:]}"
