"""Problems and broken contracts: how a refusal travels through the house.

A *problem* is an expected refusal: a value, told to the reader in Chinese and English with the place and the mend.
An *exception* means a broken contract or a lost resource.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with an input.

    Args:
        code: stable machine word, upper snake case (`TIME_IN_FUTURE`).
        pointer: RFC 6901 JSON pointer to the place (`/data/party/type`); empty for the whole document.
        message: what is wrong and what to do, zh-CN.
        message_en: the same in English.
    """

    code: str
    pointer: str
    message: str
    message_en: str


class SunlitError(Exception):
    """Root of the exceptions that this project raises."""


class DataError(SunlitError):
    """The input cannot be understood: park it, never retry it.

    `problems` is never empty; the first one names the dead letter.
    """

    def __init__(self, *problems: Problem) -> None:
        assert problems, "a data error names at least one problem"
        self.problems = problems
        super().__init__("; ".join(f"{p.code} {p.pointer} {p.message_en}" for p in problems))


class ContractBroken(SunlitError):  # noqa: N818 - it says what happened, and is caught by nobody
    """Our own code or data broke a promise it made; a person must look."""
