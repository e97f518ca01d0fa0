"""What a run of the proofs says on the terminal: a bar while it goes on, and the table at its end."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar
from rich.table import Table

__all__ = ["Progress", "final_table", "totals"]


class Progress:
    """A bar with the formula at work. It is drawn between items, when pytest does not capture what is written."""

    def __init__(self, total: int) -> None:
        self._bar = Bar(
            TextColumn("{task.description:<40.40}"),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            auto_refresh=False,
            transient=True,
        )
        self._task = self._bar.add_task("proofs", total=total)
        self._bar.start()

    def starts(self, id: str) -> None:
        """A formula is taken up."""
        self._bar.update(self._task, description=id)
        self._bar.refresh()

    def ends(self, id: str, failed: bool) -> None:
        """A formula is done."""
        if failed:
            self._bar.console.print(f"[red]not accepted[/red] {id}", highlight=False)
        self._bar.advance(self._task)
        self._bar.refresh()

    def stop(self) -> None:
        """Take the bar away."""
        self._bar.stop()


def totals(records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The numbers of the final table."""
    statuses = Counter(r["status"] for r in records)
    engine = [
        (c["max_ulps"], f"{r['id']}, {c['mode']}, {c['library']} {c['dtype']}")
        for r in records
        for part in ("engine", "adjoint_identity", "second_order")
        for c in r[part]
    ] + [
        (c["max_ulps"], f"{r['id']}, forward, {c['library']} {c['dtype']}")
        for r in records
        for c in r["definition"]["samples"]
    ]
    spent: Counter[str] = Counter()
    for r in records:
        spent.update(r["timing"])
    mutants = {
        key: sum(r["mutants"][key] for r in records)
        for key in ("made", "equivalent", "refused_by_checker", "refuted_by_oracle", "without_counterexample")
    }
    return {
        "proven": {status: statuses[status] for status in ("proven, any size", "proven, fixed size", "refuted")},
        "claims": sum(len(r["claims"]) for r in records),
        "steps": sum(len(c["steps"]) for r in records for c in r["claims"]),
        "axioms": len({a["id"] for r in records for a in r["axioms"]}),
        "checks": {
            "claims": sum(s["checked"] for r in records for s in r["oracle"]) + sum(len(r["trends"]) for r in records),
            "steps": sum(r["steps_checked"]["compared"] for r in records),
            "engine": len(engine),
        },
        "digits": min((s["digits"] for r in records for s in r["oracle"]), default=None),
        "ulps": max(engine, default=None),
        "mutants": mutants,
        "seconds": sum(r["seconds"] for r in records),
        "spent": dict(spent.most_common()),
        "slowest": [(r["id"], r["seconds"]) for r in sorted(records, key=lambda r: -r["seconds"])[:5]],
    }


def final_table(
    records: Sequence[Mapping[str, Any]], failed: Sequence[str], kept: int, wall: float, width: int = 100
) -> str:
    """The table at the end of a run, as text."""
    seen = totals(records)
    table = Table(title="What was seen", title_justify="left", box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column()
    proven, checks, mutants = seen["proven"], seen["checks"], seen["mutants"]
    table.add_row(
        "formulas",
        f"{proven['proven, any size']} proven at any size, {proven['proven, fixed size']} at a fixed size, "
        f"{proven['refuted']} refuted; {len(failed)} not accepted",
    )
    table.add_row("derivations", f"{seen['claims']} claims, {seen['steps']} steps, {seen['axioms']} axioms used")
    total = checks["claims"] + checks["steps"] + checks["engine"]
    least = "" if seen["digits"] is None else f"; least agreement {seen['digits']:g} digits"
    table.add_row(
        "numeric checks",
        f"{total}: {checks['claims']} of claims, {checks['steps']} of steps, {checks['engine']} of the engine{least}",
    )
    worst = "the engine was not compared" if seen["ulps"] is None else f"{seen['ulps'][0]:.2f} ({seen['ulps'][1]})"
    table.add_row("worst ulps", worst)
    table.add_row(
        "mutants",
        f"{mutants['made']} made, {mutants['refused_by_checker']} refused by the checker, "
        f"{mutants['refuted_by_oracle']} refuted by the oracle"
        f" ({mutants['without_counterexample']} hypotheses without a counterexample); "
        f"{mutants['equivalent']} equivalent, not counted",
    )
    table.add_row(
        "seconds",
        f"{wall:.1f} in this run; {seen['seconds']:.1f} of a processor for all this evidence, {kept} records kept",
    )
    table.add_row("spent on", ", ".join(f"{what} {seconds:.1f}" for what, seconds in seen["spent"].items()))
    table.add_row("slowest", ", ".join(f"{id} {seconds:.1f}" for id, seconds in seen["slowest"]))
    if failed:
        table.add_row("not accepted", ", ".join(failed))
    out = io.StringIO()
    Console(file=out, width=max(60, width), color_system=None).print(table)
    return "\n".join(line.rstrip() for line in out.getvalue().rstrip().splitlines())
