"""Masks, public parties and the scanner of free text."""

from __future__ import annotations

from itertools import pairwise

import pytest

from libs.common.kernel.identifiers import resident_id_check
from libs.common.kernel.masking import (
    find_personal_data,
    mask_address,
    mask_bank_card,
    mask_document,
    mask_mobile,
    mask_name,
    mask_resident_id,
    may_name,
    public_party,
)

# Numbers that nobody has: births before 1913, and the two examples of GB 11643-1999.
ID = "110101190001010014"
ID_X = "11010519491231002X"
FULL_WIDTH = str.maketrans("0123456789X", "０１２３４５６７８９Ｘ")
CHINESE = str.maketrans("0123456789", "〇一二三四五六七八九")


@pytest.mark.parametrize(
    ("mask", "value", "masked"),
    [
        (mask_name, "张三", "张*"),
        (mask_name, "欧阳娜娜", "欧***"),
        (mask_name, "阿依古丽·买买提", "阿*******"),
        (mask_name, " 张三 ", "张*"),
        (mask_name, "张*", "张*"),
        (mask_name, "", ""),
        (mask_resident_id, ID, "110***********0014"),
        (mask_resident_id, "110105491231002", "110********1002"),
        (mask_resident_id, "1234", "1**4"),
        (mask_resident_id, "12", "**"),
        (mask_mobile, "13800138000", "138****8000"),
        (mask_mobile, "8000", "8**0"),
        (mask_bank_card, "6222021234567890128", "***************0128"),
        (mask_bank_card, "123", "***"),
        (mask_document, "E12345678", "E******78"),
        (mask_address, "广东省深圳市南山区科技路1号2栋301室", "广东省深圳市南山区****"),
        (mask_address, "北京市朝阳区", "北京市朝阳区****"),
        (mask_address, "内蒙古自治区呼和浩特市赛罕区大学路5号", "内蒙古自治区呼和浩特市赛罕区****"),
        (mask_address, "幸福小区3栋301", "****"),
        (mask_address, "人民路1号", "****"),
        (mask_address, "", ""),
    ],
)
def test_masks(mask, value: str, masked: str) -> None:  # type: ignore[no-untyped-def]
    """What stays and what becomes a star."""
    assert mask(value) == masked


@pytest.mark.parametrize(
    ("party_type", "name", "code", "shown_name", "shown_code"),
    [
        ("enterprise", "甲有限公司", "91110101XXXX00019J", "甲有限公司", "91110101XXXX00019J"),
        ("institution", "乙学校", "12110000XXXX00019X", "乙学校", "12110000XXXX00019X"),
        ("agency", "丙局", None, "丙局", None),
        ("social_org", "丁协会", "51320105XXXX00115B", "丁协会", "51320105XXXX00115B"),
        ("individual_business", "老王面馆", "92110101XXXX00019J", "老王面馆", "92110101XXXX00019J"),
        ("individual_business", "老王面馆", ID, "老王面馆", None),
        ("individual_business", "老王面馆", f" {ID_X.lower()} ", "老王面馆", None),
        ("individual_business", "老王面馆", "13800138000", "老王面馆", None),
        ("enterprise", "甲有限公司", ID, "甲有限公司", None),
        ("natural_person", "张三", ID, "张*", None),
        ("other", "张三", ID, "张*", None),
        (None, "张三", "X", "张*", None),
        ("natural_person", None, None, None, None),
    ],
)
def test_public_party(party_type, name, code, shown_name, shown_code) -> None:  # type: ignore[no-untyped-def]
    """Organisations are named, persons masked, IDs never leave (decision 26)."""
    party = public_party(party_type, name, code)
    assert (party.type, party.display_name, party.code) == (party_type, shown_name, shown_code)


@pytest.mark.parametrize(
    ("text", "kind", "found"),
    [
        pytest.param(f"身份证号{ID}。", "resident_id", ID, id="plain"),
        pytest.param(f"身份证号{ID_X.lower()}。", "resident_id", ID_X.lower(), id="small x"),
        pytest.param(ID.translate(FULL_WIDTH), "resident_id", ID.translate(FULL_WIDTH), id="full width"),
        pytest.param(ID_X.translate(FULL_WIDTH), "resident_id", ID_X.translate(FULL_WIDTH), id="full-width X"),
        pytest.param(ID.translate(CHINESE), "resident_id", ID.translate(CHINESE), id="Chinese numerals"),
        pytest.param(" ".join(ID), "resident_id", " ".join(ID), id="spaced out"),
        pytest.param("\u200b".join(ID), "resident_id", "\u200b".join(ID), id="zero-width"),
        pytest.param("110101 19000101 0014", "resident_id", "110101 19000101 0014", id="in groups"),
        pytest.param("110101-19000101-0014", "resident_id", "110101-19000101-0014", id="hyphens"),
        pytest.param("110101190001\n    010014", "resident_id", "110101190001\n    010014", id="line broken"),
        pytest.param("110101190001\u3000010014", "resident_id", "110101190001\u3000010014", id="wide space"),
        pytest.param(f"13{ID}7", "resident_id", ID, id="inside other digits"),
        pytest.param("公民身份号码 110105491231002", "resident_id", "110105491231002", id="first generation"),
        pytest.param("电话13800138000转", "mobile", "13800138000", id="mobile"),
        pytest.param("138 0013 8000", "mobile", "138 0013 8000", id="mobile in groups"),
        pytest.param("+86-138-0013-8000", "mobile", "138-0013-8000", id="mobile with country"),
        pytest.param("2026 13800138000", "mobile", "13800138000", id="mobile after another number"),
        pytest.param(
            "13800138000".translate(FULL_WIDTH), "mobile", "13800138000".translate(FULL_WIDTH), id="wide mobile"
        ),
        pytest.param("账号6222021234567890128", "bank_card", "6222021234567890128", id="bank card"),
        pytest.param("4111 1111 1111 1111", "bank_card", "4111 1111 1111 1111", id="bank card in groups"),
        pytest.param("法定代表人王小明在现场", "name", "王小明", id="name beside a role"),
        pytest.param("负责人：欧阳娜娜", "name", "欧阳娜娜", id="compound surname"),
        pytest.param("姓名：阿依古丽·买买提", "name", "阿依古丽·买买提", id="dotted name"),
        pytest.param("张三（身份证号码略）", "name", "张三", id="name before an ID"),
        pytest.param("联系人 张三，电话略", "name", "张三", id="name after a space"),
        pytest.param("家住枫林路88号", "address", "枫林路88号", id="address after a home word"),
        pytest.param("户籍地：长沙市岳麓区枫林路88号", "address", "长沙市岳麓区枫林路88号", id="registered residence"),
        pytest.param("住南山区科技园5栋1203室。", "address", "南山区科技园5栋1203室", id="dwelling"),
        pytest.param("石桥镇王家村3组12号", "address", "石桥镇王家村3组12号", id="village group"),
        pytest.param("幸福里小区5-2-301", "address", "幸福里小区5-2-301", id="numbers of a dwelling"),
        pytest.param("住幸福里小区壹贰栋叁零贰室", "address", "幸福里小区壹贰栋叁零贰室", id="financial numerals"),
        pytest.param("住 址 ： 枫 林 路 8 8 号", "address", "枫 林 路 8 8 号", id="spaced address"),
        pytest.param("1380013\u20e38000", "mobile", "1380013\u20e38000", id="keycaps"),
        pytest.param("1380013<br>8000", "mobile", "1380013<br>8000", id="tag inside"),
        pytest.param("&#49;&#x33;800138000", "mobile", "&#49;&#x33;800138000", id="entities"),
        pytest.param(
            "&amp;#49;&amp;amp;#51;800138000", "mobile", "&amp;#49;&amp;amp;#51;800138000", id="escaped twice"
        ),
        pytest.param("⑬800138⓪⓪⓪", "mobile", "⑬800138⓪⓪⓪", id="two digits in one ring"),
        pytest.param("家庭电话 0571-88886666", "landline", "0571-88886666", id="landline"),
        pytest.param("（010）62345678", "landline", "010）62345678", id="area code in brackets"),
        pytest.param("住宅电话：88886666", "landline", "88886666", id="landline without area code"),
        pytest.param("負責人：張小明", "name", "張小明", id="traditional characters"),
        pytest.param("法定代表⼈王小明在现场", "name", "王小明", id="Kangxi radical"),
        pytest.param("负 责 人 ： 王 小 明，", "name", "王 小 明", id="spaced name"),
        pytest.param("当事人王-小\n明违反规定", "name", "王-小\n明", id="cut name"),
        pytest.param("当事人王和平在现场", "name", "王和平", id="given name that is a conjunction"),
        pytest.param("负责人高娟在现场", "name", "高娟", id="short name without a mark"),
        pytest.param("对高建国作出处罚", "name", "高建国", id="object of a decision"),
    ],
)
def test_the_scanner_finds(text: str, kind: str, found: str) -> None:
    """One datum of the kind, at its place, disguised or not."""
    hits = find_personal_data(text)
    assert [(hit.kind, text[hit.start : hit.end]) for hit in hits] == [(kind, found)]
    assert found not in hits[0].masked


@pytest.mark.parametrize(
    "text",
    [
        "沪市监许〔2026〕128号",
        "统一社会信用代码91110101XXXX00019J",
        "办件编号20260302000112345",
        "注册号440301103456789",
        "2026-03-02 10:00 至 2026-03-30 18:00",
        "罚款 13500 元，2026-03-02 缴纳",
        "散列fdd13800138000abcdef",
        "当事人陈述申辩",
        "申请人应当自行申报",
        "负责人任何时候不得离岗",
        "当事人王府井百货公司",
        "在人民路1号设置户外广告",
        "办公地址为某某大厦5栋1203室",
        f"{ID[:17]}{'0' if ID[17] != '0' else '1'}",
        "许可内容：食品经营（热食类食品制售）",
        "张*、110***********0014、138****8000",
        "监督电话：0571-88886666",
        "罚款13800138000元，另135000000.00",
        "办件编号 4403012026030212",
        "共3栋28层",
        "当事人安达运输队",
        "",
    ],
)
def test_the_scanner_lets_public_facts_through(text: str) -> None:
    """Numbers of documents and companies, dates, amounts and what is already masked are no personal data."""
    assert find_personal_data(text) == ()


def test_hits_are_in_order_and_apart() -> None:
    """Several data in one text: in order of place, without overlap, each with its mask."""
    text = f"当事人：王小明，男，身份证号{ID}，电话13800138000，住址：南山区科技园5栋1203室，卡号6222021234567890128"
    hits = find_personal_data(text)
    assert [hit.kind for hit in hits] == ["name", "resident_id", "mobile", "address", "bank_card"]
    assert all(earlier.end <= later.start for earlier, later in pairwise(hits))
    shown = text
    for hit in reversed(hits):
        shown = shown[: hit.start] + hit.masked + shown[hit.end :]
    assert find_personal_data(shown) == ()


def test_every_one_of_several_persons_is_found() -> None:
    """Persons in a row behind one role word."""
    text = "申请人王小明、李强和高建国，同日申请"
    assert [text[hit.start : hit.end] for hit in find_personal_data(text)] == ["王小明", "李强", "高建国"]


def test_a_number_inside_an_address_hides_neither() -> None:
    """What no surer datum covers of a less sure one is still found."""
    text = "住址：枫林路88号13800138000"
    assert [hit.kind for hit in find_personal_data(text)] == ["address", "mobile"]


@pytest.mark.parametrize(
    ("text", "masked", "may"),
    [
        ("经查，王小明擅自经营", "王**", True),
        ("经查，王 小\u200b明擅自经营", "王**", True),
        ("经查，王**擅自经营", "王**", False),
        ("罚款金额五千元，责令金盆停业", "金**", True),
        ("罚款金额五千元", "金**", False),
        ("Mr. Jones", "J****", True),
        ("没有别人", "王*", False),
        ("任何文字", "**", False),
    ],
)
def test_a_text_may_name_whom_a_mask_stands_for(text: str, masked: str, may: bool) -> None:
    """The surname, followed by as many letters as the mask has stars, unless they begin an ordinary word."""
    assert may_name(text, masked) is may


def test_a_hit_does_not_hold_what_it_found() -> None:
    """A hit may be logged."""
    (hit,) = find_personal_data(f"身份证{ID}")
    assert ID not in repr(hit) and ID[3:14] not in repr(hit)


def test_two_numbers_without_a_space_are_both_found() -> None:
    """Joined IDs are a disguise too."""
    other = "310101190103150138"
    assert other[17] == resident_id_check(other[:17])
    assert [hit.start for hit in find_personal_data(ID + other)] == [0, 18]
