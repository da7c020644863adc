#!/usr/bin/python3
"""Compare layers, activations and regularizers of generated programs with PyTorch.

    layers_reference.py MNNC CC CFLAGS LIBS [--count N] [--first SEED]

For every seed a small model of random layers and options is described twice, as a .mnn file and as calls of
torch.nn.functional. The program writes its first weights (--epochs 0 --save), predicts 6 samples with them, and
takes one step of plain SGD with a learning rate of 1, so that the weights change by the gradient. Outputs, the
loss with its penalties, and the gradient of every tensor must agree with PyTorch's in double precision.

Exit codes: 0 all agree, 1 one does not, 2 usage, 77 PyTorch or NumPy is missing."""

import argparse
import json
import os
import random
import shlex
import struct
import subprocess
import sys
import tempfile

try:
    import numpy as np
    import torch
    import torch.nn.functional as functional
except ImportError as missing:
    print(f"layers_reference: skipped: {missing}")
    sys.exit(77)

from train_reference import read_safetensors

ROWS = 6
CLASSES = 4
TOLERANCE = 2e-5  # float32 against double, relative to the largest number of a tensor

ACTIVATIONS = {
    "linear": lambda x: x,
    "relu": torch.relu,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "leaky_relu": lambda x: functional.leaky_relu(x, 0.2),
    "leaky_relu(negative_slope=0.05)": lambda x: functional.leaky_relu(x, 0.05),
    "elu": functional.elu,
    "elu(alpha=0.3)": lambda x: functional.elu(x, 0.3),
    "gelu": functional.gelu,
    "gelu(approximate=true)": lambda x: functional.gelu(x, approximate="tanh"),
    "silu": functional.silu,
    "swish": functional.silu,
    "relu6": functional.relu6,
    "selu": functional.selu,
    "softplus": functional.softplus,
    "softsign": functional.softsign,
    "mish": functional.mish,
    "hard_sigmoid": functional.hardsigmoid,
    "hard_silu": functional.hardswish,
    "exponential": torch.exp,
}

REGULARIZERS = {
    "none": (0, 0),
    "l1": (0.01, 0),
    "l1(0.002)": (0.002, 0),
    "l2": (0, 0.01),
    "l2(l2=0.03)": (0, 0.03),
    "l1_l2": (0, 0),
    "l1_l2(l1=0.001, l2=0.02)": (0.001, 0.02),
}


def pair(value):
    return f"({value[0]}, {value[1]})"


def same_padding(size, window, stride):
    """What Keras puts before and after one side of a picture."""
    total = max((-(-size // stride) - 1) * stride + window - size, 0)
    return total // 2, total - total // 2


class Model:
    """A description, and the same layers as functions of (weights, x); x is NCHW or [rows, features]."""

    def __init__(self, seed):
        self.seed = seed
        self.random = random.Random(seed)
        self.kept = {}
        self.exponentials = 0
        self.lines = []
        self.layers = []
        self.penalties = []  # (tensor, l1, l2)
        self.counts = {}
        self.shape = (self.random.randint(5, 11), self.random.randint(5, 11), self.random.choice([1, 2, 4, 6]))
        self.input = self.shape

    def name(self, kind):
        n = self.counts.get(kind, 0)
        self.counts[kind] = n + 1
        return f"{kind}_{n}" if n else kind

    def regularizer(self, tensor):
        text = self.random.choice(list(REGULARIZERS))
        l1, l2 = REGULARIZERS[text]
        self.penalties.append((tensor, l1, l2))
        return text

    def activation(self):
        chosen = self.random.choice(list(ACTIVATIONS))
        if chosen == "exponential":  # once: the next would not fit a float
            self.exponentials += 1
        return chosen if self.exponentials < 2 or chosen != "exponential" else "linear"

    def window(self):
        """kernel, strides, dilation, padding; they fit the picture"""
        r = self.random
        padding = r.choice(["valid", "same"])
        kernel = [r.randint(1, 3), r.randint(1, 4)]
        strides, dilation = [1, 1], [1, 1]
        if r.random() < 0.5:
            strides = [r.randint(1, 3), r.randint(1, 3)]
        else:
            dilation = [r.randint(1, 3), r.randint(1, 3)]
        for side in range(2):
            while padding == "valid" and (kernel[side] - 1) * dilation[side] >= self.shape[side]:
                kernel[side] -= 1
        return kernel, strides, dilation, padding

    def convolution(self, depthwise):
        r = self.random
        channels = self.shape[2]
        kernel, strides, dilation, padding = self.window()
        name = self.name("depthwise_conv2d" if depthwise else "conv2d")
        groups = channels if depthwise else r.choice([g for g in range(1, channels + 1) if channels % g == 0])
        multiplier = r.randint(1, 3)
        filters = groups * multiplier
        bias, f = r.random() < 0.8, self.activation()
        what = "depthwise" if depthwise else "kernel"
        head = f"depthwise_conv2d({pair(kernel)}, depth_multiplier={multiplier}" if depthwise else (
            f"conv2d({filters}, {pair(kernel)}, groups={groups}")
        line = f"{head}, strides={pair(strides)}, padding={padding}, dilation_rate={pair(dilation)}, activation={f}"
        line += f", {what}_regularizer={self.regularizer(name + '.kernel')}"
        if bias:
            line += f", bias_initializer=random_normal, bias_regularizer={self.regularizer(name + '.bias')})"
        else:
            line += ", use_bias=false)"
        self.lines.append(line)

        def run(weights, x):
            w = weights[name + ".kernel"]
            if depthwise:  # [h, w, c, m] -> [c m, 1, h, w]
                w = w.permute(2, 3, 0, 1).reshape(filters, 1, *kernel)
            else:  # [h, w, c / groups, k] -> [k, c / groups, h, w]
                w = w.permute(3, 2, 0, 1)
            if padding == "same":
                sides = [same_padding(x.shape[2 + i], (kernel[i] - 1) * dilation[i] + 1, strides[i]) for i in (0, 1)]
                x = functional.pad(x, (*sides[1], *sides[0]))
            w = w.contiguous()
            b = weights[name + ".bias"] if bias else None
            return ACTIVATIONS[f](functional.conv2d(x, w, b, strides, 0, dilation, groups))

        self.layers.append(run)
        lengths = []
        for i in (0, 1):
            span = (kernel[i] - 1) * dilation[i] + 1
            whole = self.shape[i] if padding == "same" else self.shape[i] - span + 1
            lengths.append(-(-whole // strides[i]))
        self.shape = (*lengths, filters)

    def pool(self):
        if min(self.shape[:2]) < 2:
            return
        kind = self.random.choice(["max", "avg"])
        self.lines.append(f"{kind}pool2d(2)")
        self.layers.append(lambda w, x: (functional.max_pool2d if kind == "max" else functional.avg_pool2d)(x, 2))
        self.shape = (self.shape[0] // 2, self.shape[1] // 2, self.shape[2])

    def own_activation(self):
        f = self.activation()
        self.lines.append(f"activation({f})")
        self.layers.append(lambda w, x: ACTIVATIONS[f](x))

    def groupnorm(self):
        name, channels = self.name("groupnorm"), self.shape[2]
        groups = self.random.choice([g for g in range(1, channels + 1) if channels % g == 0])
        scale, center = self.random.random() < 0.7, self.random.random() < 0.7
        self.lines.append(f"groupnorm({groups}, epsilon=0.01, scale={str(scale).lower()}, center={str(center).lower()}, "
                          "gamma_initializer=random_normal(1, 0.2), beta_initializer=random_normal)")

        def run(weights, x):
            y = x.reshape(len(x), groups, -1)
            y = (y - y.mean(2, keepdim=True)) / (y.var(2, unbiased=False, keepdim=True) + 0.01).sqrt()
            y = y.reshape(x.shape)
            if scale:
                y = y * weights[name + ".gamma"].reshape(-1, 1, 1)
            return y + weights[name + ".beta"].reshape(-1, 1, 1) if center else y

        self.layers.append(run)

    def pad(self):
        mode = self.random.choice(["zero", "edge", "reflect"])
        most = [2, 2] if mode != "reflect" else [min(2, self.shape[0] - 1), min(2, self.shape[1] - 1)]
        top, bottom = self.random.randint(0, most[0]), self.random.randint(0, most[0])
        left, right = self.random.randint(0, most[1]), self.random.randint(0, most[1])
        self.lines.append(f"pad2d((({top}, {bottom}), ({left}, {right})), mode={mode})")
        theirs = {"zero": "constant", "edge": "replicate"}.get(mode, mode)
        self.layers.append(lambda w, x: functional.pad(x, (left, right, top, bottom), mode=theirs))
        self.shape = (self.shape[0] + top + bottom, self.shape[1] + left + right, self.shape[2])

    def upsample(self):
        size = self.random.randint(1, 3), self.random.randint(1, 3)
        how = self.random.choice(["nearest", "bilinear"])
        self.lines.append(f"upsample2d({pair(size)}, interpolation={how})")
        self.layers.append(lambda w, x: functional.interpolate(x, scale_factor=tuple(map(float, size)), mode=how))
        self.shape = (self.shape[0] * size[0], self.shape[1] * size[1], self.shape[2])

    def keep(self):
        """Name what there is, if it has no name."""
        if self.lines[-1].startswith("kept_"):
            return self.lines[-1].split()[0]
        name = f"kept_{len(self.kept)}"
        self.lines[-1] = f"{name} = {self.lines[-1]}"
        self.layers.append(lambda w, x: self.kept.setdefault(name, x))
        self.kept[name] = None
        return name

    def merge(self, how, *names, **options):
        form = self.random.randint(0, 2)
        last = self.keep() if form else None
        extra = "".join(f", {key}={value}" for key, value in options.items())
        if form == 0:
            self.lines.append(f"{how}({', '.join(names)}{extra})")
        else:
            values = ", ".join((last, *names))
            self.lines.append(f"{how}({extra[2:]})({'[' * (form - 1)}{values}{']' * (form - 1)})")

    def concat(self):
        self.own_activation()
        kept = self.keep()
        dimension = self.random.randint(0, 2)
        self.own_activation()
        axis = self.random.choice([dimension + 1, dimension - 3])
        times = self.random.randint(1, 2)
        self.merge("concat", *[kept] * times, axis=axis)
        self.layers.append(lambda w, x: torch.cat([x, *[self.kept[kept]] * times], (2, 3, 1)[dimension]))
        self.shape = tuple(n * (1 + times) if d == dimension else n for d, n in enumerate(self.shape))

    JOINS = {
        "add": lambda x, y: x + y,
        "subtract": lambda x, y: x - y,
        "multiply": lambda x, y: x * y,
        "average": lambda x, y: (x + y) / 2,
        "maximum": torch.maximum,
    }

    def join(self):
        """one of them with the result before, or with one value per channel of it"""
        self.own_activation()
        kept = self.keep()
        if self.random.random() < 0.5:  # one number a channel
            name = self.name("conv2d")
            self.lines.append(f"conv2d({self.shape[2]}, {pair(self.shape[:2])}, use_bias=false)")
            self.layers.append(lambda w, x: functional.conv2d(x, w[name + ".kernel"].permute(3, 2, 0, 1)))
        self.own_activation()
        how = self.random.choice(sorted(self.JOINS))
        self.merge(how, kept)
        self.layers.append(lambda w, x: self.JOINS[how](x, self.kept[kept]))

    # --- images: their elements in other places

    def crop(self):
        margins = [self.random.randint(0, (self.shape[i // 2] - 1) // 2) for i in range(4)]
        top, bottom, left, right = margins
        self.lines.append(f"crop2d((({top}, {bottom}), ({left}, {right})))")
        self.layers.append(lambda w, x: functional.pad(x, (-left, -right, -top, -bottom)))
        self.shape = (self.shape[0] - top - bottom, self.shape[1] - left - right, self.shape[2])

    def shuffle(self):
        factor, outer = self.random.randint(1, 3), self.random.random() < 0.6
        self.shape = (*self.shape[:2], self.random.randint(1, 3) * factor ** 2)
        name = self.name("conv2d")
        self.lines.append(f"conv2d({self.shape[2]}, 1, use_bias=false)")
        self.layers.append(lambda w, x: functional.conv2d(x, w[name + ".kernel"].permute(3, 2, 0, 1)))
        self.lines.append(f"pixel_shuffle({factor}{'' if outer else ', channels=inner'})")

        def run(weights, x):
            if not outer:  # the channels first, as PyTorch has them
                x = x.unflatten(1, (factor ** 2, -1)).transpose(1, 2).flatten(1, 2)
            return functional.pixel_shuffle(x, factor)

        self.layers.append(run)
        self.shape = (self.shape[0] * factor, self.shape[1] * factor, self.shape[2] // factor ** 2)

    def permute(self):
        order = self.random.sample([0, 1, 2], 3)
        self.lines.append(f"permute({', '.join(str(1 + d) for d in order)})")
        self.layers.append(lambda w, x: x.permute(0, 2, 3, 1).permute(0, *(1 + d for d in order)).permute(0, 3, 1, 2))
        self.shape = tuple(self.shape[d] for d in order)

    def rescale(self):
        factor, offset = self.random.choice([0.5, -1.5]), self.random.choice([0, 0.25, -1])
        self.lines.append(f"rescale({factor}, offset={offset})" if offset else f"rescale({factor})")
        self.layers.append(lambda w, x: x * factor + offset)

    def prelu(self):
        name, shared = self.name("prelu"), self.random.choice([(), (1, 2), (2,), (1, 2, 3)])
        text = f", shared_axes=({', '.join(map(str, shared))},)" if shared else ""
        self.lines.append(f"prelu(random_normal(0.2, 0.3){text})")
        self.layers.append(lambda w, x: torch.where(x > 0, x, x * w[name + ".alpha"].permute(2, 0, 1)))

    def norm_of_places(self):
        """rmsnorm and unit_norm along the channels"""
        if self.random.random() < 0.4:
            self.lines.append("unit_norm()")
            self.layers.append(lambda w, x: functional.normalize(x))
            return
        name, scale = self.name("rmsnorm"), self.random.random() < 0.7
        self.lines.append(f"rmsnorm(0.01, scale={str(scale).lower()}, gamma_initializer=random_normal(1, 0.2))")

        def run(weights, x):
            y = x / (x.square().mean(1, keepdim=True) + 0.01).sqrt()
            return y * weights[name + ".gamma"].reshape(-1, 1, 1) if scale else y

        self.layers.append(run)

    def transposed_sides(self, kernel, strides, padding, size):
        """What is cut off before, and the length."""
        more = max(kernel - strides, 0)
        return (more // 2, size * strides) if padding == "same" else (0, size * strides + more)

    def transposed(self):
        """a transposed convolution of an image or a sequence"""
        r, name = self.random, self.name(f"conv{len(self.shape) - 1}d_transpose")
        sides, filters, padding = len(self.shape) - 1, r.randint(1, 3), r.choice(["valid", "same"])
        kernel, strides = [r.randint(1, 4) for _ in range(sides)], [r.randint(1, 3) for _ in range(sides)]
        bias, f = r.random() < 0.8, self.activation()
        text = [pair(v) if sides == 2 else v[0] for v in (kernel, strides)]
        self.lines.append(f"conv{sides}d_transpose({filters}, {text[0]}, strides={text[1]}, padding={padding}, "
                          f"activation={f}, kernel_regularizer={self.regularizer(name + '.kernel')}, " +
                          ("bias_initializer=random_normal)" if bias else "use_bias=false)"))
        ends = [self.transposed_sides(*v) for v in zip(kernel, strides, [padding] * sides, self.shape)]

        def run(weights, x):
            w = weights[name + ".kernel"].movedim((-1, -2), (0, 1))
            y = (functional.conv_transpose2d if sides == 2 else functional.conv_transpose1d)(x, w, None, strides)
            for d, (before, size) in enumerate(ends):
                after = max(before + size - y.shape[2 + d], 0)
                y = functional.pad(y, (0, 0) * (sides - 1 - d) + (0, after)).narrow(2 + d, before, size)
            b = weights[name + ".bias"] if bias else torch.zeros(filters, dtype=torch.float64)
            return ACTIVATIONS[f](y + b.reshape(-1, *[1] * sides))

        self.layers.append(run)
        self.shape = (*(size for _, size in ends), filters)

    def dense_of_places(self):
        """dense along the last dimension of an image or a sequence"""
        name, units, bias, f = self.name("dense"), self.random.randint(1, 4), self.random.random() < 0.8, self.activation()
        self.lines.append(f"dense({units}, activation={f}, " + ("bias_initializer=random_normal" if bias else "use_bias=false")
                          + f", kernel_regularizer={self.regularizer(name + '.kernel')})")

        def run(weights, x):
            y = x.movedim(1, -1) @ weights[name + ".kernel"]
            return ACTIVATIONS[f](y + weights[name + ".bias"] if bias else y).movedim(-1, 1)

        self.layers.append(run)
        self.shape = (*self.shape[:-1], units)

    # --- sequences; x is [rows, channels, length]

    def conv1d(self):
        name, r, (length, channels) = self.name("conv1d"), self.random, self.shape
        groups = r.choice([g for g in range(1, channels + 1) if channels % g == 0])
        filters, kernel, padding = groups * r.randint(1, 3), r.randint(1, min(4, length)), r.choice(["valid", "same"])
        stride, dilation = r.choice([(1, 1), (2, 1), (3, 1), (1, 2)])
        if padding == "valid" and (kernel - 1) * dilation >= length:
            kernel = 1
        bias, f, span = r.random() < 0.8, self.activation(), (kernel - 1) * dilation + 1
        self.lines.append(
            f"conv1d({filters}, {kernel}, strides={stride}, padding={padding}, dilation_rate={dilation}, groups={groups}, "
            f"activation={f}, use_bias={str(bias).lower()}, kernel_regularizer={self.regularizer(name + '.kernel')}"
            + (", bias_initializer=random_normal)" if bias else ")"))

        def run(weights, x):
            if padding == "same":
                x = functional.pad(x, same_padding(length, span, stride))
            b = weights[name + ".bias"] if bias else None
            return ACTIVATIONS[f](functional.conv1d(x, weights[name + ".kernel"].permute(2, 1, 0), b, stride, 0, dilation,
                                                    groups))

        self.layers.append(run)
        whole = length if padding == "same" else length - span + 1
        self.shape = (-(-whole // stride), filters)

    def pool1d(self):
        kind, (length, channels), r = self.random.choice(["max", "avg"]), self.shape, self.random
        size, stride, padding = r.randint(1, min(3, length)), r.randint(1, 3), r.choice(["valid", "same"])
        self.lines.append(f"{kind}pool1d({size}, strides={stride}, padding={padding})")
        sides = same_padding(length, size, stride) if padding == "same" else (0, 0)

        def run(weights, x):
            if kind == "max":
                return functional.max_pool1d(functional.pad(x, sides, value=float("-inf")), size, stride)
            inside = functional.avg_pool1d(functional.pad(torch.ones_like(x), sides), size, stride)
            return functional.avg_pool1d(functional.pad(x, sides), size, stride) / inside

        self.layers.append(run)
        self.shape = ((length + sum(sides) - size) // stride + 1, channels)

    def margins1d(self):
        (length, channels), r = self.shape, self.random
        before, after = r.randint(0, (length - 1) // 2), r.randint(0, (length - 1) // 2)
        mode = r.choice(["crop", "zero", "edge", "reflect"])
        if mode == "crop":
            self.lines.append(f"crop1d(({before}, {after}))")
            self.layers.append(lambda w, x: functional.pad(x, (-before, -after)))
            self.shape = (length - before - after, channels)
            return
        self.lines.append(f"pad1d(({before}, {after}), mode={mode})")
        theirs = {"zero": "constant", "edge": "replicate"}.get(mode, mode)
        self.layers.append(lambda w, x: functional.pad(x, (before, after), mode=theirs))
        self.shape = (length + before + after, channels)

    def upsample1d(self):
        size = self.random.randint(1, 3)
        self.lines.append(f"upsample1d({size})")
        self.layers.append(lambda w, x: x.repeat_interleave(size, 2))
        self.shape = (self.shape[0] * size, self.shape[1])

    def recurrent(self):
        """simple_rnn, lstm or gru, step by step"""
        kind, units = self.random.choice(["simple_rnn", "lstm", "gru"]), self.random.randint(2, 6)
        name, gates, (length, channels) = self.name(kind), {"simple_rnn": 1, "lstm": 4, "gru": 3}[kind], self.shape
        f, gate = self.random.choice(["tanh", "sigmoid", "relu"]), self.random.choice(["sigmoid", "tanh"])
        backwards, every, bias = (self.random.random() < p for p in (0.4, 0.7, 0.8))
        self.lines.append(
            f"{kind}({units}, activation={f}{'' if gates == 1 else f', recurrent_activation={gate}'}, "
            f"return_sequences={str(every).lower()}, go_backwards={str(backwards).lower()}, use_bias={str(bias).lower()}, "
            f"kernel_regularizer={self.regularizer(name + '.kernel')}, "
            f"recurrent_regularizer={self.regularizer(name + '.recurrent_kernel')}"
            + (", bias_initializer=random_normal)" if bias else ")"))
        act, sigma = ACTIVATIONS[f], ACTIVATIONS[gate]

        def run(weights, x):
            kernel, recurrent = weights[name + ".kernel"], weights[name + ".recurrent_kernel"]
            b = weights[name + ".bias"].reshape(-1, gates * units) if bias else torch.zeros(2, gates * units).double()
            h = cell = torch.zeros(len(x), units).double()
            states = []
            for t in reversed(range(length)) if backwards else range(length):
                own, carried = x[:, :, t] @ kernel + b[0], h @ recurrent
                if kind == "simple_rnn":
                    h = act(own + carried)
                elif kind == "lstm":
                    i, forget, c, o = (own + carried).split(units, 1)
                    cell = sigma(forget) * cell + sigma(i) * act(c)
                    h = sigma(o) * act(cell)
                else:
                    own, carried = own.split(units, 1), (carried + b[1]).split(units, 1)
                    z, r = sigma(own[0] + carried[0]), sigma(own[1] + carried[1])
                    h = z * h + (1 - z) * act(own[2] + r * carried[2])
                states.append(h)
            return torch.stack(states, 2) if every else h

        self.layers.append(run)
        self.shape = (length, units) if every else (units,)

    def sequence(self):
        """layers over all places of the picture, one after the other"""
        self.shape = (self.shape[0] * self.shape[1], self.shape[2])
        self.lines.append(f"reshape{self.shape}")
        self.layers.append(lambda w, x: x.flatten(2))
        for layer in self.random.sample([self.conv1d, self.pool1d, self.margins1d, self.upsample1d, self.transposed,
                                         self.dense_of_places], 3):
            layer()
        if self.random.random() < 0.6 and self.shape[0] <= 120:
            self.recurrent()
        if len(self.shape) == 1:
            return
        end = self.random.choice(["flatten", "global_avgpool1d", "global_maxpool1d"])
        self.lines.append(f"{end}()")
        self.layers.append({"flatten": lambda w, x: x.permute(0, 2, 1).flatten(1), "global_avgpool1d": lambda w, x: x.mean(2),
                            "global_maxpool1d": lambda w, x: x.amax(2)}[end])
        self.shape = (self.shape[0] * self.shape[1] if end == "flatten" else self.shape[1],)
        if self.random.random() < 0.5:
            times = self.random.randint(1, 3)
            self.lines += [f"repeat_vector({times})", "flatten()"]
            self.layers.append(lambda w, x: x.repeat(1, times))
            self.shape = (self.shape[0] * times,)

    def flat(self, seed):
        if seed % 2 == 0:
            self.sequence()
        elif seed % 4 == 1:
            self.lines.append("global_maxpool2d()")
            self.layers.append(lambda w, x: x.amax((2, 3)))
            self.shape = (self.shape[2],)
        elif self.random.random() < 0.5:
            self.lines.append("global_avgpool2d()")
            self.layers.append(lambda w, x: x.mean((2, 3)))
            self.shape = (self.shape[2],)
        else:
            self.lines.append("flatten()")
            self.layers.append(lambda w, x: x.permute(0, 2, 3, 1).flatten(1))
            self.shape = (self.shape[0] * self.shape[1] * self.shape[2],)

    def dense(self, units, f):
        name = self.name("dense")
        initializer = self.random.choice(["glorot_uniform", "orthogonal", "orthogonal(gain=0.7)"])
        self.lines.append(
            f"dense({units}, activation={f}, kernel_initializer={initializer}, bias_initializer=random_normal, "
            f"kernel_regularizer={self.regularizer(name + '.kernel')}, "
            f"bias_regularizer={self.regularizer(name + '.bias')})")

        def run(weights, x):
            return ACTIVATIONS.get(f, lambda z: z)(x @ weights[name + ".kernel"] + weights[name + ".bias"])

        self.layers.append(run)
        self.shape = (units,)

    def dot(self):
        """products of all channels of a matrix with another, or the cosine of two vectors, besides what came in"""
        length, units = self.random.randint(1, 3), self.random.randint(1, 4)
        if self.random.random() < 0.5:
            self.dense(length * units, "tanh")
            self.lines.append(f"reshape({length}, {units})")
            self.layers.append(lambda w, x: x.unflatten(1, (length, units)))
            kept, axis = self.keep(), self.random.randint(1, 2)
            self.merge("dot", kept, axes=axis)
            self.layers.append(lambda w, x: (x.mT @ x if axis == 1 else x @ x.mT).flatten(1))
            self.lines.append("flatten()")
            self.shape = ((units if axis == 1 else length) ** 2,)
        else:
            kept = self.keep()
            self.dense(self.shape[0], "tanh")
            self.merge("dot", kept, normalize="true")
            self.layers.append(lambda w, x: functional.cosine_similarity(x, self.kept[kept]).unsqueeze(1))
            self.lines.append(f"concat({kept})")
            self.layers.append(lambda w, x: torch.cat([x, self.kept[kept]], 1))
            self.shape = (self.shape[0] + 1,)

    def build(self):
        images = [self.groupnorm, self.pad, self.upsample, self.concat, self.join]
        others = [self.crop, self.shuffle, self.permute, self.rescale, self.prelu, self.norm_of_places, self.transposed,
                  self.dense_of_places]
        self.convolution(False)
        for layer in (images[self.seed % 5], images[(self.seed + 1 + self.seed // 5) % 5]):
            layer()
            self.random.choice([lambda: self.convolution(False), lambda: self.convolution(True), self.pool,
                                self.own_activation])()
        others[self.seed % 8]()
        self.convolution(self.random.random() < 0.5)
        others[(self.seed + 1 + self.seed // 8) % 8]()
        self.flat(self.seed)
        self.dense(self.random.randint(2, 9), self.activation())
        if self.seed % 4 == 0:
            self.dot()
        self.dense(CLASSES, "softmax")  # its logits are what run() gives

    def text(self):
        layers = "\n".join("    " + line for line in self.lines)
        folder = "random"
        return f"""data random {{
    train = idx("{folder}/train-images-idx3-ubyte", "{folder}/train-labels-idx1-ubyte")
    test = idx("{folder}/t10k-images-idx3-ubyte", "{folder}/t10k-labels-idx1-ubyte")
    scale(1/255)
    reshape({', '.join(map(str, self.input))})
}}

model random {{
{layers}
}}

train {{
    loss = sparse_categorical_crossentropy
    optimizer = sgd(learning_rate=1)
    batch_size = {ROWS}
    seed = 7
}}
"""

    def logits(self, weights, pixels):
        x = torch.tensor(pixels / 255.0).permute(0, 3, 1, 2)
        self.kept.clear()
        for layer in self.layers:
            x = layer(weights, x)
        return x

    def penalty(self, weights):
        return sum(l1 * weights[t].abs().sum() + l2 * weights[t].square().sum() for t, l1, l2 in self.penalties)


def write_idx(path, array):
    with open(path, "wb") as file:
        file.write(struct.pack(">BBBB", 0, 0, 8, array.ndim))
        file.write(struct.pack(f">{array.ndim}I", *array.shape))
        file.write(array.astype(np.uint8).tobytes())


def write_data(folder, seed, shape):
    generator = np.random.default_rng(seed)
    pixels = generator.integers(0, 256, (ROWS, *shape))
    labels = generator.integers(0, CLASSES, ROWS)
    for part in ("train", "t10k"):
        write_idx(f"{folder}/{part}-images-idx3-ubyte", pixels)
        write_idx(f"{folder}/{part}-labels-idx1-ubyte", labels)
    return pixels, labels


def difference(got, expected):
    got, expected = np.asarray(got, dtype=np.float64), np.asarray(expected, dtype=np.float64)
    if got.shape != expected.shape:
        return float("inf")
    return float(np.abs(got - expected).max() / max(np.abs(expected).max(), 1e-3))


class Program:
    """A model, compiled."""

    def __init__(self, options, folder, model):
        self.folder = folder
        self.path = f"{folder}/m"
        with open(f"{self.path}.mnn", "w", encoding="ascii") as file:
            file.write(model.text())
        subprocess.run([options.mnnc, "-w", f"{self.path}.mnn", "-o", f"{self.path}.c"], check=True)
        subprocess.run([*shlex.split(options.cc), *shlex.split(options.cflags), f"{self.path}.c",
                        *shlex.split(options.libs), "-o", self.path], check=True)

    def run(self, *arguments):
        done = subprocess.run([self.path, *arguments], check=True, stdout=subprocess.PIPE, text=True)
        return done.stdout

    def train(self, epochs, *arguments):
        out = f"{self.folder}/{epochs}.safetensors"
        self.run("train", "--quiet", "--data", self.folder, "--no-shuffle", "--epochs", str(epochs), "--save", out,
                 *arguments)
        return read_safetensors(out)

    def predict(self):
        lines = self.run("predict", "--json", "--weights", f"{self.folder}/0.safetensors",
                         f"{self.folder}/train-images-idx3-ubyte").splitlines()
        events = [json.loads(line) for line in lines]
        return [event["outputs"] for event in events if event["event"] == "prediction"]


def compare(options, seed, folder):
    """What differs between the program and PyTorch: (what, relative difference)."""
    model = Model(seed)
    model.build()
    pixels, labels = write_data(folder, seed, model.input)
    program = Program(options, folder, model)
    first = program.train(0)
    outputs = program.predict()
    steps = f"{folder}/steps.jsonl"
    after = program.train(1, "--weights", f"{folder}/0.safetensors", "--log-steps", steps)

    weights = {name: torch.tensor(value, dtype=torch.float64, requires_grad=True) for name, value in first.items()}
    logits = model.logits(weights, pixels)
    loss = functional.cross_entropy(logits, torch.tensor(labels)) + model.penalty(weights)
    loss.backward()
    with open(steps, encoding="ascii") as file:
        logged = json.loads(file.readline())["loss"]
    found = [("outputs", difference(outputs, torch.softmax(logits, 1).detach().numpy())),
             ("loss", difference(logged, loss.item()))]
    for name, value in weights.items():
        step = first[name].astype(np.float64) - after[name]
        # the step is the difference of two floats: no finer than their own rounding
        rounding = float(np.abs(first[name]).max()) * 1.2e-7
        expected = value.grad.numpy()
        error = max(float(np.abs(step - expected).max()) - rounding, 0.0) / max(float(np.abs(expected).max()), 1e-3)
        found.append((name, error))
    return model, found


def main():
    parser = argparse.ArgumentParser()
    for name in ("mnnc", "cc", "cflags", "libs"):
        parser.add_argument(name)
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--first", type=int, default=1)
    options = parser.parse_args()
    options.mnnc = os.path.abspath(options.mnnc)
    bad, worst, tensors = 0, 0.0, 0
    for seed in range(options.first, options.first + options.count):
        with tempfile.TemporaryDirectory() as folder:
            model, found = compare(options, seed, folder)
        tensors += len(found)
        worst = max(worst, *(error for _, error in found))
        # the direction of a short vector magnifies its rounding
        tolerance = 5 * TOLERANCE if "unit_norm" in model.text() else TOLERANCE
        wrong = [(what, error) for what, error in found if not error <= tolerance]
        if wrong:
            bad += 1
            print(f"FAIL seed {seed}: " + ", ".join(f"{what} differs by {error:.1e}" for what, error in wrong))
            print(model.text())
    print(f"layers: {options.count - bad} of {options.count} random models agree with PyTorch "
          f"({tensors} outputs, losses and gradients, largest relative difference {worst:.1e})")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
