"""Reverse mode: the tape that records a computation, and the sweep that pulls cotangents back along it.

The tape is a flat list in the order of execution, and an array refers to it by a number, its slot. So neither the
sweep nor the freeing of a tape ever recurses, however deep the computation was, and constants leave no node at all.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from gradatlas.engine.array import Array, Trace, lower, traced
from gradatlas.engine.at_once import pull_at_once
from gradatlas.engine.linear_maps import add
from gradatlas.engine.mutation import new_watch
from gradatlas.engine.patch import Patch
from gradatlas.engine.primitive import Primitive, bind, evaluate
from gradatlas.errors import CheckpointError, GradatlasError

__all__ = ["ReverseTrace", "Segment", "Tape", "opened", "paused", "record_segments"]


class Tape:
    """The recorded steps, column by column rather than object by object.

    The columns hold numbers, arrays and tuples of them, which Python's garbage collector does not follow: a million
    objects would be visited by it again and again.
    """

    __slots__ = ("primitives", "saved", "wiring")

    def __init__(self) -> None:
        self.primitives: list[Primitive | Segment] = []
        self.wiring: list[tuple[tuple[int, ...], tuple[int, ...], int, int]] = []
        self.saved: list[Any] = []

    def __len__(self) -> int:
        return len(self.primitives)

    def clear(self) -> None:
        """Forget every step."""
        self.primitives.clear()
        self.wiring.clear()
        self.saved.clear()


class ReverseTrace(Trace):
    """One call of vjp. The link of an array it traces is its slot: where, in a sweep, its cotangent is gathered.

    lean: while it is set, slots are given out and nothing is recorded, for a checkpoint will run the steps again.
    """

    def __init__(self, transform: str) -> None:
        super().__init__(transform)
        self.tape = Tape()
        self.slots = 0
        self.lean = False
        self.watch = new_watch()
        self.replaying = threading.RLock()
        self.writing = threading.Lock()

    def input(self, value: Any) -> Array:
        """value as an array that the sweep will give a cotangent to."""
        slot = self.slots
        self.slots = slot + 1
        return traced(value, self, slot)

    def process(self, primitive: Primitive, args: tuple[Any, ...], params: Mapping[str, Any]) -> Any:
        if not self.open:
            return self.closed(primitive, args, params)
        values: list[Any] = []
        which: tuple[int, ...] = ()
        parents: tuple[int, ...] = ()
        run = evaluate
        for position, arg in enumerate(args):
            if type(arg) is Array:
                trace = arg._trace
                if trace is self:
                    which += (position,)
                    parents += (arg._link,)
                    arg = arg._value
                elif trace is None:
                    arg = arg._plain
                if type(arg) is Array:
                    run = bind
            values.append(arg)
        out = run(primitive, tuple(values), params)
        if primitive.inert:
            return out
        saved = primitive.save(which, values, out, params) if not self.lean or self.watch else ()
        return self.record(primitive, which, saved, parents, out)

    def record(
        self, primitive: Primitive, which: tuple[int, ...], saved: Any, parents: tuple[int, ...], out: Any
    ) -> Any:
        """out, an array or a tuple of arrays, as the outcome of a step that the sweep will ask primitive to pull back."""
        outputs = len(out) if type(out) is tuple else 0  # 0: the one output is no tuple
        with self.writing:  # the function may compute in several threads
            slot = self.slots
            self.slots = slot + (outputs or 1)
            if not self.lean:
                tape = self.tape
                tape.primitives.append(primitive)
                tape.wiring.append((which, parents, slot, outputs))
                tape.saved.append(saved)
        if self.watch is not None:
            self.watch.note(primitive.name, slot, saved)
        if outputs:
            return tuple([traced(part, self, slot + k) for k, part in enumerate(out)])
        return traced(out, self, slot)

    def sweep(self, seeds: Iterable[tuple[int, Any]], *, consume: bool) -> list[Any]:
        """The cotangents that are left, by slot, when all steps are done: those of the inputs; None stands for zero.

        seeds: pairs of a slot and the cotangent that enters there. consume: free what a step saved once it is done.
        """
        with self.replaying:  # another thread may be running a checkpoint of this very tape again
            tape, slots = self.tape, self.slots
        cotangents: list[Any] = [None] * slots
        fresh = bytearray(slots)  # 1 where the sum was allocated by this sweep, which may then add in place
        for slot, g in seeds:
            _accumulate(cotangents, fresh, slot, g)
        pending = [_backwards(tape, consume)]
        while pending:
            for primitive, wiring, saved in pending[-1]:
                if type(primitive) is Segment:
                    if any(g is not None for g in cotangents[primitive.start : primitive.stop]):
                        pending.append(_backwards(primitive.replay(self), consume=True))
                        break
                    continue
                which, parents, slot, outputs = wiring
                if outputs:
                    g = _taken(cotangents, slot, outputs)
                else:
                    g = cotangents[slot]
                    cotangents[slot] = None
                if g is None:
                    continue
                if self.watch is not None:
                    self.watch.verify(primitive.name, slot, saved)
                try:
                    pulled = (
                        pull_at_once(primitive, g, which, saved)
                        if primitive.at_once
                        else primitive.pull(g, which, saved)
                    )
                except GradatlasError as error:
                    if primitive.names_its_rules:
                        error.name(primitive.name)
                    raise
                for parent, ct in zip(parents, pulled, strict=True):
                    if ct is None:
                        continue
                    if cotangents[parent] is None and type(ct) is not Array and type(ct) is not Patch:
                        cotangents[parent] = ct  # the first to arrive, which is most often the only one
                    else:
                        _accumulate(cotangents, fresh, parent, ct)
            else:
                pending.pop()
        return cotangents


def _backwards(tape: Tape, consume: bool) -> Iterator[tuple[Any, Any, Any]]:
    """The steps of a tape, the last first."""
    if not consume:
        yield from zip(reversed(tape.primitives), reversed(tape.wiring), reversed(tape.saved), strict=True)
        return
    primitives, wiring, saved = tape.primitives, tape.wiring, tape.saved
    while primitives:
        yield primitives.pop(), wiring.pop(), saved.pop()


def _taken(cotangents: list[Any], slot: int, outputs: int) -> Any:
    """The cotangents of a step's several outputs as a tuple, out of their places; None if all are zero."""
    parts = tuple(cotangents[slot : slot + outputs])
    if all(part is None for part in parts):
        return None
    cotangents[slot : slot + outputs] = [None] * outputs
    return parts


def _accumulate(cotangents: list[Any], fresh: bytearray, slot: int, g: Any) -> None:
    """Add g into a slot, in place where the sum there is this sweep's own: never into an array that a rule gave."""
    total = cotangents[slot]
    if type(g) is Patch:
        if total is not None and fresh[slot]:
            g.add_into(total)
            return
        g = g.dense()
        fresh[slot] = total is None and type(g) is not Array
    if type(g) is Array:
        g = lower(g)
    if total is None:
        cotangents[slot] = g
    elif fresh[slot] and type(g) is not Array:
        total += g
    else:
        cotangents[slot] = total = add(total, g)
        fresh[slot] = type(total) is not Array


_open: ContextVar[tuple[Trace, ...]] = ContextVar("open_traces", default=())


@contextmanager
def opened(trace: Trace) -> Iterator[None]:
    """Let trace take part in what runs within, and refuse arrays it traced afterwards."""
    token = _open.set((*_open.get(), trace))
    try:
        yield
    finally:
        _open.reset(token)
        trace.open = False


@contextmanager
def paused() -> Iterator[None]:
    """Let no trace that follows derivatives take part in what runs within: arrays count as what lies beneath."""
    traces = _open.get()
    halted = [each for each in traces if each.differentiates and each.open]
    for each in halted:
        each.open, each.paused = False, True
    token = _open.set(tuple(each for each in traces if each not in halted))
    try:
        yield
    finally:
        _open.reset(token)
        for each in halted:
            each.open, each.paused = True, False


class Segment:
    """A stretch of a tape that was not recorded: the slots from start to stop, and how to run it again."""

    __slots__ = ("run", "start", "stop", "traces")

    def __init__(self, run: Callable[[], Any], traces: Sequence[Trace], start: int, stop: int) -> None:
        self.run = run
        self.traces = traces
        self.start = start
        self.stop = stop

    def replay(self, trace: ReverseTrace) -> Tape:
        """The tape of the stretch as trace would have recorded it, made by running it again.

        Traces that began later than this one have ended, and are let see the arguments once more, recording nothing.
        Those that began earlier record the second run like anything else that happens in a backward pass.
        """
        with trace.replaying:
            later = [each for each in self.traces if each.level > trace.level]
            kept = [(each, _state(each)) for each in (trace, *later)]
            for each in later:
                each.open = True
                if isinstance(each, ReverseTrace):
                    each.lean = True
            trace.tape, trace.slots, trace.lean, trace.open = Tape(), self.start, False, True
            token = _open.set((*_open.get(), trace, *later))
            try:
                self.run()
                tape, stop = trace.tape, trace.slots
            finally:
                _open.reset(token)
                for each, state in kept:
                    _restore(each, state)
        if stop != self.stop:
            raise CheckpointError(
                "checkpoint",
                f"the function took {self.stop - self.start} steps when it ran and {stop - self.start} when run again",
                "make it do the same each time: no random choice, no counter, no cache within it",
            )
        return tape


def _state(trace: Trace) -> tuple[Any, ...]:
    return (trace.open, trace.tape, trace.slots, trace.lean) if isinstance(trace, ReverseTrace) else (trace.open,)


def _restore(trace: Trace, state: tuple[Any, ...]) -> None:
    if isinstance(trace, ReverseTrace):
        trace.open, trace.tape, trace.slots, trace.lean = state
    else:
        (trace.open,) = state


def record_segments(run: Callable[[], Any]) -> Any:
    """The result of run(), of which every tape that is being recorded keeps only how to run it again."""
    traces = _open.get()
    recording = [each for each in traces if isinstance(each, ReverseTrace) and not each.lean]
    starts = [each.slots for each in recording]
    for each in recording:
        each.lean = True
    try:
        out = run()
    finally:
        for each in recording:
            each.lean = False
    for each, start in zip(recording, starts, strict=True):
        if each.slots > start:
            each.tape.primitives.append(Segment(run, traces, start, each.slots))
            each.tape.wiring.append(((), (), start, 0))
            each.tape.saved.append(())
    return out
