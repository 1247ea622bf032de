"""What ``bench/ledger.py`` measures, one file a part."""
