"""One folder of data per agent."""
