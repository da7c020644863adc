#!/usr/bin/python3
"""Train graph.mnn in PyTorch, in float64 and from the same weights on the same samples as a generated program,
and compare all tensors afterwards, the moving statistics among them, and the loss over the test set.

The network is written out from the definitions: batch normalisation as in Keras (biased variance of the batch,
also in the moving one), layer normalisation along the last dimension, residual additions.

Usage: graph_reference.py INIT TRAINED DATA EPOCHS TEST_LOSS
Exit codes: 0 agrees, 1 differs, 77 PyTorch or NumPy is missing."""

import sys

try:
    import torch
    import torch.nn.functional as functional
except ImportError as missing:
    print(f"graph_reference: skipped: {missing}")
    sys.exit(77)

from train_reference import read_idx, read_safetensors

BATCH = 16
RATE = 0.1
TOLERANCE = 2e-5  # relative to the largest element of a tensor: float32 against float64 over some 50 steps


class Network:
    def __init__(self, tensors):
        self.state = {n: torch.tensor(t).double() for n, t in tensors.items() if "moving" in n}
        self.weights = {n: torch.tensor(t).double().requires_grad_() for n, t in tensors.items() if "moving" not in n}

    def batchnorm(self, x, name, momentum, epsilon, training):
        mean, variance = self.state[name + ".moving_mean"], self.state[name + ".moving_variance"]
        if training:
            axes = tuple(range(x.dim() - 1))
            mean = x.mean(axes)
            variance = ((x - mean) ** 2).mean(axes)
            for key, value in (("mean", mean), ("variance", variance)):
                old = self.state[f"{name}.moving_{key}"]
                self.state[f"{name}.moving_{key}"] = old * momentum + value.detach() * (1 - momentum)
        return self.scaled((x - mean) / (variance + epsilon).sqrt(), name)

    def layernorm(self, x, name, epsilon):
        mean = x.mean(-1, keepdim=True)
        variance = ((x - mean) ** 2).mean(-1, keepdim=True)
        return self.scaled((x - mean) / (variance + epsilon).sqrt(), name)

    def scaled(self, x, name):
        if name + ".gamma" in self.weights:
            x = x * self.weights[name + ".gamma"]
        return x + self.weights[name + ".beta"] if name + ".beta" in self.weights else x

    def conv(self, x, name):
        kernel = self.weights[name + ".kernel"].permute(3, 2, 0, 1)
        y = functional.conv2d(x.permute(0, 3, 1, 2), kernel, padding=kernel.shape[2] // 2).permute(0, 2, 3, 1)
        return y + self.weights[name + ".bias"] if name + ".bias" in self.weights else y

    def logits(self, x, training):
        x = self.batchnorm(x, "batchnorm", 0.9, 0.001, training)
        x = torch.tanh(self.batchnorm(self.conv(x, "conv2d"), "batchnorm_1", 0.8, 0.01, training))
        inner = torch.tanh(self.layernorm(self.conv(x, "conv2d_1"), "layernorm", 0.001))
        inner = inner + self.batchnorm(self.conv(inner, "conv2d_2"), "batchnorm_2", 0.5, 0.001, training)
        x = torch.sigmoid(x + inner).reshape(len(x), -1)
        x = x @ self.weights["dense.kernel"] + self.weights["dense.bias"]
        return self.layernorm(x, "layernorm_1", 1e-5)

    def step(self, x, labels):
        loss = functional.cross_entropy(self.logits(x, True), labels)
        gradients = torch.autograd.grad(loss, list(self.weights.values()))
        with torch.no_grad():
            for weight, gradient in zip(self.weights.values(), gradients):
                weight -= RATE * gradient


def load(folder, name):
    pixels = read_idx(folder, name + "-images-idx3-ubyte")
    labels = read_idx(folder, name + "-labels-idx1-ubyte")
    return torch.tensor(pixels.reshape(-1, 9, 7, 2)).double() / 255, torch.tensor(labels).long()


def main():
    init, trained, folder, epochs, test_loss = sys.argv[1:]
    network = Network(read_safetensors(init))
    x, labels = load(folder, "train")
    for _ in range(int(epochs)):
        for begin in range(0, len(x), BATCH):
            network.step(x[begin : begin + BATCH], labels[begin : begin + BATCH])
    failed = 0
    for name, got in read_safetensors(trained).items():
        expected = {**network.weights, **network.state}[name].detach()
        error = float((torch.tensor(got).double() - expected).abs().max() / expected.abs().max())
        verdict = "agrees" if error <= TOLERANCE else "DIFFERS"
        failed += error > TOLERANCE
        print(f"{name:30} {error:9.1e}  {verdict}")
    x, labels = load(folder, "t10k")
    with torch.no_grad():
        loss = float(functional.cross_entropy(network.logits(x, False), labels))
    wrong = abs(loss - float(test_loss)) > 1e-4
    print(f"{'loss in prediction':30} {float(test_loss):.6f} against {loss:.6f}  {'DIFFERS' if wrong else 'agrees'}")
    return 1 if failed or wrong else 0


sys.exit(main())
