"""The county's catalogue of items (实施清单) as the platform publishes it; invented, so `unverified` (decision 39)."""

from __future__ import annotations

from typing import Any

from libs.ops.simulate.bodies import CONDITIONS, FLOOR_PLAN, MATERIALS, PAY_CHANNEL
from libs.ops.simulate.county import County, Item

EFFECTIVE_FROM = "2024-01-01"
# got by data sharing, and two proofs of which only one is on the list of proofs that are kept
LISTED = [
    *MATERIALS,
    FLOOR_PLAN,
    {"code": "M04", "name": "纳税信用信息", "got_by": "shared_data"},
    {"code": "M05", "name": "无违法记录证明"},
    {"code": "M06", "name": "场地使用证明"},
]
PROOFS = ["M06"]
HEAD_POST = "head"


def item_body(county: County, item: Item) -> dict[str, Any]:
    """One item as `PUT /items/{code}` takes it."""
    extra: dict[str, Any] = {
        "proofs": PROOFS,
        "pay_channels": [PAY_CHANNEL],
        "decision_posts": [HEAD_POST],
        "simulated": True,
    }
    if item.fee != "0.00":
        # the rule on fees (S31) reads the rates, people read the item's own list
        extra["fees"] = [item.fee]
    if "public_notice" in item.traits:
        extra["notice_period_days"] = 7
    body: dict[str, Any] = {
        "item_code": item.code,
        "name": item.name,
        "org_code": item.organisation.code,
        "region_code": county.region_code,
        "item_kind": item.category,
        "case_kind": item.kind,
        "legal_limit": {"value": item.legal_days, "unit": "working_day"},
        "promise_limit": {"value": item.promise_days, "unit": "working_day"},
        "legal_basis": f"《{item.name}》所依据的法律、法规（模拟条目，依据未核对）",
        "basis_status": "unverified",
        "codes_synthetic": True,
        "conditions": CONDITIONS,
        "materials": LISTED,
        "fee_listed": item.fee != "0.00",
        "quantity_limited": "quantity" in item.traits,
        "effective_from": EFFECTIVE_FROM,
        "extra": extra,
    }
    if item.fee != "0.00":
        body["fees"] = [{"name": f"{item.name}收费", "amount": item.fee, "basis": "模拟收费目录"}]
    if item.valid_until is not None:
        body["valid_until"] = item.valid_until
    return body
