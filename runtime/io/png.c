/* PNG images through libpng. Rows are made grey, or RGB, as they come, also those of interlaced files, so that
 * besides the result only one row is in memory, and where there is any the transparency. */
#include <inttypes.h>
#include <png.h>
#include <setjmp.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/report.h"
#include "io/exif.h"
#include "io/gzip.h"
#include "io/picture.h"

/* All that lives across a longjmp of libpng's error callback. */
typedef struct png_job {
    const mnn_picture *file;
    mnn_image *out;
    mnn_status status; /* what the jump is for */
    uint64_t offset;   /* in the file, of the next byte */
    png_structp png;
    png_infop info;
    unsigned char *row;   /* [width, channels of the file] */
    unsigned char *alpha; /* [height, width]; NULL: the file has none */
    uint64_t drawn;       /* sum of alpha ... */
    uint64_t light;       /* ... and of luma times alpha */
    jmp_buf failed;
} png_job;

/* --- callbacks ------------------------------------------------------------------------------------ */

static _Noreturn void fail(png_job *job, mnn_status status)
{
    job->status = status;
    longjmp(job->failed, 1);
}

/* Messages of libpng name the chunk: "IDAT: CRC error". */
static _Noreturn void on_error(png_structp png, png_const_charp message)
{
    png_job *job = png_get_error_ptr(png);
    char shown[120];
    fail(job, mnn_fail_at(job->file->err, MNN_EFORMAT, job->file->path, job->offset, "PNG cannot be read (%s)",
                          mnn_printable(shown, sizeof shown, message)));
}

static void on_warning(png_structp png, png_const_charp message)
{
    (void)png;
    (void)message;
}

static void on_read(png_structp png, png_bytep data, size_t size)
{
    png_job *job = png_get_io_ptr(png);
    const mnn_picture *f = job->file;
    size_t got = 0;
    const mnn_status status = mnn_file_read(f->fd, f->path, data, size, &got, f->err);
    if (status != MNN_OK)
        fail(job, status);
    job->offset += got;
    if (got == size)
        return;
    if (job->offset < f->size)
        fail(job, mnn_picture_shrunk(f, job->offset));
    fail(job, mnn_fail_at(f->err, MNN_EFORMAT, f->path, job->offset, "PNG is cut off (expected chunks up to IEND)"));
}

static png_voidp on_malloc(png_structp png, png_alloc_size_t size)
{
    png_job *job = png_get_mem_ptr(png);
    void *memory = malloc(size);
    if (!memory)
        fail(job, mnn_fail_memory(job->file->err, job->file->path, size));
    return memory;
}

static void on_free(png_structp png, png_voidp memory)
{
    (void)png;
    free(memory);
}

/* --- reading -------------------------------------------------------------------------------------- */

/* Rec. 601 */
static unsigned luma(const unsigned char *pixel, int channels)
{
    return channels >= 3 ? (299u * pixel[0] + 587u * pixel[1] + 114u * pixel[2] + 500u) / 1000u : pixel[0];
}

/* A pixel of the file over black.
 * @param at  its position in the image */
static void put_pixel(png_job *job, const unsigned char *pixel, int channels, size_t at)
{
    const int wanted = job->out->channels;
    const unsigned grey = luma(pixel, channels);
    const unsigned alpha = job->alpha ? pixel[channels - 1] : 255;
    for (int k = 0; k < wanted; k++) {
        const unsigned value = wanted == 1 ? grey : pixel[channels >= 3 ? k : 0];
        job->out->pixels[at * (size_t)wanted + (size_t)k] = (uint8_t)((value * alpha + 127u) / 255u);
    }
    if (job->alpha)
        job->alpha[at] = (unsigned char)alpha;
    job->drawn += alpha;
    job->light += grey * alpha;
}

/* Dark strokes on a transparent background would be lost on black. */
static void put_on_white(png_job *job)
{
    const mnn_image *out = job->out;
    const size_t pixels = (size_t)out->width * (size_t)out->height;
    if (job->light >= 128 * job->drawn)
        return;
    for (size_t i = 0; i < pixels; i++)
        for (int k = 0; k < out->channels; k++) {
            uint8_t *value = out->pixels + i * (size_t)out->channels + (size_t)k;
            const unsigned sum = *value + (255u - job->alpha[i]);
            *value = (uint8_t)(sum > 255 ? 255 : sum);
        }
}

/* Read the header; see that the file can hold what it claims before memory is allocated. */
static void read_header(png_job *job)
{
    const mnn_picture *f = job->file;
    enum { AT_SIZE = 16 }; /* of width and height in every PNG */
    png_read_info(job->png, job->info);
    const uint64_t width = png_get_image_width(job->png, job->info);
    const uint64_t height = png_get_image_height(job->png, job->info);
    mnn_status status = mnn_picture_check_size(f, AT_SIZE, width, height);
    if (status != MNN_OK)
        fail(job, status);
    const uint64_t packed = png_get_rowbytes(job->png, job->info) * height;
    if (packed > mnn_gzip_limit(f->size)) /* the same deflate */
        fail(job, mnn_fail_at(f->err, MNN_EFORMAT, f->path, AT_SIZE,
                              "%" PRIu64 " bytes of PNG cannot hold %" PRIu64 " x %" PRIu64 " pixels", f->size, width,
                              height));
    job->out->width = (int)width;
    job->out->height = (int)height;
}

/* Convert rows of any file to 8-bit grey, grey + alpha, RGB or RGB + alpha. */
static int set_transformations(png_job *job)
{
    png_set_expand(job->png); /* palette, 1, 2 and 4 bits, transparent colour */
    png_set_scale_16(job->png);
    png_read_update_info(job->png, job->info);
    return png_get_channels(job->png, job->info);
}

/* The rows of one of Adam7's passes, or of the whole image: pixel x of row y goes to column
 * x0 + x * dx, row y0 + y * dy. */
static void read_pass(png_job *job, int channels, int x0, int y0, int dx, int dy)
{
    const mnn_image *out = job->out;
    for (int y = y0; y < out->height && x0 < out->width; y += dy) {
        png_read_row(job->png, job->row, NULL);
        const unsigned char *pixel = job->row;
        for (int x = x0; x < out->width; x += dx, pixel += channels)
            put_pixel(job, pixel, channels, (size_t)y * (size_t)out->width + (size_t)x);
    }
}

static void read_rows(png_job *job, int channels)
{
    if (png_get_interlace_type(job->png, job->info) == PNG_INTERLACE_NONE) {
        read_pass(job, channels, 0, 0, 1, 1);
        return;
    }
    for (int pass = 0; pass < PNG_INTERLACE_ADAM7_PASSES; pass++)
        read_pass(job, channels, PNG_PASS_START_COL(pass), PNG_PASS_START_ROW(pass), PNG_PASS_COL_OFFSET(pass),
                  PNG_PASS_ROW_OFFSET(pass));
}

/* A library set to be strict: warnings about damage are errors, checksums count in all chunks, and only
 * what makes pixels is looked at (a text chunk can unpack to megabytes). */
static void set_strict(png_job *job)
{
    png_set_read_fn(job->png, job, on_read);
    png_set_benign_errors(job->png, 0);
    png_set_crc_action(job->png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
    png_set_keep_unknown_chunks(job->png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
    png_set_keep_unknown_chunks(job->png, PNG_HANDLE_CHUNK_ALWAYS, (png_const_bytep) "eXIf", 1);
}

/* @return as mnn_exif_orientation() */
static int orientation(const png_job *job)
{
    png_unknown_chunkp chunks = NULL;
    const int count = png_get_unknown_chunks(job->png, job->info, &chunks);
    return count > 0 ? mnn_exif_orientation(chunks[0].data, chunks[0].size) : 0;
}

static void read_all(png_job *job)
{
    const mnn_picture *f = job->file;
    set_strict(job);
    read_header(job);
    const int channels = set_transformations(job);
    job->row = malloc(png_get_rowbytes(job->png, job->info));
    if (!job->row)
        fail(job, mnn_fail_memory(f->err, f->path, png_get_rowbytes(job->png, job->info)));
    mnn_status status = mnn_picture_allocate(f, job->out);
    if (status != MNN_OK)
        fail(job, status);
    const size_t pixels = (size_t)job->out->width * (size_t)job->out->height;
    if (channels % 2 == 0 && !(job->alpha = malloc(pixels)))
        fail(job, mnn_fail_memory(f->err, f->path, pixels));
    read_rows(job, channels);
    png_read_end(job->png, job->info); /* eXIf may follow the pixels */
    if (job->alpha)
        put_on_white(job);
    status = mnn_picture_turn(f, job->out, orientation(job));
    if (status != MNN_OK)
        fail(job, status);
    if (job->offset < f->size)
        fail(job,
             mnn_fail_at(f->err, MNN_EFORMAT, f->path, job->offset,
                         "%" PRIu64 " bytes follow the image (expected the end of the file)", f->size - job->offset));
}

/* Here libpng's errors land. The job belongs to the caller: a longjmp leaves this function's own
 * variables undefined. */
static void run(png_job *job)
{
    if (setjmp(job->failed) != 0)
        return;
    job->png = png_create_read_struct_2(PNG_LIBPNG_VER_STRING, job, on_error, on_warning, job, on_malloc, on_free);
    job->info = job->png ? png_create_info_struct(job->png) : NULL;
    if (job->info)
        read_all(job);
    else
        job->status = mnn_fail_file(job->file->err, MNN_ENOMEM, job->file->path, "not enough memory to read PNG");
}

mnn_status mnn_png_read(const mnn_picture *file, mnn_image *out)
{
    png_job job = {.file = file, .out = out, .status = MNN_OK};
    run(&job);
    png_destroy_read_struct(&job.png, &job.info, NULL);
    free(job.row);
    free(job.alpha);
    return job.status;
}
