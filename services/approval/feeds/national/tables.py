"""The row sets up_pro_* of the national exchange library as tables of columns (hall-events.md §1.6).

`region_code` and `query_code` are ours: the library's own tables take the division from the sender.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

from services.approval.feeds.columns import CodeList, Column
from services.approval.feeds.forms import DAY, INSTANT, TEXT

LISTS = Path(__file__).parent / "codes.toml"

# A.6: 9其他 says nothing that the contract knows
CASE_KIND = CodeList("case_kind", {"1": "instant", "2": "committed", "9": None}, {"joint": "9", "forwarded": "9"})
# A.4
APPLICANT_TYPE = CodeList(
    "applicant_type",
    {
        "1": "natural_person",
        "2": "enterprise",
        "3": "institution",
        "4": "social_org",
        "5": "agency",
        "6": "other",
    },
    {"individual_business": "6"},
)
ID_TYPE = CodeList(
    "id_type",
    {"111": "resident_id", "414": "passport", "511": "taiwan_permit", "001": "uscc", "999": "other"},
    {"hk_macao_permit": "999", "foreign_pr_id": "999"},
)
# A.5
APPLY_TYPE = CodeList(
    "submit_channel",
    {"1": "window", "2": "online", "3": "mobile", "4": "courier", "9": "other"},
    {"kiosk": "9", "mail": "4", "agent": "9"},
)
# A.7
SPECIAL_TYPE = CodeList("special_class", {"1": "extension", "2": "excluded"})
# A.8
SATISFACTION = CodeList("satisfaction", {"1": 1, "2": 2, "3": 3, "4": 4, "5": 5})
GET_TYPE = CodeList(
    "material_got",
    {"1": "paper", "2": "electronic", "3": "licence_library", "4": "shared_data", "9": "other"},
)
YES_NO = CodeList("yes_no", {"0": False, "1": True})
OPERATION = CodeList("cd_operation", {"I": "insert", "U": "update", "D": "delete"})

COMMON = (
    Column("row_guid", "行标识", "data.extra.row_guid", need="R"),
    Column("project_no", "办件编号", "data.case_no", need="R"),
    Column("task_code", "实施编码", "data.item_code", need="R"),
    Column("org_code", "单位编码", "data.org_code"),
    Column("org_name", "单位名称", "data.org_name"),
    Column("region_code", "行政区划", "data.region_code"),
    Column("cd_operation", "操作", "operation", need="R", codes=OPERATION),
    Column("cd_time", "操作时间", "recordedtime", INSTANT, need="R"),
    Column("cd_batch", "批次", "data.extra.cd_batch"),
    Column("data_source", "数据来源", "data.extra.data_source"),
)
ACCEPT = (
    *COMMON,
    Column("catalog_code", "基本编码", "data.extra.catalog_code"),
    Column("local_catalog_code", "地方基本编码", "data.extra.local_catalog_code"),
    Column("local_task_code", "地方实施编码", "data.extra.local_task_code"),
    Column("task_handle_item", "业务办理项编码", "data.extra.task_handle_item"),
    Column("task_name", "事项名称", "data.item_name", need="R"),
    Column("task_version", "事项版本", "data.item_version", need="R"),
    Column("project_name", "办件名称", "data.project_name"),
    Column("project_type", "办件类型", "case_kind", need="R", codes=CASE_KIND),
    Column("project_code", "投资项目编号", "data.project_code"),
    Column("applyer_name", "申请人", "data.party.name", need="R"),
    Column("applyer_type", "申请人类型", "data.party.type", need="R", codes=APPLICANT_TYPE),
    Column("applyer_page_type", "证件类型", "data.party.id_type", need="R", codes=ID_TYPE),
    Column("applyer_page_code", "证件号码", "data.party.id_no", need="R"),
    Column("contact_name", "联系人", "data.party.contact_name"),
    Column("contact_mobile", "联系人手机", "data.party.contact_mobile"),
    Column("contact_code", "联系人证件号", "data.party.contact_id_no"),
    Column("legal_name", "法定代表人", "data.party.legal_person"),
    Column("apply_date", "申请时间", "time", INSTANT, need="R"),
    Column("apply_type", "申报来源", "data.submit_channel", need="R", codes=APPLY_TYPE),
    Column("handle_user_name", "受理人", "handler_name"),
    Column("accept_date", "受理时间", "accepted_at", INSTANT),
    Column("accept_doc_no", "受理文书编号", "accept_doc_no"),
    Column("promise_date", "承诺办结时间", "promise_due_on", DAY),
    Column("query_code", "查询密码", "data.query_code"),
)
PROCESS = (
    *COMMON,
    Column("process_name", "环节名称", "data.step_name", need="R"),
    Column("event_name", "环节动作", "data.outcome", need="R"),
    Column("event_start_time", "开始时间", "data.started_at", INSTANT, need="R"),
    Column("event_end_time", "结束时间", "time", INSTANT, need="R"),
    Column("handle_explain", "办理意见", "data.opinion", need="R"),
    Column("handle_user_name", "办理人", "data.handler.name"),
)
SPECIAL = (
    *COMMON,
    Column("special_type", "特别程序种类", "special_class", need="R", codes=SPECIAL_TYPE),
    Column("special_name", "特别程序名称", "data.extra.special_name", need="R"),
    Column("special_time", "特别程序开始时间", "time", INSTANT, need="R"),
    Column("special_reason", "特别程序理由", "data.reason", need="R"),
    Column("applyer_user_name", "特别程序申请人", "data.extra.applied_by"),
    Column("end_time", "特别程序结束时间", "ended_at", INSTANT),
    Column("result", "特别程序结果", "ended_result"),
    Column("special_explain", "特别程序意见", "data.extra.explain"),
    Column("handle_user", "办理人", "data.handler.name"),
)
RESULT = (
    *COMMON,
    Column("result_date", "办结时间", "time", INSTANT, need="R"),
    Column("result_type", "办理结果", "data.result", need="R"),
    Column("result_explain", "结果说明", "data.reason"),
    Column("result_cetr_name", "证照名称", "data.licences.0.name"),
    Column("result_cetr_no", "证照编号", "data.licences.0.no"),
    Column("is_delivery_results", "是否快递", "data.extra.is_delivery", need="R", codes=YES_NO),
    Column("satisfaction", "满意度", "grade", codes=SATISFACTION),
)
MATERIAL = (
    *COMMON,
    Column("material_name", "材料名称", "data.name", need="R"),
    Column("get_type", "收取方式", "data.got_by", need="R", codes=GET_TYPE),
    Column("get_num", "份数", "data.extra.copies", TEXT),
    Column("attach", "附件", "data.extra.attach", TEXT),
)


def load_tables(path: Path = LISTS) -> Mapping[str, tuple[Column, ...]]:
    """The five row sets, with the two lists that are data (`codes.toml`)."""
    lists = tomllib.loads(path.read_text(encoding="utf-8"))
    coded = {name: CodeList(name, lists[name]) for name in ("event_name", "result_type")}
    plain = {
        "up_pro_accept": ACCEPT,
        "up_pro_process": PROCESS,
        "up_pro_special_procedure": SPECIAL,
        "up_pro_result": RESULT,
        "up_pro_material": MATERIAL,
    }
    return {
        name: tuple(Column(c.name, c.title, c.path, c.form, c.need, coded.get(c.name, c.codes)) for c in columns)
        for name, columns in plain.items()
    }
