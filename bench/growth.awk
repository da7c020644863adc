# growth.tsv (series, size, function, program, GFLOP/s) as a picture: a panel a series, SVG.
BEGIN {
    FS = "\t"
    PANEL = 300; HEIGHT = 260; LEFT = 60; TOP = 50; GAP = 46
    split("width batch channels", series, " ")
    title["width"] = "dense, batch 128"; axis["width"] = "width"
    title["batch"] = "dense, 512 wide"; axis["batch"] = "batch"
    title["channels"] = "convolution 3 x 3, 14 x 14"; axis["channels"] = "channels"
    split("forward backward gradients", functions, " ")
    colour["forward"] = "#0060a8"; colour["backward"] = "#b04000"; colour["gradients"] = "#207830"
    label["forward"] = "forward"; label["backward"] = "backward"; label["gradients"] = "gradient of the kernel"
}
$3 == "peak" { if ($5 > peak) peak = $5; note($1, $2); next }
{ value[$1, $2, $3, $4] = $5; note($1, $2); if ($5 > largest) largest = $5 }

function note(s, x) {
    if ((s, x) in known) return
    known[s, x] = 1
    sizes[s, ++count[s]] = x + 0
    if (!(s in least) || x + 0 < least[s]) least[s] = x + 0
    if (x + 0 > most[s]) most[s] = x + 0
}
function place_x(s, x) { return most[s] == least[s] ? PANEL / 2 : PANEL * log(x / least[s]) / log(most[s] / least[s]) }
function place_y(y) { return HEIGHT * (1 - y / limit) }
function text(x, y, anchor, what) { printf "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>\n", x, y, anchor, what }

function line(s, name, program,    i, path, x) {
    for (i = 1; i <= count[s]; i++) {
        x = sizes[s, i]
        if (!((s, x, name, program) in value)) continue
        path = path sprintf("%s%.1f,%.1f", path == "" ? "M" : " L", place_x(s, x), place_y(value[s, x, name, program]))
    }
    if (path != "")
        printf "<path d=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"%s/>\n", path, colour[name], program == "mnnc" ? "" : " stroke-dasharray=\"5 4\""
}
function panel(s,    i, y, x) {
    for (y = 0; y <= limit; y += step) {
        printf "<line x1=\"0\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\" stroke=\"#ddd\"/>\n", place_y(y), PANEL, place_y(y)
        if (s == series[1]) text(-8, place_y(y) + 4, "end", y)
    }
    printf "<rect x=\"0\" y=\"0\" width=\"%d\" height=\"%d\" fill=\"none\" stroke=\"#888\"/>\n", PANEL, HEIGHT
    for (i = 1; i <= count[s]; i++) {
        x = place_x(s, sizes[s, i])
        printf "<line x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\" stroke=\"#888\"/>\n", x, HEIGHT, x, HEIGHT + 4
        text(x, HEIGHT + 18, "middle", sizes[s, i])
    }
    text(PANEL / 2, HEIGHT + 38, "middle", axis[s])
    text(PANEL / 2, -10, "middle", title[s])
    printf "<line x1=\"0\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\" stroke=\"#000\" stroke-dasharray=\"1 3\"/>\n", place_y(peak), PANEL, place_y(peak)
    if (s == series[1]) text(4, place_y(peak) - 4, "start", sprintf("peak of one core, %.0f", peak))
    for (i = 1; i <= 3; i++) { line(s, functions[i], "openblas"); line(s, functions[i], "mnnc") }
}
END {
    limit = 1.1 * (peak > largest ? peak : largest)
    step = limit > 150 ? 50 : limit > 60 ? 20 : 10
    wide = LEFT + 3 * (PANEL + GAP)
    high = TOP + HEIGHT + 90
    printf "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" font-size=\"12\">\n", wide, high
    printf "<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n", wide, high
    printf "<text transform=\"translate(16 %.1f) rotate(-90)\" text-anchor=\"middle\">GFLOP/s, one thread</text>\n", TOP + HEIGHT / 2
    for (i = 1; i <= 3; i++) {
        printf "<g transform=\"translate(%d %d)\">\n", LEFT + (i - 1) * (PANEL + GAP), TOP
        panel(series[i])
        print "</g>"
    }
    y = TOP + HEIGHT + 68
    x = LEFT
    for (i = 1; i <= 3; i++) {
        printf "<line x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\" stroke=\"%s\" stroke-width=\"3\"/>\n", x, y, x + 24, y, colour[functions[i]]
        text(x + 30, y + 4, "start", label[functions[i]])
        x += 40 + 8 * length(label[functions[i]])
    }
    printf "<line x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\" stroke=\"#444\" stroke-width=\"2\"/>\n", x, y, x + 24, y
    text(x + 30, y + 4, "start", "mnnc")
    printf "<line x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\" stroke=\"#444\" stroke-width=\"2\" stroke-dasharray=\"5 4\"/>\n", x + 90, y, x + 114, y
    text(x + 120, y + 4, "start", "OpenBLAS (mnnc --blas-only)")
    print "</svg>"
}
