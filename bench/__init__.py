"""Benchmarks: one file per claim, each against its limit in the same run. `sunlit bench` runs them one by one.

No claim fails on a time: it prints what it reached. It fails when a result is wrong, such as an event that was lost.
"""
