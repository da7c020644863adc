/* Write the first pictures of a pair of IDX files as a C header:  idx_to_c IMAGES LABELS COUNT >samples.h
 * The files are plain or gzipped; mnn/idx.h reads them. */
#include <stdio.h>
#include <stdlib.h>

#include <mnn/idx.h>

static void print_numbers(const uint8_t *numbers, size_t count)
{
    for (size_t i = 0; i < count; i++)
        printf("%s%u,", i % 28 == 0 ? "\n     " : " ", numbers[i]);
}

int main(int argc, char **argv)
{
    mnn_array images = {0}, labels = {0};
    mnn_error err = {""};
    char *end = NULL;
    const unsigned long count = argc == 4 ? strtoul(argv[3], &end, 10) : 0;
    if (count < 1 || count > 99 || *end) {
        fprintf(stderr, "usage: %s IMAGES LABELS COUNT (1 to 99)\n", argv[0]);
        return 2;
    }
    if (mnn_idx_load(argv[1], 3, &images, &err) || mnn_idx_load(argv[2], 1, &labels, &err)) {
        fprintf(stderr, "error: %s\n", err.text);
        return 3;
    }
    if (!images.data || !labels.data || images.dims[0] < count || labels.dims[0] < count) {
        fprintf(stderr, "error: fewer than %lu pictures of bytes with labels\n", count);
        return 3;
    }
    if (images.dims[0] != labels.dims[0]) {
        fprintf(stderr, "error: %lu images and %lu labels\n", (unsigned long)images.dims[0],
                (unsigned long)labels.dims[0]);
        return 3;
    }
    const size_t size = images.count / images.dims[0];
    printf("#include <stdint.h>\n\nenum { SAMPLE_COUNT = %lu };\n\n", count);
    printf("__attribute__((section(\".samples\"))) static const uint8_t samples[SAMPLE_COUNT][%zu] = {\n", size);
    for (size_t i = 0; i < count; i++) {
        printf("    {");
        print_numbers(images.data + i * size, size);
        printf("},\n");
    }
    printf("};\n\n__attribute__((section(\".samples\"))) static const uint8_t labels[SAMPLE_COUNT] = {");
    print_numbers(labels.data, count);
    printf("};\n");
    mnn_array_free(&images);
    mnn_array_free(&labels);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        perror("standard output");
        return 5;
    }
    return 0;
}
