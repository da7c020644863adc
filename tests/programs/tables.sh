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

finish tables
