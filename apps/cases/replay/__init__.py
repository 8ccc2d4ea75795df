"""Runs a historical log through the verbs under a simulated clock: `log` reads it, `people` seeds whom it names, `run` plays it."""
