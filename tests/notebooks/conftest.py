"""One small night of simulated clinics, published, for the tests of notebooks and sections: made once for all workers."""
