"""Encrypted backups in the age format: make, list, restore, and the drill that shows that they can be restored."""
