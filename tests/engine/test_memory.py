"""Memory that is kept: arrays made and freed again and again come without page faults."""

import subprocess
import sys

import pytest

PROGRAM = """
import resource, sys
import numpy as np
import gradatlas as ga

kept = ga.keep_memory() if sys.argv[1] == "keep" else None
def step():
    arrays = [np.ones(300_000) for _ in range(12)]
for _ in range(3):
    step()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    step()
print(kept, resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(how: str) -> tuple[str, int]:
    done = subprocess.run([sys.executable, "-c", PROGRAM, how], capture_output=True, text=True, check=True)
    kept, count = done.stdout.split()
    return kept, int(count)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only glibc can be told to keep memory")
def test_no_page_is_fetched_twice():
    kept, few = faults("keep")
    if kept == "False":
        pytest.skip("the C library is not glibc")
    _, many = faults("default")
    assert few < 50
    assert many > 1000
