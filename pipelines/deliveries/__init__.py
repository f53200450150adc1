"""Deliveries: what a clinic sends, from the inbox to `raw.*`, and how one is written."""
