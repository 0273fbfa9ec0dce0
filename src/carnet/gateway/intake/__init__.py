"""What agents report, taken in: ratings, feedback, errors, metrics; allow-listed, then kept as the terms say."""
