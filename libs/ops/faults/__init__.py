"""`sunlit faults`: harm done to whole platforms that live a simulated county, and what was lost or doubled by it."""
