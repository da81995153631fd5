"""Every event type of the platform by its wire name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from libs.common.kernel.events.type_info import Registry, TypeInfo, Upcaster
from libs.common.kernel.events.types_hall import HALL_TYPES
from libs.common.kernel.events.types_ours import OUR_TYPES

TYPES: Mapping[str, TypeInfo] = MappingProxyType({info.type: info for info in (*HALL_TYPES, *OUR_TYPES)})
REGISTRY = Registry(TYPES)

__all__ = ["REGISTRY", "TYPES", "Registry", "TypeInfo", "Upcaster"]
