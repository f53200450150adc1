"""Clinics compared fairly: what was observed beside what a clinic's patients led one to expect, usable without the warehouse."""
