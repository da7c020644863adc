#!/bin/sh
# The command lines of mnnc and of a generated program, as a user meets them.
#
#   tests/programs/cli.sh MNNC CC BUILD_DIR
#
# All data are made up and tiny. BUILD_DIR holds mnn.pc, libmnn.a and, made by this script, tests/programs/.
# What needs a tool that is not installed (dot; jq or python3) is skipped with a line that says so. Exit
# code: 0 all passed, 1 something failed, 2 usage.
set -u
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
[ $# -eq 3 ] || usage "MNNC CC BUILD_DIR"
use_tools "$1" "$2" "$3"
make_work "$build/tests/programs"
shown="out err"
cd "$work" || exit 1
unset MNN_DATA_PATH

# --- how things are checked -------------------------------------------------------------------------

# holds NAME COMMAND...: the command succeeds.
holds() {
    held=$1
    shift
    "$@" >/dev/null 2>&1
    verdict $? "$held"
}

# fails NAME COMMAND...: the command does not.
fails() {
    name=$1
    shift
    ! "$@" >/dev/null 2>&1
    verdict $? "$name"
}

left_out() {
    echo "skip $1"
}

# Commands that run another: with standard output on a full disk; where a file may have so many blocks of 512
# bytes and a longer one is a failed write; where so many bytes of memory can be had.
cat >full <<'END'
#!/bin/sh
exec "$@" >/dev/full
END
cat >short_files <<'END'
#!/bin/sh
ulimit -f "$1" || exit 99
shift
exec "$@"
END
cat >short_memory <<'END'
#!/bin/sh
limit=$1
shift
exec prlimit --as="$limit" "$@"
END
cat >short_stack <<'END'
#!/bin/sh
# the environment is on the stack, too, and the kernel leaves out up to 8 KiB at random
exec env -i sh -c 'ulimit -s "$0" || exit 99; exec "$@"' "$@"
END
chmod +x ./full short_files short_memory short_stack

# no_rests FOLDER NAME...: nothing but these files is in the folder.
no_rests() {
    folder=$1
    shift
    for file in "$@"; do printf '%s\n' "$file"; done | sort >expected-names
    (cd "$folder" && find . -mindepth 1) | sed 's/^..//' | sort | cmp -s - expected-names
}

if command -v jq >/dev/null; then
    json() { jq -e -s "$2" "$1"; }
elif command -v python3 >/dev/null; then
    # Without jq only the form is looked at.
    json() { python3 -c 'import json, sys; [json.loads(x) for x in open(sys.argv[1])]' "$1"; }
else
    json() { return 99; }
    left_out "JSON: neither jq nor python3 is installed"
fi

# is_json NAME FILE FILTER: a JSON value a line; the filter, of the list of them, is true.
is_json() {
    json "$2" "$3" >json-log 2>&1
    code=$?
    [ "$code" -eq 99 ] && return
    [ "$code" -eq 0 ] || sed 's/^/  > /' json-log
    verdict "$code" "$1"
}

# --- what is used -----------------------------------------------------------------------------------

cat >tiny.mnn <<END
# a comment
rate   = 0.01
units = 8
data dots {
    train = idx("set/train-images-idx3-ubyte", "set/train-labels-idx1-ubyte")
    test = idx("set/t10k-images-idx3-ubyte", "set/t10k-labels-idx1-ubyte")
    validation = split(train, 0.25)
    scale( 1/255 )
    reshape(36)
}
model tiny {
    Dense(units,activation = relu , name = "a.b")
    dense(4, activation=softmax)     # the end
}
train {
    loss = sparse_categorical_crossentropy
    optimizer = sgd(lr=rate)
    metrics = [accuracy]
    epochs = 3
    batch_size = 16
}
END

# compile_tiny NAME [option of mnnc ...]
compile_tiny() {
    name=$1
    shift
    # cc, cflags and libs are lists of words.
    # shellcheck disable=SC2086
    "$mnnc" tiny.mnn "$@" -o "$name.c" && $cc -std=gnu11 -O1 $cflags "$name.c" $libs -o "$name"
}
compile_tiny tiny && compile_tiny wild -D rate=1e30 && compile_tiny larger -D units=9 &&
    compile_tiny referenced --with-reference || exit 1
make_tools make_idx

# make_set FOLDER TRAIN_COUNT CLASSES DIM...
make_set() {
    mkdir "$1" && ./make_idx "$1" 3 "$2" 21 "$3" "$4" "$5"
}
make_set set 61 4 6 6 || exit 1

# --- mnnc: options ----------------------------------------------------------------------------------

expect 2 "no description" "mnnc without arguments" "$mnnc"
expect 0 "usage: mnnc" "mnnc --help" "$mnnc" --help
expect 0 "mnnc " "mnnc --version" "$mnnc" --version
expect 2 "--nonsense" "mnnc: unknown option" "$mnnc" --nonsense tiny.mnn
expect 2 "second" "mnnc: two descriptions" "$mnnc" tiny.mnn tiny.mnn
expect 2 "needs a value" "mnnc: -o without a value" "$mnnc" tiny.mnn -o
expect 2 "--check" "mnnc: two things to do" "$mnnc" --format --check tiny.mnn
expect 2 "nonsense" "mnnc: --emit of something unknown" "$mnnc" --emit=nonsense tiny.mnn
expect 2 "nonsense" "mnnc: --dump of something unknown" "$mnnc" --dump=nonsense tiny.mnn
expect 5 "" "mnnc: output on a full disk" ./full "$mnnc" tiny.mnn
expect 5 "" "mnnc: --emit=summary on a full disk" ./full "$mnnc" --emit=summary tiny.mnn
expect 5 "" "mnnc: --help on a full disk" ./full "$mnnc" --help
expect 5 "" "mnnc: --version on a full disk" ./full "$mnnc" --version

# --- mnnc: the description --------------------------------------------------------------------------

: >empty.mnn
mkdir folder.mnn
mkfifo fifo.mnn
ln -s nowhere.mnn dangling.mnn
sed 's/dense(4/dens(4/' tiny.mnn >typo.mnn
sed 's/4, activation=softmax/\n/' tiny.mnn >unclosed.mnn
expect 5 missing.mnn "mnnc: missing file" "$mnnc" missing.mnn
expect 5 dangling.mnn "mnnc: link to nothing" "$mnnc" dangling.mnn
expect 1 empty.mnn "mnnc: empty file" "$mnnc" empty.mnn
expect 1 folder.mnn "mnnc: directory" "$mnnc" folder.mnn
expect 1 fifo.mnn "mnnc: FIFO" "$mnnc" fifo.mnn
expect 1 "/dev/zero" "mnnc: endless device" "$mnnc" /dev/zero
expect 1 "typo.mnn:$(grep -n dens\(4 typo.mnn | cut -d: -f1):5: error:" "mnnc: place of a mistake" \
    "$mnnc" typo.mnn -o typo.c
expect 1 'did you mean "dense"' "mnnc: proposes a word" "$mnnc" typo.mnn
holds "mnnc: nothing written for a mistake" test ! -e typo.c
echo old >typo.c
expect 1 "" "mnnc: mistake, with an old output" "$mnnc" typo.mnn -o typo.c
holds "mnnc: the old output stays" grep -qx old typo.c
head -c 1200000 /dev/zero | tr '\0' '\n' >long.mnn
cat tiny.mnn >>long.mnn
if ./short_memory 64000000 "$mnnc" --version >/dev/null 2>&1; then
    head -c 15000000 /dev/zero | tr '\0' '(' >huge.mnn
    expect 4 " memory" "mnnc: not enough memory" ./short_memory 12000000 "$mnnc" huge.mnn
else
    left_out "mnnc: not enough memory: cannot be limited here"
fi
expect 0 "" "mnnc: a long file" "$mnnc" --check long.mnn

expect 1 "unit" "mnnc: -D of an unknown name" "$mnnc" tiny.mnn -D unit=9
expect 1 "" "mnnc: -D with the wrong type" "$mnnc" tiny.mnn -D units=true
expect 1 "" "mnnc: -D with a number out of range" "$mnnc" tiny.mnn -D units=0
expect 2 "" "mnnc: -D without a value" "$mnnc" tiny.mnn -D units
expect 2 "" "mnnc: -D with half an expression" "$mnnc" tiny.mnn -D "units=(1"
expect 0 "333" "mnnc: -D" "$mnnc" tiny.mnn --emit=summary -D units=9
expect 0 "333" "mnnc: -D glued, an expression" "$mnnc" tiny.mnn --emit=summary "-Dunits=3 * 3"

# --- mnnc: what it writes ---------------------------------------------------------------------------

cp tiny.mnn same.mnn
ln -s same.mnn link.mnn
ln same.mnn hard.mnn
for output in same.mnn ./same.mnn link.mnn hard.mnn "$work/same.mnn"; do
    expect 2 same.mnn "mnnc: -o $(basename "$output") is the input" "$mnnc" same.mnn -o "$output"
done
ln -s later.mnn to_be.mnn
expect 2 later.mnn "mnnc: two names for one file that is not there" "$mnnc" ./later.mnn -o to_be.mnn
expect 2 "" "mnnc: the input is a link to -o" "$mnnc" link.mnn -o same.mnn
holds "mnnc: the input stays" cmp tiny.mnn same.mnn

mkdir odd && cd odd || exit 1
expect 0 "" "mnnc: -o -rf" "$mnnc" ../tiny.mnn -o -rf
expect 0 "" "mnnc: -o 'a;b'" "$mnnc" ../tiny.mnn -o 'a;b'
expect 0 "" "mnnc: -o 'a b.c', glued" "$mnnc" ../tiny.mnn '-oa b.c'
rm -f out err
cd "$work" || exit 1
holds "mnnc: odd names are just names" no_rests odd -rf 'a;b' 'a b.c'
holds "mnnc: they hold the program" cmp odd/-rf tiny.c
cp tiny.mnn -- -x.mnn
expect 0 "" "mnnc: a description called -x.mnn" "$mnnc" --check -- -x.mnn

ln -s deeper.c to_nothing.c
ln -s odd/made.c deeper.c
expect 0 "" "mnnc: -o is a link to nothing" "$mnnc" tiny.mnn -o to_nothing.c
holds "mnnc: its target is made" cmp tiny.c odd/made.c
holds "mnnc: the links stay" test -h to_nothing.c -a -h deeper.c
ln -s loop.c loop.c
expect 5 "error: loop.c: could not open for writing: Too many levels" "mnnc: -o is a loop of links" "$mnnc" tiny.mnn -o loop.c
holds "mnnc: the loop stays" test -h loop.c
longest=$(printf %0255d 0)
expect 0 "" "mnnc: -o with the longest name" "$mnnc" tiny.mnn -o "$longest"
holds "mnnc: it holds the program" cmp "$longest" tiny.c
expect 5 "File name too long" "mnnc: -o with a longer name" "$mnnc" tiny.mnn -o "0$longest"
rm "$longest"

mkdir narrow
expect 5 missing/out.c "mnnc: -o in a folder that is not there" "$mnnc" tiny.mnn -o missing/out.c
expect 5 narrow "mnnc: -o is a folder" "$mnnc" tiny.mnn -o narrow
expect 5 narrow/out.c "mnnc: -o does not fit" ./short_files 4 "$mnnc" tiny.mnn -o narrow/out.c
expect 5 /dev/full "mnnc: -o /dev/full" "$mnnc" tiny.mnn -o /dev/full
expect 5 "mnnc: error: could not write to standard output: No space left on device" "mnnc: a program on a full disk" \
    ./full "$mnnc" tiny.mnn
holds "mnnc: nothing is left of them" no_rests narrow
if [ "$(id -u)" -ne 0 ]; then
    chmod a-w narrow
    expect 5 narrow/out.c "mnnc: -o in a folder without rights" "$mnnc" tiny.mnn -o narrow/out.c
    chmod u+w narrow
else
    left_out "mnnc: -o in a folder without rights: root has them all"
fi
node=$(ls -i tiny.c)
expect 0 "" "mnnc: the same once more" "$mnnc" tiny.mnn -o tiny.c
holds "mnnc: a file that is right is not written" test "$node" = "$(ls -i tiny.c)"

expect 0 "" "mnnc --check" "$mnnc" --check tiny.mnn -o checked
holds "mnnc --check writes nothing" test ! -s out -a ! -s err -a ! -e checked
expect 1 "" "mnnc --check of a mistake" "$mnnc" --check unclosed.mnn
expect 0 "332" "mnnc --emit=summary" "$mnnc" --emit=summary tiny.mnn
for what in ast ir plan; do
    expect 0 "" "mnnc --dump=$what" "$mnnc" "--dump=$what" tiny.mnn
    holds "mnnc --dump=$what prints it" test -s out
done
expect 0 digraph "mnnc --emit=dot" "$mnnc" --emit=dot tiny.mnn
cp out tiny.dot
if command -v dot >/dev/null; then
    expect 0 "</svg>" "dot draws it" dot -Tsvg tiny.dot
    holds "dot has nothing to say about it" test ! -s err
else
    left_out "mnnc --emit=dot drawn: dot is not installed"
fi

# without_lines FILE: the C without the lines of the description, and the hash that stays the same
without_lines() {
    sed -e 's/tiny\.mnn:[0-9][0-9]*/tiny.mnn:LINE/g' -e '1,/^ \*\//s/ *[0-9][0-9]*$//' "$1"
}
mkdir canonical
expect 0 "" "mnnc --format" "$mnnc" --format tiny.mnn -o canonical/tiny.mnn
fails "mnnc --format changes something" cmp tiny.mnn canonical/tiny.mnn
expect 0 "" "mnnc --format of its result" "$mnnc" --format canonical/tiny.mnn
holds "mnnc --format leaves its result alone" cmp out canonical/tiny.mnn
expect 0 "" "mnnc of the canonical form" "$mnnc" canonical/tiny.mnn -o canonical/tiny.c
without_lines tiny.c >a.c
without_lines canonical/tiny.c >b.c
holds "mnnc: the same C from it but for line numbers" cmp a.c b.c

# --- a program: options -----------------------------------------------------------------------------

expect 0 "usage: " "program --help" ./tiny --help
expect 0 "usage: " "program help" ./tiny help
for command in train evaluate predict show export import summary gradcheck; do
    expect 0 "tiny $command" "program $command --help" ./tiny $command --help
    expect 0 "tiny $command" "program help $command" ./tiny help $command
done
expect 0 "tiny" "program --version" ./tiny --version
expect 2 'did you mean "train"' "program: misspelt command" ./tiny trian
expect 2 'did you mean "--epochs"' "program: misspelt option" ./tiny train --epocs 3
expect 2 "--epochs" "program: option of another command" ./tiny evaluate --epochs 3
expect 2 "--epochs" "program: no number" ./tiny train --epochs three
for command in train predict show import bench; do
    ./tiny $command --help >help.txt
    if grep -q '.\{81\}' help.txt; then fail "$command --help is wider than 80 columns"; else ok; fi
done
expect 2 "--threads" "program: number out of range" ./tiny train --threads 0
expect 2 "--seed" "program: option without a value" ./tiny train --seed
expect 2 "" "program: predict without a file" ./tiny predict --weights tiny.mnn
expect 2 "--weights" "program: predict without weights" ./tiny predict tiny.mnn
expect 2 ".csv" "program: --history of an unknown kind" ./tiny train --data set --history h.txt
expect 0 "a.b" "program summary" ./tiny summary
expect 2 "hint: mnnc --with-reference tiny.mnn -o tiny.c" "program gradcheck without its reference" ./tiny gradcheck
expect 2 "--with-reference applies to training programs only" "mnnc --with-reference --check" \
    "$mnnc" --with-reference --check tiny.mnn
expect 0 "gradients agree" "program gradcheck" ./referenced gradcheck
expect 0 "gradients agree" "program gradcheck on data" ./referenced gradcheck --data set

mnnc_options=--with-reference
# inputs so small that every relu is at its kink, however little a parameter moves
for factor in 1e-5 1e-10 1e-20 1e-33; do
    sed -e "s/scale( 1\/255 )/scale($factor)/" -e 's/^ *Dense(.*/&\n    batchnorm()/' tiny.mnn >near.mnn
    compile_model near.mnn near || exit 1
    expect 0 "gradients agree" "program gradcheck of inputs of $factor" ./near gradcheck
done

holds "program: the page that the note on stuck training names" grep -qx "## Training does not improve" \
    "$root/docs/troubleshooting.md"

# numbers that are taken as they are, and state that is not trained
sed -e '/scale(/d' -e 's/^ *Dense(.*/&\n    batchnorm()/' tiny.mnn >raw.mnn
compile_model raw.mnn raw || exit 1
expect 0 "Trainable params: 348, non-trainable: 16" "program summary with state" ./raw summary
expect 0 "gradients agree" "program gradcheck without scale" ./raw gradcheck
expect 0 "gradients agree" "program gradcheck without scale, on data" ./raw gradcheck --data set
mnnc_options=

# --- a program: data --------------------------------------------------------------------------------

expect 0 "test: loss" "program: data beside it" ./tiny train
mkdir elsewhere && mv set elsewhere/set
expect 5 "set/train-images-idx3-ubyte" "program: no data" ./tiny train
expect 0 "test: loss" "program: data along MNN_DATA_PATH" env MNN_DATA_PATH="nowhere:$work/elsewhere" ./tiny
mv elsewhere/set set
expect 0 "test: loss" "program: --data" ./tiny --data set --epochs 1
expect 5 nowhere "program: --data that is not there" ./tiny --data nowhere

# broken FOLDER NAME CODE TEXT: training on that folder is refused before anything is saved.
broken() {
    expect "$3" "$4" "program: $2" ./tiny train --data "$1" --save "$1.safetensors"
    holds "program: $2: nothing saved" test ! -e "$1.safetensors"
}
images=train-images-idx3-ubyte
labels=train-labels-idx1-ubyte
cp -r set no_labels && rm no_labels/$labels
broken no_labels "missing labels" 5 $labels
make_set five 61 5 6 6
broken five "label out of range" 3 $labels
make_set wide 61 4 32 32
broken wide "32x32 pictures" 3 $images
make_set flat 61 4 36 1
expect 0 "test: loss" "program: flat samples of the same size" ./tiny train --data flat
make_set fewer 60 4 6 6
cp fewer/$labels t && cp set/$images fewer/ && cp t fewer/$labels
broken fewer "60 labels for 61 pictures" 3 $labels
cp -r set cut && head -c 2000 set/$images >cut/$images
broken cut "cut file" 3 $images
cp -r set longer && echo x >>longer/$labels
broken longer "file with more than it says" 3 $labels
cp -r set empty && : >empty/$images
broken empty "empty file" 3 $images
cp -r set folder && rm folder/$images && mkdir folder/$images
broken folder "folder in place of a file" 3 $images
cp -r set fifo && rm fifo/$labels && mkfifo fifo/$labels
broken fifo "FIFO in place of a file" 3 $labels
cp -r set broken_test && head -c 100 set/t10k-images-idx3-ubyte >broken_test/t10k-images-idx3-ubyte
broken broken_test "cut test set" 3 t10k-images-idx3-ubyte
cp -r set no_test && rm no_test/t10k-*
expect 0 "no test set" "program: training without a test set" ./tiny train --data no_test
expect 0 "" "program: weights to evaluate" ./tiny train --epochs 0 --save any.safetensors
expect 5 t10k-images-idx3-ubyte "program: evaluate without a test set" \
    ./tiny evaluate --data no_test --weights any.safetensors
cp -r set packed && gzip packed/*
expect 0 "test: loss" "program: gzipped data" ./tiny train --data packed

# --- a program: weights -----------------------------------------------------------------------------

expect 0 "initial weights" "program: --epochs 0 --save" ./tiny train --epochs 0 --save first.safetensors
expect 0 "" "program: the same weights without --quiet's words" ./tiny train --epochs 0 --save again.safetensors --quiet
holds "program: the same initial weights" cmp first.safetensors again.safetensors
expect 0 "test: loss" "program: evaluate --weights" ./tiny evaluate --weights first.safetensors
cp out first_score
expect 0 "" "program: evaluate them again" ./tiny evaluate --weights first.safetensors --seed 5
holds "program: the same score" cmp out first_score
expect 2 "evaluate needs trained weights: --weights FILE" "program: evaluate without weights" ./tiny evaluate
holds "program: measures nothing then" test ! -s out
expect 0 "" "program: --weights --epochs 0 --save" \
    ./tiny train --epochs 0 --weights first.safetensors --save copy.safetensors
expect 0 "" "program: evaluate the copy" ./tiny evaluate --weights copy.safetensors
holds "program: the copy scores the same" cmp out first_score
expect 0 "saved the weights after epoch 3" "program: train --save" ./tiny train --save trained.safetensors
tail -n 1 out >trained_score
expect 0 "" "program: evaluate the trained weights" ./tiny evaluate --weights trained.safetensors
holds "program: what training said of the test set" cmp out trained_score
fails "program: not what the initial weights score" cmp out first_score

head -c 200 trained.safetensors >cut.safetensors
sed 's/.$/x/' trained.safetensors >touched.safetensors
expect 5 missing.safetensors "program: missing weights" ./tiny evaluate --weights missing.safetensors
expect 3 cut.safetensors "program: cut weights" ./tiny evaluate --weights cut.safetensors
expect 3 touched.safetensors "program: weights with another byte" ./tiny evaluate --weights touched.safetensors
expect 3 tiny.mnn "program: weights that are no weights" ./tiny evaluate --weights tiny.mnn
expect 3 trained.safetensors "program: another model's weights" ./larger evaluate --weights trained.safetensors
expect 5 missing/w "program: --save in a folder that is not there" ./tiny train --save missing/w
expect 5 narrow "program: --save is a folder" ./tiny train --save narrow
expect 5 narrow/w "program: --save does not fit" ./short_files 1 ./tiny train --save narrow/w
holds "program: nothing is left of them" no_rests narrow
cp first.safetensors narrow/w
expect 5 narrow/w "program: --save over an old file does not fit" ./short_files 1 ./tiny train --save narrow/w
holds "program: the old file stays" cmp first.safetensors narrow/w
holds "program: alone" no_rests narrow w

# --- a program: files that are one ------------------------------------------------------------------

sed 's/^ *epochs = .*/&\n    checkpoint("c.st")\n    csv_logger("c.st")/' tiny.mnn >logs.mnn
compile_model logs.mnn logs || exit 1
expect 2 "the description's csv_logger and the description's checkpoint are one file" "program: two callbacks" ./logs
holds "program: neither has written" test ! -e c.st
cp -r set own && cp -r packed own_packed
expect 2 "--save and --data's training images are one file" "program: --save over its data" \
    ./tiny train --data own --save "own/../own/$images"
expect 2 "--save and --data's test images are one file" "program: --save over its compressed data" \
    ./tiny train --data own_packed --save own_packed/t10k-images-idx3-ubyte.gz
holds "program: the data stay" diff -r set own
holds "program: the compressed data stay" diff -r packed own_packed
cp first.safetensors w.safetensors
expect 2 "--npz and --weights are one file" "program: export over the weights" \
    ./tiny export --weights w.safetensors --npz ./w.safetensors
holds "program: the weights stay" cmp first.safetensors w.safetensors
expect 0 "test: loss" "program: training goes on with the weights in their place" \
    ./tiny train --weights w.safetensors --save w.safetensors
ln -s links/kept.safetensors to_be.safetensors
mkdir links
expect 0 "test: loss" "program: --checkpoint is a link to nothing" ./tiny train --checkpoint to_be.safetensors
holds "program: the link stays" test -h to_be.safetensors
holds "program: its target is made" no_rests links kept.safetensors kept.prev.safetensors
expect 0 "" "program: --save with the longest name" ./tiny train --epochs 0 --save "links/$longest"
holds "program: it holds the weights" cmp first.safetensors "links/$longest"

# --- a program: predictions -------------------------------------------------------------------------

# picture FILE SIDE: the first test picture as PGM
picture() {
    printf 'P5\n%s %s\n255\n' "$2" "$2" >"$1"
    tail -c +17 set/t10k-images-idx3-ubyte | head -c $(($2 * $2)) >>"$1"
}
cat >predict <<'END'
#!/bin/sh
exec ./tiny predict --weights trained.safetensors "$@"
END
chmod +x predict
expect 0 "" "program: predict IDX" ./predict set/t10k-images-idx3-ubyte
holds "program: a line a sample" test "$(wc -l <out)" -eq 21
head -n 1 out >first_line
picture first.pgm 6
picture small.pgm 5
expect 0 "" "program: predict PGM" ./predict --quiet first.pgm
holds "program: the same picture, the same prediction" cmp out first_line
expect 0 "first.pgm:" "program: predict two files" ./predict first.pgm set/t10k-images-idx3-ubyte
expect 0 "small.pgm: scaled to 6x6" "program: predict a picture of another size" ./predict small.pgm
expect 3 small.pgm "program: predict --raw does not change it" ./predict --raw small.pgm
expect 3 tiny.mnn "program: predict what is no picture" ./predict tiny.mnn
expect 3 set "program: predict a folder" ./predict set
expect 5 missing.pgm "program: predict a missing file" ./predict missing.pgm

# --- a program: what it reports ---------------------------------------------------------------------

expect 0 "" "program summary --json" ./tiny summary --json
is_json "summary --json: one object" out 'length == 1 and .[0].params == 332 and (.[0].layers | length) >= 2'
expect 0 "" "program evaluate --json" ./tiny evaluate --json --weights first.safetensors
is_json "evaluate --json: the test set" out 'length == 1 and .[0].test.samples == 21 and .[0].test.loss > 0'
expect 0 "" "program gradcheck --json" ./referenced gradcheck --json
is_json "gradcheck --json: agrees" out 'length == 5 and .[4].event == "result" and all(.[]; .agrees)'
expect 0 "" "program predict --json" ./predict --json first.pgm set/t10k-images-idx3-ubyte
is_json "predict --json: outputs that sum to 1" out \
    'length == 22 and all(.[]; (.outputs | length == 4 and (add - 1 | fabs) < 1e-5) and .class < 4)'
expect 0 "" "program train --json --log-steps --history" ./tiny train --json --save "odd \"name\".w" \
    --log-steps steps.jsonl --history h.csv
is_json "train --json: epochs and the result" out \
    'length == 4 and (map(.event) == ["epoch", "epoch", "epoch", "result"]) and .[3].saved == "odd \"name\".w"'
is_json "--log-steps: every step" steps.jsonl \
    'length == 9 and all(.[]; .loss > 0 and .learning_rate == 0.01) and (map(.step) == [1, 2, 3, 1, 2, 3, 1, 2, 3])'
holds "--history: a line of names and one an epoch" test "$(wc -l <h.csv)" -eq 4
holds "--history: seven columns" awk -F, 'NF != 7 { exit 1 }' h.csv
holds "--history: names" grep -qx epoch,loss,accuracy,val_loss,val_accuracy,learning_rate,seconds h.csv
# shellcheck disable=SC2016
holds "--history: numbers" awk -F, 'NR > 1 && ($1 != NR - 1 || $2 <= 0 || $4 <= 0) { exit 1 }' h.csv
expect 0 "" "program train --history as JSON" ./tiny train --history h.jsonl
is_json "--history: an object an epoch" h.jsonl \
    'length == 3 and (map(.epoch) == [1, 2, 3]) and all(.[]; .loss > 0 and .val_accuracy <= 1)'
expect 0 "" "program train --quiet" ./tiny train --quiet
holds "--quiet: one line" test "$(cat out err | wc -l)" -eq 1

# losses FILE [option ...]: of every step
losses() {
    file=$1
    shift
    ./tiny train --quiet --weights first.safetensors --log-steps "$file" "$@" >/dev/null 2>&1
}
losses a.jsonl --no-shuffle --seed 1 && losses b.jsonl --no-shuffle --seed 2 && losses c.jsonl --seed 1 &&
    losses d.jsonl --seed 2
verdict $? "program train --no-shuffle"
holds "--no-shuffle: the seed does not matter" cmp a.jsonl b.jsonl
fails "with a shuffle it does" cmp c.jsonl d.jsonl
fails "a shuffle changes the order" cmp a.jsonl c.jsonl

for command in --help --version summary "evaluate --weights first.safetensors" train; do
    # shellcheck disable=SC2086 # words of a command
    expect 5 "standard output" "program $command on a full disk" ./full ./tiny $command
done
expect 5 "standard output" "program gradcheck on a full disk" ./full ./referenced gradcheck
expect 5 "standard output" "program predict on a full disk" ./full ./predict set/t10k-images-idx3-ubyte

# --- a small stack ---------------------------------------------------------------------------------

case $cc in
*sanitize*) left_out "a limit of the stack: a sanitizer needs more of it" ;;
*)
    for command in "train --quiet --threads 1" "train --quiet --threads 8" summary \
        "show --count 20" "predict --weights trained.safetensors first.pgm" \
        "export --weights trained.safetensors --npz stack.npz"; do
        # shellcheck disable=SC2086 # words of a command
        expect 0 "" "program $command with a stack of 24 KiB" ./short_stack 24 ./tiny $command
    done
    expect 0 "" "program gradcheck with a stack of 24 KiB" ./short_stack 24 ./referenced gradcheck --threads 8
    for command in "-o stack.c" --check --format --emit=summary --emit=keras \
        "--emit=onnx --weights trained.safetensors -o stack.onnx"; do
        # shellcheck disable=SC2086 # words of a command
        expect 0 "" "mnnc $command with a stack of 24 KiB" ./short_stack 24 "$mnnc" tiny.mnn $command
    done
    holds "mnnc: the same C with a stack of 24 KiB" cmp tiny.c stack.c
    ;;
esac

# --- output that nobody reads -----------------------------------------------------------------------

# unread NAME COMMAND...: into a pipe whose reader has gone, it ends as by SIGPIPE and says nothing.
unread() {
    name=$1
    shift
    for how in $hows; do # what the program is started with for SIGPIPE
        rm -f gone
        {
            until [ -e gone ]; do sleep 0.01; done
            timeout "$patience" env "--$how-signal=PIPE" "$@" 2>err
            echo $? >code
        } | {
            exec <&-
            : >gone
        }
        code=$(cat code)
        if [ "$code" -ne 141 ] || grep -v -e '^training on' -e '^epoch' -e '^Epoch' err; then
            fail "$name, SIGPIPE $how: exit code $code"
        else
            ok "$name, SIGPIPE $how"
        fi
    done
}
hows="default ignore"
for command in help "train --help" --version summary "summary --json" "show --count 20" "show --count 20 --json" \
    "evaluate --quiet --weights trained.safetensors" "train --quiet" \
    "predict --quiet --weights trained.safetensors first.pgm" "bench --json --seconds 0"; do
    # shellcheck disable=SC2086 # words of a command
    unread "program $command" ./tiny $command
done
for option in --quiet --json; do
    unread "program gradcheck $option" ./referenced gradcheck $option
done
for command in --help --version --emit=summary --emit=dot --emit=keras --format --dump=ir "-o /dev/stdout"; do
    # shellcheck disable=SC2086 # words of a command
    unread "mnnc $command" "$mnnc" tiny.mnn $command
done
hows=default
unread "program train: is stopped" ./tiny train --json --epochs 1000000 --save unread.safetensors
expect 0 "test: loss" "program train: with its weights saved" ./tiny evaluate --weights unread.safetensors
expect 5 "standard output" "program: a closed standard output is an error" sh -c './tiny help >&-'
expect 5 "standard output" "mnnc: a closed standard output is an error" sh -c '"$0" --help >&-' "$mnnc"
expect 5 "standard output" "mnnc: a full disk is an error" ./full "$mnnc" --emit=summary tiny.mnn

# --- a program: the end of a training ---------------------------------------------------------------

expect 6 "not finite" "program: learning rate 1e30" ./wild train --save wild.safetensors --history wild.csv
holds "program: names epoch and step" grep -q 'epoch [0-9]*, step [0-9]*' err
holds "program: nothing saved" test ! -e wild.safetensors
cp first.safetensors old.safetensors
expect 6 "" "program: learning rate 1e30, with an old file" ./wild train --save old.safetensors
holds "program: the old file stays" cmp first.safetensors old.safetensors

# --- what a program is started with -----------------------------------------------------------------

mkdir closed
sh -c './tiny train --epochs 2 --history closed/h.csv --log-steps closed/s.jsonl <&- 2>&-' >out
verdict $? "program: trains without standard input and error"
fails "program: messages do not go into a history" grep -q -e training -e 'epoch [0-9]' closed/h.csv closed/s.jsonl
expect 5 "standard output" "program: no standard output" sh -c './tiny summary >&-'
sh -c '"$0" tiny.mnn -o closed/x.c <&- >&- 2>&-' "$mnnc"
verdict $? "mnnc: without standard descriptors"
holds "mnnc: the same without standard descriptors" cmp tiny.c closed/x.c
{ echo before && "$mnnc" tiny.mnn -o /dev/stdout && echo behind; } >closed/all
{ echo before && cat tiny.c && echo behind; } | cmp -s - closed/all
verdict $? "mnnc: -o /dev/stdout goes to the standard output"
sh -c 'touch "closed/y.c.tmp-$$-0" && exec "$0" tiny.mnn -o closed/y.c' "$mnnc"
verdict $? "mnnc: a temporary file of this number from before"
holds "mnnc: ... is passed over" cmp tiny.c closed/y.c
rm closed/y.c.tmp-*
case $cc in
*sanitize*) left_out "a limit of memory: a sanitizer does not start under one" ;;
*) expect 0 "usage: ./tiny" "program: ends where memory is limited" ./short_memory 150000000 ./tiny help ;;
esac

# so many samples that the training does not end before it is stopped
make_set many 6000 4 6 6
# stop_with SIGNAL CODE: in the middle of a training
stop_with() {
    # a shell lets what is in the background ignore SIGINT, and nohup SIGHUP
    env --default-signal=INT,TERM,HUP ./tiny train --data many --epochs 1000000 --save "$1.safetensors" >out 2>err &
    child=$!
    await grep -q '^epoch 2/' err
    kill "-$1" "$child"
    wait "$child"
    code=$?
    child=
    holds "program: SIG$1: exit code $2 (got $code)" test "$code" -eq "$2"
    holds "program: SIG$1: says so" grep -q "stopped by signal" err
    expect 0 "test: loss" "program: SIG$1: the saved weights" ./tiny evaluate --weights "$1.safetensors"
}
stop_with TERM 143
stop_with INT 130
stop_with HUP 129
fails "program: no temporary file is left" sh -c 'find . -name "*tmp*" | grep .'

finish cli
