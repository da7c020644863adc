/* See habits.h. */
#include "syntax/habits.h"

#include <stdbool.h>
#include <string.h>

typedef struct habit {
    const char *text;
    const char *hint;
} habit;

static const habit characters[] = {
    {":", "a setting or an argument is written name = value, a block NAME { ... }"},
    {";", "a statement ends with its line"},
    {".", "names have no dots: write Keras's words alone, as in optimizer = adam(0.001)"},
    {"^", "a power is written with \"**\""},
    {"%", "there is no \"%\": write 0.2 for 20 percent"},
    {"|", "write one layer per line, in order"},
    {"<", "write one layer per line, in order"},
    {">", "write one layer per line, in order"},
    {"!", "a comment begins with \"#\""},
    {"@", "there are no decorators and no matrix products"},
    {"$", "a constant is used by its name alone"},
    {"\\", "inside ( ) and [ ] a line can be broken anywhere"},
    {"'", "strings are written in double quotes: \"...\""},
    {"`", "strings are written in double quotes: \"...\""},
    {"\xE2\x80\x9C", "strings are written in plain double quotes: \"...\""},
    {"\xE2\x80\x9D", "strings are written in plain double quotes: \"...\""},
    {"\xE2\x80\x9E", "strings are written in plain double quotes: \"...\""},
    {"\xE2\x80\x98", "strings are written in plain double quotes: \"...\""},
    {"\xE2\x80\x99", "strings are written in plain double quotes: \"...\""},
    {"\xE2\x88\x92", "a minus is the plain \"-\""},
    {"\xE2\x80\x93", "a minus is the plain \"-\""},
    {"\xC3\x97", "a product is written with \"*\""},
    {"\xC2\xA0", "this is a no-break space; write a plain one"},
};

/* Method calls of Keras, from the dot. */
static const habit methods[] = {
    {".add(", "layers are written in the model block, one per line: model NAME { dense(10) }"},
    {".compile(", "loss, optimizer and metrics are settings: train { loss = mse }"},
    {".fit(", "epochs and batch_size are settings: train { epochs = 5 }"},
    {".summary(", "mnnc --emit=summary shows the layers"},
    {".evaluate(", "the generated program has a command evaluate"},
    {".predict(", "the generated program has a command predict"},
    {".save(", "the generated program has an option --save"},
    {".load_data(", "the data block names the files: train = idx(images, labels)"},
};

static const char python[] = "this is not Python: a file holds the blocks data, model and train";

static const habit words[] = {
    {"import", python}, {"from", python},
    {"def", python},    {"class", python},
    {"print", python},  {"return", python},
    {"lambda", python}, {"assert", python},
    {"with", python},   {"for", "repeat(n) { ... } repeats layers"},
};

static const habit operators[] = {
    {"//", "a comment begins with \"#\", and a division is one \"/\""},
    {"/*", "a comment begins with \"#\" and ends with its line"},
    {"==", "a value is given with one \"=\""},
    {"->", "write one layer per line, in order"},
    {"+=", "a constant is defined once, with \"=\""},
    {"*=", "a constant is defined once, with \"=\""},
};

const char *habit_of_character(const char *text, size_t length)
{
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
        if (strncmp(text, methods[i].text, strlen(methods[i].text)) == 0)
            return methods[i].hint;
    for (size_t i = 0; i < sizeof characters / sizeof characters[0]; i++) {
        const size_t n = strlen(characters[i].text);
        if (n <= length && memcmp(text, characters[i].text, n) == 0)
            return characters[i].hint;
    }
    /* the letters of Europe begin with these bytes in UTF-8 */
    const bool is_letter = length > 0 && (unsigned char)text[0] >= 0xC3 && (unsigned char)text[0] <= 0xD4;
    return is_letter ? "names consist of the letters a to z, digits and \"_\"" : NULL;
}

const char *habit_of_word(const char *word)
{
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(words[i].text, word) == 0)
            return words[i].hint;
    return NULL;
}

const char *habit_of_operator(const char *text, const char *at)
{
    for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++) {
        const size_t n = strlen(operators[i].text);
        if (strncmp(at, operators[i].text, n) == 0 || (at > text && strncmp(at - 1, operators[i].text, n) == 0))
            return operators[i].hint;
    }
    return NULL;
}
