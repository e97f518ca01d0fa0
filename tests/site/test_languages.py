"""The site in Chinese: the words of the interface, the pages, and the link from each page to the same page in the other language."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import DOCS, Project  # type: ignore[import-not-found]
