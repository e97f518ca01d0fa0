"""P8's adversarial network in PyTorch. A step is one of each network, so that this twin goes through the steps by itself."""


def gan(params, batches):
    """The sum of both losses in each step: the discriminator's before its step, the generator's after that."""
    import torch
    from torch.nn.functional import softplus

    def tensors(part):
        return [{name: torch.tensor(leaf, requires_grad=True) for name, leaf in layer.items()} for layer in part]

    def through(part, x):
        for layer in part[:-1]:
            x = torch.relu(x @ layer["w"] + layer["b"])
        return x @ part[-1]["w"] + part[-1]["b"]

    def adam(part):
        leaves = [leaf for layer in part for leaf in layer.values()]
        return torch.optim.Adam(leaves, lr=0.001, betas=(0.5, 0.999), eps=1e-7)

    generator, discriminator = tensors(params["generator"]), tensors(params["discriminator"])
    of_generator, of_discriminator = adam(generator), adam(discriminator)
    losses = []
    for x, (first, second) in batches:
        x, first, second = (torch.tensor(each) for each in (x, first, second))
        of_discriminator.zero_grad()
        made = through(generator, first).detach()
        a = softplus(-through(discriminator, x)).mean() + softplus(through(discriminator, made)).mean()
        a.backward()
        of_discriminator.step()
        of_generator.zero_grad()
        b = softplus(-through(discriminator, through(generator, second))).mean()
        b.backward()
        of_generator.step()
        losses.append(a.item() + b.item())
    return losses


TWINS = {"P8-gan": gan}
