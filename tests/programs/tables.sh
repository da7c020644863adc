#!/bin/sh
# What is learnt from a table and saved with the weights: whole programs, their inference code, calibration.
#
#   tests/programs/tables.sh MNNC CC BUILD_DIR
#
# BUILD_DIR holds mnn.pc, libmnn.a and, made by this script, tests/programs/. Exit code: 0 all passed, 1
# something failed, 2 usage.
set -u
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
[ $# -eq 3 ] || usage "MNNC CC BUILD_DIR"
use_tools "$1" "$2" "$3"
make_work "$build/tests/programs"
mnnc_options=--with-reference # some of the programs run gradcheck
cd "$work" || exit 1

# same NAME A B: they are there and equal.
same() {
    if [ -n "$2" ] && [ "$2" = "$3" ]; then
        ok "$1"
    else
        printf '%s\n%s\n' "$2" "$3" >"$work/log"
        fail "$1"
    fi
}

# compile NAME: the description comes from standard input.
compile() {
    cat >"$1.mnn"
    if ! compile_model "$1.mnn" "$work/$1" -O2 >log 2>&1; then
        fail "$1: does not compile"
        exit 1
    fi
}

# tensor FILE NAME: the floats of a tensor of a safetensors file
tensor() {
    size=$(od -An -t u8 -N 8 "$1" | tr -d ' ')
    at=$(head -c $((size + 8)) "$1" | tail -c "$size" |
        sed "s/.*\"$2\": *{[^}]*\"data_offsets\": *\[\([0-9]*\), *\([0-9]*\)\].*/\1 \2/")
    od -An -t f4 -w4 -j $((8 + size + ${at% *})) -N $((${at#* } - ${at% *})) "$1" | awk '{ printf "%.6g ", $1 }'
}

# --- standardize and minmax -------------------------------------------------------------------------
# columns of very different scale, and one that is constant
awk 'BEGIN { print "power,leak,serial,state"; for (i = 0; i < 240; i++) { k = i % 3
    print 1000 + 50 * k + i * 7 % 41 "," (k + i * 5 % 13 / 10) / 100 ",4," (k == 0 ? "low" : k == 1 ? "mid" : "high") } }' >m.csv
awk 'NR == 1 || NR > 180' m.csv >t.csv
describe() {
    cat <<END
data d {
    train = csv("m.csv", target="state")
    test = csv("t.csv", target="state")
    validation = split(train, 0.25, order=last)
    $1
}
model m {
    dense(16, activation=relu)
    dense(3, activation=softmax)
}
train {
    loss = sparse_categorical_crossentropy
    optimizer = adam(learning_rate=0.01)
    metrics = [accuracy]
    epochs = 15
}
END
}
for step in 'standardize()' 'minmax()' 'minmax(low=-1)'; do
    describe "$step" | compile m
    ./m train --quiet --save w >result 2>log
    same "$step: columns of different scale are learnt" \
        "$(sed -n 's/.*accuracy \([0-9.]*\).*/\1/p' result | awk '{ print ($1 > 0.95) }')" 1
    check "... gradcheck" ./m gradcheck --data .
    rm -f c*
    ./m train --quiet --epochs 4 --checkpoint c >log 2>&1
    ./m train --quiet --checkpoint c --resume --save resumed >log 2>&1
    same "... a resumed training has the same weights" "$(sha256sum <resumed)" "$(sha256sum <w)"
    "$mnnc" m.mnn --emit=inference --weights w -o f.c --header f.h >log 2>&1
    "$mnnc" m.mnn --emit=inference --weights w --quantize=int8 --calibrate m.csv --input=float32 -o q.c >log 2>&1
    same "... calibrated with the table" "$?" 0
    for code in f q; do
        check "... $code.c takes raw values" ./m verify --weights w $code.c
        same "... with the same classes" "$(sed -n 's/.* \([0-9]*\) different.*/\1/p' log)" 0
    done
done
describe 'standardize()' | compile m
./m train --quiet --save w >result 2>log
# of the samples that are trained on, without those held out
same "the mean of the training samples is saved with the weights" "$(tensor w standardize.center)" \
    "$(awk -F , 'NR > 1 && NR <= 181 { a += $1; b += $2; c += $3 } END { printf "%.6g %.6g %.6g ", a / 180, b / 180, c / 180 }' m.csv)"
same "a constant column keeps the scale 1" "$(tensor w standardize.scale | awk '{ print $3 }')" 1
printf 'leak,serial,power\n0.001,4,1003\n0.025,4,1120\n' >mine.csv
same "predict takes raw values" "$(./m predict --weights w mine.csv | awk '{ print $2 }' | tr '\n' ' ')" "low high "

# --- columns ----------------------------------------------------------------------------------------
awk 'BEGIN { print "serial,power,site,temp,state"; for (i = 0; i < 240; i++) { k = i % 3
    site = i == 7 ? "NA" : i == 9 ? "lima" : k == 0 ? "berlin" : k == 1 ? "oslo" : "rome"
    print "s" i "," (i % 11 == 0 ? "" : 1000 + 50 * k + i * 7 % 41) "," site "," (i % 17 == 3 ? "?" : i * 5 % 13) "," \
        (k == 0 ? "low" : k == 1 ? "mid" : "high") } }' >c.csv
described() {
    describe "standardize()" | sed -e 's/"[mt].csv"/"c.csv"/' -e "s/^    validation/    columns {\n$1\n    }\n&/"
}
described 'number("power", missing=median)\nnumber("temp", missing=mean)\ncategory("site", missing="other", rare=10)\nignore("serial")' |
    compile columns
same "a category is an input per value that is not rare, and one for the others" \
    "$(sed -n '/column_names\[\] =/,/^}/s/^ *"\(.*\)",/\1/p' columns.c | tr '\n' ' ')" \
    "power site=berlin site=oslo site=rome site=other temp "
same "the median of what is there stands for missing cells" "$(grep -c '.train = .*' columns.c) $(grep -o 'fill=power.0371070"' columns.c | sort -u | wc -l)" "1 1"
./columns train --quiet --save w >result 2>log
printf 'site,power,temp\nlima,,1\nunknown,1070,1\n' >p.csv
./columns predict --weights w p.csv >predicted 2>log
same "rare, unknown and missing cells are read as in training" "$(awk '{ print $2, $3 }' predicted | uniq | wc -l)" 1
"$mnnc" columns.mnn --emit=inference --weights w -o f.c >log 2>&1
check "inference code has the same inputs" ./columns verify --weights w f.c
"$mnnc" columns.mnn --emit=keras -o k.py >log 2>&1
"$mnnc" columns.mnn --emit=inference --weights w -o f.c --header f.h >log 2>&1
same "... and the names of the classes" "$(grep -c 'extern const char \*const f_class_name\[3\];' f.h) $(grep -c '"site=other", "temp"' f.h)" "1 1"
same "the Keras script, too" "$(grep -c 'FILLS = {"power": 1070, "temp": 6.01769912}' k.py) $(grep -c 'CATEGORIES = {"site": "other"}' k.py)" "1 1"

# refused COLUMNS MESSAGE
refused() {
    described "$1" >bad.mnn
    "$mnnc" --check bad.mnn >log 2>&1
    same "refused: $2" "$([ $? -ne 0 ] && grep -m 1 -c -- "$2" log)" 1
}
refused 'category("site")\nignore("serial")' 'c.csv: line 9, column 3: the category of "site" is missing'
refused 'category("sit")' 'c.csv: line 1: no column "sit", which columns { ... } describes (got serial, power, '
refused 'category("site", rare=3)' 'rare needs a category for the others'
refused 'number("power", missing=most)' '(got the word "most", expected mean, median, zero or a number)'
refused 'numbre("power")' 'did you mean "number"'
refused 'number("power", missing=mean)\nignore("serial")' 'c.csv: line 2, column 3: the value of "site" is not a number'
described 'category("site", missing="other")\nignore("serial")' | sed 's/c.csv/gone.csv/' >bad.mnn
"$mnnc" bad.mnn -o bad.c >log 2>&1
same "categories need the table" "$(grep -c 'error: ' log) $(grep -c 'the table was not found (got "gone.csv")' log)" "1 1"
described 'category("site", missing="other")\nnumber("power", missing=zero)\nnumber("temp", missing=-1.5)\nignore("serial")' |
    sed 's/category("site", missing="other")/category("site")/' >described.mnn
grep -v -e ',NA,' c.csv >rows.csv && mv rows.csv c.csv
compile strict <described.mnn
./strict train --quiet --save w >result 2>log
same "missing cells as constants" "$?" 0
./strict predict --weights w p.csv >log 2>&1
same "a category that training does not have is refused with its place" "$? $(grep -c \
    'p.csv: line 3, column 1: the value of "site" is none of the 4 categories of the training set (got "unknown")' log)" "3 1"

# --- names of targets -------------------------------------------------------------------------------
awk 'BEGIN { print "a,heat,b,cool"; for (i = 0; i < 64; i++) print i "," i / 9 "," 99 - i * 3 % 7 "," i % 5 }' >r.csv
compile targets <<END
data d {
    train = csv("r.csv", target=["heat", "cool"])
    standardize()
}
model targets {
    dense(2)
}
train {
    loss = mse
    optimizer = adam(learning_rate=0.1)
    epochs = 5
}
END
./targets train --quiet --save w >result 2>log
printf 'b,a\n98,3\n' >p.csv
same "predictions of several targets have their names" \
    "$(./targets predict --json --weights w p.csv | grep -c '"outputs": \[.*, .*\], "names": \["heat", "cool"\]')" 1
"$mnnc" targets.mnn --emit=inference --weights w -o f.c --header f.h >log 2>&1
same "... in inference code, too" "$(grep -c '"heat", "cool"' f.h)" 1

# --- forms of labels and images ---------------------------------------------------------------------
# idx FILE "DIMS" COUNT EXPRESSION: bytes of an IDX file, element i by an expression of awk
idx() {
    awk -v dims="$2" -v count="$3" "BEGIN { n = split(dims, d, \" \"); printf \"\\\\0000\\\\0000\\\\0010\\\\0%03o\", n
        for (k = 1; k <= n; k++) printf \"\\\\0000\\\\0000\\\\0%03o\\\\0%03o\", int(d[k] / 256), d[k] % 256
        for (i = 0; i < count; i++) printf \"\\\\0%03o\", $4
        print \"\" }" | while read -r octal; do printf '%b' "$octal"; done >"$1"
}
idx x "60 4 6" 1440 "(i * 7 + int(i / 24) % 3 * 60) % 256"
idx t "60 6 4" 1440 "(int(i / 24) * 24 + i % 4 * 6 + int(i % 24 / 4)) * 7 % 256 * 0 + ((int(i / 24) * 24 + i % 4 * 6 + int(i % 24 / 4)) * 7 + int(i / 24) % 3 * 60) % 256"
idx y "60" 60 "i % 3"
idx one "60" 60 "i % 3 + 1"
idx column "60 1" 60 "i % 3"
idx hot "60 3" 180 "(int(i / 3) % 3 == i % 3)"
idx qmnist "60 8" 480 "(i % 8 ? i % 251 : int(i / 8) % 3)"
idx second "60 4" 240 "(i % 4 == 2 ? int(i / 4) % 3 : 9)"
idx many "60 3" 180 "(int(i / 3) % 2 == i % 2)"
# losses IMAGES LABELS STEP...: the hash of the losses of all steps
losses() {
    compile forms <<END
data d {
    train = idx("$1", "$2")
    scale(1/255)
    ${3:-}
    reshape(4, 6)
}
model forms {
    flatten()
    dense(3, activation=softmax)
}
train {
    loss = sparse_categorical_crossentropy
    optimizer = adam
    epochs = 2
}
END
    ./forms train --quiet --log-steps steps >log 2>&1 && sha256sum <steps
}
expected=$(losses x y)
same "labels from 1" "$(losses x one 'labels(first=1)')" "$expected"
same "transposed images" "$(losses t y 'transpose()')" "$expected"
same "labels [n, 1]" "$(losses x column)" "$expected"
same "one-hot labels" "$(losses x hot)" "$expected"
same "QMNIST's labels [n, 8]" "$(losses x qmnist)" "$expected"
same "a column of the labels" "$(losses x second 'labels(column=2)')" "$expected"
losses x y 'labels(first=1)' >/dev/null
same "a label below the first is refused" "$(grep -c 'y: label of sample 0 is below the first class (got 0, expected 1 or more)' log)" 1
losses x second 'labels(column=4)' >/dev/null
same "a column that is not there is refused" "$(grep -c 'second: the labels have no column 4 (got 4 columns)' log)" 1
compile several <<END
data d {
    train = idx("x", "many")
    scale(1/255)
    reshape(24)
}
model several {
    dense(8, activation=relu)
    dense(3, activation=sigmoid)
}
train {
    loss = binary_crossentropy
    optimizer = adam(learning_rate=0.05)
    epochs = 3
}
END
check "several labels of 0 and 1 per sample: gradcheck" ./several gradcheck --data .
check "... training" ./several train --quiet --save w
"$mnnc" several.mnn --emit=inference --weights w -o f.c >log 2>&1
check "... inference code" ./several verify --weights w f.c

finish tables
