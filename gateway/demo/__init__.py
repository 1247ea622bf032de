"""A day's trade with three made-up suppliers, played on a real gateway: what ``tally demo`` shows."""
