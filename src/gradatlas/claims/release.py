"""Put into the package what a release carries: evidence in one compressed file, the index of shapes in another.

`python -m` this module.
"""

from __future__ import annotations

import sys
from typing import Any

from gradatlas.claims import records
from gradatlas.evidence import release, store
from gradatlas.formulas.shapes import keeping

__all__ = ["collect", "main"]


def collect() -> tuple[dict[str, Any], list[str]]:
    """The bundle of a checkout's evidence, and the formulas and claims that lack current evidence."""
    bundle, missing = release.collect()
    claims, lacking = records.collect()
    return {**bundle, "claims": claims}, [*missing, *lacking]


def main() -> int:
    """Write the bundle and the index of shapes; refuse where any formula or claim lacks current evidence."""
    if store.checkout() is None:
        print("gradatlas.claims.release: run it in a checkout of the repository", file=sys.stderr)
        return 2
    bundle, missing = collect()
    if missing:
        print(
            f"gradatlas.claims.release: no current evidence of {', '.join(missing)}: run pytest proofs/",
            file=sys.stderr,
        )
        return 1
    before, after = release.write(bundle)
    count = f"{len(bundle['records'])} formulas, {len(bundle['claims'])} claims"
    print(f"{count}, {before} bytes as {after}: {store.BUNDLE.relative_to(store.PACKAGE)}")
    print(f"the index of shapes, {keeping.write_release()} bytes: {keeping.RELEASED.relative_to(store.PACKAGE)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
