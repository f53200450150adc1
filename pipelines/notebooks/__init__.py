"""Notebooks: Python files in percent format, run in processes of their own and shown as pages that hold everything they show."""
