"""Names near words that announce a person, and addresses at which people live, in free text.

Words are no check digits: a name is taken only beside a role word, an address only with a home word or a dwelling (栋,
单元, 室, 村民组). Every pattern is of bounded length, so the work is linear in the text. Found are places; a name may
be taken one character too long, never too short.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

Span = tuple[int, int]
_HAN = "\u3400-\u9fff"

# The surnames of some 95 % of people; those that often begin another word stand only in the second line.
_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘蒋蔡余杜叶程苏魏吕丁沈姚卢姜崔钟谭陆汪范金石"
    "廖贾夏韦付邹孟熊秦邱尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵钱覃戴莫孔汤施牛樊葛邢庞颜倪庄聂翟殷詹欧耿焦俞柳祝阮柯裴霍涂冉骆靳傅萧洪赖"
)
_RARE = (
    "高于任方白江万严武向常温康文安齐易乔伍章鲁岳申关兰左甘包宁尚符舒纪梅童凌毕单季成苗谷盛曲翁蓝路游辛管柴蒙鲍华喻祁蒲房滕屈饶解"
    "牟艾尤阳时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师和仇栾隋商刁沙荣巫寇桑郎甄丛仲虞"
    "敖巩明佘池查麻苑迟邝代鄢邸蔺贝储冀占栗晁尧郜綦揭帅卿楚燕竺邰茹阚雍裘辜粟盘屠花"
)
_COMPOUND = "欧阳|上官|司马|诸葛|司徒|东方|皇甫|尉迟|公孙|慕容|令狐|夏侯|轩辕|宇文|长孙|端木|独孤|南宫"

_ROLES = (
    "法定代表人|法人代表|负责人|经营者|业主|户主|申请人|当事人|被处罚人|违法行为人|行为人|相对人|联系人|经办人|承办人|代理人|委托人|"
    "受托人|投资人|股东|合伙人|受害人|被害人|证人|举报人|投诉人|驾驶人|驾驶员|死者|伤者|患者|家属|配偶|监护人|权利人|产权人|所有权人|"
    "承租人|出租人|转让人|受让人|继承人|被许可人|持证人|签收人|收件人|控制人|店主|房主|车主|村民|居民|学生|职工|员工|"
    "姓名"
)
# What follows a name when no mark does, and what begins a word that is no name.
_AFTER = "在于的为系与和及因未将对向经被从到至已以等之男女住性身联电出先同所持驾提请申应可其称表述说告均也曾就"
_ACTS = (
    "违反|违法|签字|签名|签收|擅自|使用|购买|销售|取得|办理|拒绝|涉嫌|私自|无证|没有|自述|现场|委托|负责|承担|存在|进行|自行|交代|"
    "承认|到场|本人|一案|夫妇|先生|女士|同志|缴纳|补正|领取|签署|接受|配合|停止|开设|经营|生产|加工|运输|焚烧|倾倒|占用|建设|搭建|"
    "死亡|受伤|离开|逃逸"
)
_NOT_GIVEN = "在的系与及因未将对被某等"
_NO_NAMES = (
    "陈述|陈情|方可|方能|方面|方式|任何|任意|任职|高度|高新|安全|安装|常住|常年|成立|成年|成员|程序|单位|管理|何时|何种|何地|康复|雷同|"
    "连续|明确|明知|全部|全体|全家|文件|文化|向本|项目|严重|严格|应当|余款|张贴|章程|郑重|石材|石油|金额|金融|许可|许诺|温度|时间|时限|"
    "马上|牛奶|毛重|顾客|顾问|施工|施行|关于|关系|关注|解除|解释|查封|查验|于本|和解|和谐|路段|路口|段落|罗列|付款|付清|祝愿|孔洞|白天|"
    "司机|农民|农业|师傅|房屋|房产|车辆|费用|商品|商户|边界|尚未|左右|江河|江西|万元|万一|古迹|简易|麻醉|范围|党员|党组|计划|支付|"
    "华侨|平时|平均|严禁|包括|包装|沙石|水平|经营|连带|游客|计算|米面|曾经|曾因|易燃|易爆|于法|向我|时常|时任|"
    "申请|申报|申诉|申辩|申明|申领|向社|向公|常见|常规|文书|文字|文物|安排|安置|安徽|易于|章节|"
    "关闭|关停|关联|宁波市|宁夏回|尚有|尚需|符合|纪律|纪录|单独|单方|季度|成本|成果|成功|成品|成分|"
    "成都|苗木|苗圃|谷物|游泳|游乐|游戏|管道|管辖|管线|管制|柴油|农药|农产|农田|司法|古树|古建|"
    "简单|车间|车主|车位|冷库|冷链|冷冻|卫生|全面|全国|全市|全省|全县|全额|全程|全年|应急|应予|"
    "应按|商业|商标|商铺|商场|荣誉|明显|明示|明细|明火|查询|查处|查明|查阅|高于|高校|高速|高层|"
    "高空|高压|高危|任务|方案|方向|方法|方便|白酒|白色|江苏|江边|武汉|武装|齐全|兰州|解散|解决|"
    "代表|代理|代为|代码|代替|代办|代收|储存|储备|储蓄|占用|占地|占道|花卉|花木|花园|花费|屠宰|"
    "景区|景观|王府|黄色|黄金|金属|石料|石化|陶瓷|钱款|牛肉|牛羊|马路|林木|林业局|林地|程度|胡乱|"
    "施肥|陈列|余额|范畴|洪水|洪涝|路灯|路面|童装|董事|宫外"
)

_GIVEN = f"(?![{_NOT_GIVEN}])[{_HAN}]"
_ACT = f"(?:{_ACTS})(?![队厂部站店场社]|公司|中心|有限|集团)"
_END = f"(?=$|[^{_HAN}]|[{_AFTER}]|{_ACT})"
_SURE_END = f"(?=$|[^{_HAN}]|[身男女住]|电话|{_ACT})"
_DOTTED = f"(?![{_HAN}]{{0,7}}[的在于为])[{_HAN}]{{2,8}}[·•・‧][{_HAN}]{{2,10}}(?![·•・‧])"
_NO_NAME = f"(?!{_NO_NAMES})"
# a surname, then one or two characters that a dot may part
_COMMON = f"(?:(?:{_COMPOUND})|[{_SURNAMES}])(?:·?{_GIVEN}){{1,2}}{_END}"
_ANY = f"(?:(?:{_COMPOUND})|[{_SURNAMES}{_RARE}])(?:·?{_GIVEN}){{1,2}}{_END}"
# surnames that are also function words: bare, they need two more characters or a sure end
_RARE_AND_SURE = f"[{_RARE}](?:(?:·?{_GIVEN}){{2}}{_END}|·?{_GIVEN}(?:{_SURE_END}|(?<![应于和时向全单项].){_END}))"
_GAP = "[\\s]{0,3}"
_ROLE = f"(?:{_ROLES})(?:姓名)?(?:{_GAP}\\([^()\\n]{{1,8}}\\))?"
_MARK = '[:为是系(“"「\\[【|=]'

_BESIDE_ROLE = re.compile(
    f"{_ROLE}{_GAP}(?:{_MARK}{_GAP}(?P<marked>{_DOTTED}|{_NO_NAME}{_ANY})"
    f"|(?P<bare>{_DOTTED}|{_NO_NAME}(?:{_COMMON}|{_RARE_AND_SURE})))"
)
_NEXT = re.compile(f"{_GAP}[、,和及与]{_GAP}(?P<name>{_DOTTED}|{_NO_NAME}{_ANY})")
_BEFORE_ID = re.compile(
    f"(?<![{_HAN}])(?P<name>{_DOTTED}|{_NO_NAME}{_ANY}){_GAP}[,、(]?{_GAP}(?:[男女]{_GAP}[,、]{_GAP}|"
    f"(?:[男女]{_GAP}[,、]?{_GAP})?(?:公民身份|居民身份|身份证|身份号|出生于|汉族|生于))"
)
_OBJECT = re.compile(
    f"(?:对|给予|责令)(?P<name>{_NO_NAME}(?:(?:{_COMPOUND})|[{_SURNAMES}{_RARE}])(?:·?{_GIVEN}){{1,2}})"
    "(?=作出|处以|处罚|给予|罚款|实施|的(?:行政)?处罚)"
)

_N = "[0-9A-Za-z〇零○一二三四五六七八九十百壹贰叁肆伍陆柒捌玖拾]"
_HOME = re.compile(
    "(?:家庭住址|家庭地址|户籍地址|户籍住址|户籍所在地|户籍地|户口所在地|经常居住地|现住址|居住地址|居住地|居住于|现居住|现住|住址|家住|"
    f"住在){_GAP}[:为是于在]?{_GAP}(?P<body>[{_HAN}A-Za-z0-9()#－-]{{4,60}})"
)
_PLACE_MARK = re.compile("[号室栋幢村组路街巷弄楼屯庄]|单元|小区|大道")
_TO_LAST_PLACE = re.compile(f".*(?:[号室栋幢村组路街巷弄楼屯庄户]|单元|小区|大道)(?:{_N}|[#()-])*")
_DWELLING = re.compile(
    f"{_N}{{1,5}}(?:号楼|栋|幢|座)(?:{_N}{{1,5}}单元)?(?:{_N}{{1,3}}层)?{_N}{{1,5}}(?!{_N}|层|平方|间|套|个)(?:室|户|号|房)?"
    f"|{_N}{{1,5}}单元{_N}{{1,5}}(?:室|户|号|房)?"
    f"|(?:小区|花园|家园|公寓|新村|宿舍|家属院){_N}{{1,4}}(?:[-#]{_N}{{1,5}}){{1,3}}"
    f"|(?:村|屯|庄)(?:第)?{_N}{{1,4}}(?:组|社|队)(?:{_N}{{1,5}}(?:号|户))?"
)
_BUSINESS = ("大厦", "中心", "广场", "写字楼", "产业园", "工业园", "商场", "商铺", "市场", "园区", "厂房")
_BEFORE_ADDRESS = re.compile(f"[^{_HAN}A-Za-z0-9()]|住址|地址|居住|家住|住在|位于|坐落于|住|于|在")
_LEFT_REACH = 40


def find_names(text: str) -> Iterator[Span]:
    """Names that stand beside a role word, before an identity number, or as the object of a decision."""
    for found in _BESIDE_ROLE.finditer(text):
        yield found.span(found.lastgroup or 0)
        following = _NEXT.match(text, found.end())
        while following is not None:
            yield following.span("name")
            following = _NEXT.match(text, following.end())
    for pattern in (_BEFORE_ID, _OBJECT):
        for found in pattern.finditer(text):
            yield found.span("name")


def names_anyone(text: str, surname: str, more: int) -> bool:
    """Whether a joined text has the surname before `more` letters, ordinary words apart; at most three are asked."""
    pattern = f"{_NO_NAME}{re.escape(surname)}(?:·?[^\\W\\d_]){{{max(1, min(more, 3))}}}"
    return re.search(pattern, text) is not None


def find_addresses(text: str) -> Iterator[Span]:
    """Addresses after a home word, and those that name a dwelling; premises of a business are let through."""
    for found in _HOME.finditer(text):
        if _PLACE_MARK.search(found["body"]):
            yield found.span("body")
    yield from _dwellings(text)


def find_joined_addresses(text: str) -> Iterator[Span]:
    """The same in a text without spaces, where only the last word of a place tells where an address ends."""
    for found in _HOME.finditer(text):
        place = _TO_LAST_PLACE.match(found["body"])
        if place is not None:
            yield found.start("body"), found.start("body") + place.end()
    yield from _dwellings(text)


def _dwellings(text: str) -> Iterator[Span]:
    for found in _DWELLING.finditer(text):
        start = _address_start(text, found.start())
        if not any(word in text[start : found.end()] for word in _BUSINESS):
            yield start, found.end()


def _address_start(text: str, before: int) -> int:
    reach = max(0, before - _LEFT_REACH)
    start = reach
    for mark in _BEFORE_ADDRESS.finditer(text, reach, before):
        start = mark.end()
    return start
