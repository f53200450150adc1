"""An optional page for readers: the same filed files, behind a sign-on proxy or by signed links, and a log of who read what."""
