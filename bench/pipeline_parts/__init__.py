"""What ``bench/pipeline.py`` measures, one file a part."""
