"""Which check stands behind which rule id. A check is a pure function from a subject and parameters to hits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from services.monitoring.domain.findings import Hit
from services.monitoring.domain.rules import (
    acceptance,
    catalogue_rules,
    data_quality,
    desk_rules,
    disclosure_rules,
    endings,
    hearings,
    order_rules,
    penalties,
    publication,
    special_procedure,
    steps,
    time_limits,
)
from services.monitoring.domain.rules.subject import Parameters, Subject

Check = Callable[[Subject, Parameters], Iterator[Hit]]

CASE_CHECKS: Mapping[str, Check] = MappingProxyType(
    {
        "S01": time_limits.due_soon,
        "S02": time_limits.promise_passed,
        "S03": time_limits.law_passed,
        "S04": steps.step_late,
        "S05": acceptance.not_answered,
        "S06": acceptance.asked_again,
        "S07": acceptance.asked_after_acceptance,
        "S08": acceptance.no_paper,
        "S09": endings.no_reason,
        "S10": acceptance.complete_but_not_accepted,
        "S11": special_procedure.void_extension,
        "S12": special_procedure.untold_extension,
        "S13": special_procedure.unlawful_kind,
        "S14": special_procedure.untold_pause,
        "S15": special_procedure.pause_overrun,
        "S16": special_procedure.too_many_pauses,
        "S17": endings.not_delivered,
        "S18": hearings.hearing_late,
        "S19": hearings.notice_short,
        "S20": hearings.hearing_not_held,
        "S21": hearings.chair_reviewed,
        "S22": catalogue_rules.unlisted_material,
        "S23": catalogue_rules.shared_material,
        "S24": catalogue_rules.unlisted_proof,
        "S25": catalogue_rules.sent_up_again,
        "S26": catalogue_rules.unlisted_ground,
        "S27": catalogue_rules.item_not_in_force,
        "S28": catalogue_rules.without_power,
        "S29": hearings.too_few_inspectors,
        "S30": steps.one_person,
        "S31": catalogue_rules.fee_off_list,
        "S32": catalogue_rules.wrong_channel,
        "S33": catalogue_rules.intermediary,
        "S34": publication.publication_overdue,
        "S35": disclosure_rules.other_content,
        "S36": disclosure_rules.leaked,
        "S37": penalties.not_withdrawn,
        "S39": disclosure_rules.unreviewed_record,
        "S44": penalties.undecided,
        "S45": penalties.unreviewed,
        "S46": desk_rules.bad_rating,
        "S48": endings.renewal_undecided,
        "S49": data_quality.wrong_times,
        "S50": data_quality.reported_late,
        "S51": endings.jumped_the_queue,
        "S52": time_limits.joint_passed,
        "S53": acceptance.not_prereviewed,
        "S57": time_limits.not_on_the_spot,
        "S58": steps.first_review_late,
        "S59": hearings.notice_period_short,
        "S60": steps.paper_late,
        "S63": special_procedure.open_at_completion,
        "S64": endings.ended_without_reason,
        "S65": endings.done_off_line,
        "S66": data_quality.incomplete,
        "S67": steps.invented_steps,
        "S69": data_quality.contradiction,
        "S70": steps.skipped_step,
        "S71": data_quality.odd_hours,
        "S72": endings.filed_again,
        "S74": data_quality.told_otherwise,
    }
)
# checks of what is no case, by the kind of the file
MATTER_CHECKS: Mapping[str, Mapping[str, Check]] = MappingProxyType(
    {
        "complaint": {"S47": desk_rules.ticket_late, "S56": desk_rules.complaint_late},
        "consultation": {"S54": desk_rules.consultation_late},
        "request": {
            "S40": disclosure_rules.request_late,
            "S41": disclosure_rules.third_party_unasked,
            "S42": disclosure_rules.refusal_without_article,
        },
        "information": {"S38": disclosure_rules.information_late},
        "record": {"S36": disclosure_rules.leaked, "S39": disclosure_rules.unreviewed_record},
        "report": {"S43": disclosure_rules.report_unfiled},
        "order": {"S62": order_rules.unanswered},
    }
)


def checks_of(kind: str) -> Mapping[str, Check]:
    """The checks of one kind of file."""
    return CASE_CHECKS if kind == "case" else MATTER_CHECKS.get(kind, {})


def is_built_in(rule_id: str) -> bool:
    """Whether a check of ours stands behind this id."""
    return rule_id in CASE_CHECKS or any(rule_id in checks for checks in MATTER_CHECKS.values())
