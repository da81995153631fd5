"""Where approval keeps things: case files, owners and keys, cards, reference data, and what lists read."""
