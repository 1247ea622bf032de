"""What an administrator has done by hand: try again, replay, call off, prune, back up."""
