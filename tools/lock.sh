#!/bin/sh
# Make requirements.lock anew from pyproject.toml: one lock for Python 3.11 to 3.13, with the development tools. Needs uv.
set -eu
cd "$(dirname "$0")/.."
exec uv pip compile --universal --python-version 3.11 --generate-hashes --extra dev \
    --no-header --no-emit-index-url --no-emit-find-links pyproject.toml -o requirements.lock "$@"
