"""The faults that `sunlit faults` knows, in the order in which it does them."""

from __future__ import annotations

from libs.ops.faults.engines import Away, KillBroker, KillDatabase, KillLauncher, Slow
from libs.ops.faults.fault import Fault
from libs.ops.faults.messages import Corrupt, Duplicates, Reorder
from libs.ops.faults.offsets import MoveOffset
from libs.ops.faults.storm import Storm
from libs.ops.faults.workers import AcknowledgedKill, CommitCut, CommitKill, Freeze, JoinLeave, KillWorker
from libs.ops.roster import SERVICES


def all_faults() -> dict[str, Fault]:
    """Fresh ones by name: a fault remembers what it has done to its platform."""
    faults = (
        *(KillWorker(service) for service in SERVICES),
        CommitKill(),
        CommitCut(),
        AcknowledgedKill(),
        KillBroker(),
        KillDatabase(),
        Away(),
        Slow(),
        KillLauncher(),
        Freeze(),
        Duplicates(),
        Reorder(),
        Corrupt(),
        JoinLeave(),
        MoveOffset(),
        Storm(),
    )
    return {fault.name: fault for fault in faults}
