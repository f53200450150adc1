"""What others have published, as data: a versioned file of figures with source and mark, read here and nowhere else."""
