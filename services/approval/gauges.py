"""What the work in hand says."""

from __future__ import annotations

from libs.common.runtime.gauges import Counted

GAUGES = (
    Counted(
        "sunlit_approval_open_cases",
        "Cases in hand, by their light without grey",
        "SELECT CASE WHEN red_at <= :now THEN 'red' WHEN yellow_at <= :now THEN 'yellow' ELSE 'green' END, count(*) "
        "FROM case_file WHERE kind = 'case' AND ended_at IS NULL GROUP BY 1",
        ("light",),
    ),
)
