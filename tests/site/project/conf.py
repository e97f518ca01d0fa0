# What comes before these lines is written by the tests: DOCS and where the records are.
import runpy as _runpy

locale_dirs = ["locale"]

for _name, _value in _runpy.run_path(DOCS + "/conf.py").items():  # noqa: F821
    if not _name.startswith("_"):
        globals().setdefault(_name, _value)
