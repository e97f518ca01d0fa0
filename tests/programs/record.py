"""The programs in PyTorch: the same network, loss and optimiser, from the same parameters, over the same batches, in float64.

python tests/programs/record.py            writes recorded/ROW.json for every twin, where PyTorch is installed
python tests/programs/record.py P1 P4      for these rows and their variants

A file in twins/ holds TWINS: for each row (a variant as "P4 as written") the functions forward(params, x), loss(prediction, y)
and optimizer(leaves), written with PyTorch alone; params is the program's tree with tensors in it. Where one loss and one
optimiser do not make a step, it holds one function (params, batches) that gives the losses.
"""

import importlib.util
import json
import sys
from pathlib import Path

HERE = Path(__file__).parent


def twins():
    """All twins by row. PyTorch is imported by their functions, not by this."""
    found = {}
    for path in sorted((HERE / "twins").glob("*.py")):
        spec = importlib.util.spec_from_file_location(f"twins_{path.stem}", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        found |= module.TWINS
    return found


def losses_in_torch(twin, params, batches):
    """The loss of each step in PyTorch, before the step."""
    import torch

    if callable(twin):
        return twin(params, batches)
    leaves = []

    def tensors(tree):
        if isinstance(tree, dict):
            return {name: tensors(branch) for name, branch in tree.items()}
        if isinstance(tree, list | tuple):
            return [tensors(branch) for branch in tree]
        leaf = torch.tensor(tree, requires_grad=True)
        assert leaf.dtype == torch.float64
        leaves.append(leaf)
        return leaf

    def fixed(tree):
        if isinstance(tree, dict):
            return {name: fixed(branch) for name, branch in tree.items()}
        return [fixed(branch) for branch in tree] if isinstance(tree, list | tuple) else torch.tensor(tree)

    forward, loss, optimizer = twin
    tree = tensors(params)
    stepping = optimizer(leaves)
    losses = []
    for x, y in batches:
        stepping.zero_grad()
        value = loss(forward(tree, fixed(x)), fixed(y))
        value.backward()
        stepping.step()
        losses.append(value.item())
    return losses


def ours(row):
    """The first steps of a program of gradatlas, by its row, or by its row and the name of a variant."""
    from gradatlas import programs
    from gradatlas.programs.comparison import first_steps

    row, _, variant = row.partition(" ")
    found = programs.program(row)
    return first_steps(found.variants[variant] if variant else found)


def recorded(row):
    """What recorded/ holds of a row: {"library", "losses"}."""
    return json.loads((HERE / "recorded" / f"{row.replace(' ', '-')}.json").read_text())


def main(rows):
    """Write the losses of these rows, or of all."""
    import torch

    for row, twin in twins().items():
        if rows and row.partition(" ")[0] not in rows:
            continue
        steps = ours(row)
        losses = losses_in_torch(twin, steps.params, steps.batches)
        worst = max(abs(a - b) / abs(b) for a, b in zip(steps.losses, losses, strict=True))
        print(
            f"{row}: {len(losses)} steps, loss {losses[0]:.6g} to {losses[-1]:.6g}, largest relative difference {worst:.1e}"
        )
        text = json.dumps({"library": f"torch {torch.__version__}", "dtype": "float64", "losses": losses}, indent=1)
        (HERE / "recorded" / f"{row.replace(' ', '-')}.json").write_text(text + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
