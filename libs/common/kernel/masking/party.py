"""A party as the public may see it (decision 26)."""

from __future__ import annotations

from libs.common.kernel.events.codes import PartyType
from libs.common.kernel.events.parts import PublicParty
from libs.common.kernel.identifiers import check_resident_id
from libs.common.kernel.masking.masks import mask_name
from libs.common.kernel.masking.numbers import find_numbers
from libs.common.kernel.masking.plain import plain

_NAMED: frozenset[PartyType] = frozenset({"enterprise", "institution", "agency", "social_org", "individual_business"})


def public_party(party_type: PartyType | None, name: str | None, code: str | None = None) -> PublicParty:
    """The part of a party that may leave the authority.

    Organisations: name and code. Individual business: shop name, and the code unless it is an ID. Natural persons, and
    whatever is not known to be an organisation: the masked name alone. Legal representatives never appear.
    """
    if party_type in _NAMED:
        return PublicParty(type=party_type, display_name=name, code=code if code and not is_personal(code) else None)
    return PublicParty(type=party_type, display_name=mask_name(name) if name else None)


def is_personal(code: str) -> bool:
    """Whether a code is, or hides, a resident ID or a mobile number."""
    return check_resident_id(code).valid or any(
        hit.kind in ("resident_id", "mobile") for hit in find_numbers(plain(code).text)
    )
