/* Options of a command line, read and documented from a table: mnnc and the programs that it generates. */
#ifndef MNN_BASE_OPTION_H
#define MNN_BASE_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "mnn/status.h"

/** A number that may be absent. */
typedef struct mnn_number {
    bool given;
    uint64_t value;
} mnn_number;

/** How a value is stored in the field of an option. */
typedef enum mnn_option_kind {
    MNN_OPTION_FLAG,    /* bool: set to true */
    MNN_OPTION_TEXT,    /* const char *: not empty */
    MNN_OPTION_INTEGER, /* mnn_number: from least up to most */
    MNN_OPTION_REAL,    /* double: above 0 */
    MNN_OPTION_SIZE,    /* int64_t: bytes, with K, M or G for powers of 1024 */
    MNN_OPTION_OWN      /* by the function of the row */
} mnn_option_kind;

typedef struct mnn_option_reader mnn_option_reader;
typedef struct mnn_option mnn_option;

/** Handles the value of an option (NULL: it has none). */
typedef mnn_status mnn_option_take(mnn_option_reader *r, const mnn_option *row, const char *value);

/** One row per option, or per value of an option that its help lists one by one. */
struct mnn_option {
    const char *name;     /* "--save"; "-o": one letter */
    const char *argument; /* the value as the help shows it; NULL: none, or one of the values */
    const char *values;   /* "auto|always|never", all that this row takes; NULL: any */
    const char *help;
    mnn_option_kind kind;
    unsigned scope; /* bits: the commands that take the option */
    size_t field;   /* offset in the reader's target */
    uint64_t least, most;
    mnn_option_take *take;
};

struct mnn_option_reader {
    const mnn_option *rows;
    int count;
    void *target;        /* the structure whose fields are set */
    const char *command; /* the chosen command, for messages ... */
    unsigned scope;      /* ... and its bit */
    bool once;           /* a text may be given once; false: the last one counts */
    char hint[192];      /* "mnnc --help" */
    mnn_error *err;
};

/** The row of a word: "--save", "--save=x", "-ox", or the beginning of one name only. Of several rows of one name, the
 *  first of the reader's scope.
 *  @return NULL if there is none, or if the word is the beginning of several names */
const mnn_option *mnn_option_find(const mnn_option_reader *r, const char *word);

/** Whether a value belongs to it: after "=" or in the next word; after a single letter it may also follow directly. */
bool mnn_option_has_value(const mnn_option *row);

/** Read the option at argv[*i], and store its value; *i moves on if the next word is the value.
 *  @param row  set to the option; may be NULL
 *  @return MNN_OK; MNN_EUSAGE; the status of a function take() */
mnn_status mnn_option_read(mnn_option_reader *r, int argc, char **argv, int *i, const mnn_option **row);

/** A usage error, followed by the reader's hint.
 *  @return MNN_EUSAGE */
mnn_status mnn_option_fail(const mnn_option_reader *r, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** A line of help: what, its explanation from column 23 on, broken into lines of at most 80 columns. */
void mnn_option_line(FILE *out, const char *what, const char *help);

/** The line of an option.
 *  @param between  between a name and its value: "=" or " "; always " " after a letter */
void mnn_option_help(FILE *out, const mnn_option *row, const char *between);

#endif
