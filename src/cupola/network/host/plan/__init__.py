"""From documents to layouts and rule sets: pure functions, no host is touched here."""
