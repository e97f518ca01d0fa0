"""P1, P4 and P7 in PyTorch. Its channels stand first, Keras's and ours last: pictures and kernels are turned around."""


def convolved(params, x):
    import torch

    weight = params["w"].permute(3, 2, 0, 1)
    return torch.relu(torch.nn.functional.conv2d(x, weight, params["b"]))


def pooled(x):
    import torch

    return torch.nn.functional.max_pool2d(x, 2)


def dense(params, x):
    return x @ params["w"] + params["b"]


def classified(first, second, x):
    """Flatten with the channels last, then the two dense layers."""
    import torch

    return dense(second, torch.relu(dense(first, x.permute(0, 2, 3, 1).flatten(1))))


def cnn(params, x):
    x = pooled(convolved(params[0], x.permute(0, 3, 1, 2)))
    x = pooled(convolved(params[2], x))
    return classified(params[5], params[6], x)


def cifar(params, x):
    x = pooled(convolved(params[0], x.permute(0, 3, 1, 2)))
    x = pooled(convolved(params[2], x))
    return classified(params[6], params[7], convolved(params[4], x))


def mnist(params, x):
    import torch

    return dense(params[1], torch.relu(dense(params[0], x)))


def cross_entropy(prediction, y):
    import torch

    return torch.nn.functional.cross_entropy(prediction, y)


def cross_entropy_twice(prediction, y):
    import torch

    return torch.nn.functional.cross_entropy(torch.softmax(prediction, dim=-1), y)


def adam(leaves):
    import torch

    return torch.optim.Adam(leaves, lr=0.001, betas=(0.9, 0.999), eps=1e-7)


TWINS = {
    "P1": (cnn, cross_entropy, adam),
    "P4": (cifar, cross_entropy, adam),
    "P4 as written": (cifar, cross_entropy_twice, adam),
    "P7": (mnist, cross_entropy, adam),
}
