"""What ``bench/as2.py`` measures, one file a part."""
