"""P5 and P6 in PyTorch."""


def classifier(params, x):
    import torch

    for layer in params[:-1]:
        x = torch.relu(x @ layer["w"] + layer["b"])
    return torch.sigmoid(x @ params[-1]["w"] + params[-1]["b"])


def line(params, x):
    return x @ params[0]["w"] + params[0]["b"]


def binary_cross_entropy(prediction, y):
    import torch

    return torch.nn.functional.binary_cross_entropy(prediction, y)


def squared_error(prediction, y):
    import torch

    return torch.nn.functional.mse_loss(prediction, y)


def adam(leaves):
    import torch

    return torch.optim.Adam(leaves, lr=0.001, betas=(0.9, 0.999), eps=1e-7)


def sgd(leaves):
    import torch

    return torch.optim.SGD(leaves, lr=0.01)


TWINS = {"P5": (classifier, binary_cross_entropy, adam), "P6": (line, squared_error, sgd)}
