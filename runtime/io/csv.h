/* Rows and cells of CSV files: RFC 4180 and the habits of spreadsheets.
 *
 * Not libcsv: it has no pkg-config file, calls a function per character, and reports no positions, which every refusal
 * here needs; the grammar is a page. */
#ifndef MNN_IO_CSV_H
#define MNN_IO_CSV_H

#include "io/stream.h"

/** A cell; its text ends with a NUL and stays until the next row is read. */
typedef struct mnn_csv_cell {
    char *text;
    size_t length;
    bool quoted;
} mnn_csv_cell;

/** An open file and its last row. */
typedef struct mnn_csv {
    mnn_stream stream;
    char separator;
    mnn_csv_cell *cells; /* [count] of the row; 0: the end of the file */
    size_t count;
    uint64_t line; /* of the row's first cell, from 1 */
    /* the rest is of csv.c */
    size_t room;        /* for cells */
    char *buffer;       /* [size + 1] */
    size_t size, begin; /* begin: of the next row */
    size_t end;         /* of what has been read */
    bool ended;         /* nothing is left in the stream */
    uint64_t next_line;
} mnn_csv;

/** Open a file, plain or gzipped, in UTF-8 with or without BOM.
 *  @param separator  ',', ';', '\t' or '|'; '\0': the one of these that is most frequent in the first line
 *  @return MNN_OK, close with mnn_csv_close(); MNN_EIO; MNN_EFORMAT, also for files of other kinds by name: "UTF-16
 *          text"; MNN_ENOMEM */
mnn_status mnn_csv_open(mnn_csv *c, const char *path, char separator, mnn_error *err);
void mnn_csv_close(mnn_csv *c);

/** Read the next row. A row ends with LF, CRLF or CR outside quotes; lines without any character are skipped. In quotes
 * a doubled quote is a quote; a quote inside a cell without quotes is a character like others.
 *  @return MNN_OK, with count 0 at the end; MNN_EIO; MNN_EFORMAT a NUL byte, a quote that is not closed, text after a
 *          closing quote, a row of more than 64 MiB; MNN_ENOMEM */
mnn_status mnn_csv_row(mnn_csv *c, mnn_error *err);

/** "path: line 7, column 3: ..." for a cell of the last row.
 *  @param column  from 0
 *  @return MNN_EFORMAT */
mnn_status mnn_csv_fail(const mnn_csv *c, size_t column, mnn_error *err, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

typedef enum mnn_csv_value {
    MNN_CSV_NUMBER,
    MNN_CSV_MISSING, /* empty, or one of the usual spellings: NA, N/A, NaN, null, none, #N/A, ?, - */
    MNN_CSV_TEXT,
    MNN_CSV_HUGE /* a number that is not a finite float: 1e400, inf */
} mnn_csv_value;

/** Read a cell as a number, with blanks around it; correctly rounded to double, then to float.
 *  @param decimal  the decimal mark, '.' or ','
 *  @param out      filled for MNN_CSV_NUMBER */
mnn_csv_value mnn_csv_number(const mnn_csv_cell *cell, char decimal, float *out);

#endif
