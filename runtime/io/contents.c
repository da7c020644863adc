/* The table of what files are. */
#define _POSIX_C_SOURCE 200809L

#include "io/contents.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/file.h"
#include "base/report.h"
#include "base/utf8.h"

/* Something with a function to tell it has no bytes here. */
typedef struct contents {
    const char *name;
    size_t at, length; /* where the bytes are that tell it */
    const char *bytes;
    bool (*is)(const mnn_head *head);
    const char *hint;    /* whatever was expected */
    const char *weights; /* where weights were */
} contents;

static bool has(const mnn_head *head, size_t at, const char *bytes, size_t length)
{
    return head->size >= at + length && memcmp(head->bytes + at, bytes, length) == 0;
}

static bool holds(const mnn_head *head, const char *text)
{
    const size_t length = strlen(text);
    for (size_t i = 0; i + length <= head->size; i++)
        if (memcmp(head->bytes + i, text, length) == 0)
            return true;
    return false;
}

/* --- what takes more than a few bytes ----------------------------------------------------------------- */

static bool is_idx(const mnn_head *head)
{
    const unsigned char *b = head->bytes;
    return head->size >= 4 && b[0] == 0 && b[1] == 0 && (b[2] == 8 || b[2] == 9 || (b[2] >= 0x0B && b[2] <= 0x0E)) &&
           b[3] >= 1 && b[3] <= 8;
}

/* The length of a header below 4 GiB, then the header, which is JSON. */
static bool is_safetensors(const mnn_head *head)
{
    return has(head, 4, "\0\0\0\0{", 5);
}

static bool is_zip(const mnn_head *head)
{
    return has(head, 0, "PK\3\4", 4) || has(head, 0, "PK\5\6", 4);
}

static bool is_npz(const mnn_head *head)
{
    const size_t length = head->size > 30 ? (size_t)head->bytes[26] | (size_t)head->bytes[27] << 8 : 0;
    return is_zip(head) && length > 4 && has(head, 30 + length - 4, ".npy", 4);
}

/* torch.save() has a folder with data.pkl. */
static bool is_torch(const mnn_head *head)
{
    return (is_zip(head) && (holds(head, "/data.pkl") || holds(head, "/.format_version"))) ||
           has(head, 0, "\x80\x02\x8A\x0A\x6C\xFC\x9C\x46\xF9", 9);
}

static bool is_keras(const mnn_head *head)
{
    return is_zip(head) && (has(head, 30, "metadata.json", 13) || has(head, 30, "config.json", 11) ||
                            has(head, 30, "model.weights.h5", 16));
}

/* A pickle of protocol 2 to 5 begins with its number. */
static bool is_pickle(const mnn_head *head)
{
    return head->size >= 3 && head->bytes[0] == 0x80 && head->bytes[1] >= 2 && head->bytes[1] <= 5;
}

/* The version of the format as a varint, then the name of the program that made it, or another field of ModelProto. */
static bool is_onnx(const mnn_head *head)
{
    const unsigned char *b = head->bytes;
    return head->size >= 8 && b[0] == 0x08 && b[1] >= 1 && b[1] < 32 &&
           ((b[2] == 0x12 && b[3] > 0 && b[3] < 64) || b[2] == 0x3A || b[2] == 0x42);
}

static bool begins_with(const mnn_head *head, const char *word)
{
    size_t at = has(head, 0, "\xEF\xBB\xBF", 3) ? 3 : 0;
    while (at < head->size && isspace(head->bytes[at]))
        at++;
    const size_t length = strlen(word);
    return head->size - at >= length && strncasecmp((const char *)head->bytes + at, word, length) == 0;
}

static bool is_html(const mnn_head *head)
{
    return begins_with(head, "<!doctype html") || begins_with(head, "<html") || begins_with(head, "<head") ||
           begins_with(head, "<body");
}

static bool is_svg(const mnn_head *head)
{
    return begins_with(head, "<svg") || (begins_with(head, "<?xml") && holds(head, "<svg"));
}

static bool is_xml(const mnn_head *head)
{
    return begins_with(head, "<?xml");
}

/* Well-formed UTF-8 without controls; a character that the head cuts does not count. */
static bool is_text(const mnn_head *head)
{
    char text[MNN_CONTENTS_HEAD + 1];
    memcpy(text, head->bytes, head->size);
    text[head->size] = '\0';
    for (size_t i = 0; i < head->size;) {
        uint32_t code = 0;
        const int length = mnn_utf8_decode(text + i, MNN_TO_NUL, &code);
        if (length == 0)
            return i > 0 && head->size == MNN_CONTENTS_HEAD && head->size - i < 4;
        if ((code < 0x20 && !isspace((int)code)) || code == 0x7F)
            return false;
        i += (size_t)length;
    }
    return head->size > 0;
}

static bool is_json(const mnn_head *head)
{
    return is_text(head) && (begins_with(head, "{") || begins_with(head, "[{") || begins_with(head, "[["));
}

static size_t count_in_line(const mnn_head *head, size_t from, char c)
{
    size_t count = 0;
    for (size_t i = from; i < head->size && head->bytes[i] != '\n'; i++)
        count += head->bytes[i] == (unsigned char)c;
    return count;
}

/* Two lines with as many separators each. */
static bool is_csv(const mnn_head *head)
{
    const unsigned char *newline = memchr(head->bytes, '\n', head->size);
    if (!is_text(head) || !newline)
        return false;
    const size_t second = (size_t)(newline - head->bytes) + 1;
    const unsigned char *end = memchr(head->bytes + second, '\n', head->size - second);
    for (const char *separator = ",;\t"; *separator; separator++) {
        const size_t count = count_in_line(head, 0, *separator), next = count_in_line(head, second, *separator);
        if (count > 0 && (count == next || second == head->size || (!end && next < count)))
            return true;
    }
    return false;
}

/* --- the table --------------------------------------------------------------------------------------- */

#define BYTES(text) .length = sizeof(text) - 1, .bytes = (text)
#define BYTES_AT(place, text) .at = (place), BYTES(text)
#define TOLD_BY(function) .is = (function)

static const char save_torch[] =
    "in Python, safetensors.torch.save_file(model.state_dict(), FILE) writes the weights, and "
    "\"import\" reads them";
static const char save_keras[] =
    "in Python, safetensors.numpy.save_file() writes the weights, and \"import\" reads them; "
    "docs/runtime.md has the line";

/* The first that fits counts. */
static const contents table[] = {
    {"an IDX file", TOLD_BY(is_idx)},
    {"a safetensors file", TOLD_BY(is_safetensors)},
    {"a PNG image", BYTES("\x89PNG\r\n\x1A\n")},
    {"a JPEG image", BYTES("\xFF\xD8\xFF")},
    {"a CSV table", TOLD_BY(is_csv)}, /* its first column may be called P5 or BMI */
    {"a PGM image", BYTES("P5")},
    {"a PGM image", BYTES("P2")},
    {"a PBM image", BYTES("P1")},
    {"a PBM image", BYTES("P4")},
    {"a PPM image", BYTES("P3")},
    {"a PPM image", BYTES("P6")},
    {"a PAM image", BYTES("P7")},
    {"a GIF image", BYTES("GIF8")},
    {"a BMP image", BYTES("BM")},
    {"a TIFF image", BYTES("II*\0")},
    {"a TIFF image", BYTES("MM\0*")},
    {"a WebP image", BYTES_AT(8, "WEBP")},
    {"an AVIF image", BYTES_AT(4, "ftypavif")},
    {"a HEIC image", BYTES_AT(4, "ftyphei")},
    {"a HEIC image", BYTES_AT(4, "ftypmif1")},
    {"a WAV file", BYTES_AT(8, "WAVE")},
    {"a PDF file", BYTES("%PDF")},
    {"a Git LFS pointer", BYTES("version https://git-lfs."),
     .hint = "a placeholder for the file; \"git lfs pull\" fetches it"},
    {"a NumPy array (.npy)", BYTES("\x93NUMPY"), .weights = save_keras},
    {"an HDF5 file", BYTES("\x89HDF\r\n\x1A\n"), .weights = save_keras},
    {"a PyTorch file", TOLD_BY(is_torch), .weights = save_torch},
    {"a Keras file (.keras)", TOLD_BY(is_keras), .weights = save_keras},
    {"NumPy arrays (.npz)", TOLD_BY(is_npz), .weights = save_keras},
    {"a ZIP archive", TOLD_BY(is_zip)},
    {"a Python pickle", TOLD_BY(is_pickle), .weights = save_torch},
    {"a gzip file", BYTES("\x1F\x8B"), .weights = "unpack it with gunzip"},
    {"a bzip2 file", BYTES("BZh"), .hint = "unpack it with bunzip2"},
    {"an XZ file", BYTES("\xFD\x37zXZ"), .hint = "unpack it with unxz"},
    {"a Zstandard file", BYTES("\x28\xB5\x2F\xFD"), .hint = "unpack it with unzstd"},
    {"a 7-Zip archive", BYTES("7z\xBC\xAF\x27\x1C")},
    {"a RAR archive", BYTES("Rar!")},
    {"a tar archive", BYTES_AT(257, "ustar")},
    {"a TensorFlow Lite model", BYTES_AT(4, "TFL3")},
    {"a GGUF file", BYTES("GGUF")},
    {"a MATLAB file", BYTES("MATLAB 5.0 MAT-file")},
    {"a Parquet file", BYTES("PAR1")},
    {"an SQLite database", BYTES("SQLite format 3")},
    {"an executable program", BYTES("\x7F"
                                    "ELF")},
    {"UTF-16 text", BYTES("\xFF\xFE")},
    {"UTF-16 text", BYTES("\xFE\xFF")},
    {"an ONNX model", TOLD_BY(is_onnx)},
    {"an SVG image", TOLD_BY(is_svg)},
    {"an HTML page", TOLD_BY(is_html), .hint = "a failed download often leaves such a page instead of the file"},
    {"an XML file", TOLD_BY(is_xml)},
    {"JSON", TOLD_BY(is_json)},
    {"a text file", TOLD_BY(is_text)},
};

static const contents *find(const mnn_head *head)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        const contents *c = &table[i];
        if (c->is ? c->is(head) : has(head, c->at, c->bytes, c->length))
            return c;
    }
    return NULL;
}

/* --- for readers ------------------------------------------------------------------------------------- */

static const struct {
    const char *is_not, *more; /* of the message */
    bool (*is)(const mnn_head *head);
} expectations[] = {
    [MNN_EXPECT_IDX] = {"an IDX file", ", expected 0x00 0x00", is_idx},
    [MNN_EXPECT_NPY] = {"a NumPy array (.npy)", ", expected 0x93 0x4E", NULL},
    [MNN_EXPECT_NPZ] = {"NumPy arrays (.npz)", ", expected 0x50 0x4B", NULL},
    [MNN_EXPECT_CSV] = {"a CSV table", "", NULL},
    [MNN_EXPECT_SAFETENSORS] = {"a safetensors file", "", is_safetensors},
    [MNN_EXPECT_IMAGE] = {"a PNG, JPEG or PGM image", "", NULL},
    [MNN_EXPECT_SAMPLES] = {"an image or a file of samples", "", is_idx},
};

mnn_status mnn_head_read(mnn_head *head, int fd, const char *path, mnn_error *err)
{
    *head = (mnn_head){0};
    if (lseek(fd, 0, SEEK_SET) != 0)
        return mnn_fail_errno(err, path, "could not seek to its start", errno);
    const mnn_status status = mnn_file_read(fd, path, head->bytes, sizeof head->bytes, &head->size, err);
    if (status == MNN_OK && lseek(fd, 0, SEEK_SET) != 0)
        return mnn_fail_errno(err, path, "could not seek to its start", errno);
    return status;
}

const char *mnn_contents_of(const mnn_head *head, mnn_expected expected)
{
    const contents *c = expectations[expected].is && expectations[expected].is(head) ? NULL : find(head);
    return c ? c->name : NULL;
}

mnn_status mnn_fail_contents(mnn_error *err, const char *path, const mnn_head *head, mnn_expected expected, bool packed)
{
    const contents *c = mnn_contents_of(head, expected) ? find(head) : NULL;
    const char *hint = !c ? NULL : c->hint ? c->hint : expected == MNN_EXPECT_SAFETENSORS ? c->weights : NULL;
    char got[MNN_CONTENTS_TEXT];
    if (c)
        snprintf(got, sizeof got, "%s%s", packed ? "gzip of " : "", c->name);
    else
        snprintf(got, sizeof got, "0x%02X 0x%02X", head->size > 0 ? head->bytes[0] : 0,
                 head->size > 1 ? head->bytes[1] : 0);
    return mnn_fail_at(err, MNN_EFORMAT, path, 0, "not %s (got %s%s)%s%s", expectations[expected].is_not, got,
                       c ? "" : expectations[expected].more, hint ? "\nhint: " : "", hint ? hint : "");
}
