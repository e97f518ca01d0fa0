"""Run the documents' programs with five seeds each and write what came of it to src/gradatlas/programs/measured.json.

python tools/measure_programs.py            all of them
python tools/measure_programs.py P1 gan     these, and keep what is known of the others
"""

from __future__ import annotations

import argparse
import datetime
import importlib.metadata
import json
import os
import platform
import re
import statistics
from pathlib import Path
from typing import Any

from gradatlas import nn
from gradatlas.engine.trees import flatten, leaf_names
from gradatlas.programs import Outcome, Program, all_programs, program, run
from gradatlas.programs.measured import PATH, read

SEEDS = range(5)
PACKAGES = ("gradatlas", "numpy", "scipy", "scikit-learn")


def rounded(value: Any, digits: int = 6) -> Any:
    """Numbers to so many significant digits, in lists and dicts too."""
    if isinstance(value, dict):
        return {name: rounded(each, digits) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(each, digits) for each in value]
    return float(f"{value:.{digits}g}") if isinstance(value, float) else value


def text_of(found: dict[str, Any]) -> str:
    """JSON with each list that holds no other on one line."""
    text = json.dumps(found, ensure_ascii=False, indent=1)
    short = re.sub(r"\[\n\s*([^\[\]{}]*?)\n\s*\]", lambda m: "[" + re.sub(r"\n\s*", " ", m[1]) + "]", text)
    assert json.loads(short) == found
    return short + "\n"


def network_table(which: Program, outcome: Outcome, sample: Any) -> list[list[Any]]:
    """The layers of a network with the shapes of their results and their parameters; of a function, its parameters alone."""
    if isinstance(which.network, nn.Layer) and sample is not None:
        lines = nn.summary(which.network, sample).splitlines()[2:-2]
        rows = []
        for line in lines:
            name, result = line.split("  ", 1)
            end = result.rindex(")") + 1
            count = result[end:].strip().replace(",", "")
            rows.append([name.strip(), result[:end].strip(), int(count) if count else None])
        return rows
    leaves, structure = flatten(outcome.params)
    names = leaf_names(structure, "")
    return [
        [name.strip("[]'"), str(tuple(leaf.shape)), int(leaf.size)] for name, leaf in zip(names, leaves, strict=True)
    ]


def measure(which: Program) -> dict[str, Any]:
    """All that measured.json holds of a program."""
    data = which.data(None, 0)
    outcomes = []
    for seed in SEEDS:
        outcome = run(which, seed, data if seed == 0 else None, progress=False)
        outcomes.append(outcome)
        took = f"{outcome.processor_seconds:.1f} s"
        print(f"{which.row} {which.title}, seed {seed}: {which.metric} {outcome.final:.4g}, {took}", flush=True)
    first = outcomes[0]
    finals = [outcome.final for outcome in outcomes]
    sample = tuple(data.x.shape[1:]) if hasattr(data.x, "shape") else None
    return {
        "title": which.title,
        "about": first.about,
        "metric": which.metric,
        "threshold": which.threshold,
        "larger_is_better": which.larger_is_better,
        "mean": rounded(statistics.fmean(finals)),
        "deviation": rounded(statistics.stdev(finals)),
        "least": rounded(min(finals)),
        "most": rounded(max(finals)),
        "epochs": first.epochs,
        "batch_size": which.batch_size,
        "parameters": first.parameters,
        "network": network_table(which, first, sample),
        "seconds": rounded(statistics.fmean(outcome.processor_seconds for outcome in outcomes), 3),
        "seeds": [
            {
                "seed": outcome.seed,
                "figures": rounded(outcome.figures),
                "seconds": rounded(outcome.processor_seconds, 3),
            }
            for outcome in outcomes
        ],
        "history": rounded(first.history, 5),
        "figures": rounded(first.figures),
        "shown": rounded(first.shown, 5),
        "date": datetime.date.today().isoformat(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "versions": {
            "python": platform.python_version(),
            **{name: importlib.metadata.version(name) for name in PACKAGES},
        },
        "variants": {name: measure(variant) for name, variant in which.variants.items()},
    }


def main(names: list[str], path: Path) -> None:
    """Measure the programs of these names, or all, and bring the file in line."""
    chosen = [program(name) for name in names] or list(all_programs().values())
    for which in chosen:
        found = measure(which)
        known = read(path)["programs"]
        known[which.row] = found
        ordered = {row: known[row] for row in all_programs() if row in known}
        unfinished = path.with_suffix(".unfinished")
        unfinished.write_text(text_of({"programs": ordered}), encoding="utf-8")
        os.replace(unfinished, path)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="rows or names")
    parser.add_argument("--out", type=Path, default=PATH, help="another file than the package's")
    given = parser.parse_args()
    main(given.names, given.out)
