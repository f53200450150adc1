"""The manager's report: a typed model of released numbers, its words, its figures and its pages."""
