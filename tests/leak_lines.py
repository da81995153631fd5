"""The adversarial corpus: every kind of personal datum in every disguise, and clean lines that look like leaks.

All of it comes from a seed; numbers, names and addresses are made up. `told` reads a text as a patient outsider would,
with tables of its own: what it cannot read out of a masked text did not leave.
"""

from __future__ import annotations

import html
import random
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from libs.common.kernel.identifiers.credit_code import credit_code_check
from tests.leaks import DIGITS_FULL, mobile, resident_id

SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗梁宋唐许邓冯韩曹曾彭萧蔡潘田董袁"
    "余叶蒋杜苏魏程吕丁沈任姚卢傅钟姜崔谭廖范汪陆金石"
)
RARE = "高于任方江万严武向温文安易乔伍鲁岳兰左甘尚纪梅毕成苗盛翁蓝游管柴华喻祁蒲屈解古项连景"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛超秀霞平刚桂英建国志浩子轩梓涵宇欣怡雨晨思琪佳博峰龙辉波宁玲红玉春梅"
COMPOUND = ("欧阳", "司马", "上官", "诸葛", "令狐")
ROLES = [
    "法定代表人",
    "负责人",
    "当事人",
    "申请人",
    "联系人",
    "经办人",
    "经营者",
    "被处罚人",
    "委托人",
    "代理人",
    "投资人",
    "股东",
    "投诉人",
    "驾驶人",
    "承租人",
]
STREETS = ["枫林路", "望湖街", "柳荫巷", "春申路", "栖霞街", "棠梨路", "墨香巷", "稻香路"]
ESTATES = ["幸福里小区", "碧波花园", "桂雨家园", "松涛公寓", "云栖新村"]
AREAS = ("临澜市锦川区", "临澜市云汀县", "长沙市岳麓区", "")
INDIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
CHINESE = str.maketrans("0123456789", "〇一二三四五六七八九")
FINANCIAL = str.maketrans("0123456789", "零壹贰叁肆伍陆柒捌玖")
RINGED = str.maketrans("0123456789", "⓪①②③④⑤⑥⑦⑧⑨")
BRACKETED = str.maketrans("0123456789", "🄋⑴⑵⑶⑷⑸⑹⑺⑻⑼")
TRADITIONAL = dict(
    zip(
        "张刘陈杨赵吴孙马萧叶负责当请联系经办处罚驾驶诉号栋单",
        "張劉陳楊趙吳孫馬蕭葉負責當請聯繫經辦處罰駕駛訴號棟單",
        strict=True,
    )
)
KANGXI = {"人": "⼈", "金": "⾦", "石": "⽯", "高": "⾼", "方": "⽅", "玉": "⽟", "文": "⽂", "田": "⽥"}
ZERO_WIDTH = "\u200b\u200c\u200d\u2060\ufeff\u00ad"
BREAKS = ("\n", "\r\n", "\n    ", "\n\u3000\u3000", "<br>", "<br />")
HYPHENS = "-‐–—－_"
AFTER = ("，情况属实", "。", "（略）", "；其余不变", "")


@dataclass(frozen=True, slots=True)
class Line:
    """One text; none of `secrets`, as `told` would read them, may be told by its public copy.

    The datum is `text[first:last]`.
    """

    kind: str
    disguise: str
    text: str
    secrets: tuple[str, ...] = ()
    first: int = 0
    last: int = 0


@dataclass(frozen=True, slots=True)
class _Datum:
    """`lead` + `body` + `tail`: the body is disguised, the lead sometimes with it."""

    lead: str
    body: str
    tail: str
    secrets: tuple[str, ...]


def told(text: str) -> str:
    """Every letter and digit of a text, without any disguise, in reading order."""
    for _ in range(3):
        text = html.unescape(text)
    text = re.sub(r"<br ?/?>", "", text)
    back = {b: a for a, b in (*TRADITIONAL.items(), *KANGXI.items())}
    read = []
    for character in text:
        number = unicodedata.numeric(character, None)
        whole = number is not None and 0 <= number <= 9 and number == int(number)
        plain = str(int(number)) if whole and number is not None else unicodedata.normalize("NFKC", character)
        read += [back.get(c, c) for c in plain if c.isalnum() or c == "*"]
    return "".join(read).upper()


def luhn_card(chance: random.Random) -> str:
    """A made-up card number with its right check digit."""
    body = chance.choice(("622202", "621700", "622848", "411111", "955880")) + f"{chance.randrange(10**9):09}"
    body += f"{chance.randrange(1000):03}" if chance.random() < 0.5 else ""
    total = sum(n - 9 if (n := int(c) * (2 - i % 2)) > 9 else n for i, c in enumerate(reversed(body)))
    return body + str(-total % 10)


def person(chance: random.Random, surnames: str = SURNAMES) -> str:
    """A made-up name."""
    surname = chance.choice(COMPOUND) if chance.random() < 0.05 else chance.choice(surnames)
    return surname + "".join(chance.sample(GIVEN, chance.choice((1, 2, 2))))


def _id(chance: random.Random) -> _Datum:
    number = resident_id(chance)
    return _Datum(chance.choice(("身份证号", "证件号码：", "公民身份号码", "编号", "")), number, "", (number[4:13],))


def _mobile(chance: random.Random) -> _Datum:
    number = mobile(chance)
    return _Datum(chance.choice(("联系电话", "手机：", "电话", "微信同号 ", "")), number, "", (number[2:9],))


def _landline(chance: random.Random) -> _Datum:
    code = chance.choice(("010", "021", "0571", "0755", "0851"))
    number = chance.choice("2345678") + f"{chance.randrange(10**7):07}"
    body = chance.choice((f"{code}-{number}", f"{code}{number}", f"（{code}）{number}"))
    return _Datum(chance.choice(("联系电话：", "住宅电话", "家庭电话：", "座机")), body, "", (number[1:7],))


def _card(chance: random.Random) -> _Datum:
    number = luhn_card(chance)
    return _Datum(chance.choice(("银行卡号", "卡号：", "账号", "开户行略，账户")), number, "", (number[4:12],))


def _address(chance: random.Random) -> _Datum:
    area, street, estate = chance.choice(AREAS), chance.choice(STREETS), chance.choice(ESTATES)
    house, room = f"{chance.randint(11, 998)}", f"{chance.randint(2, 28)}0{chance.randint(1, 9)}"
    block = f"{chance.randint(1, 30)}"
    if chance.random() < 0.5:
        return _Datum(
            chance.choice(("住址：", "家住", "户籍地：")), f"{area}{street}{house}号", "", (street[:2], house)
        )
    return _Datum(
        chance.choice(("家庭住址：", "现住", "住")), f"{area}{estate}{block}栋{room}室", "", (estate[:3], room)
    )


def _name(chance: random.Random) -> _Datum:
    role = chance.choice(ROLES)
    marked = chance.random() < 0.5
    name = person(chance, SURNAMES + RARE if marked else SURNAMES)
    tail = chance.choice(("，到场", "。", "（身份证号略）", "在现场", "违反规定", "提出申请", "已签收"))
    return _Datum(f"{role}{chance.choice(('：', '为', ':')) if marked else ''}", name, tail, (name[:2], name[-2:]))


KINDS: Mapping[str, Callable[[random.Random], _Datum]] = {
    "resident_id": _id,
    "mobile": _mobile,
    "landline": _landline,
    "bank_card": _card,
    "address": _address,
    "name": _name,
}


def _wide(text: str, _: random.Random) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text).translate(DIGITS_FULL)


def _between(text: str, marks: list[str]) -> str:
    return "".join(c + mark for c, mark in zip(text, [*marks, ""], strict=True))


def _apart(text: str, gap: str, chance: random.Random) -> str:
    """A gap between all characters, or one or two gaps."""
    if chance.random() < 0.6:
        return gap.join(text)
    cuts = set(chance.sample(range(len(text) - 1), min(2, len(text) - 1)))
    return _between(text, [gap if place in cuts else "" for place in range(len(text) - 1)])


def _zero_width(text: str, chance: random.Random) -> str:
    return _between(text, [chance.choice(ZERO_WIDTH) for _ in text[1:]])


def _entities(text: str, chance: random.Random) -> str:
    forms = (
        lambda c: f"&#{ord(c)};",
        lambda c: f"&#x{ord(c):X};",
        lambda c: f"&amp;#{ord(c)};",
        lambda c: f"{c}&#8203;",
    )
    return "".join(chance.choice(forms)(c) for c in text)


def _mixed(text: str, chance: random.Random) -> str:
    tables: tuple[dict[int, int], ...] = ({}, DIGITS_FULL, INDIC, CHINESE, FINANCIAL, RINGED, BRACKETED)
    letters = "".join(chance.choice((c, TRADITIONAL.get(c, c), KANGXI.get(c, c))) for c in text)
    return "".join(c.translate(chance.choice(tables)) for c in letters)


def _broken(text: str, chance: random.Random) -> str:
    cuts = set(chance.sample(range(len(text) - 1), min(2, len(text) - 1)))
    gap = chance.choice(BREAKS)
    return _between(text, [gap if place in cuts else "" for place in range(len(text) - 1)])


DISGUISES: Mapping[str, Callable[[str, random.Random], str]] = {
    "plain": lambda text, _: text,
    "full_width": _wide,
    "spaced": lambda text, c: _apart(text, c.choice((" ", "\u3000", "\u00a0", "\u2009", "\t")), c),
    "hyphenated": lambda text, c: _apart(text, c.choice(HYPHENS), c),
    "mixed_script": _mixed,
    "chinese_numerals": lambda text, c: text.translate(c.choice((CHINESE, FINANCIAL))),
    "ringed": lambda text, c: text.translate(c.choice((RINGED, BRACKETED))),
    "arabic_indic": lambda text, _: text.translate(INDIC),
    "line_broken": _broken,
    "zero_width": _zero_width,
    "entities": _entities,
}
NUMERAL_DISGUISES = frozenset({"chinese_numerals", "ringed", "arabic_indic"})


def leaks(seed: int, per_class: int = 24) -> Iterator[Line]:
    """`per_class` lines of every kind in every disguise that applies to it, always the same for a seed."""
    for kind, make in KINDS.items():
        for disguise, hide in DISGUISES.items():
            if kind == "name" and disguise in NUMERAL_DISGUISES:
                continue
            chance = random.Random(f"{seed}:{kind}:{disguise}")
            for _ in range(per_class):
                datum = make(chance)
                lead = hide(datum.lead, chance) if datum.lead and chance.random() < 0.4 else datum.lead
                front = chance.choice(("经查，", "", "附件：", "准予经营。"))
                before, hidden = front + lead, hide(datum.body, chance)
                text = before + hidden + datum.tail + chance.choice(AFTER)
                secrets = tuple(told(secret) for secret in datum.secrets)
                yield Line(kind, disguise, text, secrets, len(before), len(before) + len(hidden))


ORGANISATIONS = [
    "临澜锦川印染有限公司",
    "王府井百货有限公司",
    "高新技术开发公司",
    "金石建材经营部",
    "万家福超市",
    "江南春酒楼",
    "明珠大酒店",
    "张记面馆",
    "马家沟煤矿",
    "白云农民专业合作社",
    "石油化工有限公司",
    "于氏食品厂",
    "安达运输队",
    "方圆检测中心",
]
CLAUSES = (
    "当事人陈述申辩后，本机关复核维持",
    "当事人{org}未按规定公示价目",
    "申请人：{org}，经营范围为食品销售",
    "申请人应当自行申报，负责人任何时候不得离岗",
    "申请人{org}提交的材料齐全，符合法定形式",
    "法定代表人变更，其他登记事项不变",
    "法定代表人、负责人和经办人应当到场",
    "负责人高度重视，当场改正",
    "经办人、联系人信息由申请人填写",
    "当事人方可恢复经营，申请人于十五日内补正",
    "联系人、联系电话、住址由申请人如实填报",
    "当事人安装的设施连续三日超标排放",
    "当事人时任职务不变，申请人成立满三年",
    "被处罚人：{org}",
    "股东会决议有效，投资人全部到位",
    "权利人申请",
    "申请人符合法定条件，当事人占用道路已清理",
    "负责人管理不善，经营者储存、陈列的商品已下架",
    "投资人董事会决议有效，当事人代为履行",
    "对张贴小广告的行为责令改正",
    "责令限期改正，给予警告，对违法所得予以没收",
    "家属区出入口不得占道，业主大会依法召开",
    "准予在人民路{n}号设置户外广告，朝向为南",
    "经营场所：锦川大厦{n}栋1203室",
    "办公地址：临澜市锦川区人民路{n}号，监督电话：0571-8765{n}8",
    "投诉举报电话：0571-8765{n}8，办公时间为工作日",
)


def _credit_code(chance: random.Random) -> str:
    letters = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    body = chance.choice(("91", "92", "12", "52")) + chance.choice(("330106", "440524", "510104"))
    body += "".join(chance.choice(letters if chance.random() < 0.5 else "0123456789") for _ in range(9))
    return body + credit_code_check(body)


def _day(chance: random.Random) -> tuple[int, int, int]:
    return chance.randint(2019, 2026), chance.randint(1, 12), chance.randint(1, 28)


CLEAN: Mapping[str, Callable[[random.Random], str]] = {
    "document_no": lambda c: (
        f"临市监罚字〔{c.randint(2019, 2026)}〕第{c.randint(1, 99999)}号、"
        f"（{c.randint(2019, 2026)}）临执罚{c.randint(1, 9999)}号"
    ),
    "credit_code": lambda c: f"统一社会信用代码{c.choice(('：', ''))}{_credit_code(c)}",
    "amount": lambda c: (
        f"罚款人民币{c.randint(1, 10**8):,}.{c.randint(0, 99):02}元，"
        f"没收违法所得 {c.randint(1, 10**10)} 元，另{c.randint(1, 10**9)}.00元"
    ),
    "chinese_amount": lambda c: f"罚款（大写）{str(c.randint(1000, 9999)).translate(FINANCIAL)}元整，即一万二千三百元",
    "date": lambda c: "于{}-{:02}-{:02} 09:{:02} 至 {}.{:02}.{:02} 18:00，即二〇二六年三月二日".format(
        *_day(c), c.randint(10, 59), *_day(c)
    ),
    "item_code": lambda c: (
        f"事项编码 {c.choice((113301, 114405, 115101))}06MB2D"
        f"{c.randint(10**7, 10**8 - 1)}4000131{c.randint(100, 999)}000"
    ),
    "licence_no": lambda c: (
        f"许可证编号JY1{c.choice((330106, 440524))}{c.randint(10**7, 10**8 - 1)}，"
        f"卫公证字[2026]第{c.randint(330106000000, 330106999999)}号"
    ),
    "case_no": lambda c: "办件编号：{}{:02}{:02}{:09}".format(*_day(c), c.randint(0, 10**9 - 1)),
    "registration_no": lambda c: (
        f"注册号{c.choice((440524, 330106))}{c.randint(10**8, 10**9 - 1)}，税号{_credit_code(c)}"
    ),
    "quantity": lambda c: (
        f"面积{c.randint(1, 99999)}.{c.randint(0, 99)}平方米，批号{c.randint(10**7, 10**8 - 1)}，"
        f"共{c.randint(1, 9)}栋{c.randint(2, 30)}层"
    ),
    "law": lambda c: (
        f"依据《食品安全法》第一百二十{c.choice('一二三四五')}条第一款第（{c.choice('一二三')}）项，"
        f"参照第{c.randint(1, 99)}号令"
    ),
    "clause": lambda c: c.choice(CLAUSES).format(org=c.choice(ORGANISATIONS), n=c.randint(1, 999)),
}


def clean_lines(seed: int, per_class: int = 40) -> Iterator[Line]:
    """Lines that hold no personal datum, `clause` six times as many: what officials write most."""
    for family, make in CLEAN.items():
        chance = random.Random(f"{seed}:clean:{family}")
        for _ in range(per_class * 6 if family == "clause" else per_class):
            yield Line("clean", family, make(chance))
