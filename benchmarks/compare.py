"""The gradient steps of `workloads.py`, side by side with whichever peers are installed.

    python benchmarks/compare.py                     every workload and engine that is installed, five rounds
    python benchmarks/compare.py --workloads CNN LSTM --engines gradatlas torch --rounds 7
    python benchmarks/compare.py --save results.json --plot results.svg

Each measurement is a process of its own, for one engine slows another down in the same process (importing PyTorch halves
the speed of NumPy's LSTM). The engines take turns, round after round, so that a machine that slows down slows all of
them. Before anything is timed, every engine's loss and the norms of its gradients must agree with gradatlas's.
Memory is what the system has given the process: how far it rises in a step after all that was free has been handed back,
for some engines keep the memory of a step for the next; and how far it had risen when two steps were done.
`--save` writes a suite that pyperf reads, where pyperf is installed. `make peers` installs the peers.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import importlib
import importlib.util
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parent
ENGINES = {
    "gradatlas": "gradatlas",
    "ga.jit": "gradatlas",
    "torch": "torch",
    "jax": "jax",
    "autograd": "autograd",
    "mygrad": "mygrad",
}
DEPTH = 100  # the sines of the chain whose cost per operation is printed
OVERHEAD = "three numbers"
MEMORY = {
    "memory": "peak memory of a step above what stays between steps, MiB",
    "first": "peak memory up to the second step above the drawn data, MiB (compilation and kept memory count)",
}


# ------------------------------------------------------------------------------------------ within one process


def _resident(field: str) -> int:
    """A line of /proc/self/status in bytes; 0 where there is no such file."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(field)), 0)


@contextmanager
def _rise() -> Iterator[list[int]]:
    """How far the memory of this process rises, in this context, above where it stood: one number, in bytes, at its end.

    Where the system does not say there is none. Linux counts pages in batches: some hundred KiB are lost in its rounding.
    """
    found: list[int] = []
    try:
        Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    except OSError:
        yield found
        return
    before = _resident("VmRSS")
    yield found
    found.append(max(_resident("VmHWM") - before, 0))


def _hand_back() -> None:
    """Hand all memory that is free back to the system: what a step takes from what was kept would not be seen to rise."""
    gc.collect()
    if sys.platform.startswith("linux") and hasattr(libc := ctypes.CDLL(None), "malloc_trim"):
        libc.malloc_trim(0)


def work(engine: str, workload: str, seconds: float) -> dict[str, Any]:
    """Time one workload in one engine: the median of its steps, after a second of warming up."""
    sys.path.insert(0, str(HERE))
    from workloads import draw

    peer = importlib.import_module(f"peers.{engine.replace('.', '_')}_")
    if hasattr(peer, "threads"):
        peer.threads(int(os.environ["OMP_NUM_THREADS"]))
    if workload == OVERHEAD:
        first: list[int] = []
        again: list[int] = []
        step = peer.overhead(np.linspace(-1.0, 1.0, 3, dtype=np.float32), DEPTH)
        numbers: dict[str, float] = {"gradient": float(np.linalg.norm(peer.numbers(step())))}
    else:
        name = {"784-512-10": "dense", "10-10-8-1": "small", "CNN": "cnn"}.get(workload, workload.lower())
        arrays = draw(workload)
        with _rise() as first:
            step = getattr(peer, name)(arrays)
            loss, gradients = step()
            step()
        numbers = {"loss": float(peer.numbers(loss))}
        numbers |= {key: float(np.linalg.norm(peer.numbers(g).astype(np.float64))) for key, g in gradients.items()}
        del loss, gradients
        _hand_back()
        with _rise() as again:
            step()
    begun = time.perf_counter()
    while time.perf_counter() - begun < seconds:
        step()
    times = []
    begun = time.perf_counter()
    while time.perf_counter() - begun < seconds or len(times) < 5:
        start = time.perf_counter()
        step()
        times.append(time.perf_counter() - start)
    return {
        "seconds": statistics.median(times),
        "version": str(peer.VERSION),
        "numbers": numbers,
        "memory": next(iter(again), None),
        "first": next(iter(first), None),
        "resident": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }


# ------------------------------------------------------------------------------------------ over all processes


def _has(engine: str, workload: str) -> bool:
    """Whether an engine takes part in a workload: autograd has no convolution in use, MyGrad no LSTM."""
    return (engine, workload) not in {("autograd", "CNN"), ("mygrad", "LSTM")}


def _measure(engine: str, workload: str, threads: int, seconds: float) -> dict[str, Any]:
    count = str(threads)
    environment = os.environ | {f"{name}_NUM_THREADS": count for name in ("OMP", "OPENBLAS", "MKL")}
    environment["XLA_FLAGS"] = f"--xla_cpu_multi_thread_eigen=true intra_op_parallelism_threads={count}"
    command = [sys.executable, __file__, "--worker", engine, workload, "--seconds", str(seconds)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    if done.returncode:
        raise SystemExit(f"{engine} failed on {workload}:\n{done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _disagreement(numbers: dict[str, float], reference: dict[str, float]) -> str | None:
    """What differs between two engines' losses and norms of gradients, by more than float32 explains."""
    for key, value in numbers.items():
        if abs(value - reference[key]) > 2e-3 * abs(reference[key]) + 1e-7:
            return f"{key} is {value:.6g} and gradatlas has {reference[key]:.6g}"
    return None


def _table(title: str, rows: dict[str, dict[str, float]], engines: list[str], form: str) -> list[str]:
    width = max(len(row) for row in rows) + 2
    lines = [title, " " * width + "".join(f"{engine:>12}" for engine in engines)]
    for row, cells in rows.items():
        line = "".join(f"{cells[e]:>12{form}}" if e in cells else f"{'-':>12}" for e in engines)
        lines.append(f"{row:<{width}}{line}")
    return lines


def compare(engines: list[str], workloads: list[str], rounds: int, threads: int, seconds: float) -> dict[str, Any]:
    """Every engine on every workload, round by round: by workload and engine the list of what each process found."""
    found: dict[str, dict[str, list[dict[str, Any]]]] = {w: {e: [] for e in engines if _has(e, w)} for w in workloads}
    for turn in range(rounds):
        for workload in workloads:
            for engine in found[workload]:
                result = _measure(engine, workload, threads, seconds)
                reference = found[workload].get("gradatlas") or [result]
                wrong = _disagreement(result["numbers"], reference[0]["numbers"])
                if wrong:
                    raise SystemExit(f"{engine} on {workload}: {wrong}: the engines do not compute the same")
                found[workload][engine].append(result)
        print(f"round {turn + 1} of {rounds} done", file=sys.stderr)
    return found


def report(found: dict[str, Any], engines: list[str]) -> str:
    """The medians, the ratios to gradatlas, and the peaks of memory."""
    milliseconds = {
        w: {e: statistics.median(r["seconds"] for r in rs) * 1e3 for e, rs in each.items()} for w, each in found.items()
    }
    steps = {w: cells for w, cells in milliseconds.items() if w != OVERHEAD}
    lines = []
    if steps:
        ratios = {w: {e: cells[e] / cells["gradatlas"] for e in cells} for w, cells in steps.items()}
        lines += _table("a gradient step, ms (median over processes of their medians)", steps, engines, ".3f")
        lines += ["", *_table("the same, as multiples of gradatlas's", ratios, engines, ".2f")]
        for key, title in MEMORY.items():
            peaks = {w: {e: [r[key] for r in rs if r[key] is not None] for e, rs in found[w].items()} for w in steps}
            cells = {w: {e: statistics.median(p) / 2**20 for e, p in each.items() if p} for w, each in peaks.items()}
            lines += ["", *_table(title, cells, engines, ".1f")]
    if OVERHEAD in milliseconds:
        each = {OVERHEAD: {e: t * 1e3 / DEPTH for e, t in milliseconds[OVERHEAD].items()}}
        lines += ["", *_table("one operation on three numbers, forward and backward, us", each, engines, ".2f")]
    return "\n".join(lines)


def save(found: dict[str, Any], path: Path, threads: int) -> None:
    """A suite of pyperf's: one benchmark for each workload and engine, one run for each process."""
    import pyperf

    benchmarks = []
    for workload, each in found.items():
        for engine, results in each.items():
            facts = {"name": f"{workload} {engine}", "engine_version": results[0]["version"], "threads": threads}
            runs = [pyperf.Run([r["seconds"]], metadata=facts, collect_metadata=False) for r in results]
            benchmarks.append(pyperf.Benchmark(runs))
    pyperf.BenchmarkSuite(benchmarks).dump(str(path), replace=True)


def plot(found: dict[str, Any], engines: list[str], path: Path) -> None:
    """A bar for each engine on each workload, as multiples of gradatlas's time."""
    import matplotlib

    matplotlib.use("svg")
    import matplotlib.pyplot as plt

    rows = [w for w in found if w != OVERHEAD]
    figure, axes = plt.subplots(figsize=(8, 4), layout="constrained")
    room = 0.8 / len(engines)
    for place, engine in enumerate(engines):
        at = [(k, found[w]) for k, w in enumerate(rows) if engine in found[w]]
        heights = [
            statistics.median(r["seconds"] for r in each[engine])
            / statistics.median(r["seconds"] for r in each["gradatlas"])
            for _, each in at
        ]
        axes.bar([k + (place - len(engines) / 2 + 0.5) * room for k, _ in at], heights, room, label=engine)
    axes.axhline(1, color="black", linewidth=0.8)
    axes.set_yscale("log")
    axes.set_xticks(range(len(rows)), rows)
    axes.set_ylabel("time of a gradient step / gradatlas's")
    axes.legend()
    figure.savefig(path)


def main() -> int:
    """Read the command line, measure, print."""
    sys.path.insert(0, str(HERE))
    from workloads import WORKLOADS

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engines", nargs="+", choices=ENGINES, help="default: those that are installed")
    parser.add_argument("--workloads", nargs="+", choices=[*WORKLOADS, OVERHEAD], default=[*WORKLOADS, OVERHEAD])
    parser.add_argument("--rounds", type=int, default=5, help="processes for each engine and workload, at least 1")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=1.0, help="for warming up, and again for measuring")
    parser.add_argument("--save", type=Path, help="write the measurements as a suite of pyperf's")
    parser.add_argument("--plot", type=Path, help="draw the ratios")
    parser.add_argument("--worker", nargs=2, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.worker:
        print(json.dumps(work(*chosen.worker, seconds=chosen.seconds)))
        return 0
    engines = chosen.engines or [e for e, module in ENGINES.items() if importlib.util.find_spec(module)]
    engines = ["gradatlas", *[e for e in engines if e != "gradatlas"]]
    found = compare(engines, chosen.workloads, max(chosen.rounds, 1), chosen.threads, chosen.seconds)
    versions = {e: next(each[e][0]["version"] for each in found.values() if e in each) for e in engines}
    print(f"{chosen.threads} threads, float32, {chosen.rounds} processes each: ", end="")
    print(", ".join(f"{e} {v}" for e, v in versions.items()))
    print(report(found, engines))
    if chosen.save:
        save(found, chosen.save, chosen.threads)
    if chosen.plot:
        plot(found, engines, chosen.plot)
    return 0


if __name__ == "__main__":
    sys.exit(main())
