"""P2 and the digits of P8 in PyTorch: its own recurrent layers, with our weights turned to its layout."""


def dense(params, x):
    return x @ params["w"] + params["b"]


def of_layer(params, suffix=""):
    """The weights of a recurrent layer by PyTorch's names: (gates, features) where ours are (features, gates), and two biases."""
    import torch

    return {
        f"weight_ih_l0{suffix}": params["w"].T,
        f"weight_hh_l0{suffix}": params["u"].T,
        f"bias_ih_l0{suffix}": params["b"],
        f"bias_hh_l0{suffix}": torch.zeros_like(params["b"]),
    }


def rnn(params, x):
    import torch

    layer = torch.nn.RNN(8, 32, nonlinearity="relu", batch_first=True, dtype=torch.float64)
    _, last = torch.func.functional_call(layer, of_layer(params[0]), (x,))
    return dense(params[1], last[0])


def both_ways(params, x):
    import torch

    layer = torch.nn.RNN(8, 32, batch_first=True, bidirectional=True, dtype=torch.float64)
    weights = of_layer(params[0]["forward"]) | of_layer(params[0]["backward"], "_reverse")
    _, last = torch.func.functional_call(layer, weights, (x,))
    return dense(params[1], torch.cat([last[0], last[1]], dim=1))


def simple(params, x):
    import torch

    return dense(params[2], torch.relu(dense(params[1], x.flatten(1))))


def cnn(params, x):
    import torch
    from torch.nn import functional

    def convolved(params, x):
        return torch.relu(functional.conv2d(x, params["w"].permute(3, 2, 0, 1), params["b"], padding="same"))

    x = functional.max_pool2d(convolved(params[0], x.permute(0, 3, 1, 2)), 2)
    return dense(params[4], convolved(params[2], x).permute(0, 2, 3, 1).flatten(1))


def cross_entropy(prediction, y):
    import torch

    return torch.nn.functional.cross_entropy(prediction, y)


def adam(leaves):
    import torch

    return torch.optim.Adam(leaves, lr=0.001, betas=(0.9, 0.999), eps=1e-7)


TWINS = {
    "P2": (rnn, cross_entropy, adam),
    "P8-simple": (simple, cross_entropy, adam),
    "P8-cnn": (cnn, cross_entropy, adam),
    "P8-rnn": (both_ways, cross_entropy, adam),
}
