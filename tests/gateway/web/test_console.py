"""The console costs nothing until somebody asks it."""

import subprocess
import sys


def test_no_command_imports_what_only_answers_need() -> None:
    check = "import sys, gateway.cli.main; print([name for name in ('fastapi', 'jinja2') if name in sys.modules])"
    said = subprocess.run([sys.executable, "-P", "-c", check], capture_output=True, text=True, check=True)
    assert said.stdout == "[]\n"
