"""The same SQL, checks and folds on this machine, on Dask or on Spark: only what schedules the tasks differs (docs/engines.md)."""
