"""Forward mode: an array traced by it carries its tangent along, and each primitive pushes the tangents through."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gradatlas.engine.array import Array, Trace, lower, traced
from gradatlas.engine.primitive import Primitive, bind, evaluate
from gradatlas.errors import GradatlasError

__all__ = ["ForwardTrace"]


class ForwardTrace(Trace):
    """One call of jvp. The link of an array it traces is the tangent, a value of an earlier level."""

    def process(self, primitive: Primitive, args: tuple[Any, ...], params: Mapping[str, Any]) -> Any:
        if not self.open:
            return self.closed(primitive, args, params)
        values: list[Any] = []
        tangents: list[Any] = []
        run = evaluate
        for arg in args:
            t = None
            if type(arg) is Array:
                trace = arg._trace
                if trace is self:
                    t = arg._link
                    arg = arg._value
                elif trace is None:
                    arg = arg._plain
                if type(arg) is Array:
                    run = bind
            values.append(arg)
            tangents.append(t)
        out = run(primitive, tuple(values), params)
        if primitive.inert:
            return out
        try:
            tangent = primitive.push(tangents, values, out, params)
        except GradatlasError as error:
            if primitive.names_its_rules:
                error.name(primitive.name)
            raise
        if tangent is None:
            return out
        if type(out) is not tuple:
            return traced(out, self, lower(tangent))
        return tuple(
            [part if t is None else traced(part, self, lower(t)) for part, t in zip(out, tangent, strict=True)]
        )
