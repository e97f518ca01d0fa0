"""P3 and the texts of P8 in PyTorch: its LSTM and its attention, with our weights turned to its layout."""


def dense(params, x):
    return x @ params["w"] + params["b"]


def embedded(table, ids):
    """Rows of a table; PyTorch's padding keeps a row without its gradient, ours gives zeros."""
    import torch

    return torch.nn.functional.embedding(ids, table) * (ids != 0)[..., None]


def attended(q, k, v, ids, scale=None):
    import torch

    seen = (ids != 0)[:, None, :].expand(-1, ids.shape[1], -1)
    return torch.nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=seen, scale=scale)


def mean(x, ids):
    seen = (ids != 0).to(x.dtype)[..., None]
    return (x * seen).sum(1) / seen.sum(1)


def attention(params, ids):
    """The gates stand in the same order in both, input, forget, candidate, output; PyTorch has two biases, which are added."""
    import torch

    cell = params["lstm"]
    layer = torch.nn.LSTM(cell["w"].shape[0], cell["u"].shape[0], batch_first=True, dtype=torch.float64)
    weights = {
        "weight_ih_l0": cell["w"].T,
        "weight_hh_l0": cell["u"].T,
        "bias_ih_l0": cell["b"],
        "bias_hh_l0": torch.zeros_like(cell["b"]),
    }
    states, _ = torch.func.functional_call(layer, weights, (embedded(params["embedding"]["table"], ids),))
    return dense(params["dense"], mean(attended(states, states, states, ids, scale=1.0), ids))


def bag_of_words(params, ids):
    import torch

    hidden = torch.relu(dense(params["hidden"], mean(embedded(params["embedding"]["table"], ids), ids)))
    return dense(params["dense"], hidden)


def self_attention(params, ids):
    import torch

    h = embedded(params["words"]["table"], ids) + params["places"]["table"]
    head = params["attention"]
    q, k, v = (dense(head[name], h) for name in ("query", "key", "value"))
    h = h + dense(head["output"], attended(q, k, v, ids))
    h = h + torch.relu(dense(params["hidden"], h))
    return dense(params["dense"], mean(h, ids))


def cross_entropy(prediction, y):
    import torch

    return torch.nn.functional.cross_entropy(prediction, y)


def adam(rate):
    def of(leaves):
        import torch

        return torch.optim.Adam(leaves, lr=rate, betas=(0.9, 0.999), eps=1e-7)

    return of


TWINS = {
    "P3": (attention, cross_entropy, adam(0.001)),
    "P3 bag of words": (bag_of_words, cross_entropy, adam(0.001)),
    "P8-text": (bag_of_words, cross_entropy, adam(0.001)),
    "P8-sentiment": (self_attention, cross_entropy, adam(0.003)),
    "P8-sentiment bag of words": (bag_of_words, cross_entropy, adam(0.01)),
}
