/* --emit=keras: the same program as a script for Keras 3, for comparison. */
#include "emit/keras.h"

#include <string.h>

#include "emit/emit.h"

static const ir_op *loss_of(const keras *k)
{
    const ir_op *op = k->plan->program->graph->written;
    while (op->code != IR_LOSS)
        op = op->next;
    return op;
}

keras_labels keras_labels_of(const keras *k)
{
    const ir_op *loss = loss_of(k);
    if (ir_loss_target(loss))
        return KERAS_SAMPLES;
    if (k->plan->program->data.one_hot)
        return KERAS_ONE_HOT;
    return ir_loss_labels(loss->attr.loss.kind) == IR_LABELS_CLASS_NUMBERS ? KERAS_CLASSES : KERAS_TARGETS;
}

/* --- the data --------------------------------------------------------------------------------------- */

static const char reading[] =
    "def find(path):\n"
    "    if options.data:\n"
    "        places = [os.path.join(options.data, os.path.basename(path))]\n"
    "    else:\n"
    "        folders = os.environ.get(\"MNN_DATA_PATH\", \"data:/usr/share/datasets\").split(\":\")\n"
    "        places = [path] + [os.path.join(folder, path) for folder in folders if folder]\n"
    "    for place in places:\n"
    "        head, tail = os.path.split(place)\n"
    "        for separator in \"-._\":  # train-images-idx3-ubyte is also spelled train-images.idx3-ubyte\n"
    "            name = os.path.join(head, re.sub(r\"[-._](?=idx[1-9]-ubyte$)\", separator, tail))\n"
    "            for name in (name, name + \".gz\"):\n"
    "                if os.path.exists(name):\n"
    "                    return name\n"
    "    sys.exit(f\"{path!a}: could not find it; set its folder with --data DIR\")\n"
    "\n"
    "\n"
    "def read_idx(path):\n"
    "    with open(find(path), \"rb\") as file:\n"
    "        data = file.read()\n"
    "    if data[:2] == b\"\\x1f\\x8b\":\n"
    "        data = gzip.decompress(data)\n"
    "    types = {8: \">u1\", 9: \">i1\", 11: \">i2\", 12: \">i4\", 13: \">f4\", 14: \">f8\"}\n"
    "    rank = data[3]\n"
    "    shape = struct.unpack(f\">{rank}I\", data[4:4 + 4 * rank])\n"
    "    return np.frombuffer(data, types[data[2]], offset=4 + 4 * rank).reshape(shape)\n";

static const char reading_npz[] = "\n"
                                  "\n"
                                  "def read_npz(path, name):\n"
                                  "    with np.load(find(path)) as arrays:\n"
                                  "        return arrays[name]\n";

static const char reading_npy[] = "\n"
                                  "\n"
                                  "def read_npy(path):\n"
                                  "    name = find(path)\n"
                                  "    with open(name, \"rb\") as file:\n"
                                  "        packed = file.read(2) == b\"\\x1f\\x8b\"\n"
                                  "    with (gzip.open if packed else open)(name, \"rb\") as file:\n"
                                  "        return np.load(file)\n";

static const char reading_csv[] =
    "\n"
    "\n"
    "def read_csv(path, labels, target=(), ignore=(), header=True, separator=\"auto\", decimal=\".\", missing=None):\n"
    "    with open(find(path), \"rb\") as file:\n"
    "        data = file.read()\n"
    "    if data[:2] == b\"\\x1f\\x8b\":\n"
    "        data = gzip.decompress(data)\n"
    "    text = data.decode(\"utf-8-sig\")\n"
    "    if separator == \"auto\":\n"
    "        separator = max(\",;\\t|\", key=text.split(\"\\n\", 1)[0].count)\n"
    "    rows = [row for row in csv.reader(io.StringIO(text, newline=\"\"), delimiter=separator) if row]\n"
    "    names = [cell.strip() for cell in rows.pop(0)] if header else list(range(len(rows[0])))\n"
    "    place = lambda column: names.index(column) if isinstance(column, str) else range(len(names))[column]\n"
    "    targets = [place(column) for column in target]\n"
    "    unused = targets + [place(column) for column in ignore]\n"
    "    used = targets if labels else [i for i in range(len(names)) if i not in unused]\n"
    "    if CLASSES and labels:\n"
    "        return np.array([CLASSES.index(row[used[0]].strip()) for row in rows])\n"
    "    absent = (\"\", \"na\", \"n/a\", \"nan\", \"null\", \"none\", \"#n/a\", \"?\", \"-\", \"nil\", \"#na\", "
    "\"missing\")\n"
    "    number = lambda cell, fill=missing: fill if cell.strip().lower() in absent else float(cell.replace(decimal, "
    "\".\"))\n"
    "    if COLUMNS and header and not labels:\n"
    "        table = []\n"
    "        for column in COLUMNS:\n"
    "            name = next((n for n in CATEGORIES if column.startswith(n + \"=\")), column)\n"
    "            cells = [row[names.index(name)].strip() for row in rows]\n"
    "            if name in CATEGORIES:\n"
    "                known = [c[len(name) + 1:] for c in COLUMNS if c.startswith(name + \"=\")]\n"
    "                cells = [c if c in known and c.lower() not in absent else CATEGORIES[name] for c in cells]\n"
    "                table.append([name + \"=\" + str(c) == column for c in cells])\n"
    "            else:\n"
    "                table.append([number(c, FILLS.get(name, missing)) for c in cells])\n"
    "        return np.array(table, \"float32\").T\n"
    "    table = np.array([[number(row[i]) for i in used] for row in rows], \"float32\")\n"
    "    return table[:, 0] if labels and len(used) == 1 else table\n";

static const char reading_cifar[] =
    "\n"
    "\n"
    "def read_cifar(path, labels, files, label_bytes, label=0):\n"
    "    data = b\"\"\n"
    "    for name in files:\n"
    "        name = os.path.join(find(path), name)\n"
    "        opener = open if os.path.exists(name) else gzip.open\n"
    "        with opener(name if opener is open else name + \".gz\", \"rb\") as file:\n"
    "            data += file.read()\n"
    "    rows = np.frombuffer(data, \"u1\").reshape((-1, label_bytes + 3072))\n"
    "    return rows[:, label] if labels else rows[:, label_bytes:].reshape((-1, 3, 32, 32)).transpose(0, 2, 3, 1)\n";

static bool uses(const keras *k, const char *reader)
{
    const ir_data *d = &k->plan->program->data;
    const ir_source *const sources[] = {&d->train, &d->test, &d->validation};
    for (int i = 0; i < 3; i++)
        if (sources[i]->reader && strcmp(sources[i]->reader, reader) == 0)
            return true;
    return false;
}

static const char *option(const ir_source *from, const char *name)
{
    const size_t length = strlen(name);
    for (const char *const *o = from->options; *o; o++)
        if (strncmp(*o, name, length) == 0 && (*o)[length] == '=')
            return *o + length + 1;
    return "";
}

/** Options of a table as arguments: ", target=[\"species\", -1], header=False". */
static const char *table_arguments(keras *k, const ir_source *from)
{
    static const char *const lists[] = {"target", "ignore"}, *const texts[] = {"separator", "decimal"};
    arena *a = k->plan->arena;
    str s = str_new(a);
    for (int i = 0; i < 2; i++) {
        const char *before = arena_printf(a, ", %s=[", lists[i]);
        const size_t length = strlen(lists[i]);
        const size_t start = s.length;
        for (const char *const *o = from->options; *o; o++)
            if (strncmp(*o, lists[i], length) == 0 &&
                ((*o)[length] == '=' || strncmp(*o + length, "_index=", 7) == 0)) {
                const char *value = strchr(*o, '=') + 1;
                str_printf(&s, "%s%s", s.length == start ? before : ", ",
                           (*o)[length] == '=' ? py_str(a, value) : value);
            }
        str_add(&s, s.length == start ? "" : "]");
    }
    if (strcmp(option(from, "header"), "false") == 0)
        str_add(&s, ", header=False");
    for (int i = 0; i < 2; i++) {
        const char *value = option(from, texts[i]);
        if (strcmp(value, "auto") != 0 && strcmp(value, ".") != 0)
            str_printf(&s, ", %s=%s", texts[i], py_str(a, strcmp(value, "tab") == 0 ? "\t" : value));
    }
    if (*option(from, "missing"))
        str_printf(&s, ", missing=%s", option(from, "missing"));
    return s.text;
}

static const char *cifar_text(keras *k, const ir_source *from, const char *folder, bool labels)
{
    const bool test = strcmp(option(from, "set"), "test") == 0, coarse = strcmp(option(from, "coarse"), "true") == 0;
    const char *batches = test ? "[\"test_batch.bin\"]" : "[f\"data_batch_{i}.bin\" for i in range(1, 6)]";
    if (strcmp(from->reader, "cifar10") == 0)
        return arena_printf(k->plan->arena, "read_cifar(%s, %s, %s, 1)", folder, py_bool(labels), batches);
    return arena_printf(k->plan->arena, "read_cifar(%s, %s, [\"%s.bin\"], 2, %d)", folder, py_bool(labels),
                        test ? "test" : "train", !coarse);
}

/** The expression that reads samples or labels: read_idx("..."). */
static const char *array_text(keras *k, const ir_source *from, bool labels)
{
    arena *a = k->plan->arena;
    const char *file = py_str(a, labels && from->labels ? from->labels : from->samples);
    if (strcmp(from->reader, "npz") == 0)
        return arena_printf(a, "read_npz(%s, %s)", file, py_str(a, option(from, labels ? "y" : "x")));
    if (strcmp(from->reader, "csv") == 0)
        return arena_printf(a, "read_csv(%s, %s%s)", file, py_bool(labels), table_arguments(k, from));
    if (strncmp(from->reader, "cifar", 5) == 0)
        return cifar_text(k, from, file, labels);
    return arena_printf(a, "read_%s(%s)", from->reader, file);
}

/** "-1, 28, 28, 1" */
static const char *batch_shape(keras *k, ir_shape shape)
{
    str s = str_new(k->plan->arena);
    str_add(&s, "-1");
    for (int i = 0; i < shape.rank; i++)
        str_printf(&s, ", %lld", (long long)shape.dim[i]);
    return s.text;
}

static void write_samples(keras *k)
{
    arena *a = k->plan->arena;
    const ir_data *d = &k->plan->program->data;
    str scaled = str_new(a);
    str_add(&scaled, "x");
    if (d->scale != 1)
        str_printf(&scaled, " * %s", py_float(a, d->scale));
    if (d->shift != 0)
        str_printf(&scaled, " + %s", py_float(a, d->shift));
    py_line(&k->w, "def samples(x, limit=None):");
    k->w.depth++;
    py_line(&k->w, "x = x[:limit].astype(\"float32\")");
    py_line(&k->w, "x = x.reshape((%s))", batch_shape(k, k->plan->program->graph->input->output[0]->shape));
    py_line(&k->w, "return (%s).astype(\"float32\")", scaled.text);
    k->w.depth--;
}

static void write_labels(keras *k)
{
    const ir_shape out = k->plan->program->graph->output->shape;
    if (keras_labels_of(k) == KERAS_SAMPLES)
        return;
    py_text(&k->w, "\n\n");
    py_line(&k->w, "def labels(y, limit=None):");
    k->w.depth++;
    py_line(&k->w, "y = y[:limit]");
    switch (keras_labels_of(k)) {
    case KERAS_CLASSES:
        py_line(&k->w, "return y.astype(\"int32\")");
        break;
    case KERAS_ONE_HOT:
        py_line(&k->w, "return keras.utils.to_categorical(y, %lld)", (long long)k->plan->program->data.one_hot);
        break;
    case KERAS_TARGETS:
        py_line(&k->w, "return y.astype(\"float32\").reshape((%s))", batch_shape(k, out));
        break;
    case KERAS_SAMPLES:
        break;
    }
    k->w.depth--;
}

/** An array as labels() and transpose() leave it. */
static const char *formed_text(keras *k, const ir_source *from, bool labels)
{
    arena *a = k->plan->arena;
    const char *array = array_text(k, from, labels), *column = option(from, "label_column");
    if (!labels)
        return *option(from, "transpose") ? arena_printf(a, "%s.swapaxes(1, 2)", array) : array;
    if (*column)
        array = arena_printf(a, "%s[:, %s]", array, column);
    return *option(from, "label_first") ? arena_printf(a, "%s - %s", array, option(from, "label_first")) : array;
}

static void write_set(keras *k, const char *name, const ir_source *from, int64_t limit)
{
    arena *a = k->plan->arena;
    if (!from->reader)
        return;
    const char *count = limit ? arena_printf(a, ", %lld", (long long)limit) : "";
    py_line(&k->w, "x_%s = samples(%s%s)", name, formed_text(k, from, false), count);
    if (from->has_labels)
        py_line(&k->w, "y_%s = labels(%s%s)", name, formed_text(k, from, true), count);
    else
        py_line(&k->w, "y_%s = x_%s.reshape((%s))  # the target is the sample itself", name, name,
                batch_shape(k, k->plan->program->graph->output->shape));
}

bool keras_splits(const keras *k)
{
    const ir_data *d = &k->plan->program->data;
    return d->validation_split > 0 && (d->validation_order != LANG_ORDER_LAST || d->validation_limit > 0);
}

/** The class of every sample, as text; NULL: targets that are not classes. */
static const char *classes_text(const keras *k)
{
    switch (keras_labels_of(k)) {
    case KERAS_CLASSES:
        return "y_train";
    case KERAS_ONE_HOT:
        return "y_train.argmax(axis=1)";
    case KERAS_TARGETS:
        return ir_elements(k->plan->program->graph->output->shape) == 1 ? "y_train.reshape(-1)" : NULL;
    case KERAS_SAMPLES:
        break;
    }
    return NULL;
}

/** The held-out samples are at equal distances in an order that has the classes one after the other, each shuffled. */
static void write_stratified(keras *k, const char *classes)
{
    const bool targets = keras_labels_of(k) == KERAS_TARGETS;
    py_line(&k->w, "classes = %s", classes);
    if (targets)
        py_line(&k->w, "if len(np.unique(classes)) == 2:");
    k->w.depth += targets;
    py_line(&k->w, "order = order[np.argsort(classes[order], kind=\"stable\")]");
    k->w.depth -= targets;
    py_line(&k->w, "places = ((np.arange(held) + 0.5) * len(order) / held).astype(int)");
    py_line(&k->w, "kept = np.sort(np.delete(order, places))");
    py_line(&k->w, "held = generator.permutation(order[places])");
}

/** Keras holds out the last samples and nothing else. */
static void write_split(keras *k)
{
    const ir_data *d = &k->plan->program->data;
    const char *classes = d->validation_order == LANG_ORDER_STRATIFIED ? classes_text(k) : NULL;
    if (!keras_splits(k))
        return;
    py_text(&k->w, "\n");
    if (d->validation_order != LANG_ORDER_LAST)
        py_comment(
            &k->w,
            "Keras's validation_split takes the last samples. Here they are chosen at random%s, as in the program;\n"
            "its random numbers differ, and so do the samples held out.",
            classes ? ", stratified by class" : "");
    py_line(&k->w, "held = len(x_train) - int(len(x_train) * (1 - %s))", py_float(k->plan->arena, d->validation_split));
    if (d->validation_order == LANG_ORDER_LAST) {
        py_line(&k->w, "kept, held = np.split(np.arange(len(x_train)), [len(x_train) - held])");
    } else {
        py_line(&k->w, "generator = np.random.default_rng(%llu)", (unsigned long long)k->plan->program->train.seed);
        py_line(&k->w, "order = generator.permutation(len(x_train))");
        if (classes)
            write_stratified(k, classes);
        else
            py_line(&k->w, "kept, held = np.sort(order[held:]), order[:held]");
    }
    if (d->validation_limit > 0)
        py_line(&k->w, "held = held[:%lld]", (long long)d->validation_limit);
    py_line(&k->w, "x_validation, y_validation = x_train[held], y_train[held]");
    py_line(&k->w, "x_train, y_train = x_train[kept], y_train[kept]");
}

/** COLUMNS = ["a", "b"] */
static void write_names(keras *k, const char *name, const char *const *names, int64_t count)
{
    str s = str_new(k->plan->arena);
    for (int64_t i = 0; i < count && names; i++)
        str_printf(&s, "%s%s", i ? ", " : "", py_str(k->plan->arena, names[i]));
    py_line(&k->w, "%s = [%s]", name, s.text ? s.text : "");
}

/** FILLS = {"power": 12.5}, CATEGORIES = {"site": "other"}: options that have a name and, after the mark, a value. */
static void write_described(keras *k, const char *name, const char *keys, const char *values, bool texts)
{
    const ir_source *from = &k->plan->program->data.train;
    arena *a = k->plan->arena;
    str s = str_new(a);
    for (const char *const *o = from->options; *o; o++) {
        const size_t length = strlen(keys);
        const char *value = NULL;
        if (strncmp(*o, keys, length) != 0 || (*o)[length] != '=')
            continue;
        const char *key = arena_printf(a, "%.*s", (int)strcspn(*o + length + 1, "\x1f"), *o + length + 1);
        const char *wanted = arena_printf(a, "%s=%s\x1f", values, key);
        for (const char *const *v = from->options; *v; v++)
            if (strncmp(*v, wanted, strlen(wanted)) == 0)
                value = *v + strlen(wanted);
        str_printf(&s, "%s%s: %s", s.length ? ", " : "", py_str(a, key),
                   value == NULL ? "None"
                   : texts       ? py_str(a, value)
                                 : value);
    }
    py_line(&k->w, "%s = {%s}", name, s.text ? s.text : "");
}

static void write_table_reader(keras *k)
{
    const ir_data *d = &k->plan->program->data;
    py_text(&k->w, "\n\n");
    write_names(k, "COLUMNS", d->column_names, d->columns);
    write_names(k, "CLASSES", d->class_names, d->class_count);
    write_described(k, "FILLS", "fill", "fill", false);
    write_described(k, "CATEGORIES", "category", "other", true);
    py_text(&k->w, reading_csv);
}

/** center and scale, which the first layer takes. */
static void write_rescale(keras *k)
{
    const ir_data *d = &k->plan->program->data;
    const char *axes = d->rescales_all ? "None" : "tuple(range(x_train.ndim - 1))";
    if (d->rescale_at.source == NULL)
        return;
    py_text(&k->w, "\n");
    if (d->rescale.learnt == IR_LEARNT_MINMAX) {
        py_line(&k->w, "low, high = x_train.min(axis=%s), x_train.max(axis=%s)", axes, axes);
        py_line(&k->w, "scale = %s / np.where(high > low, high - low, 1)",
                py_float(k->plan->arena, d->rescale.b - d->rescale.a));
        py_line(&k->w, "center = low - %s / scale", py_float(k->plan->arena, d->rescale.a));
    } else {
        py_line(&k->w, "deviation = x_train.std(axis=%s)", axes);
        py_line(&k->w, "scale = 1 / np.where(deviation > 0, deviation, 1)");
        py_line(&k->w, "center = x_train.mean(axis=%s)", axes);
    }
}

/** The target of an autoencoder is what the first layer leaves. */
static void write_rescaled_targets(keras *k)
{
    static const char *const names[] = {"train", "test", "validation"};
    const ir_data *d = &k->plan->program->data;
    const bool there[] = {true, d->test.reader != NULL, d->validation.reader != NULL || keras_splits(k)};
    for (size_t i = 0; i < 3 && d->rescale_at.source != NULL && !d->train.has_labels; i++)
        if (there[i])
            py_line(&k->w, "y_%s = ((x_%s - center) * scale).reshape(y_%s.shape)", names[i], names[i], names[i]);
}

static void write_data(keras *k)
{
    const ir_data *d = &k->plan->program->data;
    py_text(&k->w, reading);
    if (uses(k, "npy"))
        py_text(&k->w, reading_npy);
    if (uses(k, "npz"))
        py_text(&k->w, reading_npz);
    if (uses(k, "cifar10") || uses(k, "cifar100"))
        py_text(&k->w, reading_cifar);
    if (uses(k, "csv"))
        write_table_reader(k);
    py_text(&k->w, "\n\n");
    write_samples(k);
    write_labels(k);
    py_text(&k->w, "\n\n");
    write_set(k, "train", &d->train, d->train_limit);
    write_set(k, "test", &d->test, d->test_limit);
    write_set(k, "validation", &d->validation, d->validation_limit);
    write_split(k);
    write_rescale(k);
    write_rescaled_targets(k);
    py_text(&k->w, "\n");
}

/* --- the script ------------------------------------------------------------------------------------- */

static void write_head(keras *k, const emit_options *options)
{
    const ir_program *p = k->plan->program;
    py_comment(&k->w,
               "The model \"%s\" of %s for Keras 3, generated by mnnc (--emit=keras) for comparison.\n"
               "Data, layers, loss, optimizer and schedule are the same; random numbers differ, so that losses\n"
               "agree approximately, not to the last digit.",
               p->model_name, options->source_name);
    const bool tables = uses(k, "csv");
    py_text(&k->w, "import argparse\n");
    py_text(&k->w, tables ? "import csv\nimport gzip\nimport io\n" : "import gzip\n");
    py_text(&k->w, "import os\n"
                   "import re\n"
                   "import struct\n"
                   "import sys\n"
                   "\n"
                   "import keras\n"
                   "import numpy as np\n"
                   "\n"
                   "parser = argparse.ArgumentParser()\n"
                   "parser.add_argument(\"--data\", help=\"folder with the data files\")\n");
    py_line(&k->w, "parser.add_argument(\"--epochs\", type=int, default=%lld)", (long long)p->train.epochs);
    py_line(&k->w, "options = parser.parse_args()");
    py_line(&k->w, "keras.utils.set_random_seed(%llu)", (unsigned long long)(p->train.seed & UINT32_MAX));
    py_text(&k->w, "\n\n");
}

const char *emit_keras(const plan *p, const emit_options *options)
{
    keras k = {.w = py_new(p->arena), .plan = p};
    write_head(&k, options);
    write_data(&k);
    keras_layers(&k);
    keras_training(&k);
    return k.w.out.text;
}
