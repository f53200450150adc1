"""What the assets call and how they are run."""
