/* Descriptions full of hostile strings.
 *
 *   strings SEED GROUPS FOLDER    write FOLDER/0 ... FOLDER/<GROUPS - 1>
 *   strings plain FOLDER          the same description with harmless strings
 *   strings names SEED COUNT      hostile names of files, each ended by a NUL, on standard output
 *
 * A group is a folder with one description, which has a hostile file name, and the file "expected": the strings as
 * hexadecimal numbers, a line each. All strings are well-formed UTF-8 without NUL. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { STRINGS = 8, LONGEST = 120, PATH = 1024 };

/* What has broken programs that write programs, tables or pages. */
static const char *const fragments[] = {
    "\"",
    "\\",
    "*/",
    "/*",
    "//",
    "?\?/",
    "?\?=",
    "%n",
    "%s%s%s",
    "%",
    "\n",
    "\r",
    "\t",
    "\r\n",
    "'",
    "`id`",
    "$(id)",
    "${HOME}",
    ";",
    "|",
    "&&",
    "\x1b[2J",
    "\x01",
    "\x07",
    "\x7f",
    "\xc2\x80",
    "\xc2\x9b",
    "\xe2\x80\xae",
    "\xe2\x81\xa6",
    "\xe2\x80\x8b",
    "\xe2\x80\xa8",
    "\xef\xbb\xbf",
    "\xef\xbf\xbf",
    "\xc3\xa4",
    "\xe6\xbc\xa2",
    "\xf0\x9f\x98\x80",
    "#include <stdio.h>",
    "\n#define main",
    "\n#pragma",
    "_Pragma(\"x\")",
    "\"); system(\"id\"); //",
    "\\\"",
    "\\\n",
    "\\",
    "\\x41",
    "\\u0041",
    "\\0",
    "0",
    "a",
    " ",
    "  ",
    "..",
    "-rf",
    "--",
    "~",
    "</script>",
    "<!--",
    "-->",
    "]]>",
    "&amp;",
    "{}",
    "{\"a\":1}",
    "[label=\"x\"]",
    "->",
    "=cmd|' /C calc'!A0",
    ",",
    "\"\"",
    "'''",
    "\"\"\"",
    "R\"(",
    "u8\"",
    "int main(void)",
    "asm(\"hlt\")",
    "\\N{NULL}",
    "%%",
    "NULL",
    "EOF",
};

static uint64_t state;

/* xorshift64* (Vigna 2016) */
static uint32_t below(uint32_t limit)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (uint32_t)((state * 0x2545F4914F6CDD1Du) >> 32) % limit;
}

/* One to eight fragments; as a file's name without "/" and not hidden. */
static void make_string(char text[LONGEST + 1], bool file_name)
{
    text[0] = '\0';
    for (uint32_t left = 1 + below(8); left > 0; left--) {
        const char *piece = fragments[below(sizeof fragments / sizeof fragments[0])];
        if (strlen(text) + strlen(piece) < LONGEST)
            strcat(text, piece);
    }
    for (char *c = text; file_name && *c; c++)
        if (*c == '/')
            *c = '|';
    if (file_name && (text[0] == '.' || text[0] == '\0')) /* hidden, or none */
        text[0] = 'x';
}

static void make_plain(char text[LONGEST + 1], bool file_name)
{
    (void)file_name;
    memset(text, 'a', 7);
    text[7] = '\0';
}

/* As a string of the language: what may not stand in a description as it is, by its number. */
static void write_string(FILE *out, const char *text)
{
    fputc('"', out);
    for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
        if (*c == '"' || *c == '\\')
            fprintf(out, "\\%c", *c);
        else if (*c == '\n')
            fputs("\\n", out);
        else if (*c < 0x20 || *c == 0x7f)
            fprintf(out, "\\x%02x", *c);
        else if (*c == 0xc2 && c[1] < 0xa0)
            fprintf(out, "\\x%02x", *++c);
        else if ((*c == 0xe2 && (c[1] == 0x80 || c[1] == 0x81)) || (*c == 0xef && c[1] >= 0xbb)) {
            fprintf(out, "\\u%04x", (*c & 0xfu) << 12 | (c[1] & 0x3fu) << 6 | (c[2] & 0x3fu));
            c += 2;
        } else
            fputc(*c, out);
    }
    fputc('"', out);
}

static void write_hex(FILE *out, const char *text)
{
    for (const unsigned char *c = (const unsigned char *)text; *c; c++)
        fprintf(out, "%02x", *c);
    fputc('\n', out);
}

static FILE *create(const char *folder, const char *name)
{
    char path[PATH];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "wb");
    if (!f) {
        perror(path);
        exit(5);
    }
    return f;
}

static void write_description(FILE *out, char text[STRINGS][LONGEST + 1])
{
    static const char *const before[] = {"    train = idx(",         ", ", ")\n    test = idx(", ", ",
                                         ")\n    validation = idx(", ", "};
    fputs("data d {\n", out);
    for (int i = 0; i < 6; i++) {
        fputs(before[i], out);
        write_string(out, text[i]);
    }
    fputs(")\n    reshape(9)\n}\nmodel m {\n    dense(2, activation=softmax)\n}\ntrain {\n"
          "    loss = sparse_categorical_crossentropy\n    optimizer = sgd\n    csv_logger(",
          out);
    write_string(out, text[6]);
    fputs(")\n    checkpoint(", out);
    write_string(out, text[7]);
    fputs(")\n}\n", out);
}

static void write_group(const char *folder, void (*make)(char *, bool))
{
    char text[STRINGS][LONGEST + 1], name[LONGEST + 8];
    for (int i = 0; i < STRINGS; i++)
        make(text[i], false);
    make(name, true);
    strcat(name, ".mnn");
    if (mkdir(folder, 0777) != 0)
        perror(folder);
    FILE *out = create(folder, name);
    write_description(out, text);
    fclose(out);
    out = create(folder, "expected");
    for (int i = 0; i < STRINGS; i++)
        write_hex(out, text[i]);
    fclose(out);
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "plain") == 0) {
        write_group(argv[2], make_plain);
        return 0;
    }
    if (argc != 4) {
        fprintf(stderr, "usage: %s SEED GROUPS FOLDER\n", argv[0]);
        return 2;
    }
    const bool names = strcmp(argv[1], "names") == 0;
    const long count = atol(argv[names ? 3 : 2]);
    state = strtoull(argv[names ? 2 : 1], NULL, 10) * 2654435761u + 1;
    for (long i = 0; i < count; i++) {
        char text[PATH];
        if (names) {
            make_string(text, true);
            fwrite(text, 1, strlen(text) + 1, stdout);
        } else {
            snprintf(text, sizeof text, "%s/%ld", argv[3], i);
            write_group(text, make_string);
        }
    }
    return 0;
}
