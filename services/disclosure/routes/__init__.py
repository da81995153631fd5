"""Disclosure's HTTP interface."""
