# The model "m" of keras_training.mnn for Keras 3, made by mnnc (--emit=keras) to compare with.
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
parser.add_argument("--epochs", type=int, default=4)
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
    x = x.reshape((-1, 6, 6, 1))
    return (x * 0.012722646310432571 + -0.42366412213740456).astype("float32")


def labels(path, limit=None):
    y = read_idx(path)[:limit]
    return keras.utils.to_categorical(y, 3)


x_train = samples("tr\"ain\\n-gr\xf6\xdfe-images", 1000)
y_train = labels("labels", 1000)
x_test = samples("t10k-images")
y_test = labels("t10k-labels")
x_validation = samples("v-images")
y_validation = labels("v-labels")

inputs = keras.Input((6, 6, 1), name="input")
x = inputs
# augmentation; here every layer moves and interpolates by itself, in mnnc all are one movement
x = keras.layers.RandomRotation(10.0 / 360, fill_mode="constant", fill_value=0.0)(x)
x = keras.layers.RandomTranslation(1.0 / 6, 1.0 / 6, fill_mode="constant", fill_value=0.0)(x)
x = keras.layers.Conv2D(
    4,
    (3, 3),
    strides=(1, 1),
    padding="valid",
    kernel_initializer=keras.initializers.RandomNormal(mean=0.0, stddev=0.1),
    kernel_regularizer=keras.regularizers.L1L2(l1=0.001, l2=0.01),
    name="conv2d",
)(x)
x = keras.layers.Activation(
    lambda t: keras.activations.leaky_relu(t, negative_slope=0.1),
    name="activation",
)(x)
x = keras.layers.Reshape((8, 8), name="reshape")(x)
x = keras.layers.Reshape((64,), name="reshape_1")(x)
x = keras.layers.Dense(
    3,
    bias_initializer=keras.initializers.Constant(0.5),
    activation="softmax",
    name="dense",
)(x)
model = keras.Model(inputs, x, name="m")
model.summary()


class OneCycle(keras.optimizers.schedules.LearningRateSchedule):
    def __call__(self, step):
        ops = keras.ops
        first, top, last = 0.004, 0.1, 4e-07
        turn, end = 149.0, 499.0
        step = ops.minimum(ops.cast(step, "float32"), end)
        up = first + (top - first) * (1 - ops.cos(np.pi * step / turn)) / 2
        down = last + (top - last) * (1 + ops.cos(np.pi * (step - turn) / (end - turn))) / 2
        return ops.where(step <= turn, up, down)

    def get_config(self):
        return {}


optimizer = keras.optimizers.SGD(
    learning_rate=OneCycle(),
    momentum=0.9,
    nesterov=True,
    global_clipnorm=1.0,
)
loss = keras.losses.CategoricalCrossentropy(label_smoothing=0.1)
metrics = []
metrics.append(keras.metrics.CategoricalAccuracy(name="accuracy"))
metrics.append(keras.metrics.TopKCategoricalAccuracy(k=2, name="top_2"))
# precision: Keras has none over the classes, nor for outputs that are no probabilities
# recall: Keras has none over the classes, nor for outputs that are no probabilities
metrics.append(keras.metrics.F1Score(average="macro", name="f1"))
metrics.append(keras.metrics.MeanSquaredError(name="mse"))
model.compile(optimizer=optimizer, loss=loss, metrics=metrics)

steps = -(-len(x_train) // 50)  # of an epoch
callbacks = []
callbacks.append(keras.callbacks.EarlyStopping(
    monitor="val_loss",
    mode="min",
    min_delta=0.0,
    patience=2,
    restore_best_weights=True,
    start_from_epoch=0,
))
callbacks.append(keras.callbacks.CSVLogger("log \"a\".csv"))
callbacks.append(keras.callbacks.ModelCheckpoint("best" + ".keras", save_freq=2 * steps))
model.fit(
    x_train,
    y_train,
    batch_size=50,
    epochs=options.epochs,
    shuffle=True,
    validation_data=(x_validation, y_validation),
    callbacks=callbacks,
)
print(model.evaluate(x_test, y_test, batch_size=50, return_dict=True))
predicted = model.predict(x_test, batch_size=50)
said = predicted.argmax(axis=1)
right = y_test.argmax(axis=1)
confusion = np.zeros((3, 3), int)
np.add.at(confusion, (right, said), 1)
print(confusion)
