"""Station 4: the agent on the developer's machine: its settings, what they mean, what lies about."""
