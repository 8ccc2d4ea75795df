"""The policy: what should happen to a case, and by when."""
