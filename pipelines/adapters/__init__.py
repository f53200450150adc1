"""Adapters: public records of real patients, rewritten as deliveries of the contract with their dirt left in."""
