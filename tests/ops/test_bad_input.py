"""Bad input: each a typed error that names the function, what it saw and the mend."""

import inspect
import pickle
import zlib

import array_api_strict
import numpy as np
import pytest

import gradatlas as ga
from gradatlas import xp
from gradatlas.errors import (
    ArgumentError,
    AxisError,
    DeviceMismatchError,
    DTypeError,
    GradatlasError,
    LibraryMismatchError,
    OutOfMemoryError,
    ShapeError,
    TracerConversionError,
)
from gradatlas.ops import all_operations

F = np.ones((2, 3))
I = np.ones((2, 3), dtype=np.int64)
B = np.ones((2, 3), dtype=bool)
O = np.asarray([[None, 1.0]], dtype=object)
S = array_api_strict.ones((2, 3))
IMAGE, KERNEL = np.ones((8, 3, 32, 32)), np.ones((3, 3, 4, 16))

BAD = [
    # Shapes that do not fit.
    (lambda: xp.add(F, np.ones(4)), ShapeError, r"add: got float64 \(2, 3\), float64 \(4,\)"),
    (lambda: xp.matmul(F, F), ShapeError, r"matmul: .*\(2, 3\).*: the last axis of the first"),
    (lambda: xp.matmul(F, np.asarray(1.0)), ShapeError, r"matmul: got shapes \(2, 3\) and \(\): .*xp.multiply"),
    (lambda: xp.reshape(F, (4,)), ShapeError, r"reshape: got float64 \(2, 3\) with shape=\(4,\)"),
    (lambda: xp.broadcast_to(F, (3,)), ShapeError, r"broadcast_to: .*\(2, 3\) with shape=\(3,\)"),
    (lambda: xp.broadcast_arrays(F, np.ones(4)), ShapeError, r"broadcast_arrays: got shapes \(2, 3\), \(4,\)"),
    (lambda: xp.concat([F, np.ones((2, 4))]), ShapeError, r"concat: .*\(2, 3\), float64 \(2, 4\) with axis=0"),
    (lambda: xp.stack([F, np.ones((2, 4))]), ShapeError, r"stack: .*\(2, 3\), float64 \(2, 4\)"),
    (lambda: xp.pad(F, [(1, 1)] * 3), ShapeError, r"pad: .*\(2, 3\)"),
    (lambda: ga.Array(F)[5], ShapeError, r"getitem: .*\(2, 3\) with key=\(5,\)"),
    (lambda: ga.Array(F)[0, 0, 0], ShapeError, r"getitem: .*index within the shape"),
    (lambda: xp.linalg.outer(F, F), ShapeError, r"outer: got shapes \(2, 3\) and \(2, 3\): pass two vectors"),
    (lambda: xp.vecdot(F, np.ones(2)), ShapeError, r"vecdot: got shapes \(2, 3\) and \(2,\): their axis -1"),
    (lambda: xp.tensordot(F, F, axes=1), ShapeError, r"tensordot: got axes 1 .*equally long"),
    (lambda: xp.einsum("ij,jk->ik", F, F), ShapeError, r"einsum: got 'ij,jk->ik' .*: axes called 'j'"),
    (lambda: xp.einsum("ii->i", F), ShapeError, r"einsum: .*axes called 'i' must be equally long"),
    (lambda: xp.einsum("...i->i", F), ShapeError, r"einsum: .*the result must say where the axes of '\.\.\.' go"),
    (lambda: xp.einsum("ij,jk->ik", F), ShapeError, r"einsum: .*one group of letters for each array"),
    (lambda: xp.einsum("ij->k", F), ShapeError, r"einsum: .*the result may name each letter"),
    (lambda: xp.einsum("ijk->i", F), ShapeError, r"einsum: .*'ijk' must have a letter for each of 2 axes"),
    (lambda: xp.conv2d(IMAGE, KERNEL), ShapeError,
     r"conv2d: x has 32 channels \(shape \(8, 3, 32, 32\)\) but w expects 4 \(shape \(3, 3, 4, 16\)\): .*or say groups=8"),
    (lambda: xp.conv2d(np.ones((1, 2, 2, 1)), np.ones((3, 3, 1, 1))), ShapeError, r"conv2d: .*span 3 of 2 \+ 0 \+ 0 entries: "),
    (lambda: xp.conv1d(F, F), ShapeError, r"conv1d: got x of shape \(2, 3\) and w .*: x must be \(batch, length"),
    (lambda: xp.conv1d(np.ones((1, 5, 1)), np.ones((2, 1, 1)), stride=0), ShapeError, r"conv1d: got stride=0: give a whole"),
    (lambda: xp.conv1d(np.ones((1, 5, 1)), np.ones((2, 1, 1)), padding=-1), ShapeError, r"conv1d: got padding=-1"),
    (lambda: xp.conv2d(np.ones((1, 5, 5, 1)), np.ones((2, 2, 1, 1)), dilation=(1, 2, 3)), ShapeError, r"dilation=\(1, 2, 3\)"),
    (lambda: xp.conv1d(np.ones((1, 5, 1)), np.ones((2, 1, 3)), np.ones(2)), ShapeError, r"conv1d: got b of shape \(2,\) for 3"),
    (lambda: xp.attention(F, np.ones((2, 4)), F), ShapeError, r"attention: .*equally many features"),
    (lambda: xp.attention(F, F, np.ones((3, 3))), ShapeError, r"attention: .*a value for each key"),
    (lambda: xp.attention(F, F, np.ones(3)), ShapeError, r"attention: .*two axes or more"),
    (lambda: xp.attention(F, F, F, np.ones((3, 3), dtype=bool)), ShapeError, r"attention: .*broadcast to \(\.\.\., 2, 2\)"),
    (lambda: xp.dense(F, F), ShapeError, r"dense: got x of shape \(2, 3\) and w of shape \(2, 3\)"),
    (lambda: xp.dense(F, F.T, np.ones(3)), ShapeError, r"dense: got b of shape \(3,\) for w of shape \(3, 2\): b must"),
    (lambda: xp.mean_squared_error(F, np.ones(3)), ShapeError, r"mean_squared_error: got shapes \(2, 3\) and \(3,\)"),
    (lambda: xp.softmax_cross_entropy(F, np.zeros(3, dtype=int)), ShapeError,
     r"softmax_cross_entropy: got logits of shape \(2, 3\) and labels of shape \(3,\): integer labels must have shape \(2,\)"),
    (lambda: xp.softmax_cross_entropy(F, np.zeros(2)), ShapeError, r"softmax_cross_entropy: .*the weights of classes \(2, 3\)"),
    (lambda: xp.softmax_cross_entropy(F, np.asarray([0, 3])), ShapeError, r"labels from 0 to 3: labels of 3 classes must be"),
    (lambda: ga.Array(np.ones(3)).T, ShapeError, r"T: .*x.T is for matrices"),
    # Axes out of range.
    (lambda: xp.sum(F, axis=2), AxisError, r"sum: .*axis=2.*choose axes from -2 to 1, each once"),
    (lambda: xp.softmax(F, axis=-3), AxisError, r"softmax: .*axis=-3.*from -2 to 1"),
    (lambda: xp.max(F, axis=(0, 0)), AxisError, r"max: .*axis=\(0, 0\).*each once"),
    (lambda: xp.permute_dims(F, (0, 2)), AxisError, r"permute_dims: .*axes=\(0, 2\)"),
    (lambda: xp.flip(F, axis=5), AxisError, r"flip: .*axis=5"),
    (lambda: xp.expand_dims(F, axis=4), AxisError, r"expand_dims: .*axis=4"),
    (lambda: xp.concat([F, F], axis=2), AxisError, r"concat: .*axis=2"),
    (lambda: xp.unstack(F, axis=2), AxisError, r"unstack: got axis 2 for shape \(2, 3\)"),
    (lambda: xp.take(F, np.asarray([0])), AxisError, r"take: got no axis for shape \(2, 3\)"),
    (lambda: xp.take(F, np.asarray([0]), axis=2), AxisError, r"take: got axis 2"),
    (lambda: xp.moveaxis(F, 0, 2), AxisError, r"moveaxis: got 0 to 2 for shape \(2, 3\)"),
    (lambda: xp.vecdot(F, F, axis=0), AxisError, r"vecdot: got axis 0 .*count it from the back"),
    (lambda: xp.tensordot(F, F, axes=([2], [0])), AxisError, r"tensordot: got axes"),
    (lambda: xp.softmax_cross_entropy(F, F, axis=2), ShapeError, r"axis=2: choose axis from -2 to 1"),
    (lambda: xp.sum(np.asarray(1.0), axis=0), AxisError, r"sum: .*it has no axis"),
    # Integers, truth values and objects where real numbers are needed.
    (lambda: xp.tanh(I), DTypeError, r"tanh: x is int64 \(2, 3\), where complex or real .*xp.astype\(x, xp.float64\)"),
    (lambda: xp.exp(B), DTypeError, r"exp: x is bool \(2, 3\)"),
    (lambda: xp.add(B, B), DTypeError, r"add: x is bool"),
    (lambda: xp.add(O, O), DTypeError, r"add: x is object \(1, 2\)"),
    (lambda: xp.add(F, I), DTypeError, r"add: got float64 \(2, 3\), int64 \(2, 3\).*one kind of number with xp.astype"),
    (lambda: xp.softmax(I), DTypeError, r"softmax: x is int64"),
    (lambda: xp.sigmoid(np.ones(2, dtype=complex)), DTypeError, r"sigmoid: x is complex128 \(2,\)"),
    (lambda: xp.conv1d(np.ones((1, 3, 1), dtype=int), np.ones((1, 1, 1), dtype=int)), DTypeError, r"conv1d: x is int64"),
    (lambda: xp.attention(F, F, F, np.ones((2, 2))), DTypeError, r"attention: mask is float64 \(2, 2\), where bool"),
    (lambda: xp.logical_not(F), DTypeError, r"logical_not: x is float64"),
    (lambda: xp.where(F, F, F), DTypeError, r"where: condition is float64"),
    (lambda: xp.take(F, F, axis=0), DTypeError, r"take: indices is float64"),
    (lambda: xp.softmax_cross_entropy(F, B), DTypeError, r"softmax_cross_entropy: .*the labels bool: pass integers"),
    (lambda: xp.exp([1.0, 2.0]), DTypeError, r"exp: got list, which is no array"),
    (lambda: xp.astype([1.0], xp.float32), DTypeError, r"astype: got list"),
    (lambda: xp.repeat(F, [1, 2], axis=0), DTypeError, r"repeat: got repeats list"),
    # Two libraries, two devices.
    (lambda: xp.add(F, S), LibraryMismatchError, r"add: got arrays of two libraries, numpy .* and array_api_strict"),
    (lambda: xp.add(S, S.to_device(array_api_strict.Device("device1"))), DeviceMismatchError, r"add: got arrays on two devices"),
    (lambda: xp.matmul(F, S), LibraryMismatchError, r"matmul: got arrays of two libraries"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "error", "says"), BAD, ids=range(len(BAD)))
def test_bad_input_is_refused_with_the_mend(call, error, says):
    with pytest.raises(error, match=says) as caught:
        call()
    function, seen, mend = caught.value.function, caught.value.seen, caught.value.mend
    assert function
    assert seen
    assert mend
    assert str(caught.value) == f"{function}: {seen}: {mend}"


class TestWhereTracingMatters:
    def test_a_traced_index(self):
        with pytest.raises(TracerConversionError, match=r"take: .*stop_gradient"):
            ga.grad(lambda x: xp.sum(xp.take(F, x, axis=0)))(np.asarray([0.0]))

    @pytest.mark.parametrize("reduction", ["average", None])
    def test_an_unknown_reduction(self, reduction):
        with pytest.raises(ValueError, match=r"mean_squared_error: got reduction=.*: choose one of mean, sum, none"):
            xp.mean_squared_error(F, F, reduction=reduction)


@pytest.mark.parametrize("record", all_operations().values(), ids=lambda r: r.name)
def test_every_record_refuses_objects_and_names_itself(record):
    sample = next(iter(record.samples(np.random.default_rng(0)))) if record.samples else None
    if sample is None:
        return
    args = [np.asarray(x, dtype=object) if isinstance(x, np.ndarray) else x for x in sample.args]
    with pytest.raises(DTypeError, match=rf"^{record.name}: [\w ]+ is object"):
        record(*args, **sample.params)


AXES = (99, -99, 10**12, 1.5, "0", (0, 0), (0, 99), 1j, float("nan"), {}, b"x", [0.5])
VALUES = (99, -99, 1.5, "bad", (0, 0), True, None, -1, [], {}, object(), float("nan"), (), b"x", 1j)
PADDINGS = (29, *VALUES[1:])  # a volume padded by 99 on every side takes ten seconds


def spoilt(x):
    """What somebody may pass in place of an argument."""
    yield from (None, 2, 1.5, "abc", {}, object(), [1.0], ga)
    if not isinstance(x, np.ndarray):
        return
    yield from (x.astype(kind) for kind in (bool, np.int8, np.int64, object, "U3", np.complex128, np.float16))
    yield np.zeros(x.shape, dtype="datetime64[s]")
    yield np.ones((), dtype=x.dtype)
    yield np.ones(7, dtype=x.dtype)
    yield np.zeros((2, 3, 5, 7, 2, 1, 2), dtype=x.dtype)
    yield array_api_strict.asarray(x)
    if x.ndim:
        yield np.ones((*x.shape[:-1], x.shape[-1] + 1), dtype=x.dtype)
        yield np.ones((x.shape[0] + 1, *x.shape[1:]), dtype=x.dtype)
        yield np.ones((*x.shape[:-1], 0), dtype=x.dtype)
    if x.dtype.kind in "iu":
        yield from (x + 10**6, x - 10**6)


def calls(record, sample):
    """The sample with one thing at a time spoilt: an argument, their number, a keyword, its name."""
    args, params = tuple(sample.args), dict(sample.params)
    for slot, x in enumerate(args):
        for bad in spoilt(x):
            yield (*args[:slot], bad, *args[slot + 1 :]), params
    for name in record.defaults:
        for bad in AXES if name in ("axis", "axes") else PADDINGS if name == "padding" else VALUES:
            yield args, {**params, name: bad}


def sample_of(record):
    return next(iter(record.samples(np.random.default_rng(0))))


SAMPLED = [record for record in all_operations().values() if record.samples is not None]


@pytest.mark.parametrize("record", SAMPLED, ids=lambda r: r.name)
@pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::numpy.exceptions.ComplexWarning")
def test_whatever_is_passed_gives_a_result_or_an_error_with_a_mend(record):
    """Nothing that a library, or Python, has to say comes out bare; nor does it where the gradient is taken."""
    refused = 0
    for args, params in calls(record, sample_of(record)):
        try:
            record(*args, **params)
        except GradatlasError as error:
            refused += all((error.function, error.seen, error.mend)) or pytest.fail(f"{error!r} leaves a part out")
    assert refused, "it takes anything"


@pytest.mark.parametrize("record", SAMPLED, ids=lambda r: r.name)
def test_arguments_are_counted_and_keywords_known(record):
    args, params = sample_of(record)
    if record.variadic is None:
        for wrong in (args[:-1], (*args, np.ones(2))):
            with pytest.raises(ArgumentError, match=rf"^{record.name}: takes {len(args)} positional arguments"):
                record(*wrong, **params)
    with pytest.raises(ArgumentError, match=rf"^{record.name}: has no keyword colour: "):
        record(*args, **params, colour="red")


class TestLargerThanMemory:
    def test_it_is_refused(self):
        with pytest.raises(
            OutOfMemoryError, match=r"^repeat: got float64 \(2, 3\) with repeats=.*: make the result smaller"
        ):
            xp.repeat(F, 10**13)
        with pytest.raises(MemoryError, match=r"^add: "):
            xp.add(np.broadcast_to(np.ones(1), (10**9, 1)), np.broadcast_to(np.ones(1), (1, 10**9)))


class TestTriangularSolve:
    """LAPACK prints on the screen what does not fit, and leaves the right sides as they were."""

    @pytest.mark.parametrize(("a", "b"), [((3, 3), (4, 2)), ((3, 3), (2, 2)), ((0, 0), (3, 2)), ((1, 1), (3, 2))])
    def test_rows_that_do_not_fit(self, a, b):
        with pytest.raises(ShapeError, match=r"triangular_solve: .*rows and b"):
            all_operations()["triangular_solve"](np.ones(a), np.ones(b))


def public_functions():
    """The functions of the namespace and of its extensions, by their full names."""
    found = {}
    for prefix, module in (("", xp), ("linalg.", xp.linalg), ("fft.", xp.fft)):
        for name in module.__all__:
            function = getattr(module, name)
            if callable(function) and not isinstance(function, type | type(ga)):
                found[prefix + name] = function
    return found


NONSENSE = [
    F, np.ones((3, 3)), np.ones(4), np.asarray(1.0), I, B, O, np.asarray("a"), None, "abc", object(), [1.0, 2.0], [F, F],
    2, -1, 1.5, 10**12, (2, 3), (0, 5), float("nan"), {}, S, F.astype(np.float16), np.ones((0, 3)), 1j,
    np.ones((1, 4, 4, 2)), True, ga,
]  # fmt: skip
FUNCTIONS = public_functions()
KNOWN = {
    *(name.rpartition(".")[2] for name in FUNCTIONS),
    *(
        "grad",
        "len",
        "iter",
        "float",
        "int",
        "bool",
        "index",
        "numpy",
    ),  # the transform, and what Python asks of an array
    *("standardize", "standardize_rms", "euclidean_norm", "p_norm"),  # in a rule: operations with a page of their own
}
"""What an error may name: in a call the function itself, in a gradient whatever has a page."""


def named_by(call):
    """The name in the error of a call; None where there is none."""
    try:
        call()
    except GradatlasError as error:
        return error.function
    return None


def total(result):
    """A number that depends on all of a result that has a derivative."""
    parts = [each for each in (result if isinstance(result, tuple | list) else [result]) if hasattr(each, "dtype")]
    return sum(xp.sum(xp.abs(each)) for each in parts if str(each.dtype).startswith(("float", "complex")))


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.filterwarnings("ignore")
def test_a_public_function_answers_nonsense_by_a_typed_error(name):
    """Forty calls of arguments that may fit or not: a result, or an error that has a name and a mend."""
    function = FUNCTIONS[name]
    parameters = inspect.signature(function).parameters.values()
    of = inspect.Parameter
    positional = [p for p in parameters if p.kind in (of.POSITIONAL_ONLY, of.POSITIONAL_OR_KEYWORD)]
    needed = sum(p.default is p.empty for p in positional)
    keywords = [p.name for p in parameters if p.kind is of.KEYWORD_ONLY]
    any_number = any(p.kind is of.VAR_POSITIONAL for p in parameters)
    rng = np.random.default_rng(zlib.crc32(name.encode()))

    def drawn():
        return NONSENSE[rng.integers(len(NONSENSE))]

    for turn in range(40):
        count = rng.integers(0, 4) if any_number else rng.integers(needed, len(positional) + 1)
        args = [drawn() for _ in range(count)]
        if args and rng.random() < 0.7:
            args[0] = F if rng.random() < 0.7 else np.ones((3, 3))
        given = {key: drawn() for key in keywords if rng.random() < 0.35}
        named = named_by(lambda args=args, given=given: function(*args, **given))
        assert named in (None, name.rpartition(".")[2]), "it names what it is made of"
        if turn % 2 == 0 and args and isinstance(args[0], np.ndarray) and args[0].dtype == float:
            rest = args[1:]
            named = named_by(
                lambda x=args[0], rest=rest, given=given: ga.grad(lambda v: total(function(v, *rest, **given)))(x)
            )
            assert named in (None, *KNOWN), "it names what no caller knows"


class TestPublicFunctions:
    def test_the_call_is_shown(self):
        with pytest.raises(ArgumentError, match=r"^matmul: got str, int \(.*\): call it as matmul\(x, y, /\)"):
            xp.matmul("a", 1)
        with pytest.raises(
            ArgumentError, match=r"^reshape: got nothing \(.*missing 2.*\): call it as reshape\(x, /, shape"
        ):
            xp.reshape()
        with pytest.raises(OutOfMemoryError, match=r"^zeros: "):
            xp.zeros(10**13)

    def test_they_have_one_face_and_can_be_pickled(self):
        assert xp.matmul is xp.linalg.matmul
        for function in FUNCTIONS.values():
            if inspect.isfunction(function):
                assert pickle.loads(pickle.dumps(function)) is function

    def test_the_reason_stays_with_the_error(self):
        with pytest.raises(ArgumentError) as caught:
            xp.linalg.outer("a", F)
        assert isinstance(caught.value.__cause__, AttributeError)
