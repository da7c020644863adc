# The model "m" of augment_all.mnn for Keras 3, made by mnnc (--emit=keras) to compare with.
# It has the same data, layers, loss, optimizer and schedule; random numbers are others, so that
# losses agree in size and not in digits.
import argparse
import gzip
import os
import re
import struct
import sys

import keras
import numpy as np

parser = argparse.ArgumentParser()
parser.add_argument("--data", help="folder with the data files")
parser.add_argument("--epochs", type=int, default=1)
options = parser.parse_args()
keras.utils.set_random_seed(1)


def find(path):
    if options.data:
        places = [os.path.join(options.data, os.path.basename(path))]
    else:
        folders = os.environ.get("MNN_DATA_PATH", "data:/usr/share/datasets").split(":")
        places = [path] + [os.path.join(folder, path) for folder in folders if folder]
    for place in places:
        head, tail = os.path.split(place)
        for separator in "-._":  # train-images-idx3-ubyte is also spelled train-images.idx3-ubyte
            name = os.path.join(head, re.sub(r"[-._](?=idx[1-9]-ubyte$)", separator, tail))
            for name in (name, name + ".gz"):
                if os.path.exists(name):
                    return name
    sys.exit(f"{path!a}: could not find it; say where it is with --data DIR")


def read_idx(path):
    with open(find(path), "rb") as file:
        data = file.read()
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    types = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}
    rank = data[3]
    shape = struct.unpack(f">{rank}I", data[4:4 + 4 * rank])
    return np.frombuffer(data, types[data[2]], offset=4 + 4 * rank).reshape(shape)


def samples(path, limit=None):
    x = read_idx(path)[:limit].astype("float32")
    x = x.reshape((-1, 784))
    return (x * 0.02531645569620253 + -0.8354430379746836).astype("float32")


def labels(path, limit=None):
    y = read_idx(path)[:limit]
    return y.astype("int32")


x_train = samples("i")
y_train = labels("l")

# Keras's validation_split takes the last samples. Here they are drawn, from every class its share, as the program does;
# its random numbers are others, so that other samples are held out.
held = len(x_train) - int(len(x_train) * (1 - 0.1))
generator = np.random.default_rng(1)
order = generator.permutation(len(x_train))
classes = y_train
order = order[np.argsort(classes[order], kind="stable")]
places = ((np.arange(held) + 0.5) * len(order) / held).astype(int)
kept = np.sort(np.delete(order, places))
held = generator.permutation(order[places])
x_validation, y_validation = x_train[held], y_train[held]
x_train, y_train = x_train[kept], y_train[kept]

inputs = keras.Input((784,), name="input")
x = inputs
# augmentation; here every layer moves and interpolates by itself, in mnnc all are one movement
x = keras.layers.RandomRotation(10.0 / 360, fill_mode="constant", fill_value=0.0)(x)
x = keras.layers.RandomZoom(0.1, fill_mode="constant", fill_value=0.0)(x)
x = keras.layers.RandomTranslation(2.0 / 28, 2.0 / 28, fill_mode="constant", fill_value=0.0)(x)
x = keras.layers.GaussianNoise(0.1)(x)
x = keras.layers.Dense(20, activation="relu", name="dense")(x)
x = keras.layers.Dense(10, activation="softmax", name="dense_1")(x)
model = keras.Model(inputs, x, name="m")
model.summary()

optimizer = keras.optimizers.Adam(learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-07)
loss = keras.losses.SparseCategoricalCrossentropy()
metrics = []
model.compile(optimizer=optimizer, loss=loss, metrics=metrics)

model.fit(
    x_train,
    y_train,
    batch_size=32,
    epochs=options.epochs,
    shuffle=True,
    validation_data=(x_validation, y_validation),
)
