"""Names near words that announce a person, and addresses at which people live, in free text.

Words are no check digits: a name is taken only beside a role word, an address only with a home word or a dwelling (栋,
单元, 室, 村民组). Every pattern is of bounded length, so the work is linear in the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from libs.common.kernel.masking.masks import mask_address, mask_name
from libs.common.kernel.masking.numbers import Hit

_HAN = "\u3400-\u9fff"

# The surnames of some 95 % of people; those that often begin another word stand only in the second line.
_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘蒋蔡余杜叶程苏魏吕丁沈姚卢姜崔钟谭陆汪范金石"
    "廖贾夏韦付邹孟熊秦邱尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵钱覃戴莫孔汤施牛樊葛邢庞颜倪庄聂翟殷詹欧耿焦俞柳祝阮柯裴霍涂冉骆靳"
)
_RARE = (
    "高于任方白江万严武向常温康文安齐易乔伍章鲁岳申关兰左甘包宁尚符舒纪梅童凌毕单季成苗谷盛曲翁蓝路游辛管柴蒙鲍华喻祁蒲房滕屈饶解"
    "牟艾尤阳时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师和仇栾隋商刁沙荣巫寇桑郎甄丛仲虞"
    "敖巩明佘池查麻苑迟邝"
)
_COMPOUND = "欧阳|上官|司马|诸葛|司徒|东方|皇甫|尉迟|公孙|慕容|令狐|夏侯|轩辕|宇文|长孙|端木|独孤|南宫"

_ROLES = (
    "法定代表人|法人代表|负责人|经营者|业主|户主|申请人|当事人|被处罚人|违法行为人|行为人|相对人|联系人|经办人|代理人|委托人|受托人|"
    "投资人|股东|合伙人|受害人|被害人|证人|举报人|投诉人|驾驶人|驾驶员|死者|伤者|患者|家属|配偶|监护人|权利人|产权人|所有权人|承租人|"
    "姓名"
)
# What follows a name when no mark does, and what begins a word that is no name.
_AFTER = "在于的为系与和及因未将对向经被从到至已以等之男女住性身联电出先同所持驾提请申应可其称表述说告均也曾就，"
_NOT_GIVEN = "在于的为系与和及因未将对被某等"
_NO_NAMES = (
    "陈述|陈情|方可|方能|任何|任意|任职|高度|安全|安装|常住|成立|程序|单位|管理|何时|何种|何地|康复|雷同|连续|明确|全部|文件|向本|"
    "项目|严重|应当|余款|张贴|章程|郑重|石材|金额|许可|许诺|温度|时间|马上|牛奶|毛重|顾客|顾问|施工|施行|于|关于|关系|解除|查封|"
    "和|时|路|段落|罗列|付款|付清|祝愿|孔洞|白天|司机|农民|师傅|房屋|车辆|费用|商品|边界|尚未|左右|江河|万元|古迹|简易|麻醉|范围"
)

_GIVEN = f"(?![{_NOT_GIVEN}])[{_HAN}]"
_END = f"(?=$|[^{_HAN}]|[{_AFTER}])"
_DOTTED = f"[{_HAN}]{{2,8}}[·•・‧][{_HAN}]{{2,10}}(?![·•・‧])"


def _name(surnames: str) -> str:
    return f"(?P<name>{_DOTTED}|(?!{_NO_NAMES})(?:(?:{_COMPOUND})|[{surnames}])(?:{_GIVEN}){{1,2}}?{_END})"


_WITH_MARK = re.compile(f"(?:{_ROLES})(?:姓名)?[\\s]{{0,3}}[:：为是系（(“「][\\s]{{0,3}}{_name(_SURNAMES + _RARE)}")
_WITHOUT_MARK = re.compile(f"(?:{_ROLES})[\\s]{{0,3}}{_name(_SURNAMES)}")
_BEFORE_ID = re.compile(
    f"(?<![{_HAN}]){_name(_SURNAMES + _RARE)}[\\s，,、（(]{{0,3}}(?:[男女][，,、\\s]{{0,2}})?"
    "(?:公民身份|居民身份|身份证|身份号|出生于|汉族|生于)"
)

_N = "[0-9０-９A-Za-z一二三四五六七八九十百]"
_HOME = re.compile(
    "(?:家庭住址|户籍地址|户籍所在地|户籍地|户口所在地|经常居住地|现住址|居住地址|居住地|居住于|现居住|现住|住址|家住|住在)"
    f"[\\s]{{0,2}}[:：为是于在]?[\\s]{{0,2}}(?P<body>[{_HAN}A-Za-z0-9０-９（）()#－-]{{4,60}})"
)
_PLACE_MARK = re.compile("[号室栋幢村组路街巷弄楼屯庄]|单元|小区|大道")
_DWELLING = re.compile(
    f"{_N}{{1,5}}(?:号楼|栋|幢|座)(?:{_N}{{1,5}}单元)?{_N}{{1,5}}(?:室|户|号|房)?"
    f"|{_N}{{1,5}}单元{_N}{{1,5}}(?:室|户|号|房)?"
    f"|(?:村|屯|庄)(?:第)?{_N}{{1,4}}(?:组|社|队)(?:{_N}{{1,5}}(?:号|户))?"
)
_BUSINESS = ("大厦", "中心", "广场", "写字楼", "产业园", "工业园", "商场", "商铺", "市场", "园区", "厂房")
_BEFORE_ADDRESS = re.compile(f"[^{_HAN}A-Za-z0-9０-９（）()]|住址|地址|居住|家住|住在|位于|坐落于|住|于|在")
_LEFT_REACH = 40


def find_names(text: str) -> Iterator[Hit]:
    """Names that stand beside a role word or before an identity number."""
    for pattern in (_WITH_MARK, _WITHOUT_MARK, _BEFORE_ID):
        for found in pattern.finditer(text):
            yield Hit("name", found.start("name"), found.end("name"), mask_name(found["name"]))


def find_addresses(text: str) -> Iterator[Hit]:
    """Addresses after a home word, and those that name a dwelling; premises of a business are let through."""
    for found in _HOME.finditer(text):
        if _PLACE_MARK.search(found["body"]):
            yield Hit("address", found.start("body"), found.end("body"), mask_address(found["body"]))
    for found in _DWELLING.finditer(text):
        start = _address_start(text, found.start())
        address = text[start : found.end()]
        if not any(word in address for word in _BUSINESS):
            yield Hit("address", start, found.end(), mask_address(address))


def _address_start(text: str, before: int) -> int:
    reach = max(0, before - _LEFT_REACH)
    start = reach
    for mark in _BEFORE_ADDRESS.finditer(text, reach, before):
        start = mark.end()
    return start
