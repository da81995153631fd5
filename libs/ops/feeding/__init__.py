"""Files of events taken in through the intake API: `sunlit feed` and `sunlit replay`."""
