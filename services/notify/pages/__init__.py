"""Pages of notify: the inbox, the log of deliveries, the routing tree, and the operators' overview."""
