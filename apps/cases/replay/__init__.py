"""A historical log through the verbs: `log` reads it, `people` seeds whom it names, `run` plays it."""
