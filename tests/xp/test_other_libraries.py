"""Functions of other libraries that are written against the array API standard, differentiated through as they are.

einops, array-api-extra, and SciPy with SCIPY_ARRAY_API=1, which must be set before SciPy is first imported and therefore
runs in a process of its own. Each gradient is held to a closed form that shares no code with it.
"""

import json
import os
import subprocess
import sys

import array_api_extra as xpx
import array_api_strict
import einops.array_api as einops
import numpy as np
import pytest

import gradatlas as ga
from gradatlas import xp


def drawn(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


class TestEinops:
    def test_rearrange_into_patches(self, home):
        """Each pixel (b, y, x, c) goes to the patch (y / p, x / p) of its image, and its weight comes back."""
        images, weights = drawn(2, 4, 6, 3), drawn(2, 6, 12, seed=1)

        def f(x):
            patches = einops.rearrange(x, "b (h p) (w q) c -> b (h w) (p q c)", p=2, q=2)
            return xp.sum(xp.multiply(patches, home.array(weights)) ** 2)

        wanted = np.empty_like(images)
        for b, y, x, c in np.ndindex(images.shape):
            weight = weights[b, (y // 2) * 3 + x // 2, (y % 2) * 6 + (x % 2) * 3 + c]
            wanted[b, y, x, c] = 2 * weight**2 * images[b, y, x, c]
        gradient = ga.grad(f)(ga.Array(home.array(images)))
        np.testing.assert_allclose(home.host(gradient), wanted, rtol=home.tolerance, atol=home.tolerance)

    @pytest.mark.parametrize(
        ("reduction", "wanted"),
        [
            ("sum", np.ones((2, 3))),
            ("mean", np.full((2, 3), 1 / 3)),
            ("max", [[0, 1, 0], [1, 0, 0]]),
            ("min", [[1, 0, 0], [0, 0.5, 0.5]]),
        ],
    )
    def test_reduce(self, reduction, wanted):
        x = ga.Array(np.asarray([[1.0, 3.0, 2.0], [5.0, 4.0, 4.0]]))
        gradient = ga.grad(lambda x: xp.sum(einops.reduce(x, "a b -> a", reduction)))(x)
        np.testing.assert_allclose(gradient.plain, wanted, rtol=1e-15)

    def test_repeat_and_pack(self):
        g = drawn(2, 5, 3)
        gradient = ga.grad(lambda x: xp.sum(einops.repeat(x, "a c -> a b c", b=5) * g))(ga.Array(drawn(2, 3)))
        np.testing.assert_allclose(gradient.plain, g.sum(axis=1), rtol=1e-14)

    def test_second_order(self):
        h = ga.hessian(lambda x: xp.sum(einops.reduce(x, "(a b) -> a", "sum", b=2) ** 2))(ga.Array(drawn(4)))
        np.testing.assert_allclose(h.plain, 2 * np.kron(np.eye(2), np.ones((2, 2))), rtol=1e-15)


class TestArrayApiExtra:
    @pytest.mark.parametrize("lib", [np, array_api_strict])
    def test_covariance(self, lib):
        """cov of rows: d/dx sum(G * C) = (G + G^T)(x - mean) / (n - 1)."""
        x, g = drawn(3, 7), drawn(3, 3, seed=1)
        weights = ga.Array(lib.asarray(g))
        gradient = ga.grad(lambda x: xp.sum(xp.multiply(xpx.cov(x), weights)))(ga.Array(lib.asarray(x)))
        wanted = (g + g.T) @ (x - x.mean(axis=1, keepdims=True)) / 6
        np.testing.assert_allclose(np.asarray(gradient.plain), wanted, rtol=1e-12)

    def test_kron(self):
        a, b, g = drawn(2, 3), drawn(4, 2, seed=1), drawn(8, 6, seed=2)
        da, db = ga.grad(lambda a, b: xp.sum(xpx.kron(a, b) * g), argnums=(0, 1))(ga.Array(a), ga.Array(b))
        blocks = g.reshape(2, 4, 3, 2)
        np.testing.assert_allclose(da.plain, np.einsum("ipjq,pq->ij", blocks, b), rtol=1e-13)
        np.testing.assert_allclose(db.plain, np.einsum("ipjq,ij->pq", blocks, a), rtol=1e-13)

    def test_what_it_assigns(self):
        x = ga.Array(np.asarray([1.0, 2.0, 3.0]))
        with ga.assignment():
            gradient = ga.grad(lambda x: xp.sum(xpx.at(x)[1:].multiply(x[1:]) ** 2))(x)
        np.testing.assert_allclose(gradient.plain, [2.0, 4 * 2.0**3, 4 * 3.0**3], rtol=1e-15)


SCIPY = """
import json
import numpy as np
import scipy.cluster.vq, scipy.integrate, scipy.optimize, scipy.special, scipy.stats
from scipy.spatial.transform import Rotation
import gradatlas as ga
from gradatlas import xp

x = np.asarray([0.5, 1.25, 2.0, 0.75, 1.5])
g = np.asarray([1.0, -2.0, 0.5, 3.0, -1.0])
points = g[:3]
vector = np.asarray([0.3, -0.2, 0.9])
programs = {
    "logsumexp": lambda x: scipy.special.logsumexp(x),
    "logsumexp, weighted": lambda x: scipy.special.logsumexp(x, b=xp.asarray(g**2)),
    "softmax": lambda x: xp.sum(scipy.special.softmax(x) * g),
    "log_softmax": lambda x: xp.sum(scipy.special.log_softmax(x) * g),
    "xlogy": lambda x: xp.sum(scipy.special.xlogy(x, x) * g),
    "gmean": lambda x: scipy.stats.gmean(x),
    "hmean": lambda x: scipy.stats.hmean(x),
    "pmean": lambda x: scipy.stats.pmean(x, 3),
    "sem": lambda x: scipy.stats.sem(x),
    "skew": lambda x: scipy.stats.skew(x),
    "zscore": lambda x: xp.sum(scipy.stats.zscore(x) * g),
    "rosen": lambda x: scipy.optimize.rosen(x),
    "trapezoid": lambda x: scipy.integrate.trapezoid(x),
    "whiten": lambda x: xp.sum(scipy.cluster.vq.whiten(xp.reshape(x, (5, 1)))[:, 0] * g),
    "rotation": lambda x: xp.sum(Rotation.from_rotvec(xp.asarray(vector)).apply(x[:3]) * points),
}
with ga.assignment():
    found = {name: ga.grad(f)(x).tolist() for name, f in programs.items()}
    found["rotation of a constant"] = ga.grad(
        lambda v: xp.sum(Rotation.from_rotvec(v).apply(xp.asarray(x[:3])) * points)
    )(vector).tolist()
print(json.dumps(found))
"""

X = np.asarray([0.5, 1.25, 2.0, 0.75, 1.5])
G = np.asarray([1.0, -2.0, 0.5, 3.0, -1.0])
V = np.asarray([0.3, -0.2, 0.9])


def rotation_matrix(v):
    """Rodrigues' formula."""
    angle = np.linalg.norm(v)
    a, b, c = v / angle
    k = np.asarray([[0, -c, b], [c, 0, -a], [-b, a, 0]])
    return np.eye(3) + np.sin(angle) * k + (1 - np.cos(angle)) * (k @ k)


def closed_forms():
    """The gradients, each from its formula on paper."""
    n, centred = X.size, X - X.mean()
    p, q = np.exp(X) / np.exp(X).sum(), np.exp(X) * G**2 / (np.exp(X) * G**2).sum()
    m2, m3, s = (centred**2).mean(), (centred**3).mean(), X.std()
    z = centred / s
    rosen = np.zeros(5)
    rosen[:-1] += -400 * X[:-1] * (X[1:] - X[:-1] ** 2) - 2 * (1 - X[:-1])
    rosen[1:] += 200 * (X[1:] - X[:-1] ** 2)
    step = 1e-6
    turned = [
        (G[:3] @ (rotation_matrix(V + step * e) - rotation_matrix(V - step * e)) @ X[:3]) / (2 * step)
        for e in np.eye(3)
    ]
    return {
        "logsumexp": p,
        "logsumexp, weighted": q,
        "softmax": p * (G - np.sum(G * p)),
        "log_softmax": G - p * np.sum(G),
        "xlogy": G * (np.log(X) + 1),
        "gmean": np.exp(np.log(X).mean()) / (n * X),
        "hmean": (n / np.sum(1 / X)) ** 2 / (n * X**2),
        "pmean": np.mean(X**3) ** (-2 / 3) * X**2 / n,
        "sem": centred / ((n - 1) * X.std(ddof=1) * np.sqrt(n)),
        "skew": 3 / n * ((centred**2 - m2) / m2**1.5 - m3 * centred / m2**2.5),
        "zscore": (G - G.mean() - z * np.mean(G * z)) / s,
        "rosen": rosen,
        "trapezoid": np.asarray([0.5, 1, 1, 1, 0.5]),
        "whiten": G / s - np.sum(G * X) * centred / (n * s**3),
        "rotation": np.concat([G[:3] @ rotation_matrix(V), np.zeros(2)]),
        "rotation of a constant": np.asarray(turned),
    }


@pytest.fixture(scope="module")
def scipy_gradients():
    environment = {**os.environ, "SCIPY_ARRAY_API": "1"}
    done = subprocess.run([sys.executable, "-c", SCIPY], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return {name: np.asarray(each) for name, each in json.loads(done.stdout).items()}


@pytest.mark.parametrize("name", closed_forms())
def test_scipy(scipy_gradients, name):
    bound = 1e-8 if name == "rotation of a constant" else 1e-12  # the one closed form that is a difference
    np.testing.assert_allclose(scipy_gradients[name], closed_forms()[name], rtol=bound, atol=bound)
