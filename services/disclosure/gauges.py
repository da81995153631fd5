"""What the record table says about the promise of publication."""

from __future__ import annotations

from libs.common.runtime.gauges import Counted

# `due_on` is the last lawful day: 7 working days for permits and penalties; what waits beyond it breaks the law.
GAUGES = (
    Counted(
        "sunlit_disclosure_overdue_records",
        "Records that wait unpublished after their last lawful day",
        "SELECT count(*) FROM record WHERE state = 'held' AND release = 0 AND due_on < CAST(:today AS date)",
    ),
    Counted(
        "sunlit_disclosure_waiting_records",
        "Records that wait at the review desk, by days left until the last lawful one",
        "SELECT CASE WHEN due_on IS NULL THEN 'none' WHEN due_on - CAST(:today AS date) < 2 THEN '0-1' "
        "WHEN due_on - CAST(:today AS date) < 4 THEN '2-3' ELSE 'more' END, count(*) "
        "FROM record WHERE state = 'held' AND release = 0 GROUP BY 1",
        ("days_left",),
    ),
    Counted(
        "sunlit_disclosure_log_leaves",
        "Leaves of the transparency log",
        "SELECT COALESCE(max(leaf_index) + 1, 0) FROM log_leaf",
    ),
)
