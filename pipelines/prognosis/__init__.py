"""Who improves with rest or exercise alone: a calibrated probability, how far it can be trusted, and a table to read it from."""
