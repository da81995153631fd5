"""Disclosure's pages: the portal for everybody, the desk for reviewers, the room for operators."""
