"""The gradient steps of `workloads.py` on a GPU: gradatlas on CuPy arrays beside PyTorch and JAX, where they are installed.

    python benchmarks/gpu.py                          every workload and engine, five rounds; prints the table
    python benchmarks/gpu.py --save                   and writes it to benchmarks/results/, with date, device and versions

Not yet run: no GPU was at hand where this was written, and there is no table of it. Each engine runs in a process of its
own, the engines taking turns. Every measurement is the time of twenty steps between two CUDA events, after ten steps of
warming up; JAX, which offers no events, is timed by the clock around steps that are waited for. Before anything is timed,
the losses of all engines must agree. TF32 is off everywhere.
"""

from __future__ import annotations

import argparse
import datetime
import importlib
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parent
ENGINES = {"gradatlas": "cupy", "torch": "torch", "jax": "jax"}  # the module that each needs
WARMING, STEPS = 10, 20


def on_cupy(
    arrays: dict[str, np.ndarray],
) -> tuple[dict[str, Any], Callable[[Callable[[], Any]], float], dict[str, str]]:
    """The arrays on the GPU, how to time steps there in ms, and what stands in the table's head."""
    import cupy

    def timed(step: Callable[[], Any]) -> float:
        begin, end = cupy.cuda.Event(), cupy.cuda.Event()
        begin.record()
        for _ in range(STEPS):
            step()
        end.record()
        end.synchronize()
        return float(cupy.cuda.get_elapsed_time(begin, end)) / STEPS

    name = cupy.cuda.runtime.getDeviceProperties(0)["name"].decode()
    about = {"device": name, "driver": str(cupy.cuda.runtime.driverGetVersion()), "cupy": cupy.__version__}
    return {key: cupy.asarray(array) for key, array in arrays.items()}, timed, about


def on_torch(
    arrays: dict[str, np.ndarray],
) -> tuple[dict[str, Any], Callable[[Callable[[], Any]], float], dict[str, str]]:
    """The same for PyTorch, whose tensors are made on the GPU by default."""
    import torch

    if not torch.cuda.is_available():
        raise SystemExit("this PyTorch sees no GPU")
    torch.set_default_device("cuda")
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False

    def timed(step: Callable[[], Any]) -> float:
        begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        begin.record()
        for _ in range(STEPS):
            step()
        end.record()
        end.synchronize()
        return float(begin.elapsed_time(end)) / STEPS

    return arrays, timed, {"torch": torch.__version__}


def on_jax(
    arrays: dict[str, np.ndarray],
) -> tuple[dict[str, Any], Callable[[Callable[[], Any]], float], dict[str, str]]:
    """The same for JAX, whose steps in `peers` wait for their result."""
    import jax

    if jax.default_backend() != "gpu":
        raise SystemExit("this JAX sees no GPU")
    jax.config.update("jax_default_matmul_precision", "highest")

    def timed(step: Callable[[], Any]) -> float:
        begun = time.perf_counter()
        for _ in range(STEPS):
            step()
        return (time.perf_counter() - begun) * 1000 / STEPS

    return arrays, timed, {"jax": jax.__version__}


def work(engine: str, workload: str) -> dict[str, Any]:
    """Time one workload in one engine."""
    sys.path.insert(0, str(HERE))
    from workloads import draw

    place = {"gradatlas": on_cupy, "torch": on_torch, "jax": on_jax}[engine]
    arrays, timed, about = place(draw(workload))
    peer = importlib.import_module(f"peers.{engine}_")
    name = {"784-512-10": "dense", "10-10-8-1": "small", "CNN": "cnn"}.get(workload, workload.lower())
    step = getattr(peer, name)(arrays)
    for _ in range(WARMING):
        loss, _ = step()
    return {"ms": timed(step), "loss": float(loss), "about": {**about, engine: peer.VERSION}}


def measure(engine: str, workload: str) -> dict[str, Any] | str:
    """One measurement in a process of its own, or why there is none."""
    command = [sys.executable, str(HERE / "gpu.py"), "--work", engine, workload]
    environment = {**os.environ, "NVIDIA_TF32_OVERRIDE": "0", "XLA_PYTHON_CLIENT_PREALLOCATE": "false"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode:
        return (done.stderr.strip().splitlines() or ["it failed"])[-1]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def table(found: dict[str, dict[str, list[float]]], about: dict[str, str], rounds: int) -> str:
    """The medians in ms, and the ratios of gradatlas's to the others'."""
    engines = [engine for engine in ENGINES if any(engine in row for row in found.values())]
    lines = [
        f"{datetime.date.today().isoformat()}, {', '.join(f'{key} {value}' for key, value in sorted(about.items()))}"
    ]
    lines.append(f"ms a gradient step, float32, the median of {rounds} rounds of {STEPS} steps")
    lines.append(f"{'':<12}" + "".join(f"{engine:>12}" for engine in engines))
    for workload, row in found.items():
        medians = {engine: statistics.median(times) for engine, times in row.items() if times}
        cells = [f"{medians[engine]:12.3f}" if engine in medians else f"{'-':>12}" for engine in engines]
        own = medians.get("gradatlas")
        ratios = [f"{own / ms:.2f} x {engine}" for engine, ms in medians.items() if own and engine != "gradatlas"]
        lines.append(f"{workload:<12}" + "".join(cells) + ("   " + ", ".join(ratios) if ratios else ""))
    return "\n".join(lines)


def main() -> int:
    sys.path.insert(0, str(HERE))
    from workloads import WORKLOADS

    parser = argparse.ArgumentParser(description="Time gradient steps on a GPU.")
    parser.add_argument("--work", nargs=2, metavar=("ENGINE", "WORKLOAD"), help=argparse.SUPPRESS)
    parser.add_argument("--workloads", nargs="+", default=list(WORKLOADS), choices=list(WORKLOADS))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--save", action="store_true", help="write the table to benchmarks/results/")
    options = parser.parse_args()
    if options.work:
        print(json.dumps(work(*options.work)))
        return 0
    engines = [engine for engine, module in ENGINES.items() if importlib.util.find_spec(module)]
    if "gradatlas" not in engines:
        print("There is no CuPy: pip install 'gradatlas[cuda12]' or 'gradatlas[cuda13]'", file=sys.stderr)
        return 1
    found: dict[str, dict[str, list[float]]] = {name: {} for name in options.workloads}
    about: dict[str, str] = {}
    for _ in range(options.rounds):
        for workload in options.workloads:
            losses: dict[str, float] = {}
            for engine in list(engines):
                seen = measure(engine, workload)
                if isinstance(seen, str):
                    print(f"{engine}, {workload}: {seen}", file=sys.stderr)
                    if engine == "gradatlas":
                        return 1
                    continue
                found[workload].setdefault(engine, []).append(seen["ms"])
                losses[engine] = seen["loss"]
                about.update(seen["about"])
            if not np.allclose(list(losses.values()), losses["gradatlas"], rtol=1e-3):
                print(f"{workload}: the engines do not compute the same loss: {losses}", file=sys.stderr)
                return 1
    text = table(found, about, options.rounds)
    print(text)
    if options.save:
        target = HERE / "results" / f"gpu-{datetime.date.today().isoformat()}.txt"
        target.parent.mkdir(exist_ok=True)
        target.write_text(text + "\n")
        print(f"written to {target}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
