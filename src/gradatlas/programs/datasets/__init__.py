"""The data of the programs: readers of the real formats, and the real data that come with installed packages."""

from gradatlas.programs.datasets.bundled import diabetes, digits, parted

__all__ = ["diabetes", "digits", "parted"]
