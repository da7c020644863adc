#!/usr/bin/python3
"""One of the three classic models in PyTorch, eager, as its users write it: prints the seconds of every
training epoch, then the peak memory in MB.

usage: torch_epoch.py MODEL DATA_DIR EPOCHS THREADS [LIMIT]
"""
import gzip
import os
import resource
import sys
import time

import numpy as np
import torch
from torch import nn


def read_idx(folder, name):
    path = os.path.join(folder, name)
    opener = open if os.path.exists(path) else gzip.open
    with opener(path if opener is open else path + ".gz", "rb") as f:
        raw = f.read()
    rank = raw[3]
    dims = np.frombuffer(raw, ">u4", rank, 4)
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * rank).reshape(dims)


def make(name):
    if name == "mlp":
        net = nn.Sequential(nn.Linear(784, 32), nn.ReLU(), nn.Linear(32, 64), nn.ReLU(), nn.Linear(64, 10))
        return net, torch.optim.Adam(net.parameters(), 1e-3, eps=1e-7), 100, (784,)
    if name == "wide":
        net = nn.Sequential(nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 10))
        return net, torch.optim.RMSprop(net.parameters(), 1e-3, alpha=0.9, eps=1e-7), 128, (784,)
    net = nn.Sequential(
        nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(5408, 100), nn.ReLU(), nn.Linear(100, 10)
    )
    return net, torch.optim.Adam(net.parameters(), 1e-3, eps=1e-7), 32, (1, 28, 28)


def main():
    name, folder, epochs, threads = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    limit = int(sys.argv[5]) if len(sys.argv) > 5 else 0
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    net, optimizer, batch, shape = make(name)
    images = torch.from_numpy(read_idx(folder, "train-images-idx3-ubyte").astype(np.float32) / 255)
    images = images.reshape(-1, *shape)
    labels = torch.from_numpy(read_idx(folder, "train-labels-idx1-ubyte").astype(np.int64))
    loss_of = nn.CrossEntropyLoss()
    for _ in range(epochs):
        start = time.perf_counter()
        order = torch.randperm(len(images))
        for step, first in enumerate(range(0, len(images), batch)):
            if limit and step == limit:
                break
            rows = order[first : first + batch]
            optimizer.zero_grad(set_to_none=True)
            loss = loss_of(net(images[rows]), labels[rows])
            loss.backward()
            optimizer.step()
        print("epoch", time.perf_counter() - start, flush=True)
    print("memory", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


main()
