/* Take a safetensors file apart and put it together again, for files that are wrong in one way.
 *
 *   edit_safetensors header FILE             print the JSON header
 *   edit_safetensors data FILE               print the bytes behind it
 *   edit_safetensors join HEADER DATA FILE   write a file of both, with the length of the header
 *   edit_safetensors flip FILE BIT           flip a bit, counted from the file's first; negative: from behind its end
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct bytes {
    unsigned char *data;
    size_t size;
} bytes;

static void stop(const char *what)
{
    perror(what);
    exit(1);
}

static bytes read_file(const char *path)
{
    bytes b = {NULL, 0};
    FILE *in = fopen(path, "rb");
    if (!in || fseek(in, 0, SEEK_END) != 0)
        stop(path);
    const long size = ftell(in);
    b.data = size < 0 ? NULL : malloc((size_t)size + 1);
    if (!b.data)
        stop(path);
    rewind(in);
    b.size = fread(b.data, 1, (size_t)size, in);
    if (b.size != (size_t)size)
        stop(path);
    fclose(in);
    return b;
}

static size_t header_size(const bytes *b)
{
    uint64_t size = 0;
    for (int i = 7; i >= 0; i--)
        size = size << 8 | b->data[i];
    return (size_t)size;
}

static void write_file(const char *path, const bytes *parts, int count)
{
    FILE *out = path ? fopen(path, "wb") : stdout;
    if (!out)
        stop(path);
    for (int i = 0; i < count; i++)
        if (fwrite(parts[i].data, 1, parts[i].size, out) != parts[i].size)
            stop(path);
    if (fflush(out) != 0)
        stop(path);
    if (path)
        fclose(out);
}

int main(int argc, char **argv)
{
    const char *what = argc > 2 ? argv[1] : "";
    if (strcmp(what, "header") == 0) {
        const bytes b = read_file(argv[2]);
        write_file(NULL, &(bytes){b.data + 8, header_size(&b)}, 1);
        free(b.data);
    } else if (strcmp(what, "data") == 0) {
        const bytes b = read_file(argv[2]);
        const size_t begin = 8 + header_size(&b);
        write_file(NULL, &(bytes){b.data + begin, b.size - begin}, 1);
        free(b.data);
    } else if (strcmp(what, "join") == 0 && argc == 5) {
        const bytes header = read_file(argv[2]), data = read_file(argv[3]);
        unsigned char length[8];
        for (int i = 0; i < 8; i++)
            length[i] = (unsigned char)((uint64_t)header.size >> (8 * i));
        write_file(argv[4], (bytes[]){{length, 8}, header, data}, 3);
        free(header.data);
        free(data.data);
    } else if (strcmp(what, "flip") == 0 && argc == 4) {
        bytes b = read_file(argv[2]);
        const long bit = strtol(argv[3], NULL, 10);
        const size_t at = bit < 0 ? b.size - 1 - (size_t)(-bit - 1) / 8 : (size_t)bit / 8;
        b.data[at] ^= (unsigned char)(1 << (labs(bit) % 8));
        write_file(argv[2], &b, 1);
        free(b.data);
    } else {
        fprintf(stderr, "usage: %s header|data|join|flip FILE...\n", argv[0]);
        return 2;
    }
    return 0;
}
