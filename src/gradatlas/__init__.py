"""gradatlas: the gradients of deep learning, stated, proven at symbolic sizes, and computed."""

__version__ = "0.1.0"
