"""The flavours that the intake reads, by name."""

from __future__ import annotations

from collections.abc import Mapping

from services.approval.feeds.gdbs import Gdbs
from services.approval.feeds.messages import Converter
from services.approval.feeds.national import national
from services.approval.feeds.shandong import shandong


def load_converters() -> Mapping[str, Converter]:
    """Every flavour with a converter of its own."""
    found: tuple[Converter, ...] = (Gdbs(), shandong(), national())
    return {converter.flavour: converter for converter in found}
