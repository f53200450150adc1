"""Drift: whether what a clinic sends is still what it seems, judged by counts of its own past and of the contract."""
