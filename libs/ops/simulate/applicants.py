"""Invented applicants: no real person, no real company, no number that could belong to one.

Resident IDs carry births before 1913 and pass the check digit; credit codes carry XXXX in the body; mobiles start with
100, a range that no operator has.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from libs.ops.simulate.county import People

CODE_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
CODE_WEIGHTS = tuple(pow(3, place, 31) for place in range(17))
ORGCODE_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
ID_WEIGHTS = tuple(pow(2, 17 - place, 11) for place in range(17))
ID_CHECKS = "10X98765432"


@dataclass(frozen=True, slots=True)
class Applicant:
    """A party in clear, as a hall sends it."""

    type: str
    name: str
    id_type: str
    id_no: str
    mobile: str
    legal_person: str | None = None

    def body(self) -> dict[str, str]:
        """The `party` of an event."""
        party = {
            "type": self.type,
            "name": self.name,
            "id_type": self.id_type,
            "id_no": self.id_no,
            "contact_mobile": self.mobile,
        }
        if self.legal_person:
            party["legal_person"] = self.legal_person
        return party


def credit_code(department: str, category: str, region: str, number: int) -> str:
    """A synthetic credit code with right check characters (GB 32100, GB 11714)."""
    inner = f"XX{number:06d}"
    value = sum((int(c) if c.isdigit() else ord(c) - 55) * w for c, w in zip(inner, ORGCODE_WEIGHTS, strict=True))
    digit = 11 - value % 11
    inner += "X" if digit == 10 else "0" if digit == 11 else str(digit)
    code = f"{department}{category}{region}{inner}"
    total = sum(CODE_ALPHABET.index(c) * w for c, w in zip(code, CODE_WEIGHTS, strict=True))
    return code + CODE_ALPHABET[(31 - total % 31) % 31]


def resident_id(random: Random, region: str = "110101") -> str:
    """A synthetic resident ID of someone born 1900–1912, right in its check digit (GB 11643)."""
    body = f"{region}{random.randint(1900, 1912)}{random.randint(1, 12):02d}{random.randint(1, 28):02d}"
    body += f"{random.randint(1, 999):03d}"
    return body + ID_CHECKS[sum(int(c) * w for c, w in zip(body, ID_WEIGHTS, strict=True)) % 11]


def person_name(random: Random, people: People) -> str:
    return random.choice(people.surnames) + random.choice(people.given)


def draw_applicant(random: Random, people: People, *, natural: bool, shop: bool) -> Applicant:
    """Someone who files: a natural person, a shop (individual business) or an enterprise."""
    name = person_name(random, people)
    mobile = f"100{random.randrange(10**8):08d}"
    if natural:
        return Applicant("natural_person", name, "resident_id", resident_id(random), mobile)
    number = random.randrange(10**6)
    brand = "临澜" + random.choice(people.brands)
    if shop:
        title = brand + random.choice(people.shops)
        return Applicant("individual_business", title, "uscc", credit_code("9", "2", "110101", number), mobile, name)
    title = brand + random.choice(people.trades)
    return Applicant("enterprise", title, "uscc", credit_code("9", "1", "110101", number), mobile, name)
