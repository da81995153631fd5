"""What the card and source tables say."""

from __future__ import annotations

from libs.common.runtime.gauges import Counted

GAUGES = (
    Counted(
        "sunlit_supervision_open_cards",
        "Cards that somebody must still answer",
        "SELECT severity, count(*) FROM card WHERE state NOT IN ('closed', 'revoked', 'superseded', 'dropped') "
        "GROUP BY severity",
        ("severity",),
    ),
    Counted(
        "sunlit_supervision_silent_sources",
        "Sources that have fallen silent: nothing of theirs is judged past the instant to which they are complete",
        "SELECT count(*) FROM source WHERE stale_since IS NOT NULL",
    ),
)
