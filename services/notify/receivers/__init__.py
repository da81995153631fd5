"""Channels out of the house: each turns a message into the receiver's protocol and its answer into an `Answer`."""
