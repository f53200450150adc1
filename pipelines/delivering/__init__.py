"""Filed reports to their readers by e-mail: who asked for which, who may read it, and what was sent already."""
