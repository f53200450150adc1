"""Questions of an installation's own: one file each, asked every night beside the trials fixed in advance."""
