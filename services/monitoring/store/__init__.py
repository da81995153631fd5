"""Where the supervision keeps files, cards, sources and regions, and what lists and pages read of them."""
