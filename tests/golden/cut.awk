# The sections NAMES (a list of words) of a generated C file, in the order of the file. A section stands between empty
# lines and defines the name at the beginning of a line: a function with the comment before it, a table, a group of
# pointers. Exit code 1, and a word about it, when one is not there.
# Usage: awk -v names=NAMES -f cut.awk FILE.c
BEGIN {
    RS = ""
    count = split(names, wanted, " ")
}

{
    found = 0
    for (i = 1; i <= count; i++)
        if (("\n" $0) ~ ("\n[a-z][^\n]*[ *]" wanted[i] "(\\(|\\[| =)"))
            found = seen[i] = 1
    if (found)
        print (sections++ ? "\n" : "") $0
}

END {
    for (i = 1; i <= count; i++)
        if (!seen[i]) {
            print "no section defines \"" wanted[i] "\"" >"/dev/stderr"
            missing = 1
        }
    if (!count)
        print "no section is named" >"/dev/stderr"
    exit (missing || !count)
}
