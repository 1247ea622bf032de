"""The API and the pages: what people and programs read over HTTP.

Read ``console`` first (what it is made of), then ``application`` (the paths), ``gate`` (who comes in), ``api`` and ``pages``. Only
``application`` and what it imports need FastAPI, and they are imported with the first request.
"""
