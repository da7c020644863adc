#!/bin/sh
# Whether the documentation uses plain technical English: looks for the words and phrases in scripts/english/words and
# prints, for each, "FILE:LINE: found -> better form". scripts/english/allowed lists the uses that are right.
# Usage: scripts/english.sh [FILE...]; without FILE, all paths below.
#
# Only prose is searched: in Markdown, text outside of code; in manual pages, text outside of .nf; in .mnn, comments; in
# .def and .c, strings (and comments of .def), without names of included files; in .h, comments; in makefiles, the lines
# of "make help" ("## ...").
set -u
root=$(cd "$(dirname "$0")/.." && pwd)
words=${ENGLISH_WORDS:-$root/scripts/english/words}
allowed=${ENGLISH_ALLOWED:-$root/scripts/english/allowed}

# Everything that users read. A finished page or table is added here.
paths="README.md SECURITY.md CONTRIBUTING.md CHANGELOG.md docs/*.md examples/*/README.md
    models/*.mnn examples/*/*.mnn tools/templates/*.[1-8] docs/man/*.[1-8] Makefile tests/*.mk
    compiler/driver/*.def compiler/lang/*.def compiler/support/*.def compiler/*/*.h runtime/*/*.h runtime/include/mnn/*.h
    compiler/*/*.c runtime/*/*.c"

all=no
if [ $# -eq 0 ]; then
    all=yes
    cd "$root" || exit 2
    # shellcheck disable=SC2086 # a list of patterns
    set -- $paths
fi

# shellcheck disable=SC2016 # the program of awk
search='
function fail(message) { print message > "/dev/stderr"; status = 2; exit }

# "a b" -> any white space between; the match must not continue a word
function expression(text) {
    gsub(/ /, "[ \t]+", text)
    return text
}

function read_words(file,    line, part, cased) {
    while ((getline line < file) > 0) {
        if (line == "[case]") { cased = 1; continue }
        if (line ~ /^#/ || line == "") continue
        if (split(line, part, "\t") != 2) fail(file ": a line without a tab: " line)
        pattern[++patterns] = expression(part[1])
        better[patterns] = part[2]
        is_cased[patterns] = cased
    }
    close(file)
    if (patterns == 0) fail(file ": no words")
}

function read_allowed(file,    line, part) {
    while ((getline line < file) > 0) {
        if (line ~ /^#/ || line == "") continue
        if (split(line, part, "\t") != 3) fail(file ": expected FILE, phrase and reason, with tabs between: " line)
        allow_file[++allows] = part[1]
        allow_text[allows] = tolower(part[2])
    }
    close(file)
}

# Replace an allowed phrase by as many dots.
function allow(text,    i, at, low, dots) {
    for (i = 1; i <= allows; i++) {
        if (allow_file[i] != "*" && allow_file[i] != FILENAME) continue
        low = tolower(text)
        while ((at = index(low, allow_text[i])) > 0) {
            used[i] = 1
            dots = allow_text[i]
            gsub(/./, ".", dots)
            text = substr(text, 1, at - 1) dots substr(text, at + length(dots))
            low = tolower(text)
        }
    }
    return text
}

# The prose of one line of this kind of file.
function prose(line) {
    if (kind == "md") return markdown(line)
    if (kind == "man") return manual(line)
    if (kind == "make") return line ~ /^## / ? substr(line, 4) : ""
    if (kind == "mnn") return line ~ /#/ ? substr(line, index(line, "#") + 1) : ""
    return c_text(line)
}

function markdown(line) {
    if (line ~ /^```/) { fenced = !fenced; return "" }
    if (line ~ /^<!-- tables:/) generated = 1 # checked at its source, compiler/lang/*.def
    if (line ~ /^<!-- end/) generated = 0
    if (fenced || generated || line ~ /^<!--/) return ""
    if (open_code) { # code that began on the line before
        if (line !~ /`/) return ""
        sub(/^[^`]*`/, "x", line)
        open_code = 0
    }
    gsub(/`[^`]*`/, "x", line)
    if (line ~ /`/) { open_code = 1; sub(/`.*/, "x", line) }
    gsub(/\]\([^)]*\)/, "]", line)
    gsub(/\*\*/, "", line)
    return line
}

function manual(line) {
    if (line ~ /^\.nf/) fenced = 1
    if (line ~ /^\.fi/) fenced = 0
    if (fenced || line ~ /^\.(\\"|TH|B$)/ || line ~ /^@/) return ""
    sub(/^\.[A-Za-z]+ */, "", line)
    gsub(/\\f./, "", line)
    gsub(/\\-/, "-", line)
    gsub(/\\&/, "", line)
    return line
}

# Characters of strings or comments; what is neither becomes blanks. A comment may go over several lines.
function c_text(line,    out, i, c, two, n) {
    if (line ~ /^#include/) return ""
    out = ""
    n = length(line)
    for (i = 1; i <= n; i++) {
        c = substr(line, i, 1)
        two = substr(line, i, 2)
        if (comment) {
            if (two == "*/") { comment = 0; i++; c = "  " }
            out = out (takes_comments ? c : " ")
        } else if (text) {
            if (c == "\\") { i++; c = two == "\\n" ? "  " : "xx" }
            else if (c == "\"") { text = 0; c = " " }
            out = out (takes_strings ? c : " ")
        } else if (two == "/*") { comment = 1; i++; out = out "  " }
        else if (two == "//") { out = out (takes_comments ? substr(line, i + 2) : ""); break }
        else if (c == "\"") { text = 1; out = out "|" }
        else if (c == "\047") { i += substr(line, i + 1, 1) == "\\" ? 3 : 2; out = out " " }
        else out = out " "
    }
    text = 0
    sub(/^ *\* /, " ", out)
    if (takes_strings && !comment && line !~ /"[ \t\\]*$/) out = out "|" # the next string is another one
    return out
}

# Report what begins on the line before; the line after may continue it.
function search_line(before, after,    i, window, low, rest, from, at, after_match, found, re) {
    sub(/^[ \t*|-]+/, " ", after)
    window = " " before " " after " "
    low = tolower(window)
    for (i = 1; i <= patterns; i++) {
        re = pattern[i]
        rest = is_cased[i] ? window : low
        if (is_cased[i] && re ~ /^\^/) re = "(^ *|[.!|] +|^ *([-*#|>]|[0-9]+\\.)+ +)" substr(re, 2)
        else re = "[^a-z_`-](" re ")"
        re = re "[^A-Za-z0-9_`-]"
        from = 0
        while (match(rest, re)) {
            found = substr(window, from + RSTART, RLENGTH)
            at = from + RSTART + match(found, /[A-Za-z0-9]/) - 1
            gsub(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/, "", found)
            if (at > length(before) + 1) break
            after_match = at + length(found) - 1
            gsub(/[ \t]+/, " ", found)
            printf "%s:%d: \"%s\" -> %s\n", name, number, found, better[i]
            count++
            from = after_match
            rest = substr(is_cased[i] ? window : low, from + 1)
        }
    }
}

function flush_line() {
    if (name != "" && number > 0) search_line(held, "")
    held = ""
    number = 0
}

BEGIN { read_words(words); read_allowed(allowed) }

FNR == 1 {
    flush_line()
    name = FILENAME
    fenced = generated = open_code = comment = text = 0
    kind = name ~ /\.md$/ ? "md" : name ~ /\.[1-8]$/ ? "man" : name ~ /\.mnn$/ ? "mnn" : "c"
    if (name ~ /(Makefile|\.mk)$/) kind = "make"
    takes_comments = name ~ /\.(h|def)$/
    takes_strings = name !~ /\.h$/
    files++
}

{
    now = allow(prose($0))
    if (number > 0) search_line(held, now)
    held = now
    number = FNR
}

END {
    if (status) exit status
    flush_line()
    if (all == "yes")
        for (i = 1; i <= allows; i++)
            if (!used[i]) {
                printf "%s: \"%s\" of %s is allowed but does not occur: remove the line\n", allowed, allow_text[i], allow_file[i]
                count++
            }
    if (count > 0) printf "english: %d to mend; scripts/english/words has the list\n", count
    else printf "english: %d passed, 0 failed\n", files
    exit count > 0
}'
# LC_ALL: one byte is one character in every awk
LC_ALL=C awk -v words="$words" -v allowed="$allowed" -v all="$all" "$search" "$@"
