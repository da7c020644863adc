#!/bin/sh
# Print a table of flowers: four lengths in millimetres, and the species. Made up; the same table every time.
#
#   make_flowers.sh [COUNT [FIRST]]
#
# COUNT (300) rows, a third of each species in turn, from row FIRST (0) of an endless table.
set -eu
awk -v count="${1:-300}" -v first="${2:-0}" '
function random() { # 0 to 1
    state = (state * 16807) % 2147483647
    return state / 2147483647
}
function bell(mean, deviation) { # a sum of uniform values
    return mean + deviation * (random() + random() + random() + random() - 2) * 1.7
}
BEGIN {
    split("field glade shore", species)
    split("50 59 66", sepal); split("34 28 30", width); split("15 43 55", petal); split("3 13 20", tip)
    print "sepal_length,sepal_width,petal_length,petal_width,species"
    for (i = first; i < first + count; i++) {
        state = 12345 + 7919 * i
        for (k = 0; k < 8; k++)
            random()
        s = i % 3 + 1
        printf "%.1f,%.1f,%.1f,%.1f,%s\n", bell(sepal[s], 4), bell(width[s], 3), bell(petal[s], 3), bell(tip[s], 2), species[s]
    }
}'
