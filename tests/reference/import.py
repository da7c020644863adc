"""Weights and predictions of a PyTorch model, for import.sh.

    import.py make FOLDER       writes weights.safetensors, named.safetensors, map, samples (IDX), expected.npy
    import.py compare FOLDER    reads predictions (JSON lines) and compares; exit code 1 when they differ
"""
import json
import struct
import sys

import numpy as np
import torch
from torch import nn


def build():
    return nn.Sequential(
        nn.Conv2d(2, 6, (3, 2), groups=2), nn.BatchNorm2d(6), nn.ReLU(),
        nn.Conv2d(6, 12, 3, groups=6, padding=2, dilation=2), nn.Conv2d(12, 8, 1, bias=False), nn.Tanh(),
        nn.MaxPool2d(2), nn.Flatten(), nn.BatchNorm1d(8 * 5 * 4), nn.Linear(8 * 5 * 4, 11), nn.GELU(),
        nn.LayerNorm(11), nn.Linear(11, 4), nn.Softmax(1))


def save(path, tensors, dtype, numpy_type):
    header, data = {}, b""
    for name in sorted(tensors):
        value = tensors[name]
        if value.dtype == torch.int64:  # num_batches_tracked
            piece, kind = value.numpy().tobytes(), "I64"
        else:
            piece, kind = value.numpy().astype(numpy_type).tobytes(), dtype
        header[name] = {"dtype": kind, "shape": list(value.shape), "data_offsets": [len(data), len(data) + len(piece)]}
        data += piece
    header["__metadata__"] = {"format": "pt"}
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def make(folder):
    torch.manual_seed(3)
    net = build()
    for name, value in net.state_dict().items():
        if value.dtype == torch.float32 and not name.endswith("running_var"):
            value += 0.3 * torch.randn(value.shape)
        elif name.endswith("running_var"):
            value += torch.rand(value.shape)
    net.eval()
    state = {name: value.clone() for name, value in net.state_dict().items()}
    save(f"{folder}/weights.safetensors", state, "F32", "<f4")
    ours = ["conv2d", "batchnorm", "depthwise_conv2d", "conv2d_1", "batchnorm_1", "dense", "layernorm", "dense_1"]
    layers = [i for i, layer in enumerate(net) if list(layer.parameters())]
    named = {}
    with open(f"{folder}/map", "w") as file:
        file.write("# theirs = ours\n\n")
        for number, name in zip(layers, ours):
            norm = "norm" in name
            for role, word in [("weight", "gamma" if norm else "kernel"), ("bias", "beta" if norm else "bias"),
                               ("running_mean", "moving_mean"), ("running_var", "moving_variance")]:
                if f"{number}.{role}" not in state:
                    continue
                named[f"odd name/{name}/{role}"] = state[f"{number}.{role}"]
                words = " transpose" if word == "kernel" else ""
                words += "  chw" if name == "batchnorm_1" or f"{name}.{word}" == "dense.kernel" else ""
                file.write(f"odd name/{name}/{role} = {name}.{word}{words}\n")
    save(f"{folder}/named.safetensors", named, "F64", "<f8")
    samples = np.random.RandomState(5).randint(0, 256, (50, 12, 10, 2)).astype(np.uint8)
    with open(f"{folder}/samples", "wb") as file:
        file.write(bytes([0, 0, 8, 4]) + struct.pack(">4I", *samples.shape) + samples.tobytes())
    with torch.no_grad():
        out = net(torch.tensor(samples.transpose(0, 3, 1, 2).astype(np.float32) / 255))
    np.save(f"{folder}/expected.npy", out.numpy())


def compare(folder):
    expected = np.load(f"{folder}/expected.npy")
    with open(f"{folder}/predictions") as file:
        got = np.array([json.loads(line)["outputs"] for line in file])
    worst = np.abs(got - expected).max()
    print(f"{len(got)} samples, largest difference {worst:.1e}, outputs from {expected.min():.2g} to {expected.max():.2g}")
    return 0 if got.shape == expected.shape and worst < 1e-5 and expected.std() > 0.05 else 1


if sys.argv[1] == "make":
    make(sys.argv[2])
else:
    sys.exit(compare(sys.argv[2]))
