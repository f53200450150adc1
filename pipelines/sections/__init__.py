"""Sections that analysts add to the reports: asked in processes of their own, protected like every number that leaves."""
