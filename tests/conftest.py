"""What all tests share: reproducible property tests, and the reason why tests marked `gpu` are skipped."""

import importlib.util

import pytest
from hypothesis import settings

settings.register_profile("gradatlas", derandomize=True, deadline=None, database=None, print_blob=True)
settings.load_profile("gradatlas")


def reason_without_gpu() -> str | None:
    """Why CuPy cannot be used here, or None where it can."""
    if importlib.util.find_spec("cupy") is None:
        return "no GPU tests: CuPy is not installed (pip install 'gradatlas[cuda12]' or 'gradatlas[cuda13]')"
    import cupy

    return None if cupy.is_available() else "no GPU tests: CuPy sees no CUDA device"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    on_gpu = [item for item in items if item.get_closest_marker("gpu")]
    reason = reason_without_gpu() if on_gpu else None
    if reason:
        for item in on_gpu:
            item.add_marker(pytest.mark.skip(reason=reason))
