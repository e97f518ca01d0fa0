"""The documents' programs, each written for the engine as its author would have meant it: `run(program("P1"))`.

A program is found by its row, "P1", or by its name, "cnn". A row can hold several: P8-simple, P8-gan.
"""

from gradatlas.programs.measured import measured
from gradatlas.programs.program import Data, Job, Outcome, Program, Trained, run
from gradatlas.programs.registry import all_programs, program

__all__ = ["Data", "Job", "Outcome", "Program", "Trained", "all_programs", "measured", "program", "run"]
