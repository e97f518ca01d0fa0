"""How the C kernels are built: one call of the C compiler, into a folder of the user's that no one else can write to.

A library is named by what it depends on: the sources, the compiler, the options and the processor's abilities. So a new
version of gradatlas, or another machine that shares the folder, never loads one that was made for something else.
"""

from __future__ import annotations

import functools
import hashlib
import os
import platform
import shlex
import shutil
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

from gradatlas.errors import CompilationError

__all__ = ["build", "built", "compile_command", "library_path"]

_HERE = Path(__file__).parent
_OPTIONS = (
    "-O3",
    "-march=native",
    "-std=gnu11",
    "-fPIC",
    "-shared",
    "-fno-math-errno",  # so that loops vectorise; no option changes what an operation gives
    "-fno-trapping-math",
    "-ffp-contract=fast",
)


def _compiler() -> list[str] | None:
    """The C compiler: $CC, else cc, gcc or clang."""
    named = shlex.split(os.environ.get("CC", ""))
    for words in (named, ["cc"], ["gcc"], ["clang"]):
        if words and shutil.which(words[0]):
            return words
    return None


def _processor() -> str:
    """What the processor can do, as far as the system says; its name elsewhere."""
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith(("flags", "Features")):
                return line
    except OSError:
        pass
    return platform.processor()


def _folder() -> Path:
    """Where built libraries lie: gradatlas in $XDG_CACHE_HOME, else in the user's cache."""
    base = os.environ.get("XDG_CACHE_HOME")
    if base and os.path.isabs(base):
        return Path(base) / "gradatlas"
    return Path.home() / ("Library/Caches" if sys.platform == "darwin" else ".cache") / "gradatlas"


@functools.cache
def _version(compiler: tuple[str, ...]) -> str:
    """What the compiler says of itself."""
    try:
        return subprocess.run([*compiler, "--version"], capture_output=True, text=True, timeout=60).stdout
    except (OSError, subprocess.SubprocessError):
        return ""


def compile_command(target: str) -> list[str]:
    """The command that builds the kernels into target. Raises CompilationError where there is no C compiler."""
    compiler = _compiler()
    if compiler is None:
        raise CompilationError(
            "compile", "there is no C compiler", "install one (Debian: apt-get install gcc), or name it in CC"
        )
    return [*compiler, *_OPTIONS, "-o", target, str(_HERE / "kernels.c"), "-lm", "-lpthread"]


def library_path() -> Path:
    """Where the library for these sources, this compiler and this processor lies, built or not."""
    compiler = tuple(_compiler() or ())
    parts = [path.read_text() for path in sorted(_HERE.glob("*.[ch]"))]
    text = "\0".join((*parts, *_OPTIONS, *compiler, _version(compiler) if compiler else "", _processor()))
    return _folder() / f"kernels-{hashlib.sha256(text.encode()).hexdigest()[:20]}.so"


def _is_safe(path: Path) -> bool:
    """Whether no one but this user (or root) can have written path: code is loaded from it."""
    try:
        found = path.stat()
    except OSError:
        return False
    if not hasattr(os, "getuid"):
        return True
    return found.st_uid in (os.getuid(), 0) and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def built() -> str | None:
    """The path of the library, where it is built and may be trusted; else None."""
    folder = _folder()
    if not folder.is_dir():  # most often there is nothing to look for, and then no compiler is asked its version
        return None
    path = library_path()
    return str(path) if path.is_file() and _is_safe(folder) and _is_safe(path) else None


def build() -> str:
    """The path of the library, built now if it is not there yet: a second or two.

    Raises CompilationError, with what the compiler said, where it cannot be built.
    """
    found = built()
    if found is not None:
        return found
    path = library_path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.parent.chmod(0o700)
        descriptor, scratch = tempfile.mkstemp(suffix=".so", dir=path.parent)
        os.close(descriptor)
    except OSError as error:
        raise CompilationError(
            "compile", f"{path.parent} cannot be written to ({error})", "name another folder in XDG_CACHE_HOME"
        ) from error
    try:
        done = subprocess.run(compile_command(scratch), capture_output=True, text=True, timeout=300)
        if done.returncode:
            raise CompilationError(
                "compile", f"the C compiler failed: {done.stderr.strip()[-1500:]}", "set CC to another compiler"
            )
        os.chmod(scratch, 0o700)
        os.replace(scratch, path)  # another process may have been quicker: both made the same
    except (OSError, subprocess.SubprocessError) as error:
        raise CompilationError("compile", f"the C compiler did not run ({error})", "set CC to another one") from error
    finally:
        Path(scratch).unlink(missing_ok=True)
    return str(path)
