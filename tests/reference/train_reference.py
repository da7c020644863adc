#!/usr/bin/python3
"""Train mlp, wide or cnn in PyTorch from the same weights on the same samples as a generated program,
and compare the loss of every step with the program's --log-steps file.

The networks and the optimizers are written out here from the published examples and Keras's formulas, so
that nothing is shared with the compiler.

Two correct float32 programs do not agree for ever. Their sums differ in the last bits, and among the tens
of millions of numbers that reach a ReLU in 300 steps a few lie so near 0 that the one program lets through
what the other holds back. Adam and RMSprop divide by the gradient's own size, so that one such number can
move a unit's weights by a full step, and the losses part within some ten steps: PyTorch does so from
itself when it runs in float64, or adds the pixels up in another order. A wrong program differs from the
first steps on. So a difference in the first --certain steps is a failure, and a later one is a drift. A
drift is decided with --snapshots, the program's weights after every --every steps: the reference goes on
from these with its own optimizer state, so that little can grow; the losses must agree in every step, and
the way that the weights have gone from one snapshot to the next must agree too.

Exit codes: 0 agrees, 1 differs, 2 usage, 3 a file was rejected, 10 drifts, 77 PyTorch or NumPy is missing."""

import argparse
import gzip
import json
import math
import os
import struct
import sys

try:
    import numpy as np
    import torch
    import torch.nn.functional as functional
except ImportError as missing:
    print(f"train_reference: skipped: {missing}")
    sys.exit(77)


class Rejected(Exception):
    """A file that does not hold what it should."""


# --- files -------------------------------------------------------------------------------------------


def read_safetensors(path):
    """Name -> float32 array. Format: header length (8 bytes, little-endian), JSON header, bytes."""
    with open(path, "rb") as file:
        data = file.read()
    if len(data) < 8:
        raise Rejected(f"{path}: too short for safetensors (got {len(data)} bytes)")
    (length,) = struct.unpack("<Q", data[:8])
    if length > len(data) - 8:
        raise Rejected(f"{path}: header is longer than the file (got {length} bytes)")
    header = json.loads(data[8 : 8 + length])
    header.pop("__metadata__", None)
    body = data[8 + length :]
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        if entry["dtype"] != "F32" or end - begin != 4 * math.prod(entry["shape"]) or end > len(body):
            raise Rejected(f'{path}: tensor "{name}" has another type or size ({entry})')
        tensors[name] = np.frombuffer(body[begin:end], "<f4").reshape(entry["shape"])
    return tensors


def read_idx(folder, name):
    """An IDX file of unsigned bytes, plain or gzipped."""
    path = os.path.join(folder, name)
    if not os.path.exists(path):
        path += ".gz"
    with open(path, "rb") as file:
        data = file.read()
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    if data[:3] != b"\0\0\x08" or len(data) < 4:
        raise Rejected(f"{path}: not an IDX file of unsigned bytes")
    rank = data[3]
    shape = struct.unpack(f">{rank}I", data[4 : 4 + 4 * rank])
    if len(data) != 4 + 4 * rank + math.prod(shape):
        raise Rejected(f"{path}: {len(data)} bytes do not fit the shape {shape}")
    return np.frombuffer(data, np.uint8, offset=4 + 4 * rank).reshape(shape)


def read_steps(path, count):
    """The losses of steps 1 .. count of the first epoch, from a JSON-lines file."""
    with open(path, encoding="utf-8") as file:
        steps = [json.loads(line) for line in file]
    if len(steps) != count:
        raise Rejected(f"{path}: {len(steps)} lines (expected {count})")
    for number, step in enumerate(steps, 1):
        if step["step"] != number or step["epoch"] != 1:
            raise Rejected(f"{path}:{number}: epoch {step['epoch']}, step {step['step']} (expected 1, {number})")
    return [step["loss"] for step in steps]


# --- models: from [rows, 28, 28] in 0 .. 1 to logits, Keras's layouts ------------------------------------


def mlp(p, x):
    hidden = torch.relu(x.reshape(len(x), 784) @ p[0] + p[1])
    hidden = torch.relu(hidden @ p[2] + p[3])
    return hidden @ p[4] + p[5]


def wide(p, x):
    hidden = torch.relu(x.reshape(len(x), 784) @ p[0] + p[1])
    return hidden @ p[2] + p[3]


def cnn(p, x):
    kernel = p[0].permute(3, 2, 0, 1)  # [height, width, in, out] -> [out, in, height, width]
    maps = torch.relu(functional.conv2d(x[:, None], kernel, p[1]))
    pooled = functional.max_pool2d(maps, 2)
    flat = pooled.permute(0, 2, 3, 1).reshape(len(x), -1)  # channels last, as Keras flattens
    hidden = torch.relu(flat @ p[2] + p[3])
    return hidden @ p[4] + p[5]


# --- optimizers: Keras 3's formulas with its default arguments --------------------------------------------


class Adam:
    def __init__(self, params):
        self.m = [torch.zeros_like(p) for p in params]
        self.v = [torch.zeros_like(p) for p in params]

    def step(self, params, grads, t, rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7):
        alpha = rate * math.sqrt(1 - beta_2**t) / (1 - beta_1**t)
        for p, g, m, v in zip(params, grads, self.m, self.v):
            m += (g - m) * (1 - beta_1)
            v += (g * g - v) * (1 - beta_2)
            p -= alpha * m / (torch.sqrt(v) + epsilon)


class RMSprop:
    def __init__(self, params):
        self.v = [torch.zeros_like(p) for p in params]

    def step(self, params, grads, _, rate=0.001, rho=0.9, epsilon=1e-7):
        for p, g, v in zip(params, grads, self.v):
            v.copy_(rho * v + (1 - rho) * g * g)
            p -= rate * g / torch.sqrt(v + epsilon)  # inside the root, unlike torch.optim.RMSprop


MODELS = {
    "mlp": (mlp, Adam, 100, [(784, 32), (32,), (32, 64), (64,), (64, 10), (10,)]),
    "wide": (wide, RMSprop, 128, [(784, 512), (512,), (512, 10), (10,)]),
    "cnn": (cnn, Adam, 32, [(3, 3, 1, 32), (32,), (5408, 100), (100,), (100, 10), (10,)]),
}


# Share of the way between two snapshots by which the weights may differ from the reference's.
MAX_STRAY = 0.05


# --- training and comparing -------------------------------------------------------------------------------


def load_params(path, shapes, dtype):
    """The file's tensors in the order of shapes; within a model no two tensors have the same shape."""
    found = {array.shape: array for array in read_safetensors(path).values()}
    if sorted(found) != sorted(shapes):
        raise Rejected(f"{path}: shapes {sorted(found)} (expected {sorted(shapes)})")
    return [torch.tensor(found[shape], dtype=dtype, requires_grad=True) for shape in shapes]


class Snapshots:
    """The program's weights on its way, which the reference takes over; without a folder there are none."""

    def __init__(self, folder, every):
        self.folder, self.every = folder, every
        self.before = None
        self.worst = 0.0  # largest distance from the reference, as a share of the way since the one before

    def take_over(self, params, shapes, step):
        if self.folder is None or step % self.every != 0:
            return
        theirs = load_params(os.path.join(self.folder, f"{step}.safetensors"), shapes, params[0].dtype)
        way = distance(theirs, self.before)
        self.worst = max(self.worst, distance(params, theirs) / way if way > 0 else math.inf)
        for p, their in zip(params, theirs):
            p.copy_(their)
        self.before = theirs


def distance(a, b):
    """Euclidean, over all parameters."""
    return math.sqrt(sum(((x - y).double() ** 2).sum().item() for x, y in zip(a, b)))


def read_samples(data, count):
    images = read_idx(data, "train-images-idx3-ubyte")
    labels = read_idx(data, "train-labels-idx1-ubyte")
    if images.shape[1:] != (28, 28) or len(images) != len(labels) or len(images) < count:
        raise Rejected(f"{data}: images {images.shape}, labels {labels.shape} (expected {count} or more)")
    return images, labels


def train(name, weights, data, steps, dtype, snapshots):
    """The loss of each of the first steps, in the order of the files, without shuffling."""
    forward, optimizer_class, batch, shapes = MODELS[name]
    params = load_params(weights, shapes, dtype)
    snapshots.before = load_params(weights, shapes, dtype)
    images, labels = read_samples(data, steps * batch)
    optimizer = optimizer_class(params)
    losses = []
    for step in range(1, steps + 1):
        rows = slice((step - 1) * batch, step * batch)
        x = torch.tensor(images[rows], dtype=dtype) * torch.tensor(1 / 255, dtype=dtype)
        loss = functional.cross_entropy(forward(params, x), torch.tensor(labels[rows], dtype=torch.long))
        grads = torch.autograd.grad(loss, params)
        with torch.no_grad():
            optimizer.step(params, grads, step)
            snapshots.take_over(params, shapes, step)
        losses.append(loss.item())
    return losses


def relative(loss, reference):
    """The relative difference; infinite for what is no finite number."""
    if not isinstance(loss, (int, float)) or not math.isfinite(loss):
        return math.inf
    return abs(loss - reference) / abs(reference)


def compare(losses, expected, snapshots, options):
    """Print the largest relative difference; return the exit code."""
    name, tolerance = options.model, options.tolerance
    differences = [relative(loss, reference) for loss, reference in zip(losses, expected)]
    agreeing = next((i for i, d in enumerate(differences) if not d <= tolerance), len(differences))
    if agreeing == len(differences) and snapshots.worst <= MAX_STRAY:
        verdict, code = "PASS", 0
    elif agreeing < options.certain or snapshots.folder or not all(map(math.isfinite, differences)):
        verdict, code = "FAIL", 1
    else:
        verdict, code = "DRIFT", 10
    at = max(range(len(differences)), key=differences.__getitem__)
    print(
        f"{verdict} {name}: {agreeing} of {len(expected)} steps agree to {tolerance:g}, largest relative difference"
        f" {differences[at]:.2e} at step {at + 1} (loss {losses[at]}, reference {expected[at]:.9g})"
    )
    if snapshots.folder:
        print(f"     {name}: weights stray at most {snapshots.worst:.2e} of their way (limit {MAX_STRAY:g})")
    return code


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("model", choices=MODELS)
    parser.add_argument("weights", help="initial weights, safetensors")
    parser.add_argument("log", help="what the program wrote for --log-steps")
    parser.add_argument("--data", required=True, help="folder of the four IDX files")
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--tolerance", type=float, default=1e-4)
    parser.add_argument("--certain", type=int, default=10, help="steps that must agree, whatever the weights")
    parser.add_argument("--double", action="store_true", help="run the reference in float64")
    parser.add_argument("--snapshots", help="folder of the program's weights, STEP.safetensors")
    parser.add_argument("--every", type=int, default=2, help="steps between two snapshots")
    options = parser.parse_args()

    torch.set_num_threads(1)
    try:
        losses = read_steps(options.log, options.steps)
        dtype = torch.float64 if options.double else torch.float32
        snapshots = Snapshots(options.snapshots, options.every)
        expected = train(options.model, options.weights, options.data, options.steps, dtype, snapshots)
    except (Rejected, OSError, EOFError, ValueError, KeyError, TypeError, struct.error) as reason:
        print(f"FAIL {options.model}: {reason}")
        return 3
    return compare(losses, expected, snapshots, options)


if __name__ == "__main__":
    sys.exit(main())
