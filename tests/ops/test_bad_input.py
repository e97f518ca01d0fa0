"""Bad input: each a typed error that names the function, what it saw and the mend."""

import array_api_strict
import numpy as np
import pytest

import gradatlas as ga
from gradatlas import xp
from gradatlas.errors import (
    AxisError,
    DeviceMismatchError,
    DTypeError,
    LibraryMismatchError,
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
    (lambda: xp.pad(F, [(1, 1)]), ShapeError, r"pad: got widths for 1 axes, \(\(1, 1\),\), and x of shape \(2, 3\)"),
    (lambda: ga.Array(F)[5], ShapeError, r"getitem: .*\(2, 3\) with key=\(5,\)"),
    (lambda: ga.Array(F)[0, 0, 0], ShapeError, r"getitem: .*index within the shape"),
    (lambda: xp.linalg.outer(F, F), ShapeError, r"outer: got shapes \(2, 3\) and \(2, 3\): pass two vectors"),
    (lambda: xp.vecdot(F, np.ones(2)), ShapeError, r"vecdot: got shapes \(2, 3\) and \(2,\): their axis -1"),
    (lambda: xp.tensordot(F, F, axes=1), ShapeError, r"tensordot: got axes 1 .*equally long"),
    (lambda: xp.einsum("ij,jk->ik", F, F), ShapeError, r"einsum: got 'ij,jk->ik' .*: axes called 'j'"),
    (lambda: xp.einsum("ii->i", F), ShapeError, r"einsum: .*'ii' names a diagonal"),
    (lambda: xp.einsum("...i->i", F), ShapeError, r"einsum: .*xp.matmul, which broadcasts"),
    (lambda: xp.einsum("ij,jk->ik", F), ShapeError, r"einsum: .*one group of letters for each array"),
    (lambda: xp.einsum("ij->k", F), ShapeError, r"einsum: .*the result may name each letter"),
    (lambda: xp.einsum("ijk->i", F), ShapeError, r"einsum: .*a letter for each axis of \(2, 3\)"),
    (lambda: xp.conv2d(IMAGE, KERNEL), ShapeError,
     r"conv2d: x has 32 channels \(shape \(8, 3, 32, 32\)\) but w expects 4 \(shape \(3, 3, 4, 16\)\): .*xp.permute_dims"),
    (lambda: xp.conv2d(np.ones((1, 2, 2, 1)), np.ones((3, 3, 1, 1))), ShapeError, r"conv2d: .*spans 3 of 2 \+ 0 \+ 0 entries"),
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
    def test_a_traced_bound_of_clip(self):
        with pytest.raises(DTypeError, match=r"clip: got a traced bound, .*write xp.minimum\(xp.maximum"):
            ga.grad(lambda x: xp.sum(xp.clip(F, min=x)))(np.asarray(0.5))

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
