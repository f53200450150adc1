"""Commands of the command line beyond the first ones, one module a subject; `pipelines.cli` adds them to its group."""
