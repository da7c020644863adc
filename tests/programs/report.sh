#!/bin/sh
# train --report FILE.html: the figures of the page, that it stands alone, and that a training does not notice it.
#
#   tests/programs/report.sh MNNC CC BUILD_DIR
#
# BUILD_DIR holds mnn.pc and libmnn.a. All data are made up and tiny. Exit code: 0 all passed, 1 something failed, 2 usage.
set -u
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
[ $# -eq 3 ] || usage "MNNC CC BUILD_DIR"
use_tools "$1" "$2" "$3"
make_work
shown="out err"
cd "$work" || exit 1
unset MNN_DATA_PATH
make_tools make_idx
mkdir set && ./make_idx set 3 200 50 4 6 6 || exit 1

# a description: where validation is, what augments
describe() {
    cat <<END
data dots {
    train = idx("set/train-images-idx3-ubyte", "set/train-labels-idx1-ubyte")
    test = idx("set/t10k-images-idx3-ubyte", "set/t10k-labels-idx1-ubyte")
    $1
    scale(1/255)
    reshape(6, 6, 1)
    $2
}
model tiny { conv2d(5, (3, 3), activation=relu)
             flatten()
             dense(4, activation=softmax) }
train { loss = sparse_categorical_crossentropy
        optimizer = adam
        metrics = [accuracy, confusion_matrix]
        epochs = 3
        batch_size = 16 }
END
}

# alone NAME PAGE: nothing is loaded from elsewhere, nothing is run, and the page is small and complete
alone() {
    ! grep -qiE '<script|<link|<iframe|https?://|@import|url\(' "$2" &&
        ! grep -oE '(src|href)="[^"]*"' "$2" | grep -qv '^src="data:image/png;base64,[A-Za-z0-9+/]*=*"$' &&
        [ "$(tail -n 1 "$2")" = "</html>" ] && [ "$(wc -c <"$2")" -lt 2000000 ]
    verdict $? "$1"
}

# has NAME PAGE TEXT: the text is in the page
has() {
    grep -qF -e "$3" "$2"
    verdict $? "$1"
}

# column PAGE TITLE: the figures of the chart of that title, as its table has them
column() {
    awk -v title="aria-label=\"$2\"" 'index($0, title) { on = 1 } on && /<\/figure>/ { exit }
        on && /^<tr><td>/ { n = split($0, part, /<[^>]*>+/); row = ""
            for (i = 1; i <= n; i++) if (part[i] != "") row = row (row == "" ? "" : ",") part[i]; print row }' "$1"
}

describe "validation = split(train, 0.25)" "augment_shift(0.2)" >tiny.mnn
describe "" "" >plain.mnn
compile_model tiny.mnn tiny && compile_model plain.mnn plain || exit 1

# --- figures ----------------------------------------------------------------------------------------

expect 0 "" "train --report" ./tiny train --report run.html --history run.csv --save with.safetensors
alone "the page stands alone" run.html
column run.html loss >page.csv
# the history's columns: epoch,loss,accuracy,val_loss,val_accuracy,...
awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
    { printf "%d,%.5g,%.5g\n", $at["epoch"], $at["loss"], $at["val_loss"] }' run.csv >history.csv
[ -s page.csv ] && cmp page.csv history.csv
verdict $? "losses of training and validation are those of the history"
[ "$(column run.html accuracy | wc -l)" -eq 3 ] && [ "$(column run.html 'learning rate' | cut -d, -f 2 | sort -u)" = 0.001 ]
verdict $? "metrics and learning rate have a row per epoch"
has "norms of the weights" run.html 'norms of the weights: '
has "what is augmented" run.html "Samples as augmented in training"
has "the first layer" run.html "Weights of the first layer"
has "the layers" run.html '<th scope="row" class="name">conv2d</th>'
has "the command" run.html "tiny train --report run.html"
! grep -q 'http-equiv="refresh"' run.html
verdict $? "the final page is not read again"

expect 0 "" "without --report" ./tiny train --save without.safetensors
cmp with.safetensors without.safetensors
verdict $? "the weights are the same with a report"

expect 0 "" "a test set only" ./plain train --report plain.html --save plain.safetensors
./plain evaluate --weights plain.safetensors --json >result.json
awk '/<figcaption>Confusion matrix/ { exit }
    /<tr><th scope="row" class="name">[0-9]+<\/th><td class="heat"/ { gsub(/<[^>]*>/, " "); $1 = ""; print }' plain.html |
    tr -s ' \n' ' ' | sed 's/^ //; s/ $//' >page.txt
sed 's/.*"confusion_matrix": *\[\(.*\)\]\].*/\1/; s/[][,]/ /g' result.json | tr -s ' \n' ' ' | sed 's/^ //; s/ $//' >evaluate.txt
[ "$(wc -w <page.txt)" -eq 16 ] && cmp page.txt evaluate.txt
verdict $? "the confusion matrix is that of evaluate"
has "the test set's predictions" plain.html "Predictions, test set"
has "its calibration" plain.html "expected calibration error"

# --- kinds of models --------------------------------------------------------------------------------

printf 'a,b,kind\n' >table.csv
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do
    printf '%d,%d,"<b onclick=""x()"">&'"'"'"\n%d,%d,plain\n' "$i" 1 "$i" 2
done >>table.csv
cat >table.mnn <<'END'
data rows {
    train = csv("table.csv", target="kind")
    validation = split(train, 0.25)
}
model rows { dense(2, activation=softmax) }
train { loss = sparse_categorical_crossentropy
        optimizer = adam
        metrics = [accuracy]
        epochs = 1
        batch_size = 4 }
END
compile_model table.mnn table || exit 1
expect 0 "" "a table" ./table train --report table.html
alone "whose class names are markup" table.html
has "which is shown as text" table.html "&lt;b onclick="
cp "$root/models/regression.mnn" regression.mnn
compile_model regression.mnn regression && make_set regression.mnn values 60 20
expect 0 "" "values as targets" ./regression train --data values --epochs 2 --report regression.html
has "are compared with the predictions" regression.html "predictions over targets"
alone "and the page stands alone" regression.html

# --- what goes wrong --------------------------------------------------------------------------------

expect 2 "ends in .html" "a report that is no page" ./tiny train --report run.txt
expect 5 "nowhere" "no such folder" ./tiny train --report nowhere/run.html
expect 2 "" "the same file twice" ./tiny train --report run.html --history run.html
mkdir folder
./tiny train --epochs 100000 --report folder/run.html >out 2>err &
child=$!
await test -s folder/run.html
grep -q 'http-equiv="refresh"' folder/run.html
verdict $? "a page in progress is read again"
alone "a page in progress is whole" folder/run.html
kill -TERM "$child"
wait "$child"
[ $? -eq 143 ] && grep -q "Stopped by a signal" folder/run.html
verdict $? "a training that is stopped says so in its report"

./tiny train --epochs 100000 --report folder/run.html >out 2>err &
child=$!
await grep -q "epoch 2/" err
rm -rf folder
await grep -q "warning: report: " err
verdict $? "a page that cannot be written any more: a warning"
kill -TERM "$child"
wait "$child"
[ $? -eq 5 ]
verdict $? "and exit code 5"
child=

finish "report" 30
