/* JPEG images through libjpeg-turbo: baseline and progressive, grey, YCbCr or RGB, rotated as EXIF says. Anything that
 * libjpeg only warns of, and replaces by pixels of its own, is an error here. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h>

#include <jerror.h>

#include "base/file.h"
#include "base/report.h"
#include "io/exif.h"
#include "io/picture.h"

enum { CHUNK = 16 * 1024, MOST_SCANS = 100, MOST_MARKER = 0xFFFF };

/* State that outlives a longjmp of libjpeg's error callback. */
typedef struct jpeg_job {
    struct jpeg_decompress_struct jpeg; /* client_data leads back here */
    struct jpeg_error_mgr errors;
    struct jpeg_source_mgr source;
    struct jpeg_progress_mgr progress;
    const mnn_picture *file;
    mnn_image *out;
    mnn_status status; /* reason of the jump */
    uint64_t offset;   /* in the file, of the byte after the chunk */
    jmp_buf failed;
    unsigned char chunk[CHUNK];
} jpeg_job;

/* --- callbacks ------------------------------------------------------------------------------------ */

static _Noreturn void fail(jpeg_job *job, mnn_status status)
{
    job->status = status;
    longjmp(job->failed, 1);
}

static uint64_t position(const jpeg_job *job)
{
    return job->offset - job->source.bytes_in_buffer;
}

static _Noreturn void on_error(j_common_ptr jpeg)
{
    jpeg_job *job = jpeg->client_data;
    const mnn_picture *f = job->file;
    char message[JMSG_LENGTH_MAX], shown[JMSG_LENGTH_MAX];
    if (jpeg->err->msg_code == JERR_OUT_OF_MEMORY)
        fail(job, mnn_fail_file(f->err, MNN_ENOMEM, f->path, "not enough memory to read JPEG"));
    jpeg->err->format_message(jpeg, message);
    fail(job, mnn_fail_at(f->err, MNN_EFORMAT, f->path, position(job), "JPEG cannot be read (%s)",
                          mnn_printable(shown, sizeof shown, message)));
}

/* A negative level is damage that libjpeg would paint over. The revision in a JFIF marker changes no pixel. */
static void on_message(j_common_ptr jpeg, int level)
{
    if (level < 0 && jpeg->err->msg_code != JWRN_JFIF_MAJOR)
        on_error(jpeg);
}

static void on_output(j_common_ptr jpeg)
{
    (void)jpeg;
}

/* Each scan of a progressive image goes through all of its blocks, however short the scan is. */
static void on_progress(j_common_ptr jpeg)
{
    jpeg_job *job = jpeg->client_data;
    const mnn_picture *f = job->file;
    if (job->jpeg.input_scan_number > MOST_SCANS)
        fail(job,
             mnn_fail_at(f->err, MNN_EFORMAT, f->path, position(job), "JPEG has more than %d scans", (int)MOST_SCANS));
}

static void on_source(j_decompress_ptr jpeg)
{
    (void)jpeg;
}

static boolean on_fill(j_decompress_ptr jpeg)
{
    jpeg_job *job = jpeg->client_data;
    const mnn_picture *f = job->file;
    size_t got = 0;
    job->source.bytes_in_buffer = 0;
    const mnn_status status = mnn_file_read(f->fd, f->path, job->chunk, CHUNK, &got, f->err);
    if (status != MNN_OK)
        fail(job, status);
    if (got == 0 && job->offset < f->size)
        fail(job, mnn_picture_shrunk(f, job->offset));
    if (got == 0)
        fail(job, mnn_fail_at(f->err, MNN_EFORMAT, f->path, job->offset,
                              "JPEG is cut off (expected its data up to the end marker)"));
    job->offset += got;
    job->source.next_input_byte = job->chunk;
    job->source.bytes_in_buffer = got;
    return TRUE;
}

static void on_skip(j_decompress_ptr jpeg, long count)
{
    struct jpeg_source_mgr *source = jpeg->src;
    while (count > (long)source->bytes_in_buffer) {
        count -= (long)source->bytes_in_buffer;
        on_fill(jpeg);
    }
    if (count > 0) {
        source->next_input_byte += count;
        source->bytes_in_buffer -= (size_t)count;
    }
}

/* --- reading -------------------------------------------------------------------------------------- */

/* @return the name of a kind of colour that cannot be read, or NULL */
static const char *refused_colour(J_COLOR_SPACE colour)
{
    switch (colour) {
    case JCS_GRAYSCALE:
    case JCS_YCbCr:
    case JCS_RGB:
        return NULL;
    case JCS_CMYK:
    case JCS_YCCK:
        return "CMYK";
    default:
        return "unknown colours";
    }
}

/* Every block of an image takes at least one bit, its mean; arithmetic coding, which can do with less, is refused. */
static uint64_t least_bytes(const struct jpeg_decompress_struct *jpeg)
{
    uint64_t blocks = 0;
    for (int i = 0; i < jpeg->num_components; i++)
        blocks += (uint64_t)jpeg->comp_info[i].width_in_blocks * jpeg->comp_info[i].height_in_blocks;
    return blocks / 8;
}

/* Read the header; see that the file can hold what it claims before memory is allocated. */
static void read_header(jpeg_job *job)
{
    const mnn_picture *f = job->file;
    struct jpeg_decompress_struct *jpeg = &job->jpeg;
    jpeg_save_markers(jpeg, JPEG_APP0 + 1, MOST_MARKER);
    jpeg_read_header(jpeg, TRUE);
    const uint64_t at = position(job);
    const char *colour = refused_colour(jpeg->jpeg_color_space);
    const mnn_status status = mnn_picture_check_size(f, at, jpeg->image_width, jpeg->image_height);
    if (status != MNN_OK)
        fail(job, status);
    if (colour)
        fail(job, mnn_fail_at(f->err, MNN_EFORMAT, f->path, at, "colours of the JPEG (got %s, expected grey or RGB)",
                              colour));
    if (jpeg->arith_code)
        fail(job, mnn_fail_at(f->err, MNN_EFORMAT, f->path, at,
                              "coding of the JPEG (got arithmetic coding, expected Huffman coding)"));
    if (least_bytes(jpeg) > f->size)
        fail(job, mnn_fail_at(f->err, MNN_EFORMAT, f->path, at, "%" PRIu64 " bytes of JPEG cannot hold %u x %u pixels",
                              f->size, jpeg->image_width, jpeg->image_height));
    job->out->width = (int)jpeg->image_width;
    job->out->height = (int)jpeg->image_height;
}

/* A progressive image is done when all of its components had a scan with their means. */
static void check_scans(jpeg_job *job)
{
    const struct jpeg_decompress_struct *jpeg = &job->jpeg;
    const mnn_picture *f = job->file;
    for (int i = 0; i < jpeg->num_components && jpeg->coef_bits; i++)
        if (jpeg->coef_bits[i][0] < 0)
            fail(job, mnn_fail_at(f->err, MNN_EFORMAT, f->path, position(job),
                                  "JPEG is cut off (expected a scan of component %d)", i + 1));
}

static int orientation(const struct jpeg_decompress_struct *jpeg)
{
    for (const struct jpeg_marker_struct *m = jpeg->marker_list; m; m = m->next) {
        const int found = mnn_exif_orientation(m->data, m->data_length);
        if (found)
            return found;
    }
    return 1;
}

static void read_all(jpeg_job *job)
{
    struct jpeg_decompress_struct *jpeg = &job->jpeg;
    mnn_image *out = job->out;
    read_header(job);
    jpeg->out_color_space = out->channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    mnn_status status = mnn_picture_allocate(job->file, out);
    if (status != MNN_OK)
        fail(job, status);
    jpeg_start_decompress(jpeg);
    while (jpeg->output_scanline < jpeg->output_height) {
        JSAMPROW row = out->pixels + (size_t)jpeg->output_scanline * (size_t)out->width * (size_t)out->channels;
        jpeg_read_scanlines(jpeg, &row, 1);
    }
    check_scans(job);
    status = mnn_picture_turn(job->file, out, orientation(jpeg));
    if (status != MNN_OK)
        fail(job, status);
    jpeg_finish_decompress(jpeg);
}

/* libjpeg's errors return here. The job belongs to the caller: a longjmp leaves this function's own variables
 * undefined. */
static void run(jpeg_job *job)
{
    if (setjmp(job->failed) != 0)
        return;
    jpeg_create_decompress(&job->jpeg);
    job->jpeg.src = &job->source;
    job->jpeg.progress = &job->progress;
    read_all(job);
}

mnn_status mnn_jpeg_read(const mnn_picture *file, mnn_image *out)
{
    jpeg_job job = {.file = file, .out = out, .status = MNN_OK};
    job.source = (struct jpeg_source_mgr){.init_source = on_source,
                                          .fill_input_buffer = on_fill,
                                          .skip_input_data = on_skip,
                                          .resync_to_restart = jpeg_resync_to_restart,
                                          .term_source = on_source};
    job.progress.progress_monitor = on_progress;
    job.jpeg.err = jpeg_std_error(&job.errors);
    job.jpeg.client_data = &job; /* jpeg_create_decompress() keeps both */
    job.errors.error_exit = on_error;
    job.errors.emit_message = on_message;
    job.errors.output_message = on_output;
    run(&job);
    jpeg_destroy_decompress(&job.jpeg);
    return job.status;
}
