# The convolutions and dense layers of a graph (mnnc --dump=ir), as lines that bench/onednn.c reads; after each a last
# word: "first" where the input needs no gradient.
# Usage: awk -v batch=N -f layers.awk GRAPH
function dims(text, d,    n) {
    gsub(/[()]/, "", text)
    n = split(text, d, /, */)
    return n
}
/^  values/ { part = "values" }
/^  operations/ { part = "operations" }
part == "values" && /^ +%/ {
    match($0, /\([0-9, ]*\)$/)
    shape[$1] = substr($0, RSTART, RLENGTH)
    named[$2] = shape[$1]
}
part == "operations" && / = / {
    operation = $0
    sub(/.* = /, "", operation)
    sub(/\(.*/, "", operation)
    input = $0
    sub(/.* = [^(]*\(/, "", input)
    sub(/[,)].*/, "", input)
    result = $1
    sub(/,$/, "", result)
    layer = $0
    sub(/.*# /, "", layer)
    sub(/,.*/, "", layer)
    if (operation == "input" || (operation == "reshape" && input in plain))
        plain[result] = 1
    if (operation != "conv2d" && operation != "dense")
        next
    n = dims(named[layer ".kernel"], k)
    dims(shape[input], x)
    dims(named[layer ".out"], y)
    if (operation == "dense") {
        line = sprintf("%s %d 1 1 %d 1 1 %d 1 1 1 1 0 0", layer, batch, k[1], k[2])
    } else {
        line = layer " " batch " " x[1] " " x[2] " " x[3] " " k[1] " " k[2] " " k[4] " " y[1] " " y[2]
        stride = padding = ""
        for (a = 1; a <= 2; a++) {
            step = int(x[a] / y[a] + 0.5) # right for "valid" and "same" with strides that are small beside the image
            all = (y[a] - 1) * step + k[a] - x[a]
            stride = stride " " step
            padding = padding " " (all > 0 ? int(all / 2) : 0)
        }
        line = line stride padding
    }
    print line, (input in plain ? "first" : "-")
}
