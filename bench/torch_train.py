#!/usr/bin/python3
"""The benchmark's models in PyTorch, eager, as its users write them; without learning-rate schedules and augmentation.

usage: torch_train.py MODEL DATA_DIR THREADS EPOCHS LIMIT [test] [predict] [channels_last]

Prints "epoch SECONDS" per epoch, which ends after LIMIT steps (0: never); with "test" also "test VALUE", accuracy or
mean squared error over the test set; with "predict" "batch SECONDS" and "single SECONDS", medians of the prediction of
a batch and of one sample. "channels_last" is the network's memory format (an image of one channel is both). Some OpenBLAS kernels compute
wrongly on some processors: a product that differs from double precision ends the program with exit code 70.
"""
import gzip
import os
import statistics
import sys
import time

import numpy as np
import torch
from torch import nn

CHANNELS, FLAT = (1, 28, 28), (784,)


def read_idx(folder, name):
    """The numbers of an IDX file, plain or compressed."""
    path = os.path.join(folder, name)
    plain = os.path.exists(path)
    with open(path, "rb") if plain else gzip.open(path + ".gz", "rb") as f:
        raw = f.read()
    dims = np.frombuffer(raw, ">u4", raw[3], 4)
    kind = {8: np.uint8, 13: ">f4"}[raw[2]]
    return np.frombuffer(raw, kind, offset=4 + 4 * raw[3]).reshape(dims)


def unit(inputs, filters, size=3, stride=1, padding=0):
    return [
        nn.Conv2d(inputs, filters, size, stride, padding, bias=False),
        nn.BatchNorm2d(filters, eps=1e-3, momentum=0.1),
    ]


class Residual(nn.Module):
    def __init__(self, *layers):
        super().__init__()
        self.layers = nn.Sequential(*layers)

    def forward(self, x):
        return x + self.layers(x)


def residual_pair(filters):
    inner = unit(filters, filters, padding=1) + [nn.ReLU()] + unit(filters, filters, padding=1)
    return [Residual(*inner), nn.ReLU()]


def vgg_pair(inputs, filters):
    return [
        nn.Conv2d(inputs, filters, 3, padding=1), nn.ReLU(),
        nn.Conv2d(filters, filters, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
    ]  # fmt: skip


def dense(*sizes, last=None):
    layers = []
    for i, (a, b) in enumerate(zip(sizes, sizes[1:])):
        layers.append(nn.Linear(a, b))
        if i < len(sizes) - 2:
            layers.append(nn.ReLU())
    return layers + ([last] if last else [])


def adam(net, rate=1e-3):
    return torch.optim.Adam(net.parameters(), rate, eps=1e-7)


def rmsprop(net):
    return torch.optim.RMSprop(net.parameters(), 1e-3, alpha=0.9, eps=1e-7)


def momentum(net):
    return torch.optim.SGD(net.parameters(), 0.1, momentum=0.9)


def nesterov(net):
    return torch.optim.SGD(net.parameters(), 0.05, momentum=0.9, nesterov=True, weight_decay=5e-3)


def convnet_bn():
    return [
        *unit(1, 32), nn.ReLU(), *unit(32, 32), nn.ReLU(), *unit(32, 32, 5, 2, 2), nn.ReLU(), nn.Dropout(0.4),
        *unit(32, 64), nn.ReLU(), *unit(64, 64), nn.ReLU(), *unit(64, 64, 5, 2, 2), nn.ReLU(), nn.Dropout(0.4),
        nn.Flatten(), nn.Linear(1024, 128, bias=False), nn.BatchNorm1d(128, eps=1e-3, momentum=0.1), nn.ReLU(),
        nn.Dropout(0.4), nn.Linear(128, 10),
    ]  # fmt: skip


def resnet_small():
    return [
        *unit(1, 32, padding=1), nn.ReLU(), nn.MaxPool2d(2), *residual_pair(32),
        *unit(32, 64, stride=2, padding=1), nn.ReLU(), *residual_pair(64),
        *unit(64, 128, stride=2, padding=1), nn.ReLU(), *residual_pair(128), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
        nn.Linear(128, 10),
    ]  # fmt: skip


def lenet5():
    return [
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), *dense(400, 120, 84, 10),
    ]  # fmt: skip


def mlp_dropout():
    return [
        nn.Linear(784, 512), nn.ReLU(), nn.Dropout(0.2), nn.Linear(512, 512), nn.ReLU(), nn.Dropout(0.2),
        nn.Linear(512, 10),
    ]  # fmt: skip


def cnn():
    return [nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), *dense(5408, 100, 10)]


def vgg():
    return [*vgg_pair(1, 32), *vgg_pair(32, 64), *vgg_pair(64, 128), nn.Flatten(), *dense(1152, 256, 10)]


HE_NORMAL = ("vgg", "convnet_bn", "resnet_small")  # whose descriptions say kernel_initializer=he_normal

# layers, optimizer, batch size, shape of a sample, share held out for validation
MODELS = {
    "mlp": (lambda: dense(784, 32, 64, 10), adam, 100, FLAT, 0),
    "wide": (lambda: dense(784, 512, 10), rmsprop, 128, FLAT, 0),
    "cnn": (cnn, adam, 32, CHANNELS, 0),
    "mlp_large": (lambda: dense(784, 2048, 2048, 10), adam, 256, FLAT, 0),
    "vgg": (vgg, adam, 64, CHANNELS, 0),
    "lenet5": (lenet5, lambda net: adam(net, 2e-3), 64, CHANNELS, 0),
    "logistic": (lambda: dense(784, 10), momentum, 100, FLAT, 0),
    "mlp_dropout": (mlp_dropout, rmsprop, 128, FLAT, 0.1),
    "convnet_bn": (convnet_bn, lambda net: adam(net, 2e-3), 64, CHANNELS, 0),
    "resnet_small": (resnet_small, nesterov, 64, CHANNELS, 0),
    "autoencoder": (lambda: dense(784, 128, 32, 128, 784, last=nn.Sigmoid()), adam, 100, FLAT, 0),
    "regression": (lambda: dense(7, 64, 64, 2), lambda net: adam(net, 2e-3), 16, (7,), 0.1),
}


def load(name, folder, part, shape):
    """Samples and targets: class numbers, values, or the samples themselves."""
    if name == "regression":
        values = [read_idx(folder, f"{part}-{what}-idx2-float") for what in ("inputs", "outputs")]
        return [torch.from_numpy(v.astype(np.float32)) for v in values]
    part = {"train": "train", "test": "t10k"}[part]
    x = torch.from_numpy(read_idx(folder, part + "-images-idx3-ubyte").astype(np.float32) / 255).reshape(-1, *shape)
    if name == "resnet_small":
        x = (x * 255 - 72.94) / 90.02
    if name == "autoencoder":
        return x, x
    return x, torch.from_numpy(read_idx(folder, part + "-labels-idx1-ubyte").astype(np.int64))


def score(net, x, y, batch):
    """Accuracy, or mean squared error."""
    net.eval()
    total = 0.0
    with torch.no_grad():
        for first in range(0, len(x), batch):
            out, target = net(x[first : first + batch]), y[first : first + batch]
            if target.dtype == torch.int64:
                total += (out.argmax(1) == target).sum().item()
            else:
                total += ((out - target) ** 2).mean(1).sum().item()
    net.train()
    return total / len(x)


def train_epoch(net, optimizer, loss_of, x, y, batch, limit):
    order = torch.randperm(len(x))
    for step, first in enumerate(range(0, len(x), batch)):
        if limit and step == limit:
            break
        rows = order[first : first + batch]
        optimizer.zero_grad(set_to_none=True)
        loss = loss_of(net(x[rows]), y[rows])
        loss.backward()
        optimizer.step()


def time_prediction(net, x, rows, seconds=0.5):
    net.eval()
    times = []
    with torch.inference_mode():
        begun = time.perf_counter()
        while time.perf_counter() - begun < seconds or len(times) < 10:
            first = len(times) * rows % (len(x) - rows)
            start = time.perf_counter()
            net(x[first : first + rows])
            times.append(time.perf_counter() - start)
    return statistics.median(times[3:])


def check_products(net, batch):
    """Compare the matrix products of the dense layers' shapes with double precision."""
    for layer in net.modules():
        if isinstance(layer, nn.Linear):
            x, dy, w = torch.rand(batch, layer.in_features), torch.rand(batch, layer.out_features), layer.weight.detach()
            for a, b in ((x, w.T), (dy, w), (dy.T, x)):
                if not torch.allclose((a @ b).double(), a.double() @ b.double(), rtol=1e-3, atol=1e-3):
                    print(f"wrong product of {batch} x {layer.in_features} x {layer.out_features}", file=sys.stderr)
                    sys.exit(70)


def main():
    name, folder, threads, epochs, limit = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:6])
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    make, optimizer_of, batch, shape, held_out = MODELS[name]
    net = nn.Sequential(*make())
    if name in HE_NORMAL:
        for layer in net.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight)
    optimizer = optimizer_of(net)
    check_products(net, batch)
    x, y = load(name, folder, "train", shape)
    if "channels_last" in sys.argv[6:]:
        net = net.to(memory_format=torch.channels_last)
    count = int(len(x) * (1 - held_out))
    loss_of = nn.CrossEntropyLoss() if y.dtype == torch.int64 else nn.MSELoss()
    for _ in range(epochs):
        start = time.perf_counter()
        train_epoch(net, optimizer, loss_of, x[:count], y[:count], batch, limit)
        if held_out:
            score(net, x[count:], y[count:], batch)
        print("epoch", time.perf_counter() - start, flush=True)
    if "test" in sys.argv[6:]:
        print("test", score(net, *load(name, folder, "test", shape), batch))
    if "predict" in sys.argv[6:]:
        print("batch", time_prediction(net, x, batch))
        print("single", time_prediction(net, x, 1))


if __name__ == "__main__":
    main()
