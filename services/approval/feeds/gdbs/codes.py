"""Code lists of the Guangdong exchange (hall-events.md §1.3) as data; a code that is not here is refused.

`spoken` gives the nearest code for a value that the list cannot say; each such value is a row of docs/feeds-loss.md.
"""

from __future__ import annotations

from services.approval.feeds.columns import CodeList

APPLICANT_TYPE = CodeList(
    "applicant_type",
    # 3 is seen for enterprises in Shenzhen's rows
    {"1": "natural_person", "2": "enterprise", "9": "other", "3": "enterprise"},
    {"individual_business": "9", "institution": "9", "social_org": "9", "agency": "9"},
)
# 52 and 80 are seen in rows and nobody knows what they mean
ID_TYPE = CodeList("id_type", {"10": "resident_id", "49": "uscc"})
SUBMIT_CHANNEL = CodeList(
    "submit_channel",
    {"0": "window", "1": "online", "8": "courier"},
    {"mobile": "1", "kiosk": "0", "mail": "8", "agent": "0", "other": "0"},
)
PREACCEPT_STATE = CodeList("preaccept_state", {"1": "passed", "2": "refused", "3": "supplement"})
# kind 2 becomes another event by its state: 受理, 不受理, 补齐补正, 不予受理
ACCEPT_STATE = CodeList(
    "accept_state",
    {"1": "accepted", "2": "not_required", "3": "supplement", "4": "not_accepted"},
    {"not_competent": "4"},
)
ACCEPTED_OR_NOT = CodeList("accepted_or_not", {"0": "accepted", "1": "not_accepted"})
STEP_CODE = CodeList("step_code", {"1": "handle", "2": "review", "3": "approve"})
# 1 = 同意; the meaning of 2 and 3 is not documented: they stay what they are, in `raw`
STEP_STATE = CodeList(
    "step_state",
    {"1": "agreed", "9": "other", "2": "other", "3": "other"},
    {"disagreed": "9", "returned": "9"},
)
# A 延长审批, B 除外时间; the kind of a B is told by its name alone
SPECIAL_CLASS = CodeList("special_class", {"A": "extension", "B": "excluded"})
LIMIT_UNIT = CodeList("limit_unit", {"G": "working_day", "Z": "calendar_day"})
# decision 47
RESULT_CODE = CodeList(
    "result_code",
    {
        "0": "granted",
        "1": "returned",
        "2": "voided",
        "3": "deleted",
        "4": "forwarded",
        "5": "lapsed",
        "6": "completed_plain",
        "7": "denied",
    },
    {"not_accepted": "1"},
)
GRANTED_OR_NOT = CodeList("granted_or_not", {"0": "granted", "1": "denied"})
CURRENCY = CodeList("currency", {"CNY": None})
PICKUP_WAY = CodeList("pickup_way", {"0": "window", "8": "courier"})
