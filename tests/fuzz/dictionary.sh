#!/bin/sh
# A dictionary for libFuzzer on standard output: the words of the language out of the tables of compiler/lang,
# and the signs of the grammar. Usage: dictionary.sh COMPILER_FOLDER
set -eu
cat "$1"/lang/*.def | grep -o '"[a-z_0-9A-Z][a-z_0-9A-Z]*"' | sort -u
sed -n 's/^%token.* \("[^" ]*"\)$/\1/p' "$1/syntax/parse.y" | grep -v '\\' | sort -u
printf '"%s"\n' '(' ')' '[' ']' '{' '}' '=' ',' '+' '-' '*' '/' '**' '//' '%' '#' 'idx(' 'repeat(' '\"' '\\\\' \
    '\\n' '\\xff' ':' ';' 'keras.' 'True' 'None' 'Sequential([' 'input_shape=' 'from_logits=True' 'callbacks' \
    'validation_split' 'verbose' 'compile(' 'fit(' '1e30' '9223372036854775807' '-1' '0' '1/255' 'name='
