"""A corpus of leaks by disguise class, from a seed: what officials really paste into free text.

Every item knows the datum that it hides, so a test can ask whether a published text still tells it.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from libs.common.kernel.identifiers import resident_id_check

DIGITS_FULL = str.maketrans("0123456789", "０１２３４５６７８９")
CARRIERS = (
    "准予从事住宿场所经营，{leak}，经营场所在望湖路",
    "经查，{leak}。决定如下",
    "（{leak}）",
    "附件：{leak}；有效期四年",
    "{leak}",
)


@dataclass(frozen=True, slots=True)
class Leak:
    """One text with a hidden datum.

    Args:
        disguise: class of the corpus.
        datum: digits that must not be readable in public, without any disguise.
    """

    disguise: str
    text: str
    datum: str


def resident_id(chance: random.Random) -> str:
    """A made-up number of an adult, with its right check character."""
    region = chance.choice(("110105", "330106", "440524", "510104"))
    birth = f"{chance.randint(1950, 2004)}{chance.randint(1, 12):02}{chance.randint(1, 28):02}"
    body = f"{region}{birth}{chance.randint(1, 999):03}"
    return body + resident_id_check(body)


def mobile(chance: random.Random) -> str:
    """A made-up mobile number."""
    return chance.choice(("138", "139", "150", "177", "188", "199")) + f"{chance.randint(0, 99_999_999):08}"


def grouped(number: str, gap: str, *sizes: int) -> str:
    """The number in groups, as forms and business cards print it."""
    parts, place = [], 0
    for size in sizes:
        parts.append(number[place : place + size])
        place += size
    return gap.join((*parts, number[place:]))


DISGUISES: Mapping[str, Callable[[random.Random], tuple[str, str]]] = {
    "id_plain": lambda c: (n := resident_id(c), f"身份证号 {n}"),
    "id_small_x": lambda c: (n := resident_id(c), f"身份证号{n.lower()}"),
    "id_full_width": lambda c: (n := resident_id(c), f"证件号：{n.translate(DIGITS_FULL)}"),
    "id_spaced": lambda c: (n := resident_id(c), f"身份证 {grouped(n, ' ', 6, 8)}"),
    "id_glued": lambda c: (n := resident_id(c), f"当事人身份证号码为{n}的经营者"),
    "mobile_plain": lambda c: (n := mobile(c), f"联系电话 {n}"),
    "mobile_spaced": lambda c: (n := mobile(c), f"手机 {grouped(n, ' ', 3, 4)}"),
    "mobile_dashed": lambda c: (n := mobile(c), f"手机：{grouped(n, '-', 3, 4)}"),
    "mobile_full_width": lambda c: (n := mobile(c), f"电话{n.translate(DIGITS_FULL)}"),
    "mobile_prefixed": lambda c: (n := mobile(c), f"电话 +86{n}"),
}


def corpus(seed: int, per_class: int = 8) -> Iterator[Leak]:
    """The corpus of a seed: `per_class` texts of each disguise, always the same."""
    for disguise, make in DISGUISES.items():
        chance = random.Random(f"{seed}:{disguise}")
        for _ in range(per_class):
            datum, words = make(chance)
            yield Leak(disguise, chance.choice(CARRIERS).format(leak=words), datum)
