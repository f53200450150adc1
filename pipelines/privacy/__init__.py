"""What may leave: disclosure control of every table of `report.*`."""
