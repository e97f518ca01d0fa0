"""The libraries and the guard against hidden transfers, those of the engine's tests."""

import importlib.util
import sys
from pathlib import Path

_spec = importlib.util.spec_from_file_location("homes", Path(__file__).parents[1] / "engine" / "conftest.py")
_homes = importlib.util.module_from_spec(_spec)
sys.modules["homes"] = _homes
_spec.loader.exec_module(_homes)
home, guard, HiddenTransfer = _homes.home, _homes.guard, _homes.HiddenTransfer
