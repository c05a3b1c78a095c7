"""Lints what each line on standard input names, by pkilint's own commands, which take a second each to load.

A line in: the command's module, then its arguments, with tabs between. A line out: its JSON report, or what it said.
"""

import importlib
import io
import json
import sys
from contextlib import redirect_stderr, redirect_stdout

for line in sys.stdin:
    command, *arguments = line.rstrip("\n").split("\t")
    said = io.StringIO()
    with redirect_stdout(said), redirect_stderr(said):
        importlib.import_module(f"pkilint.bin.{command}").main(arguments)
    try:
        print(json.dumps(json.loads(said.getvalue())), flush=True)
    except ValueError:
        print(json.dumps({"failed": said.getvalue()}), flush=True)
