"""The array API's extension for linear algebra, as far as the operations go."""

from gradatlas.ops.linalg import matmul, outer, tensordot, vecdot
from gradatlas.xp._manipulation import matrix_transpose

__all__ = ["matmul", "matrix_transpose", "outer", "tensordot", "vecdot"]
