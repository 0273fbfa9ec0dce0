"""Whose data it is: organisations, people, consent."""
