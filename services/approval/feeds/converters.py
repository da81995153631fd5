"""The flavours that the intake reads, by name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from services.approval.feeds.gdbs import Gdbs
from services.approval.feeds.messages import Converter

CONVERTERS: Mapping[str, Converter] = MappingProxyType({"gdbs": Gdbs()})
