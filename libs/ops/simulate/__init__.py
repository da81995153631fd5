"""A county that does not exist, and lives: seeded, believable hall events for demonstrations, tests and benches."""
