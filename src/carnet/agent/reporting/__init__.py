"""What a program may report of itself: every call asks the rules first, and does nothing where they say no."""
