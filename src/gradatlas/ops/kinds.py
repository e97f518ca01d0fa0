"""The kinds of operations: each fixes, by a theorem, how tangents are pushed and cotangents pulled through an operation.

A record is made by one of `elementwise`, `linear`, `multilinear`, `gather`, `locally_constant` and `general`, and reads
like a line of a table. Its forward takes `lib`, the plain array-API namespace, then the arrays, then the static
parameters by keyword:

    tanh = elementwise("tanh", lambda lib, x: lib.tanh(x), derivatives=(sech2,))

**A rule names what it needs, and what it names is what is saved.** A derivative, an adjoint or a rule is a record or a
function whose parameters are names: those of the forward's arrays, those of its keywords, and `out`, the result. Where
a map is linear in an argument, the name of that argument stands for its space (shape and dtype), for the rule cannot
depend on its value. Rules of cotangents take `g` first, rules of tangents `t`. A rule computes with records, never with
`lib`, and with functions rather than operators between two arrays, so that every library takes part at any order.

Cotangents may come out as large as the broadcast result, or promoted: the engine sums and casts them to their argument.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, NoReturn, TypeAlias, TypedDict, Unpack

import numpy as np

from gradatlas.backend import LIBRARY_BY_TYPE, category, library_of
from gradatlas.engine.array import Array
from gradatlas.engine.linear_maps import (
    add,
    add_rows,
    conjugate,
    fill,
    fit_cotangent,
    fit_tangent,
    is_complex,
    product_or_zero,
    reshape,
    scale,
)
from gradatlas.engine.primitive import Primitive, apply, bind
from gradatlas.engine.space import Space
from gradatlas.errors import ArgumentError, CustomRuleError, DTypeError, describe
from gradatlas.ops._batching import Batching, Call, aligned, leading, per_example, positions, through_index_map

__all__ = [
    "Record",
    "Row",
    "Sample",
    "elementwise",
    "gather",
    "general",
    "linear",
    "locally_constant",
    "multilinear",
]

Rule: TypeAlias = Callable[..., Any]


class Sample(NamedTuple):
    """One valid call of an operation: its positional arguments (float64 unless the operation says else) and keywords."""

    args: tuple[Any, ...]
    params: Mapping[str, Any] = {}


Roots: TypeAlias = tuple[float, ...] | Mapping[int, Callable[..., float]]
"""The simple roots of f'; of a function of several arguments, for argument k the root in it of the derivative in it."""

Samples: TypeAlias = Callable[[np.random.Generator], Iterable[Sample]]

_TAKES = {
    "any": frozenset({"bool", "integer", "real", "complex"}),
    "bool": frozenset({"bool"}),
    "integer": frozenset({"integer"}),
    "numeric": frozenset({"integer", "real", "complex"}),
    "ordered": frozenset({"integer", "real"}),
    "floating": frozenset({"real", "complex"}),
    "real": frozenset({"real"}),
}


_NUMBERS = (int, float, complex)
# NumPy's numbers of its dtypes: a quick way to what `category` says of them.
_KIND_BY_NUM = {dtype.num: category(dtype) for dtype in map(np.dtype, "?bBhHiIlLqQfdFD")}
_by_type = LIBRARY_BY_TYPE.get


class _Bound:
    """A rule bound to a forward: from where each of its parameters is taken when the rule is saved."""

    __slots__ = ("function", "positions", "sources")

    def __init__(self, function: Rule, sources: tuple[tuple[str, Any], ...]) -> None:
        self.function = function
        self.sources = sources
        values_alone = all(kind == "value" for kind, _ in sources)
        self.positions = tuple(key for _, key in sources) if values_alone else None

    def collect(self, args: Sequence[Any], out: Any, params: Mapping[str, Any]) -> tuple[Any, ...]:
        """The values that the rule names, in its order."""
        if self.positions is not None:
            return tuple([args[position] for position in self.positions])
        return tuple([_fetch(source, args, out, params) for source in self.sources])

    def at(self, values: tuple[Any, ...]) -> Any:
        """What the rule gives for these values; of Python numbers alone a Python number, which no dtype widens."""
        result = self.function(*values)
        if values and type(values[0]) in _NUMBERS and library_of(result) is not None:
            return result.item() if all(type(value) in _NUMBERS for value in values) else result
        return result


def _fetch(source: tuple[str, Any], args: Sequence[Any], out: Any, params: Mapping[str, Any]) -> Any:
    kind, key = source
    if kind == "value":
        return args[key]
    if kind == "out":
        return out
    if kind == "param":
        return params[key]
    if kind == "space":
        return Space.of(args[key])
    if kind == "values":
        return tuple(args[key:])
    return tuple(Space.of(arg) for arg in args[key:])


@dataclass(eq=False, repr=False)
class Record(Primitive):
    """An operation as one line of a table. Calling it applies it.

    name: the operation's. kind: which theorem gives its rules. signature: the core shapes, such as "(m,n),(n)->(m)";
    empty for elementwise operations. domain: where it is differentiable, per argument if they differ. kinks: where it
    is not, and the value taken there and why. takes: the numbers it takes,
    per argument if they differ. exact: an elementwise record's function of mpmath's numbers, exact(mp, x, ...). bound: the
    error of its derivatives that is promised, in ulps with NumPy, by dtype. roots: the simple roots of its derivatives,
    near which an ulp is one of max(|f'|, |x f''|). samples: draws valid calls. advice: the mend of arguments that do not
    fit. summary: what it computes, in a line. batching: how a whole batch of calls becomes one, for `ga.vmap`: see
    `ops._batching`, which also says for which kinds it need not be said. at_once: see `Primitive`.
    """

    name: str
    kind: str
    compute: Callable[..., Any]
    signature: str = ""
    domain: str | tuple[str, ...] = "R"
    kinks: Mapping[str, str] = field(default_factory=dict)
    takes: str | tuple[str, ...] = "floating"
    bound: Mapping[str, float] | float | None = None
    roots: Roots = ()
    exact: Callable[..., Any] | None = None
    samples: Samples | None = None
    advice: str | None = None
    summary: str = ""
    batching: Batching | None = None
    at_once: bool = False
    names_its_rules = True

    def __post_init__(self) -> None:
        names, variadic, defaults = _parameters(self.name, self.compute)
        self.argument_names: tuple[str, ...] = names
        self._arity = len(names)
        self.variadic: str | None = variadic
        self.defaults: dict[str, Any] = defaults
        takes = (self.takes,) if isinstance(self.takes, str) else self.takes
        self._allowed = tuple(_TAKES[each] for each in takes)
        self._alike = isinstance(self.takes, str)  # then all arguments hold one kind of number
        self._fine = (
            {num: kind for num, kind in _KIND_BY_NUM.items() if kind in self._allowed[0]} if self._alike else {}
        )
        self.forward = self.compute  # type: ignore[method-assign]
        if self.batching is None:
            self.batching = self._usual_batching()
        self.__doc__ = self._documentation()
        self.__signature__ = self._signature()

    def _signature(self) -> inspect.Signature:
        """How it is called: the arrays by position, everything else by keyword."""
        of = inspect.Parameter
        parameters = [of(name, of.POSITIONAL_ONLY) for name in self.argument_names]
        parameters += [of(self.variadic, of.VAR_POSITIONAL)] if self.variadic else []
        parameters += [of(name, of.KEYWORD_ONLY, default=value) for name, value in self.defaults.items()]
        return inspect.Signature(parameters)

    def _documentation(self) -> str:
        """The docstring, put together from the line of the table."""
        arrays = [*self.argument_names, *([f"*{self.variadic}"] if self.variadic else [])]
        keywords = [f"{name}={value!r}" for name, value in self.defaults.items()]
        takes = self.takes if isinstance(self.takes, str) else ", ".join(self.takes)
        lines = [
            self.summary,
            "",
            f"{self.name}({', '.join([*arrays, *keywords])}): {self.kind}. Takes numbers: {takes}.",
        ]
        if self.domain != "R":
            where = self.domain if isinstance(self.domain, str) else "; ".join(dict.fromkeys(self.domain))
            lines.append(f"Differentiable where {where}.")
        lines += [f"At {where}: {taken}." for where, taken in self.kinks.items()]
        return "\n".join(lines).strip() + "\n"

    def forward(self, lib: Any, *args: Any, **params: Any) -> Any:
        return self.compute(lib, *args, **params)

    def __call__(self, *args: Any, **params: Any) -> Any:
        if len(args) != self._arity and self.variadic is None:
            raise ArgumentError(
                self.name,
                f"takes {self._arity} positional arguments ({', '.join(self.argument_names)}) and was given {len(args)}",
                "pass these, None for an optional array that is left out, and all else by keyword",
            )
        if params:
            if not params.keys() <= self.defaults.keys():
                unknown = ", ".join(sorted(params.keys() - self.defaults.keys()))
                known = f"choose of {', '.join(self.defaults)}" if self.defaults else "it takes none"
                raise ArgumentError(self.name, f"has no keyword {unknown}", known)
            params = {**self.defaults, **params}
        return apply(self, args, params or self.defaults)

    def _usual_batching(self) -> Batching | None:
        """How records of this kind are batched, unless they say otherwise; None where the kind does not fix it."""
        return None

    def batch(self, args: tuple[Any, ...], batched: Sequence[bool], params: Mapping[str, Any], size: int) -> Any:
        return (self.batching or per_example)(Call(self, args, batched, params, size))

    def batched_call(self, args: tuple[Any, ...], batched: Sequence[bool], params: Mapping[str, Any], size: int) -> Any:
        """The record on arguments of which some may be batched: `batch`, or one plain call where none is."""
        return self.batch(args, batched, params, size) if any(batched) else bind(self, args, params)

    def by_position(self, *values: Any) -> Any:
        """The operation with its keywords given by position after the arrays, in the order of the forward."""
        return self(*values[: self._arity], **dict(zip(self.defaults, values[self._arity :], strict=True)))

    def __repr__(self) -> str:
        return f"<{self.kind} {self.name}>"

    def mend(self, args: Sequence[Any], params: Mapping[str, Any]) -> str | None:
        return self.advice

    def check(self, args: Sequence[Any]) -> None:
        kind = None
        for arg in args:
            if type(arg) is np.ndarray:
                found = self._fine.get(arg.dtype.num)
                if found is None or (kind is not None and found is not kind):
                    break
                kind = found
            elif type(arg) is not float:
                break
        else:
            return
        self._check_each(args)

    def _check_each(self, args: Sequence[Any]) -> None:
        seen = None
        for position, arg in enumerate(args):
            if _by_type(type(arg)) is None:
                continue
            found = category(arg.dtype)
            if found not in self._allowed[position if position < len(self._allowed) else -1]:
                self._refuse(position, arg, found)
            if seen is not found and self._alike:
                if seen is not None and {seen, found} != {"real", "complex"}:
                    self._refuse_mixture(args)
                seen = found

    def _refuse(self, position: int, arg: Any, found: str) -> NoReturn:
        names = self.argument_names
        numbers = " or ".join(sorted(self._allowed[min(position, len(self._allowed) - 1)]))
        raise DTypeError(
            self.name,
            f"{names[position] if position < len(names) else f'array {position}'} is {describe(arg)}, "
            f"where {numbers} numbers are needed",
            "convert it with xp.astype(x, xp.float64)" if found in ("bool", "integer") else "convert it first",
        )

    def _refuse_mixture(self, args: Sequence[Any]) -> NoReturn:
        raise DTypeError(
            self.name,
            f"got {', '.join(describe(arg) for arg in args)}, and libraries differ in how they mix these",
            "bring them to one kind of number with xp.astype",
        )

    def _bind_rule(self, rule: Rule, lead: str, linear_in: Iterable[str] = ()) -> _Bound:
        """rule with its parameters, after the leading one, matched by name to arguments, keywords and the result."""
        if isinstance(rule, Record):
            names: tuple[str, ...] = (*rule.argument_names, *rule.defaults)
            rule = rule.by_position if rule.defaults else rule
        else:
            names = tuple(inspect.signature(rule).parameters)
        if lead:
            if not names or names[0] != lead:
                raise TypeError(f"{self.name}: a rule's first parameter must be {lead}, not {names[:1]}")
            names = names[1:]
        return _Bound(rule, tuple(self._source(name, frozenset(linear_in)) for name in names))

    def _source(self, name: str, linear_in: frozenset[str]) -> tuple[str, Any]:
        if name == self.variadic:
            return ("spaces" if name in linear_in else "values"), len(self.argument_names)
        if name in self.argument_names:
            return ("space" if name in linear_in else "value"), self.argument_names.index(name)
        if name == "out":
            return "out", None
        if name in self.defaults:
            return "param", name
        known = [*self.argument_names, *([self.variadic] if self.variadic else []), *self.defaults, "out"]
        raise TypeError(f"{self.name}: a rule names {name!r}: it may name {', '.join(known)}")


def _parameters(name: str, compute: Callable[..., Any]) -> tuple[tuple[str, ...], str | None, dict[str, Any]]:
    """The names of a forward's arrays after lib, the name of its *arrays if it has them, and its keywords' defaults."""
    arrays: list[str] = []
    variadic = None
    defaults: dict[str, Any] = {}
    for parameter in list(inspect.signature(compute).parameters.values())[1:]:
        if parameter.kind is parameter.VAR_POSITIONAL:
            variadic = parameter.name
        elif parameter.kind is parameter.KEYWORD_ONLY:
            defaults[parameter.name] = None if parameter.default is parameter.empty else parameter.default
        else:
            arrays.append(parameter.name)
    if "out" in arrays or "out" in defaults:
        raise TypeError(f"{name}: no argument may be called out, the name of the result in rules")
    return tuple(arrays), variadic, defaults


def _fit_for(arg: Any, out: Any) -> Space | None:
    """The space a cotangent of arg must be brought into; None where it is that of out."""
    below = arg._plain if type(arg) is Array else arg
    above = out._plain if type(out) is Array else out
    return None if below.shape == above.shape and below.dtype == above.dtype else Space.of(arg)


class _Elementwise(Record):
    """y = f(x1, x2, ...) entry by entry. JVP: sum of f'_k dx_k. VJP: conj(f'_k) g, summed over broadcast axes."""

    def _usual_batching(self) -> Batching | None:
        return aligned

    def derive(self, derivatives: Sequence[Rule | float | None], conjugates: Sequence[Rule | float | None]) -> None:
        """Take the derivative in each argument, and that in its conjugate where f is not holomorphic."""
        self.derivatives = tuple(self._derivative(d) for d in derivatives)
        self.conjugate_derivatives = tuple(self._derivative(d) for d in conjugates)

    def _derivative(self, rule: Rule | float | None) -> _Bound:
        if callable(rule):
            return self._bind_rule(rule, lead="")
        return _Bound(lambda: rule, ())

    def save(self, which: Sequence[int], args: Sequence[Any], out: Any, params: Mapping[str, Any]) -> Any:
        conjugates = self.conjugate_derivatives
        saved = []
        for slot in which:
            arg = args[slot]
            values = self.derivatives[slot].collect(args, out, params)
            other = conjugates[slot].collect(args, out, params) if conjugates and is_complex(arg) else None
            saved.append((slot, values, other, _fit_for(arg, out)))
        return tuple(saved)

    def pull(self, g: Any, which: Sequence[int], saved: Any) -> Sequence[Any]:
        cotangents: list[Any] = []
        for slot, values, conjugate_values, space in saved:
            ct = self._times(self.derivatives[slot].at(values), g, conjugated=True)
            if conjugate_values is not None:
                other = self._times(self.conjugate_derivatives[slot].at(conjugate_values), conjugate(g))
                ct = other if ct is None else ct if other is None else add(ct, other)
            cotangents.append(ct if ct is None or space is None else fit_cotangent(ct, space, self.name))
        return cotangents

    def _times(self, derivative: Any, v: Any, conjugated: bool = False) -> Any:
        """derivative * v, and 0 where v is 0 though the derivative be infinite or nan; None where the derivative is zero."""
        if derivative is None:
            return None
        if type(derivative) in _NUMBERS:
            return scale(v, derivative.conjugate() if conjugated else derivative)
        return product_or_zero(conjugate(derivative) if conjugated else derivative, v)

    def push(self, tangents: Sequence[Any], args: Sequence[Any], out: Any, params: Mapping[str, Any]) -> Any:
        total = None
        for slot, t in enumerate(tangents):
            if t is None:
                continue
            rule = self.derivatives[slot]
            terms = [self._times(rule.at(rule.collect(args, out, params)), t)]
            if self.conjugate_derivatives and is_complex(args[slot]):
                rule = self.conjugate_derivatives[slot]
                terms.append(self._times(rule.at(rule.collect(args, out, params)), conjugate(t)))
            for term in terms:
                if term is not None:
                    term = fit_tangent(term, out, self.name)
                    total = term if total is None else add(total, term)
        return total


class _Cotangents:
    """The rules of a record's cotangents: one for all arguments at once, which gives a tuple, or one for each."""

    def __init__(self, every: _Bound | None, each: tuple[_Bound | None, ...]) -> None:
        self.every = every
        self.each = each

    def save(self, which: Sequence[int], args: Sequence[Any], out: Any, params: Mapping[str, Any]) -> Any:
        if self.every is not None:
            values: Any = self.every.collect(args, out, params)
        else:
            rules = [self.each[slot] for slot in which]
            values = tuple([None if rule is None else rule.collect(args, out, params) for rule in rules])
        return values, tuple([Space.of(args[slot]) for slot in which])

    def pull(self, g: Any, which: Sequence[int], saved: Any, function: str) -> list[Any]:
        values, spaces = saved
        if self.every is not None:
            result = self.every.function(g, *values)
            found = [result[slot] for slot in which]
        else:
            found = []
            for slot, each in zip(which, values, strict=True):
                rule = self.each[slot]
                found.append(None if rule is None else rule.function(g, *each))
        return [
            None if ct is None else fit_cotangent(ct, space, function) for ct, space in zip(found, spaces, strict=True)
        ]


class _Linear(Record):
    """y = A x, linear in all its differentiable arguments together. JVP: A dx. VJP: A* g."""

    def adjoin(self, adjoint: Rule | Sequence[Rule | None]) -> None:
        """Take the adjoint: one for each argument, None where it is no variable; of *arrays, one that gives a tuple."""
        if self.variadic is not None:
            if not callable(adjoint) or self.argument_names:
                raise TypeError(f"{self.name}: a forward of *arrays has these alone and one adjoint that gives a tuple")
            self._variable: tuple[bool, ...] | None = None
            self._rules = _Cotangents(self._bind_rule(adjoint, "g", (self.variadic,)), ())
            return
        each = (adjoint,) if callable(adjoint) else tuple(adjoint)
        each += (None,) * (len(self.argument_names) - len(each))
        self._variable = tuple(rule is not None for rule in each)
        variables = [name for name, rule in zip(self.argument_names, each, strict=True) if rule is not None]
        bound = [None if rule is None else self._bind_rule(rule, "g", variables) for rule in each]
        self._rules = _Cotangents(None, tuple(bound))

    def save(self, which: Sequence[int], args: Sequence[Any], out: Any, params: Mapping[str, Any]) -> Any:
        return self._rules.save(which, args, out, params)

    def pull(self, g: Any, which: Sequence[int], saved: Any) -> Sequence[Any]:
        return self._rules.pull(g, which, saved, self.name)

    def push(self, tangents: Sequence[Any], args: Sequence[Any], out: Any, params: Mapping[str, Any]) -> Any:
        moved = list(args)
        anything = False
        for slot, (arg, t) in enumerate(zip(args, tangents, strict=True)):
            if self._variable is None or self._variable[slot]:
                anything = anything or t is not None
                moved[slot] = _zero_of(arg) if t is None else t
        return fit_tangent(bind(self, tuple(moved), params), out, self.name) if anything else None


def _zero_of(arg: Any) -> Any:
    """The zero of an argument's space; a Python number's is a Python number, which stands beside any library's arrays."""
    return type(arg)(0) if isinstance(arg, int | float | complex) and library_of(arg) is None else Space.of(arg).zeros()


class _Gather(_Linear):
    """y_i = x_phi(i), or 0 where phi points nowhere. JVP: the same gather. VJP: the scatter-add along phi."""

    def _usual_batching(self) -> Batching | None:
        return through_index_map if len(self.argument_names) == 1 else None

    def adjoin(self, adjoint: Rule | Sequence[Rule | None] | None) -> None:
        """Take a quick form of the adjoint, where there is one: without it the scatter-add follows from the forward."""
        if adjoint is not None:
            super().adjoin(adjoint)
            return
        names = [*self.argument_names, *self.defaults]
        x, others = self.argument_names[0], self.argument_names[1:]

        def scatter(g: Any, space: Space, *values: Any) -> Any:
            aux, held = values[: len(others)], dict(zip(self.defaults, values[len(others) :], strict=True))
            return bind(_SCATTER, (g, *aux), {"record": self, "space": space, "params": held})

        self._variable = (True, *[False] * len(others))
        sources = tuple(self._source(name, frozenset({x})) for name in names)
        self._rules = _Cotangents(None, (_Bound(scatter, sources), *[None] * len(others)))

    def index_map(self, lib: Any, space: Space, *aux: Any, **params: Any) -> Any:
        """phi, as integers of lib that count the entries of x from 1; 0 where the output comes from nowhere.

        It is the forward itself, applied to the array of positions.
        """
        count = lib.arange(1, space.size + 1, device=space.device)
        return self.compute(lib, lib.reshape(count, space.shape), *aux, **{**self.defaults, **params})


class _Scatter(Primitive):
    """The adjoint of a gather: each entry of g added to the entry of x that it was taken from."""

    name = "scatter_add"

    def forward(self, lib: Any, *args: Any, **params: Any) -> Any:
        g, space = args[0], params["space"]
        index = params["record"].index_map(lib, space, *args[1:], **params["params"])
        library = library_of(g)
        assert library is not None
        total = library.scatter_add(lib.reshape(g, (-1,)), lib.reshape(index, (-1,)), space.size + 1)
        return lib.reshape(total[1:], space.shape)

    def save(self, which: Sequence[int], args: Sequence[Any], out: Any, params: Mapping[str, Any]) -> Any:
        return args[1:], params["record"], params["params"]

    def pull(self, g: Any, which: Sequence[int], saved: Any) -> Sequence[Any]:
        aux, record, params = saved
        return (bind(record, (g, *aux), params),)

    def push(self, tangents: Sequence[Any], args: Sequence[Any], out: Any, params: Mapping[str, Any]) -> Any:
        return bind(self, (tangents[0], *args[1:]), params)

    def batch(self, args: tuple[Any, ...], batched: Sequence[bool], params: Mapping[str, Any], size: int) -> Any:
        space = params["space"]
        call = Call(params["record"], (space.zeros(), *args[1:]), (False, *batched[1:]), params["params"], size)
        index, shared = positions(call), not any(batched[1:])
        count = Space.of(index).size // (1 if shared else max(size, 1))
        index = reshape(index, (count,) if shared else (size, count))
        total = add_rows(reshape(fill(args[0], batched[0], size), (size, count)), index, space.size)
        return reshape(total, (size, *space.shape))


_SCATTER = _Scatter()


class _Multilinear(Record):
    """Linear in each slot, the others held. JVP: the product rule. VJP: the slot's adjoint at the conjugate others."""

    def _usual_batching(self) -> Batching | None:
        return leading if self.signature else None

    def adjoin(self, slots: Sequence[Rule]) -> None:
        """Take the adjoint of each slot: it names the other slots for their values, its own for its space."""
        self.slots = tuple(
            self._bind_rule(rule, "g", (name,)) for rule, name in zip(slots, self.argument_names, strict=True)
        )

    def save(self, which: Sequence[int], args: Sequence[Any], out: Any, params: Mapping[str, Any]) -> Any:
        return tuple([(slot, self.slots[slot].collect(args, out, params), Space.of(args[slot])) for slot in which])

    def pull(self, g: Any, which: Sequence[int], saved: Any) -> Sequence[Any]:
        cotangents = []
        for slot, values, space in saved:
            rule = self.slots[slot]
            held = [
                conjugate(value) if kind == "value" else value
                for value, (kind, _) in zip(values, rule.sources, strict=True)
            ]
            cotangents.append(fit_cotangent(rule.function(g, *held), space, self.name))
        return cotangents

    def push(self, tangents: Sequence[Any], args: Sequence[Any], out: Any, params: Mapping[str, Any]) -> Any:
        total = None
        for slot, t in enumerate(tangents):
            if t is not None:
                term = fit_tangent(bind(self, (*args[:slot], t, *args[slot + 1 :]), params), out, self.name)
                total = term if total is None else add(total, term)
        return total


class _LocallyConstant(Record):
    """Constant around almost every point. JVP and VJP: zero."""

    inert = True

    def _usual_batching(self) -> Batching | None:
        return None if self.signature or "axis" in self.defaults else aligned


class _General(Record):
    """Both rules as stated. The result may be a tuple of arrays; then so are its tangent and its cotangent g.

    gauge: brings the results at a nearby point into the gauge in which the rules differentiate, where the result is
    only determined up to some freedom (the phase of an eigenvector): gauge(lib, nearby, here), of plain arrays.
    whole: whether the vjp is given zeros for the parts of g that nothing depends on; else None.
    """

    gauge: Callable[..., Any] | None = None
    whole: bool = True

    def state(self, vjp: Rule | Sequence[Rule | None], jvp: Rule | Sequence[Rule | None]) -> None:
        """Take the rules: vjp for all arguments at once, giving a tuple, or one for each; jvp one for each."""
        arity = len(self.argument_names)
        jvps = (jvp,) if callable(jvp) else tuple(jvp)
        if callable(vjp) and (arity > 1 or self.variadic is not None):
            self._rules = _Cotangents(self._bind_rule(vjp, "g"), ())
        else:
            vjps = (vjp,) if callable(vjp) else (*vjp, *[None] * (arity - len(vjp)))
            self._rules = _Cotangents(
                None, tuple(None if rule is None else self._bind_rule(rule, "g") for rule in vjps)
            )
        if self.variadic is None:
            jvps += (None,) * (arity - len(jvps))
        elif arity or len(jvps) != 1:
            raise TypeError(f"{self.name}: a forward of *arrays has these alone and one jvp, which takes all tangents")
        self._jvp = tuple(None if rule is None else self._bind_rule(rule, "t") for rule in jvps)

    def save(self, which: Sequence[int], args: Sequence[Any], out: Any, params: Mapping[str, Any]) -> Any:
        spaces = tuple([Space.of(part) for part in out]) if type(out) is tuple else None
        return self._rules.save(which, args, out, params), spaces

    def pull(self, g: Any, which: Sequence[int], saved: Any) -> Sequence[Any]:
        values, spaces = saved
        if spaces is not None and self.whole:
            g = tuple([space.zeros() if part is None else part for part, space in zip(g, spaces, strict=True)])
        return self._rules.pull(g, which, values, self.name)

    def push(self, tangents: Sequence[Any], args: Sequence[Any], out: Any, params: Mapping[str, Any]) -> Any:
        if self.variadic is not None:
            (rule,) = self._jvp
            assert rule is not None
            return self._fit(rule.function(tuple(tangents), *rule.collect(args, out, params)), out)
        total = None
        for slot, t in enumerate(tangents):
            rule = self._jvp[slot] if t is not None else None
            if rule is not None:
                term = self._fit(rule.function(t, *rule.collect(args, out, params)), out)
                total = term if total is None else _sum_of(total, term)
        return total

    def _fit(self, t: Any, out: Any) -> Any:
        """A tangent in the space of the output, part by part where that is a tuple."""
        if type(out) is not tuple:
            return fit_tangent(t, out, self.name)
        if not isinstance(t, tuple | list) or len(t) != len(out):
            found = f"{len(t)} tangents" if isinstance(t, tuple | list) else "one tangent"
            raise CustomRuleError(
                self.name, f"the jvp gave {found} for {len(out)} outputs", "give a tuple, None for a part that is zero"
            )
        return tuple(
            [None if part is None else fit_tangent(part, o, self.name) for part, o in zip(t, out, strict=True)]
        )


def _sum_of(first: Any, second: Any) -> Any:
    """The sum of two tangents, part by part where they are tuples; None is zero."""
    if type(first) is tuple:
        return tuple([_sum_of(a, b) for a, b in zip(first, second, strict=True)])
    if first is None or second is None:
        return second if first is None else first
    return add(first, second)


class Row(TypedDict, total=False):
    """What any line of the table may say beside its name, forward and rules; see `Record`."""

    domain: str | tuple[str, ...]
    kinks: Mapping[str, str]
    takes: str | tuple[str, ...]
    bound: Mapping[str, float] | float | None
    roots: Roots
    exact: Callable[..., Any] | None
    samples: Samples | None
    advice: str | None
    summary: str
    batching: Batching | None


class CoreRow(Row, total=False):
    """The same, for operations that are not elementwise."""

    signature: str
    at_once: bool


def elementwise(
    name: str,
    forward: Callable[..., Any],
    *,
    derivatives: Sequence[Rule | float | None],
    conjugate_derivatives: Sequence[Rule | float | None] = (),
    **row: Unpack[Row],
) -> Record:
    """y = f(x1, x2, ...) entry by entry, with broadcasting.

    derivatives: one for each argument: a record or function that names what it needs, a number where it is constant, or
    None where the operation is locally constant in that argument (a condition, an integer). conjugate_derivatives:
    df/dconj(z) for a function of complex arguments that is not holomorphic; unused where the argument is real.
    """
    record = _Elementwise(name, "elementwise", forward, **row)
    record.derive(derivatives, conjugate_derivatives)
    return record


def linear(
    name: str, forward: Callable[..., Any], *, adjoint: Rule | Sequence[Rule | None], **row: Unpack[CoreRow]
) -> Record:
    """y = A x, linear in the arguments that have an adjoint, all together; the others (a condition, indices) are held.

    adjoint: takes g, then what it names; the name of a variable is its space (`x.shape`, `x.dtype`, `x.zeros()`), for a
    linear map does not depend on where it is. One callable for the first argument, or a sequence with one for each. Of
    a forward that takes `*arrays` there is one, which gives a tuple of cotangents.
    """
    record = _Linear(name, "linear", forward, **row)
    record.adjoin(adjoint)
    return record


def gather(
    name: str,
    forward: Callable[..., Any],
    *,
    adjoint: Rule | Sequence[Rule | None] | None = None,
    **row: Unpack[CoreRow],
) -> Record:
    """y_i = x_phi(i) for an index map phi that does not depend on x, or 0 where phi points nowhere (padding).

    The one fact is the map, and the forward states it: the forward works on the array of positions as on any other. The
    adjoint follows, the scatter-add along phi; adjoint may state a quicker form of it, as in `linear`.
    """
    record = _Gather(name, "gather", forward, **row)
    record.adjoin(adjoint)
    return record


def multilinear(
    name: str, signature: str, forward: Callable[..., Any], *, slots: Sequence[Rule], **row: Unpack[Row]
) -> Record:
    """Linear in each argument, the others held.

    slots: the adjoint in each argument, as if all were real: it takes g, then what it names; the names of the other
    arguments are their values (conjugated, where they are complex), its own name is its space.
    """
    record = _Multilinear(name, "multilinear", forward, signature=signature, **row)
    record.adjoin(slots)
    return record


def locally_constant(name: str, forward: Callable[..., Any], *, jumps: str = "", **row: Unpack[CoreRow]) -> Record:
    """Constant around almost every point, so that every derivative is zero. jumps: where it is not."""
    if jumps:
        row["kinks"] = {**row.get("kinks", {}), jumps: "0: it jumps, and has no derivative there"}
    row.setdefault("takes", "any")
    return _LocallyConstant(name, "locally constant", forward, **row)


def general(
    name: str,
    forward: Callable[..., Any],
    *,
    vjp: Rule | Sequence[Rule | None],
    jvp: Rule | Sequence[Rule | None],
    gauge: Callable[..., Any] | None = None,
    whole: bool = True,
    **row: Unpack[CoreRow],
) -> Record:
    """An operation of no other kind, with both rules as stated.

    vjp: takes g, then what it names, and gives the cotangent; of several arguments it is one callable that gives a
    tuple for all of them, or a sequence with one for each. jvp: takes t, the tangent of its argument, then what it
    names, and gives its part of the tangent of the output; a sequence with one for each argument.
    A forward may give a tuple of arrays: then out and g are tuples, g with zeros for outputs that nothing depends on, or
    with None, where whole is False; and jvp gives a tuple, with None for parts that are zero. Of a forward that takes
    `*arrays`, vjp gives a tuple of cotangents, and one jvp takes t as the tuple of their tangents, None for those that are
    zero.
    gauge(lib, nearby, here): see `_General`; what a record says whose result has a freedom.
    """
    record = _General(name, "general", forward, **row)
    record.gauge = gauge
    record.whole = whole
    record.state(vjp, jvp)
    return record
