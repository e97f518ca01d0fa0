"""Runs Sphinx, and the programs that run it, in forked children of one process that has read the formulas already.

A fresh Python reads Sphinx, its extensions and all formulas first, which takes three times as long as to build the sample.
A child has them, and what it changes is gone with it. Each line of standard input asks for a program; each line of standard
output is the status with which one ended.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import runpy
import sys
from typing import Any

READ = (
    *(
        "docutils.parsers.rst.states",
        "docutils.writers._html_base",
        "furo",
        "gradatlas.sphinx_ext",
        "matplotlib.figure",
    ),
    *("myst_parser.sphinx_ext.main", "sphinx.builders.html", "sphinx.cmd.build", "sphinx.ext.intersphinx"),
    *("sphinx.writers.html5", "sphinx_copybutton"),
)


def run(program: str, arguments: list[str], said: list[str], environment: dict[str, str]) -> None:
    """A program in this process: the path of a script, or the name of a module. said: the files for what it says."""
    with open(os.devnull, "rb") as nothing, open(said[0], "wb") as output, open(said[1], "wb") as errors:
        for number, stream in enumerate((nothing, output, errors)):
            os.dup2(stream.fileno(), number)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = [program, *arguments]
    script = program.endswith(".py")
    sys.path[0] = os.path.dirname(program) if script else os.getcwd()
    if script:
        runpy.run_path(program, run_name="__main__")
    else:
        runpy.run_module(program, run_name="__main__", alter_sys=True)


def in_child(asked: dict[str, Any]) -> int:
    """The status with which a child ended that ran what was asked."""
    sys.stdout.flush()
    child = os.fork()
    if not child:
        run(**asked)  # which ends as a program ends: by sys.exit, by a fault that it shows, or by reaching its end
        sys.exit()
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    for name in READ:
        importlib.import_module(name)
    for name in importlib.import_module("sphinx.application").builtin_extensions:
        importlib.import_module(name)
    importlib.import_module("gradatlas.formulas.registry").all_formulas()
    gc.freeze()
    for line in sys.stdin:
        print(in_child(json.loads(line)), flush=True)
