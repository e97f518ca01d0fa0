"""The derivations in proofs/: found by the names of their functions, one for each formula."""

from __future__ import annotations

import importlib.util
import inspect
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from gradatlas.evidence.digests import proof_name
from gradatlas.formulas.statement import Formula
from gradatlas.symbolic.proof import Proof

__all__ = ["Script", "files", "load", "match"]

Derivation = Callable[[Proof], object]


@dataclass(frozen=True)
class Script:
    """A function that derives a formula: its name, what it is, and where it stands."""

    name: str
    derive: Derivation
    file: Path
    line: int


def files(folder: Path) -> list[Path]:
    """The files of derivations in a folder, by name."""
    return [f for f in sorted(folder.glob("*.py")) if f.stem not in ("conftest", "__init__")]


def load(file: Path) -> list[Script]:
    """The functions prove_... that a file defines itself, in the order of its lines."""
    module = _imported(file)
    found = []
    for name, value in vars(module).items():
        if name.startswith("prove_") and inspect.isfunction(value) and value.__module__ == module.__name__:
            found.append(Script(name, value, file, value.__code__.co_firstlineno))
    return sorted(found, key=lambda s: s.line)


def _imported(file: Path) -> ModuleType:
    """The file as a module of the package `proofs`, so that one file of proofs can import another."""
    package = sys.modules.get("proofs")
    if package is None or str(file.parent) not in getattr(package, "__path__", []):
        package = ModuleType("proofs")
        package.__path__ = [str(file.parent)]
        sys.modules["proofs"] = package
        for name in [n for n in sys.modules if n.startswith("proofs.")]:
            del sys.modules[name]
    name = f"proofs.{file.stem}"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, file)
        if spec is None or spec.loader is None:
            raise ImportError(f"{file} cannot be imported")
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        try:
            spec.loader.exec_module(module)
        except BaseException:
            del sys.modules[name]
            raise
    return sys.modules[name]


def match(folder: Path, formulas: Mapping[str, Formula]) -> tuple[dict[str, Script], list[str]]:
    """The script of each formula by id, and what does not fit: a proof missing, left over, twice, or in a wrong file."""
    wanted = {proof_name(id): formula for id, formula in formulas.items()}
    found: dict[str, Script] = {}
    faults = []
    if len(wanted) < len(formulas):
        faults.append("two formulas have ids that differ only in dots and dashes: their proofs would have one name")
    for file in files(folder):
        for script in load(file):
            formula = wanted.get(script.name)
            where = f"{file.name}:{script.line}"
            if formula is None:
                faults.append(f"{where}: there is no formula for {script.name}")
            elif formula.id in found:
                faults.append(f"{where}: {formula.id} has a second proof here")
            elif formula.chapter != file.stem:
                faults.append(f"{where}: {formula.id} is of the chapter {formula.chapter}: its proof belongs there")
            else:
                found[formula.id] = script
    for id, formula in formulas.items():
        if id not in found and not any(proof_name(id) in fault for fault in faults):
            faults.append(f"{formula.chapter}.py: {id} has no proof: write def {proof_name(id)}(proof)")
    return found, faults
