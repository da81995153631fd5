"""The five calls of the Shandong exchange as tables of columns (hall-events.md §1.6).

ORGBUSNO, PROJID, PROJPWD, DATAVER, SN, STDVER, the limits with their units, OCCURTIME, MAKETIME, NODETYPE, NODERESULT,
STATE, SPECIALNODETYPE, DONERESULT, RESULTTYPE and IS_DELIVERY are the exchange's own names; the other names are ours,
for its column lists are not published. Names are read whatever their case.
"""

from __future__ import annotations

from services.approval.feeds.columns import Column
from services.approval.feeds.forms import COUNT, DAY, INSTANT, MONEY
from services.approval.feeds.shandong import codes

COMMON = (
    Column("ORGBUSNO", "业务流水号", "data.case_no", need="R"),
    Column("PROJID", "省编申报号", "data.extra.projid"),
    Column("DATAVER", "数据版本", "dataversion", COUNT, need="R"),
    Column("STDVER", "标准版本", "data.extra.stdver"),
    Column("SN", "序号", "seqno", COUNT, need="R"),
    Column("ITEMCODE", "事项编码", "data.item_code", need="R"),
    Column("ITEMVER", "事项版本", "data.item_version"),
    Column("ORGCODE", "部门编码", "data.org_code", need="R"),
    Column("ORGNAME", "部门名称", "data.org_name", need="R"),
    Column("REGIONCODE", "行政区划", "data.region_code", need="R"),
    Column("OPERATOR", "办理人", "data.handler.name"),
    Column("OPERATORID", "办理人编号", "data.handler.no"),
    Column("OCCURTIME", "发生时间", "time", INSTANT, need="R"),
    Column("MAKETIME", "生成时间", "recordedtime", INSTANT, need="R"),
    Column("REMARK", "备注", "data.extra.remark"),
)
BASIC_INFO = (
    *COMMON,
    Column("ITEMNAME", "事项名称", "data.item_name", need="R"),
    Column("PROJNAME", "申报名称", "data.project_name", need="R"),
    Column("PROJPWD", "查询密码", "data.query_code"),
    Column("PROJECTCODE", "投资项目统一编码", "data.project_code"),
    Column("RECEIPTNO", "收件回执号", "data.receipt_no"),
    Column("APPLYERTYPE", "申请人类型", "data.party.type", need="R", codes=codes.APPLICANT_TYPE),
    Column("APPLYERNAME", "申请人名称", "data.party.name", need="R"),
    Column("APPLYERPAGETYPE", "证件类型", "data.party.id_type", need="R", codes=codes.ID_TYPE),
    Column("APPLYERPAGECODE", "证件号码", "data.party.id_no", need="R"),
    Column("LEGALMAN", "法定代表人", "data.party.legal_person"),
    Column("CONTACTNAME", "联系人", "data.party.contact_name"),
    Column("CONTACTMOBILE", "联系人手机", "data.party.contact_mobile"),
    Column("CONTACTCODE", "联系人证件号", "data.party.contact_id_no"),
    Column("ADDRESS", "地址", "data.party.address"),
    Column("SUBMIT", "申报来源", "data.submit_channel", need="R", codes=codes.SUBMIT_CHANNEL),
    # of the acceptance, but sent with the application: carried over to it
    Column("APPROVALTYPE", "办件类型", "data.extra.carried.case_kind", need="R", codes=codes.CASE_KIND),
    Column("TIMELIMIT", "法定时限", "data.extra.carried.legal_limit.value", COUNT),
    Column("TIMEUNIT", "法定时限单位", "data.extra.carried.legal_limit.unit", codes=codes.LIMIT_UNIT),
    Column("PROMISETIMELIMIT", "承诺时限", "data.extra.carried.promise_limit.value", COUNT),
    Column("PROMISETIMEUNIT", "承诺时限单位", "data.extra.carried.promise_limit.unit", codes=codes.LIMIT_UNIT),
)
PROC = (
    *COMMON,
    Column("NODENAME", "环节名称", "data.step_name", need="R"),
    Column("NODETYPE", "环节类型", "node_type", codes=codes.NODE_TYPE),
    Column("NODERESULT", "环节结果", "node_result", codes=codes.NODE_RESULT),
    Column("NODESTATE", "环节状态", "data.extra.node_state"),
    Column("STATE", "办件状态", "state", codes=codes.STATE),
    Column("NODESTARTTIME", "环节开始时间", "data.started_at", INSTANT),
    Column("NODEENDTIME", "环节结束时间", "data.ended_at", INSTANT),
    Column("POST", "岗位", "data.post"),
    Column("OPINION", "办理意见", "data.opinion"),
    Column("ACCEPTDATE", "受理日期", "data.extra.accept_date", DAY),
    Column("PROMISEDATE", "承诺办结日期", "promise_due_on", DAY),
    Column("DOCNO", "文书编号", "doc_no"),
)
SPECIAL_NODE = (
    *COMMON,
    Column("SPECIALNODETYPE", "特别程序环节", "special_node", need="R", codes=codes.SPECIAL_NODE),
    Column("SPECIALTYPE", "特别程序种类", "special_class", codes=codes.SPECIAL_TYPE),
    Column("SPECIALRESULT", "特别程序结果", "special_result", codes=codes.SPECIAL_RESULT),
    Column("SPECIALNAME", "特别程序名称", "data.extra.special_name"),
    Column("REASON", "理由", "data.reason"),
    Column("SPECIALTIMELIMIT", "特别程序时限", "data.limit.value", COUNT),
    Column("SPECIALTIMEUNIT", "特别程序时限单位", "data.limit.unit", codes=codes.LIMIT_UNIT),
    Column("RESULT", "结果", "data.result"),
)
APPLY_FILE = (
    *COMMON,
    Column("FILENAME", "材料名称", "data.name", need="R"),
    Column("FILECODE", "材料编码", "data.code"),
    Column("GETTYPE", "收取方式", "data.got_by", need="R", codes=codes.GOT_BY),
    Column("SHA256", "内容摘要", "data.sha256"),
)
DONE = (
    *COMMON,
    Column("DONERESULT", "办结结果", "data.result", need="R", codes=codes.RESULT),
    Column("RESULTTYPE", "结果类型", "data.extra.result_type", codes=codes.RESULT_TYPE),
    Column("RESULTEXPLAIN", "结果说明", "data.reason"),
    Column("RESULTNAME", "证照名称", "data.licences.0.name"),
    Column("RESULTNO", "证照编号", "data.licences.0.no"),
    Column("RESULTFROM", "有效期起", "data.licences.0.valid_from", DAY),
    Column("RESULTUNTIL", "有效期止", "data.licences.0.valid_until", DAY),
    Column("RESULTORG", "发证机关", "data.licences.0.issuer"),
    Column("FEE", "收费金额", "data.fee.amount", MONEY),
    Column("IS_DELIVERY", "是否快递", "data.extra.is_delivery", codes=codes.YES_NO),
)
CALLS = {
    "receiveBasicInfo": BASIC_INFO,
    "receiveProc": PROC,
    "receiveSpecialnode": SPECIAL_NODE,
    "receiveApplyFile": APPLY_FILE,
    "receiveDone": DONE,
}
