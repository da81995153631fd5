"""A source that falls silent while legal time is simulated turns grey, whatever the wall clock says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from libs.common.kernel.spine import Batch, Received
from libs.ops.simulate.acts import heartbeat
from services.monitoring.domain.sources import Proof, is_stale
from services.monitoring.handlers import hear_sources
from tests.unit.monitoring.makers import COUNTY, at, encode, office, parse

HALL = "//hall/990101/towns"
# the broker stamps its records by the wall, months after the legal time that is simulated
RECORDED_AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def test_a_simulated_heartbeat_counts_though_its_record_is_of_another_time() -> None:
    """Heartbeats of March are proof in March, although their records are of November; three hours later it is grey."""
    beats = [parse(heartbeat(HALL, COUNTY, at(f"2026-03-03 {hour:02d}:00"))[1]) for hour in (8, 9, 10)]
    rows = tuple(Received(beat, encode(beat), "hall.events.v1", 0, n, RECORDED_AT) for n, beat in enumerate(beats))
    now = at("2026-03-03 10:05")
    source = hear_sources(Batch({}, office(now, proven=at("2026-03-02")), rows, (), now)).states[HALL]
    assert source.complete_up_to == at("2026-03-03 10:00")
    assert not is_stale(source, Proof(now, is_virtual=True))
    assert is_stale(source, Proof(now + timedelta(hours=4), is_virtual=True))
