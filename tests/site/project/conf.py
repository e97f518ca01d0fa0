"""The site's own settings, over a small registry kept as files."""

import runpy
from pathlib import Path

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
globals().update(
    {k: v for k, v in runpy.run_path(str(Path(__file__).resolve().parents[3] / "docs" / "conf.py")).items() if k[0] != "_"}
)
gradatlas_registry = str(FIXTURES)
gradatlas_evidence = str(FIXTURES / "evidence")
