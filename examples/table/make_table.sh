#!/bin/sh
# Print a generated table of houses as CSV: seven columns describe a house, two its power for heating and cooling.
# Usage: make_table.sh [ROWS] (default 1200). The rows are the same every time, with any awk: the random numbers are
# those of Park and Miller (1988), integers that a double represents exactly.
set -eu
exec awk -v rows="${1:-1200}" '
function uniform(low, high) {
    state = state * 16807 % 2147483647
    return low + (high - low) * state / 2147483647
}
# approximately normal: the sum of twelve uniform random numbers
function noise(i, sum) {
    sum = -6
    for (i = 0; i < 12; i++)
        sum += uniform(0, 1)
    return 0.1 * sum
}
function above_0(x) {
    return x > 0 ? x : 0
}
BEGIN {
    state = 20260101
    print "area_m2,height_m,window_share,insulation,sun,people,outside_c,heating_kw,cooling_kw"
    for (row = 0; row < rows; row++) {
        area = uniform(40, 200)
        height = uniform(2.3, 3.5)
        windows = uniform(0.1, 0.6)
        insulation = uniform(0, 1)
        sun = uniform(0, 1)
        people = int(uniform(0, 7))
        outside = uniform(-12, 38)
        loss = 0.0005 * area * height * (1.2 - 0.8 * insulation + windows)  # kW per degree
        gain = 0.1 * people + 0.02 * area * windows * sun                   # kW
        printf "%.1f,%.2f,%.3f,%.3f,%.3f,%d,%.1f,%.3f,%.3f\n", area, height, windows, insulation, sun, people,
            outside, above_0(loss * (20 - outside) - gain) + noise(), above_0(gain + loss * (outside - 24)) + noise()
    }
}'
