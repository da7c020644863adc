#!/bin/sh
# What becomes of data sets in whole programs: bytes and floats, channels, targets, validation files,
# augmentation, autoencoders.
#
#   tests/programs/data.sh MNNC CC BUILD_DIR
#
# BUILD_DIR holds mnn.pc, libmnn.a and, made by this script, tests/programs/. Exit code: 0 all passed, 1
# something failed, 2 usage.
set -u
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
[ $# -eq 3 ] || usage "MNNC CC BUILD_DIR"
use_tools "$1" "$2" "$3"
make_work "$build/tests/programs"
mkdir "$work/bytes" "$work/floats" "$work/columns" "$work/rgb"

mnnc_options=--with-reference # some of the programs run gradcheck
make_tools make_idx float_idx idx_to_npy

# same NAME A B: they are there and equal.
same() {
    if [ -n "$2" ] && [ "$2" = "$3" ]; then
        ok "$1"
    else
        printf '%s\n%s\n' "$2" "$3" >"$work/log"
        fail "$1"
    fi
}

# differ NAME A B
differ() {
    if [ "$2" != "$3" ]; then
        ok "$1"
    else
        printf '%s twice\n' "$2" >"$work/log"
        fail "$1"
    fi
}

# compile NAME: the description comes from standard input.
compile() {
    cat >"$work/$1.mnn"
    if ! compile_model "$work/$1.mnn" "$work/$1" -O2 >"$work/log" 2>&1; then
        fail "$1: does not compile"
        exit 1
    fi
}

# steps NAME DATA: the hash of the losses of all steps. (The file of weights also names the data.)
steps() {
    "$work/$1" train --quiet --data "$work/$2" --log-steps "$work/steps" >"$work/log" 2>&1 || cat "$work/log"
    sha256sum <"$work/steps"
}

# weights NAME DATA [option ...]: the hash of the weights after training.
weights() {
    name=$1 data=$2
    shift 2
    rm -f "$work/w"
    "$work/$name" train --quiet --data "$work/$data" --save "$work/w" "$@" >"$work/log" 2>&1 ||
        { cat "$work/log"; return 1; }
    sha256sum <"$work/w"
}

# The names of the pictures' and labels' files, as make_idx writes them.
train='"d/train-images-idx3-ubyte", "d/train-labels-idx1-ubyte"'
test='"d/t10k-images-idx3-ubyte", "d/t10k-labels-idx1-ubyte"'
images='"d/train-images-idx3-ubyte"'
test_images='"d/t10k-images-idx3-ubyte"'

"$work/make_idx" "$work/bytes" 3 203 60 4 8 8 || exit 1
for file in train-images-idx3-ubyte train-labels-idx1-ubyte t10k-images-idx3-ubyte t10k-labels-idx1-ubyte; do
    "$work/float_idx" "$work/bytes/$file" "$work/floats/$file" || exit 1
done
"$work/make_idx" "$work/columns" 3 203 60 f4 8 8 || exit 1
"$work/make_idx" "$work/rgb" 3 203 60 4 8 8 3 || exit 1

# --- bytes and floats -------------------------------------------------------------------------------
compile classes <<END
data d {
    train = idx($train)
    test = idx($test)
    validation = idx($test)
    limit(validation, 60)
    normalize(100, 60)
    reshape(8, 8, 1)
}
model classes {
    conv2d(4, 3, activation=relu)
    flatten()
    dense(4, activation=softmax)
}
train {
    loss = sparse_categorical_crossentropy
    optimizer = adam
    metrics = [accuracy]
    epochs = 3
    batch_size = 16
}
END
same "the same numbers as bytes and as floats give the same steps" "$(steps classes bytes)" "$(steps classes floats)"

"$work/classes" train --data "$work/bytes" --json --quiet --save "$work/w" >"$work/result" 2>"$work/log"
"$work/classes" train --data "$work/bytes" --json --history "$work/h.jsonl" >/dev/null 2>"$work/log"
same "validation on the test files has the test's loss" \
    "$(sed -n '$s/.*"val_loss": \([0-9.]*\).*/\1/p' "$work/h.jsonl" | cut -c 1-8)" \
    "$(sed -n 's/.*"test": {"loss": \([0-9.]*\).*/\1/p' "$work/result" | cut -c 1-8)"

# --- NumPy ------------------------------------------------------------------------------------------
mkdir "$work/numpy" "$work/numpy_floats"
for set in train:train t10k:test; do
    for folder in numpy numpy_floats; do
        from=$work/$([ $folder = numpy ] && echo bytes || echo floats)
        "$work/idx_to_npy" "$from/${set%:*}-images-idx3-ubyte" "$work/$folder/x_${set#*:}.npy" &&
            "$work/idx_to_npy" "$work/bytes/${set%:*}-labels-idx1-ubyte" "$work/$folder/y_${set#*:}.npy" 1 &&
            "$work/idx_to_npy" "$work/bytes/${set%:*}-labels-idx1-ubyte" "$work/$folder/h_${set#*:}.npy" 4 || exit 1
    done
done
# of_numpy NAME TRAIN TEST: the model "classes" with other sources
of_numpy() {
    sed -e "s@train = idx(.*)@train = $2@" -e "s@\(test\|validation\) = idx(.*)@\1 = $3@" "$work/classes.mnn" | compile "$1"
}
of_numpy npy 'npy("d/x_train.npy", "d/y_train.npy")' 'npy("d/x_test.npy", "d/y_test.npy")'
of_numpy one_hot_file 'npy("d/x_train.npy", "d/h_train.npy")' 'npy("d/x_test.npy", "d/h_test.npy")'
expected=$(steps classes bytes)
same "the same values as NPY give the same steps" "$(steps npy numpy)" "$expected"
same "... as float64 of the other byte order, too" "$(steps npy numpy_floats)" "$expected"
same "... and with one-hot labels in the file" "$(steps one_hot_file numpy)" "$expected"
"$work/classes" train --quiet --data "$work/bytes" --save "$work/w" >"$work/log" 2>&1
"$work/npy" predict --weights "$work/w" "$work/numpy/x_test.npy" >"$work/predicted" 2>"$work/log"
"$work/npy" predict --weights "$work/w" "$work/bytes/t10k-images-idx3-ubyte" >"$work/predicted_idx" 2>>"$work/log"
same "predict reads NPY as it reads IDX" "$(cat "$work/predicted")" "$(cat "$work/predicted_idx")"
if command -v python3 >/dev/null; then
    (cd "$work/numpy" && python3 -m zipfile -c digits.npz x_train.npy y_train.npy x_test.npy y_test.npy)
    of_numpy npz 'npz("d/digits.npz")' 'npz("d/digits.npz", x="x_test", y="y_test")'
    same "an archive as Keras's mnist.npz gives the same steps" "$(steps npz numpy)" "$expected"
    "$work/npz" evaluate --data "$work/numpy" --weights "$work/w" >"$work/a" 2>>"$work/log"
    "$work/classes" evaluate --data "$work/bytes" --weights "$work/w" >"$work/b" 2>>"$work/log"
    same "... and its test set the same score" "$(cat "$work/a")" "$(cat "$work/b")"
    of_numpy no_member 'npz("d/digits.npz", x="images")' 'npz("d/digits.npz", x="x_test", y="y_test")'
    "$work/no_member" train --data "$work/numpy" >"$work/log" 2>&1
    same "an array that is not there is reported with those that are" "$? $(grep -c \
        'no member "images.npy" in the archive (got x_train, y_train, x_test, y_test)' "$work/log")" "3 1"
else
    left_out "NPZ: python3 is not installed"
fi

# --- tables -----------------------------------------------------------------------------------------
tables=$work/tables
mkdir "$tables"
"$root/examples/flowers/make_flowers.sh" >"$tables/flowers.csv" &&
    "$root/examples/flowers/make_flowers.sh" 90 300 >"$tables/flowers_test.csv" || exit 1
flowers() {
    MNN_DATA_PATH=$tables compile "$1" <"$2"
}
flowers flowers "$root/examples/flowers/flowers.mnn"
"$work/flowers" train --data "$tables" --quiet --save "$work/w" >"$work/result" 2>"$work/log"
accuracy=$(sed -n 's/.*accuracy \([0-9.]*\).*/\1/p' "$work/result")
same "a table is learnt (accuracy ${accuracy:-none})" "$(echo "${accuracy:-0}" | awk '{ print ($1 > 0.9) }')" 1
same "the confusion matrix has the names of the classes" "$(grep -c '^ *field  *glade  *shore$' "$work/result")" 1
printf '\357\273\277petal_width;petal_length;note;sepal_width;sepal_length\r\n20;55;x;30;66\r\n3;15;;34;50\r\n' >"$tables/mine.csv"
"$work/flowers" predict --weights "$work/w" "$tables/mine.csv" >"$work/predicted" 2>>"$work/log"
same "predict finds the columns by name and prints names of classes" "$(awk '{ print $2 }' "$work/predicted" | tr '\n' ' ')" \
    "shore field "
"$work/flowers" predict --json --weights "$work/w" "$tables/mine.csv" >"$work/predicted" 2>>"$work/log"
same "... in JSON, too" "$(grep -c '"class": 2, "name": "shore"' "$work/predicted")" 1
"$work/flowers" evaluate --data "$tables" --weights "$work/w" >"$work/a" 2>>"$work/log"
mkdir "$tables/other"
awk -F , '{ print $5 "," $3 "," $1 "," $4 "," $2 }' "$tables/flowers_test.csv" | gzip >"$tables/other/flowers_test.csv.gz"
"$work/flowers" evaluate --data "$tables/other" --weights "$work/w" >"$work/b" 2>>"$work/log"
same "a test set with its columns in another order has the same score" "$(cat "$work/a")" "$(cat "$work/b")"
sed 's/shore$/coast/' "$tables/flowers_test.csv" >"$tables/other/flowers_test.csv"
"$work/flowers" evaluate --data "$tables/other" --weights "$work/w" >"$work/log" 2>&1
same "a class that training does not have is refused with its place" "$? $(grep -c \
    'flowers_test.csv: line 4, column 5: the label "species" is not one of the 3 classes (got "coast")' "$work/log")" "3 1"
check_table() {
    sed "$1" "$root/examples/flowers/flowers.mnn" >"$work/t.mnn"
    (cd "$2" && "$mnnc" --check "$work/t.mnn") >"$work/log" 2>&1
    echo "$? $(grep -c "$3" "$work/log")"
}
same "--check reads tables" "$(check_table '' "$tables" 'error')" "0 0"
same "without the file the shape must be given" "$(check_table '' "$work" 'shape of the input is not known')" "1 1"
same "classes and outputs are compared" "$(check_table 's/dense(3/dense(4/' "$tables" \
    'the target has 3 classes, the model has 4')" "1 1"
same "a target that is not there is reported with the columns" "$(check_table 's/species/kind/' "$tables" \
    'no column "kind" for the target (got sepal_length, ')" "3 1"
# without the table: names and shape in the description; the same steps
sed -e 's/csv("flowers.csv"/&, classes=["field", "glade", "shore"]/' -e 's/batchnorm()/input(4)\n    &/' \
    "$root/examples/flowers/flowers.mnn" | compile named
same "classes=[...] and input(...) stand for the table" "$(steps named tables)" "$(steps flowers tables)"
compile power <<END
data d {
    train = csv("power.csv", target=["heat", -1], ignore="id", missing=0)
    normalize(50, 30)
}
model power {
    input(2)
    dense(8, activation=relu)
    dense(2)
}
train {
    loss = mse
    optimizer = adam
    epochs = 2
}
END
awk 'BEGIN { print "id,heat,a,b,cool"; for (i = 0; i < 64; i++) print "n" i "," i / 9 "," (i % 9 ? i : "NA") "," 99 - i "," i % 5 }' \
    >"$tables/power.csv"
"$work/power" train --data "$tables" --quiet --save "$work/w" >"$work/log" 2>&1
same "several targets, missing inputs, a column that is ignored" $? 0
"$work/power" gradcheck --data "$tables" >"$work/log" 2>&1
same "... and their gradients" $? 0

# --- CIFAR ------------------------------------------------------------------------------------------
# The format from the pixels of another set: a label and three planes, all alike.
mkdir "$work/records" "$work/records/batches"
compile cifar <<END
data d {
    train = cifar10("d/batches")
    test = cifar10("d/batches")
    scale(1/255)
}
model cifar {
    input(32, 32, 3)
    avgpool2d(8)
    flatten()
    dense(10, activation=softmax)
}
train {
    loss = sparse_categorical_crossentropy
    optimizer = adam(learning_rate=0.05)
    metrics = [accuracy]
    epochs = 10
    batch_size = 16
}
END
for file in data_batch_1 data_batch_2 data_batch_3 data_batch_4 data_batch_5 test_batch; do
    awk 'BEGIN { for (n = 0; n < 30; n++) { printf "\\0%03o", n % 10; for (i = 0; i < 3072; i++) printf "\\0%03o", i % 100 + n % 10 * 15 } print "" }' |
        while read -r octal; do printf '%b' "$octal"; done >"$work/records/batches/$file.bin"
done
gzip "$work/records/batches/data_batch_3.bin"
"$work/cifar" train --data "$work/records" >"$work/result" 2>"$work/log"
same "CIFAR-10's files are read, plain or compressed" \
    "$(grep -c 'training on 150 samples of d .*, testing on 30' "$work/log")" 1

# --- targets of several columns ---------------------------------------------------------------------
compile targets <<END
data d {
    train = idx($train)
    test = idx($test)
    scale(1/255)
    reshape(64)
}
model targets {
    dense(12, activation=tanh)
    dense(4)
}
train {
    loss = mse
    optimizer = adam(learning_rate=0.01)
    epochs = 20
    batch_size = 16
}
END
compile one_hot <<END
data d {
    train = idx($train)
    test = idx($test)
    scale(1/255)
    reshape(64)
    one_hot(4)
}
model targets {
    dense(12, activation=tanh)
    dense(4)
}
train {
    loss = mse
    optimizer = adam(learning_rate=0.01)
    epochs = 20
    batch_size = 16
}
END
same "one-hot targets in a file and one_hot() of class numbers give the same loss" \
    "$("$work/targets" --quiet --data "$work/columns" 2>"$work/log")" \
    "$("$work/one_hot" --quiet --data "$work/bytes" 2>"$work/log")"
"$work/targets" --quiet --data "$work/bytes" >"$work/log" 2>&1
same "labels of one column are refused for four outputs" "$?" 3
case $(cat "$work/log") in
*"got 1 value per sample, expected 4"*"one_hot(n)"*) ok "with what is wrong and what to do" ;;
*) fail "with what is wrong and what to do" ;;
esac

"$work/targets" train --quiet --data "$work/columns" --epochs 1 --save "$work/w" >"$work/log" 2>&1
"$work/targets" predict --weights "$work/w" "$work/columns/t10k-images-idx3-ubyte" >"$work/predicted" 2>"$work/log"
same "predictions of numbers: a line a sample, a column an output" \
    "$(awk 'NF == 5 && $1 == NR - 1' "$work/predicted" | wc -l) of $(wc -l <"$work/predicted")" "60 of 60"
"$work/targets" show --data "$work/columns" --json --count 2 >"$work/shown" 2>"$work/log"
same "show --json: the targets of a sample" "$(grep -c '"targets": \[[01], [01], [01], [01]\]' "$work/shown")" 2

# --- channels ---------------------------------------------------------------------------------------
compile colour <<END
data d {
    train = idx($train)
    test = idx($test)
    scale(1/255)
    augment_shift(1)
}
model colour {
    input(8, 8, 3)
    conv2d(4, 3, activation=relu)
    flatten()
    dense(4, activation=softmax)
}
train {
    loss = sparse_categorical_crossentropy
    optimizer = adam
    epochs = 2
    batch_size = 16
}
END
one=$(weights colour rgb --threads 1)
same "pictures with channels: 3 threads give the same weights as 1" "$one" "$(weights colour rgb --threads 3)"
"$work/colour" --quiet --data "$work/bytes" >"$work/log" 2>&1
same "grey pictures are refused for a model of three channels" "$?" 3

# --- augmentation -----------------------------------------------------------------------------------
for steps in none all; do
    compile "augment_$steps" <<END
data d {
    train = idx($train)
    test = idx($test)
    scale(1/255)
    reshape(8, 8)
$([ $steps = none ] || printf '    augment_%s\n' 'rotate(15)' 'zoom(0.2)' 'shift(1)' 'noise(0.1)')
    reshape(64)
}
model augment {
    dense(16, activation=relu)
    dense(4, activation=softmax)
}
train {
    loss = sparse_categorical_crossentropy
    optimizer = adam
    epochs = 2
    batch_size = 64
}
END
done
one=$(weights augment_all bytes --threads 1)
for threads in 2 3 4; do
    same "augmented: $threads threads give the same weights as 1" "$one" "$(weights augment_all bytes --threads $threads)"
done
differ "augmented training is another training" "$one" "$(weights augment_none bytes)"
differ "another seed augments otherwise" "$one" "$(weights augment_all bytes --seed 5)"
rm -f "$work/w"
weights augment_none bytes >"$work/log"
same "evaluation does not augment" \
    "$("$work/augment_all" evaluate --data "$work/bytes" --weights "$work/w" 2>"$work/log")" \
    "$("$work/augment_none" evaluate --data "$work/bytes" --weights "$work/w" 2>"$work/log")"
same "prediction does not augment" \
    "$("$work/augment_all" predict --weights "$work/w" "$work/bytes/t10k-images-idx3-ubyte" 2>"$work/log")" \
    "$("$work/augment_none" predict --weights "$work/w" "$work/floats/t10k-images-idx3-ubyte" 2>"$work/log")"
check "augmented: gradcheck on training samples" "$work/augment_all" gradcheck --data "$work/bytes"

# --- autoencoder ------------------------------------------------------------------------------------
compile autoencoder <<END
data d {
    train = idx($images)
    test = idx($test_images)
    validation = split(train, 0.2)
    scale(1/255)
    reshape(8, 8, 1)
}
model autoencoder {
    conv2d(4, 3, padding=same, activation=relu)
    conv2d(1, 3, padding=same, activation=sigmoid)
}
train {
    loss = mse
    optimizer = adam(learning_rate=0.01)
    epochs = 5
    batch_size = 16
}
END
rm -f "$work/bytes"/*labels*
one=$(weights autoencoder bytes --threads 1)
same "autoencoder, without label files: 3 threads as 1" "$one" "$(weights autoencoder bytes --threads 3)"
"$work/autoencoder" predict --weights "$work/w" "$work/bytes/t10k-images-idx3-ubyte" >"$work/predicted" 2>"$work/log"
same "its predictions are errors, whose mean is the test loss" \
    "$(awk '{ sum += $3 } END { printf "%.4f", sum / NR }' "$work/predicted")" \
    "$("$work/autoencoder" evaluate --data "$work/bytes" --weights "$work/w" 2>"$work/log" | sed 's/.*loss //')"
for model in classes targets colour augment_none augment_all autoencoder; do
    check "$model: gradcheck" "$work/$model" gradcheck
done

# --- split ------------------------------------------------------------------------------------------
# labels in order, as a converter writes them that goes from class to class
mkdir "$work/sorted"
"$work/make_idx" "$work/sorted" 3 90 30 3 4 4 || exit 1
labels=$work/sorted/train-labels-idx1-ubyte
{
    head -c 8 "$labels"
    for class in 0 1 2; do head -c 30 /dev/zero | tr '\0' "\\$class"; done
} >"$work/labels" && mv "$work/labels" "$labels"
sorted() {
    compile "$1" <<END
data d {
    train = idx($train)
    validation = split(train, 0.2$2)
    reshape(2, 1, 8)
    scale(1/255)
}
model $1 {
    flatten()
    dense(3, activation=softmax)
}
train {
    loss = sparse_categorical_crossentropy
    optimizer = adam
    metrics = [accuracy]
    epochs = 3
    batch_size = 16
}
END
}
# held NAME [option ...]: the classes of the validation set and how many of each, as "0:6 1:6 2:6"
held() {
    name=$1
    shift
    "$work/$name" show --set validation --count 100 --json --data "$work/sorted" "$@" 2>"$work/log" >"$work/shown"
    for class in 0 1 2; do
        printf '%s:%s ' $class "$(grep -c "\"class\": $class," "$work/shown")"
    done
}
sorted stratified ""
sorted last ", order=last"
same "a split takes its share of every class" "$(held stratified)" "0:6 1:6 2:6 "
same "order=last takes the end of the file" "$(held last)" "0:0 1:0 2:18 "
held stratified --seed 5 >/dev/null
shown=$(cat "$work/shown")
held stratified >/dev/null
same "another --seed validates on the same samples" "$shown" "$(cat "$work/shown")"

# warned NAME [option ...]: the first warning of a short training, or "none"
warned() {
    name=$1
    shift
    "$work/$name" train --data "$work/sorted" --epochs 1 "$@" 2>&1 >/dev/null | sed -n 's/^warning: //p' >"$work/warnings"
    head -n 1 "$work/warnings" | grep . || echo none
}
same "nothing is said of a split by class" "$(warned stratified)" none
same "classes that validation lacks are told at the start" "$(warned last)" \
    "the validation set has no samples of classes that training has: 0 and 1"
same "--quiet warns of nothing" "$(warned last --quiet)" none

# resumed NAME: the last line of the history of a training that stops after an epoch and is resumed
resumed() {
    rm -f "$work/c" "$work/c.prev" "$work/h.csv"
    for epochs in 1 3; do
        "$work/$1" train --quiet --data "$work/sorted" --epochs $epochs --checkpoint "$work/c" --resume \
            --history "$work/h.csv" --threads $epochs >"$work/log" 2>&1 || { cat "$work/log"; return 1; }
    done
    tail -n 1 "$work/h.csv" | cut -d , -f 2-5
}
"$work/stratified" train --quiet --data "$work/sorted" --history "$work/h3.csv" >"$work/log" 2>&1
same "a resumed training validates on the same samples" "$(resumed stratified)" \
    "$(tail -n 1 "$work/h3.csv" | cut -d , -f 2-5)"

finish data
