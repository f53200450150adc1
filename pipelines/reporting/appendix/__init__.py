"""The methods appendix of a published night: one document of released numbers, as a page, as a PDF and as JSON."""
