"""Which rules can be planted, by which planter, and why others cannot."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from libs.ops.simulate.plants import desks_and_penalties as desks
from libs.ops.simulate.plants import endings, filings, limits, pauses, reports
from libs.ops.simulate.plants.ground import Ground
from libs.ops.simulate.plants.sheet import KINDS, Kind, Plant


@dataclass(frozen=True, slots=True)
class Planter:
    """How one rule is planted.

    Args:
        kinds: boundary is left out where the rule knows neither a day nor an edge.
        needs_catalogue: judged only where the platform has the county's catalogue of items.
    """

    plant: Callable[[Ground], Plant]
    kinds: tuple[Kind, ...] = KINDS
    needs_catalogue: bool = False


_TWO: tuple[Kind, ...] = ("fires", "twin")

PLANTERS: Mapping[str, Planter] = MappingProxyType(
    {
        "S01": Planter(limits.due_soon),
        "S02": Planter(limits.promise_passed),
        "S03": Planter(limits.law_passed),
        "S04": Planter(limits.step_late),
        "S05": Planter(limits.not_answered),
        "S06": Planter(filings.asked_again),
        "S07": Planter(filings.asked_after_acceptance),
        "S08": Planter(filings.no_paper),
        "S09": Planter(endings.no_reason),
        "S10": Planter(limits.complete_but_late),
        "S11": Planter(pauses.void_extension),
        "S12": Planter(pauses.untold_extension, _TWO),
        "S13": Planter(pauses.unlawful_kind),
        "S14": Planter(pauses.untold_pause),
        "S15": Planter(pauses.pause_overrun),
        "S16": Planter(pauses.too_many_pauses),
        "S17": Planter(endings.not_delivered),
        "S18": Planter(pauses.hearing_late),
        "S19": Planter(pauses.notice_short),
        "S20": Planter(pauses.hearing_not_held),
        "S21": Planter(pauses.chair_reviewed),
        "S22": Planter(filings.unlisted_material, _TWO, needs_catalogue=True),
        "S23": Planter(filings.shared_material, _TWO, needs_catalogue=True),
        "S24": Planter(filings.unlisted_proof, _TWO, needs_catalogue=True),
        "S25": Planter(filings.sent_up_again, _TWO),
        "S26": Planter(endings.unlisted_ground, _TWO, needs_catalogue=True),
        "S27": Planter(filings.item_repealed, _TWO, needs_catalogue=True),
        "S28": Planter(endings.without_power, _TWO, needs_catalogue=True),
        "S29": Planter(pauses.too_few_inspectors),
        "S30": Planter(endings.one_person, _TWO),
        "S31": Planter(endings.fee_off_list, needs_catalogue=True),
        "S32": Planter(endings.wrong_channel, _TWO, needs_catalogue=True),
        "S33": Planter(filings.intermediary, _TWO),
        "S34": Planter(endings.unpublished, _TWO),
        "S44": Planter(desks.penalty_late),
        "S45": Planter(desks.penalty_unreviewed),
        "S46": Planter(desks.bad_rating),
        "S47": Planter(desks.ticket_late),
        "S48": Planter(limits.renewal_undecided),
        "S49": Planter(reports.wrong_times),
        "S50": Planter(reports.reported_late),
        "S51": Planter(endings.jumped_the_queue),
        "S52": Planter(limits.share_late),
        "S53": Planter(limits.not_prereviewed),
        "S54": Planter(desks.consultation_late),
        "S56": Planter(desks.complaint_late),
        "S57": Planter(limits.not_on_the_spot),
        "S58": Planter(limits.first_review_late),
        "S59": Planter(endings.notice_period_short),
        "S63": Planter(pauses.open_at_completion),
        "S64": Planter(endings.ended_without_reason),
        "S65": Planter(endings.done_off_line),
        "S66": Planter(reports.incomplete),
        "S67": Planter(endings.invented_steps),
        "S68": Planter(reports.reported_after_the_end),
        "S69": Planter(reports.contradiction),
        "S70": Planter(endings.skipped_step),
        "S71": Planter(filings.odd_hours),
        "S72": Planter(endings.filed_again),
    }
)

_DISCLOSURE = (
    "公示与依申请公开由平台自身完成，大厅事件不能造成 · made by the disclosure service, no hall event shows it"
)
_OFFICE = "由监察人员和被监察单位在平台上的行为产生 · made by persons on the platform"
UNPLANTABLE: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("S35", "S36", "S37", "S38", "S39", "S40", "S41", "S42", "S43"), _DISCLOSURE),
        **dict.fromkeys(("S61", "S62", "S73"), _OFFICE),
        "S55": "只提醒申请人，不发牌 · a reminder to the applicant, never a card",
        "S60": "默认关闭的交接时限 · times of the day, off unless a hall's preset asks for them",
        "S74": "平台两个服务的结论不一致才会出现 · only when two services of the platform disagree",
    }
)
