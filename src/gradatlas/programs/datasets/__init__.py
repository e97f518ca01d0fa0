"""The data of the programs: readers of the real formats, and the real data that come with installed packages."""

from gradatlas.programs.datasets.bundled import diabetes, digits, parted
from gradatlas.programs.datasets.cifar import cifar10
from gradatlas.programs.datasets.folders import LabelledTexts, texts_in_folders
from gradatlas.programs.datasets.mnist import mnist

__all__ = ["LabelledTexts", "cifar10", "diabetes", "digits", "mnist", "parted", "texts_in_folders"]
