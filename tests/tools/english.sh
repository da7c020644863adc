#!/bin/sh
# Whether scripts/english.sh finds what it must, in every kind of file, and nothing else.
# Usage: tests/tools/english.sh
set -u
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
quiet=yes
make_work
log=$work/log
shown=$log
cd "$work" || exit 2

# finds FILE EXPECTED...: the lines that are reported of a file, without its name
finds() {
    file=$1
    shift
    printf '%s\n' "$@" | sort >expected
    "$root/scripts/english.sh" "$file" >said 2>&1
    [ $? -eq 1 ] || fail "$file: accepted"
    sed -n "s/^$file:\([0-9]*: \"[^\"]*\"\).*/\1/p" said | sort >found
    if diff -u expected found >"$log"; then ok; else fail "$file: something else is reported"; fi
}

# accepts FILE
accepts() {
    if "$root/scripts/english.sh" "$1" >"$log" 2>&1; then ok; else fail "$1: refused"; fi
}

cat >page.md <<'END'
# What is it

The layer behind it draws pictures. `behind` is code, [behind](behind.md) is text, and so
is this: one row a sample, so
many rows. It doesn't work. Nothing is told twice.

```sh
echo behind
```

| What | Who is asked |
|---|---|
| it lies | promised by strangers; `code that
goes behind` ends |
END
finds page.md '1: "What"' '3: "behind"' '3: "pictures"' '3: "behind"' '4: "row a sample"' '4: "so many"' '5: "doesn'\''t"' \
    '5: "is told"' '11: "What"' '11: "Who"' '13: "strangers"' '13: "it lies"' '13: "promised"'

cat >table.def <<'END'
/* rows of pictures */
LAYER(PICTURES, "pictures", 'b', "the share of the \"numbers\" behind")
END
finds table.def '1: "pictures"' '2: "behind"' '2: "pictures"' '2: "the share"'

cat >options.c <<'END'
/* behind */
#include "behind.h"
static const char behind[] = "steps an epoch"; // behind
static const char *two[] = {f("one line"),
    "a layer", "a picture of so "
    "many"};
END
finds options.c '3: "steps an epoch"' '5: "picture"' '5: "so many"'

cat >public.h <<'END'
/** The picture,
 *  whole or not
 *  at all. */
void behind(const char *picture); /* "so many" */
END
finds public.h '1: "picture"' '2: "whole or not at all"' '4: "so many"'

cat >model.mnn <<'END'
model behind { # goes on
}
END
finds model.mnn '1: "goes on"'

cat >Makefile <<'END'
# behind
## fuzz              an hour a target, so many
behind:
END
finds Makefile '2: "so many"'

cat >manual.1 <<'END'
.B picture
.nf
behind
.fi
It stands in
.IR place ;
every
.B number
counts.
END
finds manual.1 '1: "picture"' '5: "stands"' '7: "every number"'

cat >good.md <<'END'
# Images

If a value is shared, it is stored once per layer. In place of `behind`, the pages say "after". See share/mnn.
END
accepts good.md

# what is allowed, and what is allowed for nothing
printf 'page.md\tbehind it\ta reason\n' >some
ENGLISH_ALLOWED=some "$root/scripts/english.sh" page.md >said
if grep -q '^page.md:3: "pictures"' said && [ "$(grep -c '^page.md:3: "behind"' said)" -eq 1 ]; then ok; else fail "an allowed phrase"; fi
printf 'README.md\tno such phrase at all\ta reason\n' >>some
ENGLISH_ALLOWED=$work/some "$root/scripts/english.sh" >"$log"
if [ $? -eq 1 ] && grep -q '"no such phrase at all" of README.md is allowed but does not occur' "$log"; then ok; else fail "an idle exception"; fi
printf 'README.md behind\n' >some
ENGLISH_ALLOWED=some "$root/scripts/english.sh" good.md >"$log" 2>&1
if [ $? -eq 2 ]; then ok; else fail "an exception without a reason"; fi
: >none
ENGLISH_WORDS=none "$root/scripts/english.sh" good.md >"$log" 2>&1
if [ $? -eq 2 ]; then ok; else fail "a list without words"; fi
finish english
