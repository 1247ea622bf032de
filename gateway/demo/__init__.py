"""A day's trade with two made-up suppliers, played on a real gateway: what ``tally demo`` shows."""
