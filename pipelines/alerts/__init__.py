"""Alerts: what a person must know that nobody is looking at, told once a cause by e-mail or webhook (decision 13)."""
