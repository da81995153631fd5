"""Breaches that are planted on purpose, their lawful twins and their boundary days, with the answer sheet."""
