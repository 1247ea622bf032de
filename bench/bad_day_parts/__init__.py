"""What ``bench/bad_day.py`` plays, one file a scenario."""
