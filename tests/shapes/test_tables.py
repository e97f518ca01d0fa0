"""The tables that the page reads by: the same bytes in every process, so that the site is the same whenever it is built."""

import os
import subprocess
import sys

PROGRAM = "import json; from gradatlas.formulas.shapes.tables import tables; print(json.dumps(tables()))"


def test_the_tables_do_not_follow_the_seed_of_hashes():
    made = [
        subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert made[0] == made[1]
    assert made[0].startswith('{"terminals"')
