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
    Counted(
        "sunlit_approval_held_facts",
        "Facts of paused sources that wait to be processed",
        "SELECT source, count(*) FROM held_fact GROUP BY 1",
        ("source",),
    ),
    Counted(
        "sunlit_approval_feed_letters",
        "Messages of feeds that could not be read and were not reported again yet",
        "SELECT substr(topic, 6), count(*) FROM dead_letter WHERE state = 'parked' AND topic LIKE 'feed.%' GROUP BY 1",
        ("flavour",),
    ),
)
