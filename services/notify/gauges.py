"""What waits to be delivered."""

from __future__ import annotations

from libs.common.runtime.gauges import Counted

# a delivery that is tried again waits for a receiver, not for us: only what is due now counts; a rider waits for its
# host, a letter for a person
GAUGES = (
    Counted(
        "sunlit_notify_waiting_deliveries",
        "Deliveries whose moment has come",
        "SELECT channel, count(*) FROM delivery WHERE state = 'pending' AND next_at <= :wall "
        "AND channel <> 'letter' AND merged_into IS NULL GROUP BY channel",
        ("channel",),
    ),
    Counted(
        "sunlit_notify_oldest_waiting_seconds",
        "How long the first of them has waited",
        "SELECT COALESCE(EXTRACT(epoch FROM CAST(:wall AS timestamptz) - min(next_at)), 0) FROM delivery "
        "WHERE state = 'pending' AND next_at <= :wall AND channel <> 'letter' AND merged_into IS NULL",
    ),
)
