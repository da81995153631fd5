"""Fixtures of the spine on the real engines."""

from __future__ import annotations

from tests.spine.fixtures import control_topic, house

__all__ = ["control_topic", "house"]
