"""The limits of the statutes as data: number, unit, cap of the extension, roll, article (law.md §10, C5, C6).

A special statute beats the general law (许可法第四十二条但书): the limit of a case comes from its item version; this
table answers for the general rule that a question names.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

import msgspec

Kind = Literal["workdays", "calendar_days", "calendar_months", "before_calendar_days"]

# LimitUnit of the events → kind of a deadline question; hours have an instant and no date (`due_at`).
KIND_OF_UNIT: Mapping[str, Kind] = MappingProxyType(
    {"working_day": "workdays", "calendar_day": "calendar_days", "calendar_month": "calendar_months"}
)


class LimitRule(msgspec.Struct, frozen=True):
    """One statutory limit.

    Args:
        extension_cap: most further days of the same unit; None = the table knows no cap, so none is judged here.
        roll: a last day on a rest day moves to the next working day (民法典第二百零三条); C6 names where.
        basis: the article, zh-CN.
        says: what the article says of the limit, zh-CN, in short.
    """

    code: str
    kind: Kind
    n: int
    extension_cap: int | None
    roll: bool
    basis: str
    says: str


_XK, _XX, _CF = "行政许可法", "政府信息公开条例", "行政处罚法"
_TABLE = (
    LimitRule(
        "LIC-32",
        "workdays",
        5,
        None,
        False,
        f"{_XK}第三十二条第一款第四项",
        "五日内一次告知需要补正的全部内容，逾期不告知的，自收到申请材料之日起即为受理",
    ),
    LimitRule(
        "LIC-42",
        "workdays",
        20,
        10,
        False,
        f"{_XK}第四十二条第一款",
        "自受理之日起二十日内作出决定；经本行政机关负责人批准，可以延长十日",
    ),
    LimitRule(
        "LIC-42-2",
        "workdays",
        45,
        15,
        False,
        f"{_XK}第四十二条第二款",
        "统一、联合、集中办理的不超过四十五日；经本级人民政府负责人批准，可以延长十五日",
    ),
    LimitRule("LIC-43", "workdays", 20, None, False, f"{_XK}第四十三条", "下级行政机关自受理之日起二十日内审查完毕"),
    LimitRule(
        "LIC-44",
        "workdays",
        10,
        None,
        False,
        f"{_XK}第四十四条",
        "自作出决定之日起十日内颁发、送达证件或者加贴标签、加盖印章",
    ),
    LimitRule(
        "LIC-45",
        "workdays",
        20,
        10,
        False,
        f"{_XK}第四十二条、第四十五条",
        "听证、招标、拍卖、检验、检测、检疫、鉴定和专家评审所需时间不计算在内，并书面告知申请人",
    ),
    LimitRule("LIC-47", "workdays", 5, None, False, f"{_XK}第四十七条", "被告知听证权利之日起五日内提出听证申请"),
    LimitRule("LIC-47-2", "workdays", 20, None, False, f"{_XK}第四十七条", "自收到听证申请之日起二十日内组织听证"),
    LimitRule("LIC-50", "before_calendar_days", 30, None, False, f"{_XK}第五十条", "有效期届满三十日前提出延续申请"),
    LimitRule("FOI-26", "workdays", 20, None, False, f"{_XX}第二十六条", "自形成或者变更之日起二十个工作日内公开"),
    LimitRule("FOI-30", "workdays", 7, None, False, f"{_XX}第三十条", "自收到申请之日起七个工作日内一次性告知补正"),
    LimitRule(
        "FOI-32", "workdays", 15, None, False, f"{_XX}第三十二条", "第三方自收到征求意见书之日起十五个工作日内提出意见"
    ),
    LimitRule(
        "FOI-33",
        "workdays",
        20,
        20,
        False,
        f"{_XX}第三十三条",
        "自收到申请之日起二十个工作日内答复；延长的期限最长不超过二十个工作日",
    ),
    LimitRule(
        "FEE-30", "calendar_days", 30, None, True, "国办函〔2020〕109号", "自收到收费通知次日起三十日内缴纳信息处理费"
    ),
    LimitRule("PUB-7", "workdays", 7, None, False, "国办发〔2015〕51号", "自作出决定之日起七个工作日内上网公示"),
    LimitRule(
        "PEN-48",
        "workdays",
        3,
        None,
        False,
        f"{_CF}第四十八条、第八十五条",
        "被变更、撤销、确认违法或者无效的，三日内撤回处罚决定信息并公开说明理由",
    ),
    LimitRule("PEN-60", "calendar_days", 90, None, True, f"{_CF}第六十条", "自立案之日起九十日内作出处罚决定"),
    LimitRule("PEN-61", "workdays", 7, None, False, f"{_CF}第六十一条、第八十五条", "七日内送达当事人"),
    LimitRule("PEN-67", "calendar_days", 15, None, True, f"{_CF}第六十七条", "自收到处罚决定书之日起十五日内缴纳罚款"),
    LimitRule(
        "ENF-25",
        "calendar_days",
        30,
        30,
        False,
        "行政强制法第二十五条",
        "查封、扣押不超过三十日；经负责人批准，可以延长不超过三十日",
    ),
    LimitRule(
        "REV-20", "calendar_days", 60, None, True, "行政复议法第二十条", "自知道或者应当知道之日起六十日内申请行政复议"
    ),
    LimitRule(
        "REV-62",
        "calendar_days",
        60,
        30,
        False,
        "行政复议法第六十二条",
        "自受理申请之日起六十日内作出复议决定；经批准，可以延长不超过三十日",
    ),
    LimitRule(
        "LIT-46", "calendar_months", 6, None, True, "行政诉讼法第四十六条", "自知道或者应当知道之日起六个月内起诉"
    ),
    LimitRule("CRE-3M", "calendar_months", 3, None, False, "信用修复管理办法", "公示期三个月"),
    LimitRule("CRE-1Y", "calendar_months", 12, None, False, "信用修复管理办法", "公示期一年"),
    LimitRule("CRE-3Y", "calendar_months", 36, None, False, "信用修复管理办法", "公示期三年"),
    LimitRule("EVAL-1", "workdays", 1, None, False, "上海市优化营商环境条例第三十条", "实名差评一个工作日内联系核实"),
    LimitRule("HOT-5", "workdays", 5, None, False, "地方政务服务热线规定", "热线工单五个工作日内办结"),
)

RULES: Mapping[str, LimitRule] = MappingProxyType({rule.code: rule for rule in _TABLE})
