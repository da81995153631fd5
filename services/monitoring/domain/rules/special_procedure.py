"""S13 and S14: a pause of a kind that the law does not know, or one that was not told in writing. The clock runs on.

行政许可法第四十五条: "依法需要听证、招标、拍卖、检验、检测、检疫、鉴定和专家评审的，所需时间不计算在本节规定的期限内。
行政机关应当将所需时间书面告知申请人。"
"""

from __future__ import annotations

from collections.abc import Iterator

from services.monitoring.domain.findings import Finding
from services.monitoring.domain.rules.subject import Parameters, Subject, chinese_day

FAMILY = "PROC"


def unlawful_kind(subject: Subject, parameters: Parameters) -> Iterator[Finding]:
    """S13: the special procedure is neither an extension nor one of the eight kinds."""
    for special in subject.proceeding.specials:
        # a kind that was not reported is a defect of the data (S66), no unlawful pause
        if special.kind != "other_local":
            continue
        yield Finding(
            rule_id="S13",
            family=FAMILY,
            severity="red",
            occurrence=str(special.event.seqno),
            became_true_at=special.event.time,
            ground="暂停计时没有法律依据：不属于听证、招标、拍卖、检验、检测、检疫、鉴定、专家评审八种情形（行政许可法第四十五条）",
            ground_en="the pause has no base in law: it is none of the eight kinds of 行政许可法 45",
            evidence=(special.event.id,),
            text=f"{chinese_day(special.started_on)}启动的特别程序不在法定八种之内，法定时钟照走",
            text_en=f"the special procedure of {special.started_on.isoformat()} is no lawful pause; the clock runs on",
        )


def untold_pause(subject: Subject, parameters: Parameters) -> Iterator[Finding]:
    """S14: one of the eight kinds, but the needed time was not told in writing; not judged where S13 fires, nor where
    the source cannot send the proof (its profile says so)."""
    if parameters.get("source_sends_notice", 1) == 0:
        return
    for special in subject.proceeding.specials:
        if not special.is_lawful_kind or special.has_notice:
            continue
        yield Finding(
            rule_id="S14",
            family=FAMILY,
            severity="red",
            occurrence=str(special.event.seqno),
            became_true_at=special.event.time,
            ground="特别程序所需时间未书面告知申请人（行政许可法第四十五条）",
            ground_en="the needed time was not told to the applicant in writing (行政许可法 45)",
            evidence=(special.event.id,),
            text=f"{chinese_day(special.started_on)}启动的特别程序没有书面告知所需时间，法定时钟照走",
            text_en=f"no written notice for the pause of {special.started_on.isoformat()}; the clock runs on",
        )
