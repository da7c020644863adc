/* PNG pictures into files, through libpng. */
#include <png.h>
#include <setjmp.h>

#include "base/atomic.h"
#include "base/report.h"
#include "mnn/image.h"

/* All that lives across a longjmp of libpng's error callback. */
typedef struct png_output {
    mnn_atomic file;
    const char *path;
    const mnn_image *image;
    mnn_error *err;
    mnn_status status; /* what the jump is for */
    png_structp png;
    png_infop info;
    jmp_buf failed;
} png_output;

static _Noreturn void fail(png_output *o, mnn_status status)
{
    o->status = status;
    longjmp(o->failed, 1);
}

static _Noreturn void on_error(png_structp png, png_const_charp message)
{
    png_output *o = png_get_error_ptr(png);
    char shown[120];
    fail(o, mnn_fail_file(o->err, MNN_ENOMEM, o->path, "PNG could not be made (%s)",
                          mnn_printable(shown, sizeof shown, message)));
}

static void on_warning(png_structp png, png_const_charp message)
{
    (void)png;
    (void)message;
}

static void on_write(png_structp png, png_bytep data, size_t size)
{
    png_output *o = png_get_io_ptr(png);
    const mnn_status status = mnn_atomic_write(&o->file, data, size, o->err);
    if (status)
        fail(o, status);
}

/* The commit puts everything on the disk. */
static void on_flush(png_structp png)
{
    (void)png;
}

static void write_all(png_output *o)
{
    const mnn_image *image = o->image;
    png_set_write_fn(o->png, o, on_write, on_flush);
    png_set_IHDR(o->png, o->info, (png_uint_32)image->width, (png_uint_32)image->height, 8,
                 image->channels == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(o->png, o->info);
    for (int y = 0; y < image->height; y++)
        png_write_row(o->png, image->pixels + (size_t)y * (size_t)image->width * (size_t)image->channels);
    png_write_end(o->png, o->info);
}

/* Here libpng's errors land; see mnn_png_read() for why the job belongs to the caller. */
static void run(png_output *o)
{
    if (setjmp(o->failed) != 0)
        return;
    o->png = png_create_write_struct(PNG_LIBPNG_VER_STRING, o, on_error, on_warning);
    o->info = o->png ? png_create_info_struct(o->png) : NULL;
    if (o->info)
        write_all(o);
    else
        o->status = mnn_fail_file(o->err, MNN_ENOMEM, o->path, "not enough memory to write PNG");
}

mnn_status mnn_png_save(const char *path, const mnn_image *image, mnn_error *err)
{
    png_output o = {.path = path, .image = image, .err = err, .status = MNN_OK};
    mnn_status status = mnn_atomic_begin(&o.file, path, err);
    if (status)
        return status;
    run(&o);
    png_destroy_write_struct(&o.png, &o.info);
    if (o.status == MNN_OK)
        return mnn_atomic_commit(&o.file, err);
    mnn_atomic_abort(&o.file);
    return o.status;
}
