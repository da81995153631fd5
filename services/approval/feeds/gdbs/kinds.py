"""The ten kinds of messages of the Guangdong exchange, 申办 to 领取登记 (hall-events.md §1.1), as tables of columns.

Columns without a path are read for their code, or hold what the platform does not keep (docs/feeds-loss.md says why).
Contacts of persons stand under `party`, the one object that the intake seals.
"""

from __future__ import annotations

from dataclasses import dataclass

from services.approval.feeds.columns import Column
from services.approval.feeds.forms import COUNT, DAY, INSTANT, MATERIALS, MONEY
from services.approval.feeds.gdbs import codes


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of message: `time` is the column that says when the act happened."""

    title: str
    time: str
    columns: tuple[Column, ...]


COMMON = (
    Column("SBLSH", "申办流水号", "data.case_no", need="R"),
    Column("SXBM", "事项编码", "data.item_code", need="R"),
    Column("XZQHDM", "行政区划代码", "data.region_code", need="R"),
    Column("SJBBH", "数据版本号", "dataversion", COUNT, need="R"),
    Column("YWLSH", "业务流水号", "data.extra.business_no", need="C"),
    Column("PDH", "排队号", "data.extra.queue_no"),
    Column("BZ", "备注", "data.extra.remark"),
    Column("BYZDA", "备用字段A", "data.extra.spare_a"),
    Column("BYZDB", "备用字段B", "data.extra.spare_b"),
    Column("BYZDC", "备用字段C", "data.extra.spare_c"),
    Column("BYZDD", "备用字段D", "data.extra.spare_d"),
)
# Kinds 5 to 9 carry no organisation; a sender may add Shenzhen's column to any kind, as our own writer does.
ORGANISATION = (Column("D_ZZJGDM", "实施部门", "data.org_code"),)
PLACE = "data.service_point.name"

SUBMITTED = Kind(
    "申办",
    "SBSJ",
    (
        *COMMON,
        Column("D_ZZJGDM", "实施部门", "data.org_code", need="R"),
        Column("SXMC", "事项名称", "data.item_name", need="R"),
        Column("FSXBM", "父事项编码", "data.extra.parent_item_code"),
        Column("FSXMC", "父事项名称", "data.extra.parent_item_name"),
        Column("SXQXBM", "事项情形编码", "data.extra.item_situation_code"),
        Column("SQRLX", "申请人类型", "data.party.type", need="R", codes=codes.APPLICANT_TYPE),
        Column("SQRMC", "申请人名称", "data.party.name", need="R"),
        Column("SQRZJLX", "申请人证件类型", "data.party.id_type", codes=codes.ID_TYPE),
        Column("SQRZJHM", "申请人证件号", "data.party.id_no", need="R"),
        Column("SQRDH", "申请人电话", "data.party.phone"),
        Column("LXRXM", "联系人", "data.party.contact_name", need="R"),
        Column("LXRZJLX", "联系人证件类型", "data.party.contact_id_type", codes=codes.ID_TYPE),
        Column("LXRSFZJHM", "联系人证件号", "data.party.contact_id_no"),
        Column("LXRSJ", "联系人手机", "data.party.contact_mobile", need="R"),
        Column("LXRYX", "联系人邮箱", "data.party.contact_email"),
        Column("SBXMMC", "申办项目名称", "data.project_name", need="R"),
        Column("SBCLQD", "申办材料清单", "data.materials", MATERIALS),
        Column("TJFS", "提交方式", "data.submit_channel", need="R", codes=codes.SUBMIT_CHANNEL),
        Column("SBHZH", "申办回执号", "data.receipt_no", need="R"),
        Column("SBSJ", "申办时间", "time", INSTANT, need="R"),
        Column("SBJTWD", "申办具体网点", PLACE),
        Column("YSBLSH", "原申办流水号", "data.original_case_no", need="R"),
        Column("XMHGCBH", "项目或工程编号", "data.extra.engineering_no"),
        Column("LXWH", "立项批复文号", "data.extra.approval_doc_no"),
        Column("PROJECT_CODE", "投资项目统一编码", "data.project_code"),
        # Shenzhen's additions
        Column("OBTAIN_PAPER_WAY", "纸质材料提交方式", "data.extra.paper_submit_way"),
        Column("OBTAIN_DELIVER_WAY", "取件方式", "data.extra.delivery_way"),
        Column("WSSBQD", "网上申办渠道", "data.extra.online_channel"),
        Column("SXBBH", "事项版本", "data.item_version"),
        Column("REC_FLAG", "回执标志", "data.extra.rec_flag"),
        Column("VERSION", "数据版本号", "data.extra.version"),
    ),
)
PREREVIEWED = Kind(
    "网上预受理",
    "YSLSJ",
    (
        *COMMON,
        Column("YSLBMMC", "预受理部门名称", "data.org_name", need="R"),
        Column("YSLBMZZJGDM", "预受理部门代码", "data.org_code", need="R"),
        Column("BLRXM", "办理人姓名", "data.handler.name", need="R"),
        Column("BLRGH", "办理人工号", "data.handler.no"),
        Column("YSLZTDM", "预受理状态", "data.state", need="R", codes=codes.PREACCEPT_STATE),
        Column("BSLYY", "不受理原因", "data.reason", need="C"),
        Column("BJBZSM", "补交补正说明", "data.extra.supplement_note", need="C"),
        Column("YSLSJ", "预受理时间", "time", INSTANT, need="R"),
        Column("YSLJTDD", "预受理具体地点", PLACE),
    ),
)
ACCEPTED = Kind(
    "受理",
    "SLSJ",
    (
        *COMMON,
        Column("SLBMMC", "受理部门名称", "data.org_name", need="R"),
        Column("SLBMZZJDDM", "受理部门代码", "data.org_code", need="R"),
        Column("BLRXM", "办理人姓名", "data.handler.name", need="R"),
        Column("BLRGH", "办理人工号", "data.handler.no"),
        Column("SLZTDM", "受理状态", "state", need="R", codes=codes.ACCEPT_STATE),
        Column("BSLYY", "不受理原因", "data.reason", need="C"),
        Column("SLHZH", "受理回执号", "data.accept_doc.no", need="R"),
        Column("SLSJ", "受理时间", "time", INSTANT, need="R"),
        Column("GXDXZQHDM", "管辖地行政区划", "data.extra.jurisdiction_code", need="R"),
        Column("CXMM", "查询密码", "data.query_code"),
        Column("GDBLSX", "规定办理时限", "data.legal_limit.value", COUNT, need="R"),
        Column("GDBLSXDW", "规定办理时限单位", "data.legal_limit.unit", need="R", codes=codes.LIMIT_UNIT),
        Column("GDSF", "规定收费", "data.extra.fee_standard", MONEY, need="R"),
        Column("XMMC", "项目名称", "data.extra.project_name", need="R"),
        Column("SPSXMC", "审批事项名称", "data.extra.item_name", need="R"),
        Column("SQDWHSQRXM", "申请单位或申请人", "data.party.name", need="R"),
        Column("SQDWJBRXM", "申请单位经办人", "data.party.agent_name", need="R"),
        Column("SQDWJBRSJ", "经办人手机", "data.party.agent_mobile"),
        Column("SQDWJBRYJ", "经办人邮件", "data.party.agent_email"),
        Column("SLJTDD", "受理具体地点", PLACE),
        Column("SLZLQD", "受理资料清单", "data.materials", MATERIALS, need="R"),
        Column("TJFS", "提交方式", "data.extra.submit_channel", need="R", codes=codes.SUBMIT_CHANNEL),
        Column("HZBH", "回执编号", "data.extra.receipt_no", need="R"),
        Column("SLYF", "受理与否", need="R", codes=codes.ACCEPTED_OR_NOT),
    ),
)
STEP = Kind(
    "审批环节",
    "SPSJ",
    (
        *COMMON,
        Column("SPHJDM", "审批环节代码", "data.step_code", need="R", codes=codes.STEP_CODE),
        Column("SPHJMC", "审批环节名称", "data.step_name", need="R"),
        Column("SPBMMC", "审批部门名称", "data.org_name", need="R"),
        Column("SPBMZZJGDMD", "审批部门代码", "data.org_code", need="R"),
        Column("SPRXM", "审批人", "data.handler.name", need="R"),
        Column("SPRZWDM", "审批人职务代码", "data.extra.handler_title_code"),
        Column("SPRZWMC", "审批人职务", "data.post"),
        Column("SPYJ", "审批意见", "data.opinion", need="R"),
        Column("SPSJ", "审批时间", "time", INSTANT, need="R"),
        Column("SPHJZTDM", "审批环节状态", "data.outcome", need="R", codes=codes.STEP_STATE),
        Column("SPBZH", "审批步骤号", "seqno", COUNT, need="R"),
    ),
)
COMPLETED = Kind(
    "办结",
    "BJSJ",
    (
        *COMMON,
        Column("BJBMMC", "办结部门名称", "data.org_name", need="R"),
        Column("BJBMZZJDDM", "办结部门代码", "data.org_code", need="R"),
        Column("BJJGDM", "办结结果", "data.result", need="R", codes=codes.RESULT_CODE),
        Column("BJJGMS", "办结结果描述", "data.extra.result_text"),
        Column("ZFHTHYY", "作废或退回原因", "data.extra.void_reason", need="C"),
        Column("ZJGZMC", "证件名称", "data.licences.0.name", need="C"),
        Column("ZJBH", "证件编号", "data.licences.0.no", need="C"),
        Column("ZJYXQX", "证件有效期限", "data.licences.0.valid_until", DAY, need="C"),
        Column("FZGZDW", "发证单位", "data.licences.0.issuer", need="C"),
        Column("SFJE", "收费金额", "data.fee.amount", MONEY, need="R"),
        Column("JEDWDM", "金额单位", need="R", codes=codes.CURRENCY),
        Column("BJSJ", "办结时间", "time", INSTANT, need="R"),
        Column("XKYF", "许可与否", "granted", need="C", codes=codes.GRANTED_OR_NOT),
        Column("BYXKYY", "不予许可原因", "data.extra.deny_reason", need="C"),
    ),
)
SPECIAL_STARTED = Kind(
    "特别程序申请",
    "TBCXKSRQ",
    (
        *COMMON,
        *ORGANISATION,
        Column("XH", "序号", "seqno", COUNT, need="R"),
        Column("TBCXZL", "特别程序种类", "special_class", need="R", codes=codes.SPECIAL_CLASS),
        Column("TBCXZLMC", "特别程序种类名称", "data.extra.special_name", need="R"),
        Column("TBCXKSRQ", "特别程序开始日期", "time", INSTANT, need="R"),
        Column("TBCXPZR", "特别程序批准人", "data.approver.name", need="R"),
        Column("TBCXPZRDH", "批准人电话"),
        Column("TBCXPZRSJ", "批准人手机"),
        Column("TBCXQDLY", "启动理由或依据", "data.reason", need="R"),
        Column("SQNR", "申请内容", "data.extra.content", need="R"),
        Column("TBCXSX", "特别程序时限", "data.limit.value", COUNT, need="R"),
        Column("TBCXSXDW", "特别程序时限单位", "data.limit.unit", need="R", codes=codes.LIMIT_UNIT),
    ),
)
SPECIAL_ENDED = Kind(
    "特别程序结果",
    "TBCXJSRQ",
    (
        *COMMON,
        *ORGANISATION,
        Column("XH", "序号", "seqno", COUNT, need="R"),
        Column("TBCXJG", "特别程序结果", "data.result", need="R"),
        Column("JGCSRQ", "结果产生日期", "data.extra.result_at", INSTANT, need="R"),
        Column("TBCXJSRQ", "特别程序结束日期", "time", INSTANT, need="R"),
        Column("TBCXSFJE", "特别程序收费金额", "data.extra.fee_amount", MONEY),
        Column("JEDWDM", "金额单位", codes=codes.CURRENCY),
    ),
)
SUPPLEMENT_REQUESTED = Kind(
    "补交告知",
    "BZGZSJ",
    (
        *COMMON,
        *ORGANISATION,
        Column("XH", "次数", "seqno", COUNT, need="R"),
        Column("BZGZFCRXM", "补正告知发出人", "data.handler.name", need="R"),
        Column("BZGZYY", "补正告知原因", "data.reason", need="R"),
        Column("BZCLQD", "补正材料清单", "data.materials", MATERIALS, need="R"),
        Column("BZGZSJ", "补正告知时间", "time", INSTANT, need="R"),
        Column("BZSX", "补正时限", "data.reply_within.value", COUNT),
    ),
)
SUPPLEMENT_RECEIVED = Kind(
    "补交受理",
    "BZSJ",
    (
        *COMMON,
        *ORGANISATION,
        Column("XH", "次数", "seqno", COUNT, need="R"),
        Column("BZSLBLRXM", "补正受理办理人", "data.handler.name", need="R"),
        Column("BZCLQD", "补正材料清单", "data.materials", MATERIALS, need="R"),
        Column("BZSJ", "补正时间", "time", INSTANT, need="R"),
        Column("BZSLJTDD", "补正受理具体地点", PLACE),
    ),
)
COLLECTED = Kind(
    "领取登记",
    "LQSJ",
    (
        *COMMON,
        *ORGANISATION,
        # who came for it: personal, and the contract has no sealed place for it
        Column("LQRXM", "领取人姓名", need="R"),
        Column("LQRZJLX", "领取人证件类型", need="R"),
        Column("LQRSFZJHM", "领取人证件号", need="R"),
        Column("LQFS", "领取方式", "data.way", need="R", codes=codes.PICKUP_WAY),
        Column("LQSJ", "领取时间", "time", INSTANT, need="R"),
        Column("YDDZ", "邮递地址", need="C"),
    ),
)
KINDS: dict[str, Kind] = {
    "0": SUBMITTED,
    "1": PREREVIEWED,
    "2": ACCEPTED,
    "3": STEP,
    "4": COMPLETED,
    "5": SPECIAL_STARTED,
    "6": SPECIAL_ENDED,
    "7": SUPPLEMENT_REQUESTED,
    "8": SUPPLEMENT_RECEIVED,
    "9": COLLECTED,
}
