"""What that means here: rules, verdicts, the effect of a change, drift."""
