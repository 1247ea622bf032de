"""The pages of docs/reference and docs/findings.md, written from the code they describe: ``python -m tools.reference [--check]``."""
