"""The words in which a refused event is told what is wrong with it: code, Chinese, English."""

from __future__ import annotations

import re

from libs.common.kernel.errors import Problem

# code: (zh-CN, English). The same words are the reference in docs/events.md.
FAULTS: dict[str, tuple[str, str]] = {
    "BAD_ENCODING": (
        "不是 UTF-8 编码（第 {byte} 字节起）；请以 UTF-8 发送。",
        "Not UTF-8 from byte {byte} on; send UTF-8.",
    ),
    "BAD_CASE_NO": (
        "办件编号须为 1 至 64 个字符，不含“/”和控制字符。",
        "A case number has 1 to 64 characters, no `/` and no control characters.",
    ),
    "BAD_FORMAT": ("格式不符；请写成 {pattern} 的形式。", "The form is wrong; write it as {pattern}."),
    "BAD_TIME": (
        "不是有效的日期或时间；日期写作 2026-03-02，时间须带时区，如 2026-03-02T09:30:00+08:00。",
        "Not a valid date or time; write 2026-03-02, and instants with their offset: 2026-03-02T09:30:00+08:00.",
    ),
    "BROKEN_JSON": (
        "不是有效的 JSON（第 {at} 字符附近）；请检查该处的引号、逗号、括号和数值。",
        "Not valid JSON (near character {at}); check quotes, commas, brackets and numbers there.",
    ),
    "BYTE_ORDER_MARK": (
        "开头有字节顺序标记（BOM）；请去掉，以不带 BOM 的 UTF-8 发送。",
        "Starts with a byte order mark; leave it out and send plain UTF-8.",
    ),
    "CONTROL_CHARACTER": ("含有控制字符 {character}；请删去。", "Holds the control character {character}; remove it."),
    "DUPLICATE_KEY": ("同一对象中“{name}”出现两次；只留一个。", "`{name}` stands twice in one object; keep one."),
    "EMPTY": (
        "没有内容；请发送一个完整的 CloudEvents 事件。",
        "There is nothing in it; send a whole CloudEvent.",
    ),
    "ENVELOPE_FIELD": ("信封属性有误：{zh}", "An attribute of the envelope is wrong: {en}"),
    "LONE_SURROGATE": (
        "含有不成对的代理字符 {character}；请检查转义。",
        "Holds half of a surrogate pair, {character}; check the escapes.",
    ),
    "MISSING_FIELD": (
        "缺少必需的字段；请补上后重报。",
        "A field that is needed is missing; fill it in and send again.",
    ),
    "NAN": (
        "不是有限的数；JSON 不允许 NaN 和 Infinity，没有数值时请省去该字段。",
        "Not a finite number; JSON knows no NaN and no Infinity: leave the field out when there is no number.",
    ),
    "NOT_AN_OBJECT": (
        "应为 JSON 对象（花括号括起的键值）；请改正。",
        "A JSON object is wanted here: names and values in braces.",
    ),
    "NOT_OF_VERSION": (
        "数据不符合所称的版本 {version}；请改正数据或 dataschema。",
        "The data do not have the form of the version that is claimed, {version}; mend the data or `dataschema`.",
    ),
    "OUT_OF_RANGE": (
        "超出范围；应 {expected}。",
        "Out of range; it has to be {expected}.",
    ),
    "TOO_DEEP": (
        "嵌套超过 {limit} 层；请减少层次。",
        "Nested more than {limit} levels deep; make it flatter.",
    ),
    "TOO_LARGE": (
        "事件超过 {limit} KiB；附件请只报编号和校验值，不要放入事件。",
        "The event is larger than {limit} KiB; of attachments send number and digest only.",
    ),
    "TOO_LONG": (
        "文本过长，最多 {limit} 个字符；请缩短。",
        "The text is too long; shorten it to at most {limit} characters.",
    ),
    "UNKNOWN_CODE": ("代码{value}不在代码表内；可用：{allowed}。", "Unknown code{value}; known are: {allowed}."),
    "UNKNOWN_TYPE": (
        "未知的事件类型{value}；类型清单见 docs/events.md。",
        "Unknown type of event{value}; docs/events.md lists them.",
    ),
    "UNKNOWN_VERSION": (
        "未知的数据版本；dataschema 应为 {known} 或更早的已登记版本。",
        "Unknown version of the data; `dataschema` is {known} or an earlier registered version.",
    ),
    "WRONG_TYPE": (
        "类型不符；应为{zh_wanted}，收到的是{zh_got}。",
        "Wrong type; {wanted} is wanted, {got} was sent.",
    ),
}

_WORDS = {
    "str": "文本",
    "int": "整数",
    "float": "小数",
    "bool": "布尔值",
    "object": "对象",
    "array": "数组",
    "null": "空值",
    "date": "日期",
    "datetime": "日期时间",
}
# What may be said again in a message: short code words and numbers, nothing that could be a name or an identity.
_HARMLESS = re.compile(r"[A-Za-z_]{1,30}|\d{1,3}")
_TYPE_WORDS = re.compile(r"Expected `([^`]*)`, got `([^`]*)`")
_BOUND = re.compile(r"Expected `(?:[^`]*)` (of length )?([<>]=?) (-?\d+)")


def fault(code: str, pointer: str, **words: object) -> Problem:
    """A problem of the table above at a place."""
    zh, en = FAULTS[code]
    return Problem(code, pointer, zh.format(**words), en.format(**words))


def quoted(value: object) -> tuple[str, str]:
    """A sent code for the Chinese and the English message, or nothing when it could be personal."""
    text = str(value)
    return (f" {text} ", f" `{text}`") if _HARMLESS.fullmatch(text) else ("", "")


def type_fault(reason: str, pointer: str, *, allowed: str = "") -> Problem:
    """The problem for a reason that the typed decoder gave, without its trailing place.

    `allowed` lists the codes of a closed list; without it the value is no code.
    """
    if reason.startswith("Invalid enum value"):
        zh, en = quoted(reason.removeprefix("Invalid enum value").strip(" '"))
        return unknown_code(pointer, zh, en, allowed)
    if "RFC3339" in reason or "timezone component" in reason or "date" in reason.split(",", 1)[0].lower():
        return fault("BAD_TIME", pointer)
    if bound := _BOUND.search(reason):
        of_length, sign, limit = bound.groups()
        if of_length:
            return fault("TOO_LONG", pointer, limit=limit) if sign.startswith("<") else fault("MISSING_FIELD", pointer)
        return fault("OUT_OF_RANGE", pointer, expected=f"{sign} {limit}")
    if "out of range" in reason:
        return fault("OUT_OF_RANGE", pointer, expected="64 bit")
    if "matching regex" in reason:
        return fault(
            "BAD_FORMAT", pointer, pattern=reason.partition("regex ")[2].strip("'").removesuffix(r"(?![\s\S])")
        )
    if missing := re.search("missing required field `([^`]*)`", reason):
        return fault("MISSING_FIELD", f"{pointer}/{missing.group(1)}")
    if words := _TYPE_WORDS.search(reason):
        wanted, got = words.group(1).removesuffix(" | null"), words.group(2)
        zh_wanted = "或".join(_WORDS.get(word, word) for word in wanted.split(" | "))
        return fault("WRONG_TYPE", pointer, wanted=wanted, got=got, zh_wanted=zh_wanted, zh_got=_WORDS.get(got, got))
    return fault("WRONG_TYPE", pointer, wanted=reason, got="?", zh_wanted=reason, zh_got="?")


def unknown_code(pointer: str, zh: str, en: str, allowed: str) -> Problem:
    """UNKNOWN_CODE with the list of the known ones, which `allowed` joins by `、`."""
    words = FAULTS["UNKNOWN_CODE"]
    return Problem(
        "UNKNOWN_CODE",
        pointer,
        words[0].format(value=zh, allowed=allowed),
        words[1].format(value=en, allowed=allowed.replace("、", ", ")),
    )


def unknown_type(pointer: str, value: object) -> Problem:
    """UNKNOWN_TYPE; a type of ours and hall types are dotted words and may be said again."""
    text = str(value)
    known_form = re.fullmatch(r"[a-z_]{1,40}(\.[a-z_]{1,40}){1,4}", text)
    words = FAULTS["UNKNOWN_TYPE"]
    zh, en = (f" {text} ", f" `{text}`") if known_form else ("", "")
    return Problem("UNKNOWN_TYPE", pointer, words[0].format(value=zh), words[1].format(value=en))
