"""Files that several processes read and write, and JSON that people read."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Any

__all__ = ["by_lines", "write_whole"]


def write_whole(path: Path, text: str) -> None:
    """Write text, in UTF-8, whole or not at all: who reads the file meanwhile sees what it was. Its folder is made.

    Raises OSError, or UnicodeEncodeError, and then leaves the file as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}")
    try:
        draft.write_text(text, encoding="utf-8")
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def by_lines(data: Any) -> str:
    """JSON with a line for each member of what holds a list of objects. json's own indent takes eight times as long."""

    def holds_objects(part: Any) -> bool:
        return isinstance(part, list) and any(isinstance(item, dict) for item in part)

    if holds_objects(data):
        return "[\n" + ",\n".join(map(by_lines, data)) + "\n]"
    if isinstance(data, dict) and any(map(holds_objects, data.values())):
        return "{\n" + ",\n".join(f"{json.dumps(name)}: {by_lines(part)}" for name, part in data.items()) + "\n}"
    return json.dumps(data, ensure_ascii=False)
