#!/bin/sh
# Weights and networks in the forms of other programs, as a user meets them: mnnc --emit=onnx, export, import. That
# ONNX Runtime and PyTorch compute the same is tested by tests/reference/.
#
#   tests/programs/exchange.sh MNNC CC BUILD_DIR
#
# Exit code: 0 all passed, 1 something failed, 2 usage.
set -u
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
[ $# -eq 3 ] || usage "MNNC CC BUILD_DIR"
use_tools "$1" "$2" "$3"
make_work "$build/tests/programs"
shown="out err"
cd "$work" || exit 1
unset MNN_DATA_PATH
make_tools onnx_operators

# describe NAME STEPS LAYERS
describe() {
    cat >"$1.mnn" <<MODEL
data d {
    train = idx("i", "l")
    $2
}
model $1 {
    $3
    dense(3, activation=softmax)
}
train {
    loss = sparse_categorical_crossentropy
    optimizer = sgd
}
MODEL
    compile_model "$1.mnn" "$1" && "./$1" train --quiet --epochs 0 --save "$1.w" >out 2>err || exit 1
}

# --- onnx -------------------------------------------------------------------------------------------

# operators NAME PROGRAM EXPECTED: of the exported network, in their order
operators() {
    "$mnnc" "$2.mnn" --emit=onnx --weights "$2.w" -o "$2.onnx" >out 2>err && ./onnx_operators "$2.onnx" >listed 2>err
    code=$?
    { tr "\n" " " <listed && echo; } >out
    [ $code -eq 0 ] && [ "$(cat out)" = "$3 " ]
    verdict $? "--emit=onnx: $1"
}

describe plain "scale(1/255)
    reshape(36)" "dense(5, activation=relu)"
operators "dense layers" plain "Mul Gemm Relu Gemm Softmax Identity"
describe pictures "normalize(100, 50)
    reshape(6, 6, 2)" "conv2d(4, 3, padding=same, groups=2, activation=leaky_relu)
    maxpool2d(2)
    depthwise_conv2d(2, padding=same)
    batchnorm()
    activation(elu)
    avgpool2d(2, strides=1)
    dropout(0.5)
    flatten()"
operators "convolutions, pools, batchnorm" pictures \
    "Mul Add Transpose Conv LeakyRelu MaxPool Conv BatchNormalization Elu AveragePool Transpose Reshape Gemm Softmax Identity"
describe functions "scale(1/255)
    reshape(6, 6, 2)" "global_avgpool2d()
    dense(6, activation=gelu)
    activation(gelu(approximate=true))
    dense(6, activation=silu)
    layernorm(center=false)
    dense(4, activation=tanh)
    dense(4, activation=sigmoid)"
operators "activations that ONNX has not" functions \
    "Mul Transpose GlobalAveragePool Flatten Gemm Mul Mul Erf Add Mul Mul Mul Mul Mul Add Mul Tanh Add Mul Gemm Neg Exp Add Div LayerNormalization Gemm Tanh Gemm Sigmoid Gemm Softmax Identity"
describe newer "scale(1/255)
    reshape(36)" "dense(5, activation=relu6)
    dense(5, activation=selu)
    dense(5, activation=softplus)
    dense(5, activation=softsign)
    dense(5, activation=mish)
    dense(5, activation=hard_sigmoid)
    dense(5, activation=hard_silu)
    dense(5, activation=exponential)"
operators "activations written as their formulas" newer \
    "Mul Gemm Less Greater Where Where Gemm Selu Gemm Softplus Gemm Softsign Gemm Exp Add Log Tanh Mul Gemm Less Greater Div Add Where Where Gemm Less Greater Div Add Mul Where Where Gemm Exp Gemm Softmax Identity"
describe branches "scale(1/255)
    reshape(6, 6, 1)" "residual {
        conv2d(1, 3, padding=same)
    }
    flatten()"
operators "branches" branches "Mul Transpose Conv Sum Transpose Reshape Gemm Softmax Identity"

printf '#!/bin/sh\nexec "%s" plain.mnn --emit=onnx "$@"\n' "$mnnc" >onnx
chmod +x onnx
./onnx --weights=plain.w >piped.onnx 2>err && cmp plain.onnx piped.onnx >out
verdict $? "--emit=onnx into a pipe"
script -qec "./onnx --weights plain.w" /dev/null >out </dev/null
[ $? -eq 2 ] && grep -q -e '--emit=onnx does not write to a terminal: -o FILE' out
verdict $? "--emit=onnx on a terminal"
expect 2 "--emit=onnx needs trained weights: --weights=FILE" "--emit=onnx without weights" ./onnx -o none.onnx
expect 2 'option "--header" needs --emit=inference' "--emit=onnx with an option of inference" \
    ./onnx --weights plain.w --header none.h -o none.onnx
expect 2 'option "--weights" needs --emit=inference or --emit=onnx' "weights for a table" \
    "$mnnc" plain.mnn --emit=summary --weights plain.w
expect 2 'would overwrite the input "./plain.w"' "--emit=onnx over the weights" ./onnx --weights ./plain.w -o plain.w
expect 3 "pictures.w" "--emit=onnx with another model's weights" ./onnx --weights pictures.w -o none.onnx
expect 5 "missing/m.onnx" "--emit=onnx in a folder that is not there" ./onnx --weights plain.w -o missing/m.onnx
expect 5 "/dev/full" "--emit=onnx on a full disk" ./onnx --weights plain.w -o /dev/full
[ ! -e none.onnx ]
verdict $? "--emit=onnx: nothing is left of a failure"
expect 2 "hint: mnnc MODEL.mnn --emit=onnx --weights FILE.safetensors -o MODEL.onnx" "export --onnx names the command" \
    ./plain export --weights plain.w --onnx none.onnx

# --- import -----------------------------------------------------------------------------------------

# same NAME FILE: the weights in the file are those of the model "pictures"
same() {
    ./pictures export --quiet --weights "$2" --npz imported.npz 2>err &&
        ./pictures export --quiet --weights pictures.w --npz own.npz 2>err && cmp imported.npz own.npz >out
    verdict $? "$1"
}

# a file of weights has the names of Keras: "conv2d.kernel"
expect 0 "saved the weights to keras.w" "import --from keras" ./pictures import pictures.w --from keras --save keras.w
cp out map
same "import --from keras: the same weights" keras.w
[ "$(grep -c ' = ' map)" -eq 10 ]
verdict $? "import: a line a tensor"
expect 0 "" "import --map: the lines that import prints" ./pictures import pictures.w --map map --save mapped.w
same "import --map: the same weights" mapped.w
expect 0 "" "import --quiet" ./pictures import pictures.w --quiet --map map --save quiet.w
[ ! -s out ] && [ ! -s err ]
verdict $? "import --quiet says nothing"
describe twins "reshape(4)" "dense(4)
    dense(4)"
sed 's/dense(4)$/dense(4, name="a")/; t; s/zzz//' twins.mnn | sed '0,/name="a"/s//name="b"/' >renamed.mnn
compile_model renamed.mnn renamed || exit 1
expect 0 "1 layer could match other tensors" "import: tensors that fit twice are said" \
    ./renamed import twins.w --from keras --save renamed.w

# a file of a deeper network: its first layers alone are another network
describe deep "reshape(4)" "dense(4)
    dense(4)
    dense(4)
    dense(4)
    dense(4)
    dense(4)"
describe shallow "reshape(4)" "dense(4)"
expect 3 'deep.w: 10 tensors are not used: dense_1.kernel [4, 4]' "import: tensors that are left" \
    ./shallow import deep.w --from keras --save shallow_deep.w
grep -q 'dense_2.kernel \[4, 4\].* and 2 more$' err && [ ! -e shallow_deep.w ] &&
    grep -q 'hint: .*--allow-unused' err
verdict $? "... are listed, and nothing is written"
expect 0 'note: 10 tensors are not used: dense_1.kernel [4, 4]' "import --allow-unused" \
    ./shallow import deep.w --from keras --allow-unused --save shallow_deep.w
expect 0 "" "import --allow-unused --quiet" \
    ./shallow import deep.w --from keras --allow-unused --quiet --save shallow_deep.w
[ ! -s err ] && [ ! -s out ]
verdict $? "... says nothing"
printf 'dense.kernel = dense.kernel\ndense.bias = dense.bias\ndense_6.kernel = dense_1.kernel\ndense_6.bias = dense_1.bias\n' >part.map
expect 3 '10 tensors are not used' "import --map: tensors that are left" ./shallow import deep.w --map part.map --save part.w
expect 0 'note: 10 tensors' "import --map --allow-unused" ./shallow import deep.w --map part.map --allow-unused --save part.w
expect 2 '--allow-unused is not an option of the command "evaluate"' "--allow-unused is about import" \
    ./shallow evaluate --weights shallow.w --allow-unused
describe wider "reshape(4)" "dense(6)"
expect 3 'tensor "dense.kernel" does not fit "dense.kernel" (got [4, 4], expected [4, 6]; layer "dense" was matched by its name)' \
    "import: both shapes" ./wider import shallow.w --from keras --save wider_shallow.w

# refused CODE TEXT NAME ARGUMENT...: and no file comes into being
refused() {
    code_wanted=$1 text=$2 name=$3
    shift 3
    expect "$code_wanted" "$text" "$name" ./pictures import --save refused.w "$@"
    [ ! -e refused.w ] || fail "$name: a file is left"
}
refused 5 "missing.w" "import: a file that is not there" missing.w --from keras
refused 3 "got a device, expected a regular file" "import: a device" /dev/zero --from keras
refused 3 "map" "import: a file that is no safetensors" map --from keras
refused 3 "plain.w" "import: another model's weights" plain.w --from keras
refused 3 "pictures.w" "import: names of another library" pictures.w --from pytorch
refused 5 "missing.map" "import: a map that is not there" pictures.w --map missing.map
sed '1s/$/ upside/' map >word.map
refused 3 'word.map:1: unknown word "upside"' "import: a word that means nothing" pictures.w --map word.map
sed 3d map >short.map
refused 3 "no tensor is matched with" "import: a map that is not whole" pictures.w --map short.map
sed '1s/$/ transpose/' map >turned.map
refused 3 'hint: remove "transpose"' "import: a kernel that is not turned" pictures.w --map turned.map
sed '1s/$/ chw/' map >order.map
refused 3 '"chw" does not apply' "import: an order where there is none" pictures.w --map order.map
head -c 1100000 /dev/zero | tr '\0' '#' >long.map
refused 3 "not a map of names (got more than" "import: a map of a megabyte" pictures.w --map long.map
expect 2 "--save" "import: needs a name for the result" ./pictures import pictures.w --from keras
expect 2 "" "import: needs to know how" ./pictures import pictures.w --save refused.w
finish exchange
