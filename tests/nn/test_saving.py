"""Files of trees: they come back as they were, are whole at any moment, and no file does more than raise LoadError."""

import contextlib
import dataclasses
import json
import os
import pickle
import signal
import struct
import subprocess
import sys
import time
import tracemalloc
from collections import OrderedDict, namedtuple

import numpy as np
import pytest

from gradatlas import errors, nn, xp
from gradatlas.nn import saving

Pair = namedtuple("Pair", ["left", "right"])


@dataclasses.dataclass
class Block:
    w: object
    scale: float


def same(a, b):
    assert type(a) is type(b)
    if isinstance(a, np.ndarray):
        assert a.dtype == b.dtype
        assert a.shape == b.shape
        assert a.tobytes() == b.tobytes()
    elif isinstance(a, dict):
        assert list(a) == list(b)
        for key in a:
            same(a[key], b[key])
    elif isinstance(a, list | tuple):
        assert len(a) == len(b)
        for left, right in zip(a, b, strict=True):
            same(left, right)
    else:
        assert repr(a) == repr(b)


RNG = np.random.default_rng(0)
TREES = {
    "an array": np.arange(6.0).reshape(2, 3),
    "layers": ({"b": np.zeros(3, "f4"), "w": RNG.normal(size=(2, 3)).astype("f4")}, {}, ()),
    "deep": {"a": [np.ones(()), (None, {"x/y~": np.ones(0), "": np.ones((2, 0))})], "z": []},
    "numbers": {"step": 7, "rate": 0.1, "flag": True, "name": "adam", "inf": float("-inf"), "nan": float("nan")},
    "keys that are numbers": {1: np.zeros(1), 10: np.ones(1), 2: np.full(1, 2.0)},
    "nothing": {},
    "none": None,
    "special": np.asarray([np.nan, -0.0, np.inf, 5e-324]),
    "of a dict's own order": {"z": 1, "a": 2, "": 3},
    "a dot": {".": np.ones(1)},
}
for _dtype in ["?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16"]:
    TREES[_dtype] = {"x": (RNG.normal(size=(3, 2)) * 50).astype(_dtype)}


@pytest.mark.parametrize("name", TREES)
def test_a_tree_comes_back(tmp_path, name):
    path = tmp_path / "tree.safetensors"
    nn.save(path, TREES[name])
    same(nn.load(path), TREES[name])
    same(nn.load(path, like=TREES[name]), TREES[name])
    assert os.listdir(tmp_path) == ["tree.safetensors"]


def test_arrays_of_any_layout(tmp_path):
    x = np.arange(24.0).reshape(4, 6)
    tree = {"T": x.T, "strided": x[::2, ::-1], "big": x.astype(">f8"), "readonly": np.broadcast_to(x[0], (3, 6))}
    nn.save(tmp_path / "f", tree)
    for name, found in nn.load(tmp_path / "f").items():
        np.testing.assert_array_equal(found, tree[name])
        found += 1  # may be written to


def test_named_tuples_and_dataclasses(tmp_path):
    tree = Pair(Block(np.ones(2), 0.5), OrderedDict(a=np.zeros(1)))
    nn.save(tmp_path / "f", tree)
    found = nn.load(tmp_path / "f", like=tree)
    assert isinstance(found, Pair)
    assert isinstance(found.left, Block)
    assert found.left.scale == 0.5
    assert nn.load(tmp_path / "f").keys() == {"left", "right"}


def test_every_library(tmp_path, home):
    tree = {"w": home.normal(2, 3), "b": home.array(1.0)}
    nn.save(tmp_path / "f", tree)
    found = nn.load(tmp_path / "f", like=tree)
    for name, x in tree.items():
        assert home.owns(found[name])
        np.testing.assert_array_equal(home.host(found[name]), home.host(x))
    nn.save(tmp_path / "g", xp.asarray(tree["w"]))
    assert type(nn.load(tmp_path / "g", like=xp.asarray(tree["w"]))) is type(xp.asarray(1.0))


def test_files_of_other_programs(tmp_path):
    from safetensors.numpy import load_file, save_file

    save_file({"layer.w": np.ones((2, 2)), "layer.b": np.zeros(2)}, tmp_path / "theirs")
    assert nn.load(tmp_path / "theirs").keys() == {"layer.w", "layer.b"}
    nn.save(tmp_path / "ours", ({"w": np.ones(2)},))
    np.testing.assert_array_equal(load_file(tmp_path / "ours")["0/w"], np.ones(2))


LIKE = {"a": np.zeros((2, 3), "f4"), "b": [np.zeros(2), 5]}
UNLIKE = {
    "a shape": ({**LIKE, "a": np.zeros((3, 2), "f4")}, "a should be float32 (2, 3) and is float32 (3, 2)"),
    "a dtype": ({**LIKE, "a": np.zeros((2, 3))}, "a should be float32 (2, 3) and is float64 (2, 3)"),
    "missing": ({"b": LIKE["b"]}, "a is missing"),
    "extra": ({**LIKE, "c": np.ones(1)}, "c is not wanted"),
    "a shorter list": ({**LIKE, "b": [np.zeros(2)]}, "b/1 is missing"),
    "a number for an array": ({**LIKE, "b": [1, 5]}, "b/0 should be float64 (2,) and is no array"),
    "an array for a number": ({**LIKE, "b": [np.zeros(2), np.zeros(2)]}, "b/1 should be int and is an array"),
    "another number": ({**LIKE, "b": [np.zeros(2), 5.0]}, "b/1 should be int and is float"),
    "an array for a list": ({**LIKE, "b": np.zeros(2)}, "b should have the branches"),
    "None": ({**LIKE, "b": None}, "b should have the branches"),
}


@pytest.mark.parametrize("name", UNLIKE)
def test_what_is_not_like_what_was_asked_for(tmp_path, name):
    tree, says = UNLIKE[name]
    nn.save(tmp_path / "f", tree)
    with pytest.raises(errors.LoadError) as caught:
        nn.load(tmp_path / "f", like=LIKE)
    assert says in str(caught.value)
    assert str(tmp_path / "f") in str(caught.value)


# ------------------------------------------------------------------------------------------------ damaged and malicious


class Trap:
    """Unpickling it would make a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


def craft(header, data=b"", length=None):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def tensor(shape=(2,), begin=0, end=8, dtype="F32"):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": [begin, end]}


def described(tree, names=("x",), **more):
    text = json.dumps({"version": 1, "tree": tree, "complex": [], **more})
    header = {name: tensor(begin=8 * k, end=8 * k + 8) for k, name in enumerate(names)}
    return craft({"__metadata__": {"gradatlas": text}, **header}, b"\0" * 8 * len(names))


X = b"\0" * 8
MALICIOUS = {
    "empty": b"",
    "seven bytes": b"\0" * 7,
    "a header of 2^63 bytes": craft(b"{}", length=2**63),
    "a header of 2^64 - 1 bytes": craft(b"{}", length=2**64 - 1),
    "a header beyond the file": craft(b"{}", length=3),
    "a header that is too long": craft(b"{}" + b" " * (17 << 20)),
    "pickle": pickle.dumps({"w": [1.0]}, protocol=4),
    "a zip file": b"PK\x03\x04" + b"\0" * 60,
    "no JSON": craft(b"not json"),
    "no UTF-8": craft(b'{"\xff\xfe": 1}'),
    "a list": craft(b"[]"),
    "deep": craft(b'{"a":' * 50_000 + b"1" + b"}" * 50_000),
    "deep lists": craft(b"[" * 100_000 + b"]" * 100_000),
    "a key twice": craft(b'{"x":' + json.dumps(tensor()).encode() + b',"x":' + json.dumps(tensor()).encode() + b"}", X),
    "nan offsets": craft(b'{"x":{"dtype":"F32","shape":[2],"data_offsets":[NaN,8]}}', X),
    "infinite offsets": craft(b'{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,Infinity]}}', X),
    "offsets with fractions": craft({"x": {**tensor(), "data_offsets": [0.0, 8.0]}}, X),
    "offsets below 0": craft({"x": {**tensor(), "data_offsets": [-8, 0]}}, X),
    "three offsets": craft({"x": {**tensor(), "data_offsets": [0, 4, 8]}}, X),
    "true for a length": craft({"x": tensor((True,), 0, 4)}, b"\0" * 4),
    "lengths below 0": craft({"x": tensor((-1, -2))}, X),
    "a length of 2^64": craft({"x": tensor((2**64, 0), 0, 0)}),
    "lengths whose product wraps round": craft({"x": tensor((2**62, 4), 0, 0)}),
    "a number too long": craft(b'{"x":{"dtype":"F32","shape":[' + b"9" * 10_000 + b'],"data_offsets":[0,8]}}', X),
    "many axes": craft({"x": tensor((1,) * 2000 + (2,))}, X),
    "offsets beyond the file": craft({"x": tensor(end=8)}, b"\0" * 4),
    "bytes left over": craft({"x": tensor()}, b"\0" * 12),
    "a gap": craft({"x": tensor(begin=4, end=12)}, b"\0" * 12),
    "overlap": craft({"x": tensor(), "y": tensor(begin=4, end=12)}, b"\0" * 12),
    "the same place twice": craft({"x": tensor(), "y": tensor()}, X),
    "an unknown dtype": craft({"x": tensor(dtype="OBJECT")}, X),
    "a dtype that is a list": craft({"x": {**tensor(), "dtype": ["F32"]}}, X),
    "no dtype": craft({"x": {"shape": [2], "data_offsets": [0, 8]}}, X),
    "more than a tensor": craft({"x": {**tensor(), "code": "import os"}}, X),
    "a tensor that is a number": craft({"x": 3}),
    "metadata that are no texts": craft({"__metadata__": {"gradatlas": {"tree": None}}}),
    "metadata that are a list": craft({"__metadata__": []}),
    "a description that is no JSON": craft({"__metadata__": {"gradatlas": "import os"}}),
    "a description that is deep": craft({"__metadata__": {"gradatlas": "[" * 100_000}}),
    "a tree that is deep": described(json.loads('{"list":[' * 400 + '"x"' + "]}" * 400)),
    "another version": described("x", version=99),
    "a tree of other tensors": described({"dict": [["a", "y"]]}),
    "a tree that forgets a tensor": described({"dict": [["a", "x"]]}, ("x", "y")),
    "a tree that names a tensor twice": described({"list": ["x", "x"]}),
    "a branch twice": described({"dict": [["a", "x"], ["a", "y"]]}, ("x", "y")),
    "a node of no kind": described({"list": ["x", {"exec": "import os"}]}),
    "a node that is a number": described({"list": ["x", 5]}),
    "a float that is none": described({"list": ["x", {"float": "import os"}]}),
    "a key that is a list": described({"dict": [[["a"], "x"]]}),
    "complex of what is no tensor": described("x", complex=["y"]),
    "complex of what is no pair": described("x", complex=[{"x": 1}]),
}


SAYS = {
    "a header beyond the file": "ends early",
    "a header of 2^63 bytes": "ends early",
    "a header that is too long": "are read at most",
    "nan offsets": "NaN is no number",
    "infinite offsets": "Infinity is no number",
    "a key twice": "a key stands twice",
    "a gap": "overlap, or leave a gap",
    "overlap": "overlap, or leave a gap",
    "the same place twice": "overlap, or leave a gap",
    "bytes left over": "holds 12 bytes of data where its header says 8",
    "offsets beyond the file": "holds 4 bytes of data where its header says 8",
    "lengths below 0": "no whole numbers",
    "true for a length": "no whole numbers",
    "offsets with fractions": "no whole numbers",
    "lengths whose product wraps round": "are not those of",
    "many axes": "no whole numbers",
    "an unknown dtype": "of dtype 'OBJECT'",
    "a tree that is deep": "too deep",
    "a tree of other tensors": "another tree",
}
"""Why some of them are refused: before safetensors, which would refuse several too, sees them."""


@pytest.mark.parametrize("like", [None, LIKE], ids=["as it is", "like"])
@pytest.mark.parametrize("name", MALICIOUS)
def test_a_malicious_file_is_refused(tmp_path, name, like):
    path = tmp_path / "evil"
    path.write_bytes(MALICIOUS[name])
    limit = sys.getrecursionlimit()
    with pytest.raises(errors.LoadError) as caught:
        nn.load(path, like=like)
    assert str(path) in str(caught.value)
    assert SAYS.get(name, "") in str(caught.value)
    assert len(str(caught.value)) < 2000
    assert sys.getrecursionlimit() == limit


def test_what_is_crafted_well_is_read(tmp_path):
    """The files above are refused for what is wrong with them, not for how they are made."""
    path = tmp_path / "fine"
    path.write_bytes(craft({"x": tensor()}, X))
    assert nn.load(path)["x"].shape == (2,)
    path.write_bytes(described({"list": ["x", {"float": "0x1.8p+1"}, {"int": 3}, None]}))
    assert nn.load(path)[1:] == [3.0, 3, None]
    path.write_bytes(described("x", complex=["x"]))
    assert nn.load(path).dtype == np.complex64


def test_pickle_never_runs(tmp_path):
    trap = tmp_path / "sprung"
    for data in (pickle.dumps(Trap(trap)), craft(b"{}") + pickle.dumps(Trap(trap))):
        (tmp_path / "evil").write_bytes(data)
        with pytest.raises(errors.LoadError):
            nn.load(tmp_path / "evil")
    assert not trap.exists()
    pickle.loads(pickle.dumps(Trap(trap))).close()  # the trap itself works
    assert trap.exists()


def test_names_are_never_paths(tmp_path):
    tree = {"../../outside": np.ones(2), "/" + "etc/passwd": np.zeros(1), "..": {"..": np.ones(1)}}
    (tmp_path / "in").mkdir()
    nn.save(tmp_path / "in" / "f", tree)
    same(nn.load(tmp_path / "in" / "f"), tree)
    assert os.listdir(tmp_path) == ["in"]
    assert os.listdir(tmp_path / "in") == ["f"]


def test_any_cut_is_refused(tmp_path):
    path = tmp_path / "f"
    nn.save(path, {"a": np.arange(5.0), "n": 3})
    data = path.read_bytes()
    for length in range(len(data)):
        path.write_bytes(data[:length])
        with pytest.raises(errors.LoadError):
            nn.load(path)


def test_any_flipped_byte_of_the_header_is_refused_or_harmless(tmp_path):
    path = tmp_path / "f"
    nn.save(path, LIKE)
    data = bytearray(path.read_bytes())
    header = 8 + int.from_bytes(data[:8], "little")
    for place in range(header):
        for flip in ((0x01,), (0x20,), (0x80, 0x04))[place % 3]:
            data[place] ^= flip
            path.write_bytes(data)
            try:
                found = nn.load(path, like=LIKE)
            except errors.LoadError:
                pass
            else:
                assert found["a"].shape == (2, 3)
            data[place] ^= flip


TOKENS = [
    *"{}[],:0",
    "null",
    "-1",
    "1e400",
    '"',
    "\\u0000",
    "\\\\",
    "true",
    "9" * 30,
    "NaN",
    "list",
    "dict",
    "F64",
    '"a"',
]


def test_headers_changed_at_random_do_nothing_but_raise(tmp_path):
    path = tmp_path / "f"
    nn.save(path, {**LIKE, "c": (None, {"k": 1.5}, np.zeros((), "c8"))})
    data = path.read_bytes()
    cut = 8 + int.from_bytes(data[:8], "little")
    rng = np.random.default_rng(0)
    for _ in range(1500):
        header = bytearray(data[8:cut])
        for _ in range(rng.integers(1, 4)):
            place, length = int(rng.integers(len(header))), int(rng.integers(0, 8))
            header[place : place + length] = TOKENS[rng.integers(len(TOKENS))].encode() if rng.random() < 0.7 else b""
        path.write_bytes(struct.pack("<Q", len(header)) + bytes(header) + data[cut:])
        for like in (None, LIKE):
            with contextlib.suppress(errors.LoadError):
                nn.load(path, like=like)


def test_nothing_is_read_of_a_tensor_that_is_not_wanted(tmp_path):
    """A sparse file that says it holds 4 GiB, where a small tree was asked for."""
    path = tmp_path / "bomb"
    size = 4 << 30
    with open(path, "wb") as file:
        file.write(craft({"a": tensor((size // 4,), 0, size)}))
        try:
            file.truncate(file.tell() + size)
        except OSError:
            pytest.skip("this disk has no sparse files")
    tracemalloc.start()
    with pytest.raises(errors.LoadError, match="a should be float32"):
        nn.load(path, like=LIKE)
    assert tracemalloc.get_traced_memory()[1] < 10 << 20
    tracemalloc.stop()


@pytest.mark.parametrize(
    "make", [lambda p: None, lambda p: p.mkdir(), lambda p: os.mkfifo(p)], ids=["missing", "a folder", "a pipe"]
)
def test_what_is_no_file(tmp_path, make):
    make(tmp_path / "f")
    with pytest.raises(errors.LoadError, match=r"load: .+f (is no file|cannot be read)"):
        nn.load(tmp_path / "f")


def deep(levels):
    tree = np.ones(1)
    for _ in range(levels):
        tree = [tree]
    return tree


@pytest.mark.parametrize(
    ("tree", "kind", "says"),
    [
        ({"a": object()}, errors.ArgumentError, "a is object"),
        ({"a": {1, 2}}, errors.ArgumentError, "a is set"),
        ({"a": np.asarray([None])}, errors.DTypeError, "object (1,)"),
        ({"a": np.asarray(["x"])}, errors.DTypeError, "a is"),
        ({"__metadata__": np.ones(1)}, errors.ArgumentError, "__metadata__"),
        ({1: np.ones(1), "1": np.ones(1)}, errors.ArgumentError, "let the keys of a dict differ"),
        (deep(150), errors.ArgumentError, "levels deep"),
    ],
)
def test_what_cannot_be_saved(tmp_path, tree, kind, says):
    path = tmp_path / "f"
    nn.save(path, {"old": np.ones(1)})
    with pytest.raises(kind) as caught:
        nn.save(path, tree)
    assert says in str(caught.value)
    assert nn.load(path).keys() == {"old"}


def test_where_nothing_can_be_saved(tmp_path):
    with pytest.raises(errors.ArgumentError, match="make it first"):
        nn.save(tmp_path / "no" / "f", {})
    with pytest.raises(errors.ArgumentError, match="is a folder"):
        nn.save(tmp_path, {})


def test_like_of_what_is_no_tree(tmp_path):
    nn.save(tmp_path / "f", {"a": np.ones(1)})
    with pytest.raises(errors.ArgumentError, match="like has object at a"):
        nn.load(tmp_path / "f", like={"a": object()})


# ------------------------------------------------------------------------------------------------ whole at any moment


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "f"
    nn.save(path, {"old": np.ones(1)})

    def fails(*args):
        raise OSError(28, "No space left on device")

    for name in ("fsync", "replace"):
        with monkeypatch.context() as patch:
            patch.setattr(os, name, fails)
            with pytest.raises(OSError, match="No space"):
                nn.save(path, {"new": np.ones(1)})
        assert nn.load(path).keys() == {"old"}
        assert os.listdir(tmp_path) == ["f"]


def test_the_new_file_is_on_the_disk_before_it_takes_the_place(tmp_path, monkeypatch):
    done = []
    fsync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda fd: (done.append("fsync"), fsync(fd)))
    monkeypatch.setattr(os, "replace", lambda *a: (done.append("replace"), replace(*a)))
    nn.save(tmp_path / "f", {"a": np.ones(1)})
    assert done == (["fsync", "replace", "fsync"] if os.name == "posix" else ["fsync", "replace"])


def test_permissions_and_links_stay(tmp_path):
    path, link = tmp_path / "f", tmp_path / "link"
    nn.save(path, {})
    os.chmod(path, 0o640)
    link.symlink_to(path)
    nn.save(link, {"a": np.ones(1)})
    assert link.is_symlink()
    assert path.stat().st_mode & 0o777 == 0o640
    assert nn.load(path).keys() == {"a"}


SAVES = """
import sys, numpy as np
from gradatlas import nn
print("ready", flush=True)
k = 0
while True:
    k += 1
    nn.save(sys.argv[1], {"k": k, "x": np.full(200_000, float(k)), "y": np.full(1000, k)})
"""


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is POSIX's")
def test_a_kill_in_the_middle_of_saving_leaves_a_whole_file(tmp_path, request):
    """Killed at many moments, the file always holds one tree, never parts of two, and what is left over is cleared away."""
    path = tmp_path / "f"
    rng = np.random.default_rng(0)
    for _ in range(6):
        process = subprocess.Popen([sys.executable, "-c", SAVES, str(path)], stdout=subprocess.PIPE)
        request.addfinalizer(process.kill)
        process.stdout.readline()
        deadline = time.monotonic() + 20
        start = path.stat().st_ino if path.exists() else None
        while (not path.exists() or path.stat().st_ino == start) and time.monotonic() < deadline:
            time.sleep(0.001)
        for _ in range(20):  # it is whole while it is being replaced, too
            found = nn.load(path)
            assert (found["x"] == found["k"]).all()
            assert (found["y"] == found["k"]).all()
        time.sleep(float(rng.uniform(0, 0.02)))
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        found = nn.load(path)
        assert (found["x"] == found["k"]).all()
        assert (found["y"] == found["k"]).all()
    nn.save(path, {})
    assert os.listdir(tmp_path) == ["f"]


@pytest.mark.skipif(os.name != "posix", reason="processes are asked after as POSIX has it")
def test_what_a_dead_process_left_is_cleared(tmp_path):
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    (tmp_path / f".f.{process.pid}.abc.unfinished").write_bytes(b"left over")
    nn.save(tmp_path / "f", {})
    assert os.listdir(tmp_path) == ["f"]


def test_only_the_own_leftovers_are_cleared(tmp_path):
    keep = [".f.1.abc.unfinished", f".f.{os.getpid()}.abc.unfinished", ".g.999999.abc.unfinished", ".f.unfinished"]
    for name in keep:
        (tmp_path / name).touch()
    nn.save(tmp_path / "f", {})
    assert set(os.listdir(tmp_path)) == {"f", *keep}


def test_whole_files_of_bytes(tmp_path):
    saving.write_whole(tmp_path / "b", b"abc")
    assert (tmp_path / "b").read_bytes() == b"abc"
