"""Programs for the people who work on Tallystick; not part of what is installed."""
