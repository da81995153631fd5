"""Code lists of the Shandong exchange (hall-events.md §1.3) as data; a code that is not here is refused."""

from __future__ import annotations

from services.approval.feeds.columns import CodeList

APPLICANT_TYPE = CodeList(
    "applicant_type",
    {"1": "natural_person", "2": "enterprise"},
    {"individual_business": "2", "institution": "2", "social_org": "2", "agency": "2", "other": "2"},
)
ID_TYPE = CodeList(
    "id_type",
    {"111": "resident_id", "414": "passport", "511": "taiwan_permit", "001": "uscc", "999": "other"},
    {"hk_macao_permit": "999", "foreign_pr_id": "999"},
)
# 0窗口 1网上 2信函 3电报 4电传 5传真 6邮件 7电子数据交换 8其他
SUBMIT_CHANNEL = CodeList(
    "submit_channel",
    {
        "0": "window",
        "1": "online",
        "2": "mail",
        "3": "other",
        "4": "other",
        "5": "other",
        "6": "other",
        "7": "other",
        "8": "other",
    },
    {"mobile": "1", "kiosk": "0", "courier": "2", "agent": "8", "other": "8"},
)
CASE_KIND = CodeList("case_kind", {"1": "instant", "2": "committed", "3": "joint", "4": "forwarded"})
# 4 is minutes, which no law knows
LIMIT_UNIT = CodeList("limit_unit", {"1": "working_day", "2": "calendar_day", "3": "hour", "5": "calendar_month"})
NODE_TYPE = CodeList("node_type", {"1": "start", "2": "middle", "3": "end", "4": "both"})
NODE_RESULT = CodeList(
    "node_result",
    {
        "0": "disagreed",
        "1": "agreed",
        "2": "not_required",
        "3": "not_accepted",
        "4": "accepted",
        "5": "supplement",
        "6": "suspended",
        "7": "returned",
    },
)
# 03预受理 04退回 of the state list; 06补正
STATE = CodeList("state", {"03": "passed", "04": "refused", "06": "supplement"})
SPECIAL_NODE = CodeList("special_node", {"0": "start", "1": "end"})
SPECIAL_TYPE = CodeList("special_class", {"1": "extension", "2": "excluded"})
# one product's own results: 补齐补正 听证 公示 核实 挂起 预审补正 预审驳回
SPECIAL_RESULT = CodeList(
    "special_result",
    {
        "1": "supplement",
        "2": "hearing",
        "3": "other_local",
        "4": "other_local",
        "5": "other_local",
        "6": "prereview_supplement",
        "7": "prereview_refused",
    },
)
GOT_BY = CodeList(
    "material_got",
    {"1": "paper", "2": "electronic", "3": "licence_library", "4": "shared_data", "9": "other"},
)
RESULT = CodeList(
    "result_code",
    {
        "0": "granted",
        "1": "denied",
        "2": "voided",
        "3": "deleted",
        "4": "forwarded",
        "5": "returned",
        "6": "not_accepted",
    },
    {"lapsed": "5"},
)
RESULT_TYPE = CodeList("result_type", {"10": "licence", "20": "approval", "30": "other", "99": "none"})
YES_NO = CodeList("yes_no", {"0": False, "1": True})

# nodetype x noderesult that may stand together; None = the row gives no result
ALLOWED = {
    "start": ("accepted", "supplement", "suspended"),
    "middle": ("disagreed", "agreed", "supplement", "suspended", "returned", None),
    "end": ("disagreed", "agreed", None),
    "both": ("agreed", "not_required", "not_accepted", "accepted"),
}
# Node names are free; these say which step it is, any other name is a step of the hall's own.
STEP_NAMES = {"承办": "handle", "审核": "review", "批准": "approve", "审批": "approve", "决定": "approve"}
RECEIVED_NAMES = ("补正受理", "补齐补正")
