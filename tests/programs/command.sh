#!/bin/sh
# One command from a description to a result: mnnc train FILE.mnn, mnnc build FILE.mnn, and the cache of programs.
#
#   tests/programs/command.sh MNNC CC BUILD_DIR
#
# BUILD_DIR holds libmnn.a. All data are made up and tiny. Exit code: 0 all passed, 1 something failed, 2 usage.
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
mkdir set && ./make_idx set 3 61 21 4 6 6 || exit 1
cat >tiny.mnn <<'END'
units = 8
data dots {
    train = idx("set/train-images-idx3-ubyte", "set/train-labels-idx1-ubyte")
    test = idx("set/t10k-images-idx3-ubyte", "set/t10k-labels-idx1-ubyte")
    scale(1/255)
    reshape(36)
}
model tiny { dense(units, activation=relu)
             dense(4, activation=softmax) }
train { loss = sparse_categorical_crossentropy
        optimizer = adam
        metrics = [accuracy]
        epochs = 2
        batch_size = 16 }
END

# a C compiler that counts how often it is called, and may be told to wait
cat >counted_cc <<END
#!/bin/sh
echo call >>"$work/calls"
while [ -e "$work/wait" ]; do sleep 0.02; done
exec $cc "\$@"
END
chmod +x counted_cc
export CC="$work/counted_cc" CFLAGS=-O1 XDG_CACHE_HOME="$work/cache"
cache=$XDG_CACHE_HOME/mnnc

# calls NAME COUNT: how often the C compiler has been called since
calls() {
    [ "$(cat calls 2>/dev/null | wc -l)" -eq "$2" ]
    verdict $? "$1"
    rm -f calls
}

# programs NAME COUNT: what is in the cache, and that it is whole: a folder each, with its C and a program
programs() {
    found=$(find "$cache" -mindepth 1 -maxdepth 1 | wc -l)
    whole=$(find "$cache" -mindepth 2 -type f -executable | wc -l)
    [ "$found" -eq "$2" ] && [ "$whole" -eq "$2" ] && ! find "$cache" -name 'new-*' | grep -q .
    verdict $? "$1: $found folders, $whole programs"
}

# --- a command of the program -----------------------------------------------------------------------

expect 0 "compiled tiny in" "train" "$mnnc" train tiny.mnn --save one.safetensors
expect 0 "accuracy" "train: prints what the program prints" "$mnnc" train tiny.mnn --save one.safetensors
calls "the C compiler is called once" 1
# shellcheck disable=SC2086 # lists of words
"$mnnc" tiny.mnn -o by_hand.c && $cc -O1 $cflags by_hand.c $libs -o by_hand && ./by_hand train --quiet --save two.safetensors >out 2>&1 &&
    cmp one.safetensors two.safetensors
verdict $? "the weights are those of the program that is compiled by hand"
expect 0 "test: loss" "evaluate" "$mnnc" evaluate tiny.mnn --weights one.safetensors
expect 0 "Total params" "summary" "$mnnc" summary tiny.mnn
! grep -q compiled err
verdict $? "a program of the cache is not announced"
expect 2 "evaluate needs trained weights" "the program's own errors and exit codes" "$mnnc" evaluate tiny.mnn
expect 2 "--epocks" "its options are read by the program" "$mnnc" train tiny.mnn --epocks 3
expect 0 "--epochs N" "help of a command" "$mnnc" train tiny.mnn --help
calls "all of that from the cache" 0
expect 0 "gradients agree" "gradcheck has its reference" "$mnnc" gradcheck tiny.mnn
calls "which is another program" 1
expect 0 "" "-D before the description" "$mnnc" train -D units=9 tiny.mnn --quiet
expect 0 "" "-D after it" "$mnnc" train tiny.mnn -D units=9 --quiet
! grep -q compiled err
verdict $? "--quiet: no line about the compile"
calls "both the same program" 1
sed 's/units = 8/units = 7/' tiny.mnn >other.mnn
expect 0 "" "another description" "$mnnc" summary other.mnn
CFLAGS=-O2 expect 0 "" "other flags" "$mnnc" summary tiny.mnn
calls "are other programs" 2
programs "a program a folder" 5

# --- what is wrong ----------------------------------------------------------------------------------

expect 2 "usage: mnnc train FILE.mnn" "a command without a description" "$mnnc" train
expect 0 "usage: mnnc train FILE.mnn" "help without a description" "$mnnc" train --help
expect 5 "missing.mnn" "no such description" "$mnnc" train missing.mnn
echo "model {" >broken.mnn
expect 1 "broken.mnn:1" "errors of a description" "$mnnc" train broken.mnn
CC=/nowhere/cc expect 70 "hint: CC=... names another" "no C compiler" "$mnnc" train tiny.mnn
CC="$work/counted_cc -fno-such-option" expect 70 "no-such-option" "a C compiler that fails: its messages" "$mnnc" train tiny.mnn
PKG_CONFIG=/nowhere/pkg-config expect 70 "hint: PKG_CONFIG=... names another" "no pkg-config" "$mnnc" train tiny.mnn
HOME='' XDG_CACHE_HOME=relative expect 5 "set HOME or XDG_CACHE_HOME" "no folder for the cache" "$mnnc" train tiny.mnn
HOME=$work/home XDG_CACHE_HOME=relative expect 0 "" "a relative XDG_CACHE_HOME is ignored" "$mnnc" summary tiny.mnn
[ -d home/.cache/mnnc ] && [ ! -e relative ]
verdict $? "the cache is in HOME then"
XDG_CACHE_HOME=$work/tiny.mnn expect 5 "could not create" "a cache that is a file" "$mnnc" train tiny.mnn
programs "failures leave nothing in the cache" 5

# --- build ------------------------------------------------------------------------------------------

rm -f calls
expect 0 "" "build" "$mnnc" build tiny.mnn -o made
./made summary >out 2>&1
verdict $? "it is a program"
mkdir elsewhere && cd elsewhere || exit 1
expect 0 "" "build without -o" "$mnnc" build ../tiny.mnn
./tiny summary >out 2>&1
verdict $? "it has the description's name"
cd .. && calls "both from the cache" 0
expect 2 "would overwrite the input" "the description is not replaced" "$mnnc" build tiny.mnn -o tiny.mnn
expect 2 "takes no option" "build writes programs only" "$mnnc" build tiny.mnn --emit=dot
expect 5 "nowhere" "no such folder" "$mnnc" build tiny.mnn -o nowhere/program
expect 2 "no description" "build without a description" "$mnnc" build
cp tiny.mnn "a 'b' %n.mnn"
expect 0 "" "a description with an odd name" "$mnnc" build "a 'b' %n.mnn"
"./a 'b' %n" summary >out 2>&1
verdict $? "is a program of that name"

# --- the cache --------------------------------------------------------------------------------------

rm -rf "$cache" calls
touch wait
"$mnnc" build tiny.mnn -o first >log 2>&1 &
one=$!
"$mnnc" build tiny.mnn -o second >>log 2>&1 &
two=$!
child="$one $two"
await eval '[ "$(cat calls | wc -l)" -eq 2 ]'
rm wait
wait "$one" && wait "$two" && cmp first second
verdict $? "two that build the same at once"
programs "leave one program" 1

touch wait
rm -f calls
"$mnnc" train -D units=5 tiny.mnn >log 2>&1 &
child=$!
await test -s calls
kill -TERM "$child"
wait "$child"
[ $? -eq 143 ]
verdict $? "SIGTERM while the C compiler runs"
rm wait
child=
programs "leaves nothing" 1

find "$cache" -mindepth 1 -maxdepth 1 -exec touch -d '40 days ago' {} +
mkdir "$cache/new-abandoned" "$cache/of-others" && touch -d '40 days ago' "$cache/new-abandoned" "$cache/of-others"
expect 0 "" "another program" "$mnnc" summary tiny.mnn -D units=6
[ -d "$cache/of-others" ] && rmdir "$cache/of-others"
verdict $? "folders of others stay"
programs "programs that were not used for 40 days are removed" 1
touch -d '20 days ago' "$cache"/*
expect 0 "" "the same again" "$mnnc" summary tiny.mnn -D units=6
[ -n "$(find "$cache" -mindepth 1 -maxdepth 1 -mtime -1)" ]
verdict $? "use is noted"

finish "command" 50
