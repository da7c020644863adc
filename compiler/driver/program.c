/* See program.h. The program is built in a folder beside those of the others and then gets its name in one step, so
 * that the cache has whole programs only, also if two build the same at once. */
#define _GNU_SOURCE
#include "driver/program.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/child.h"
#include "base/file.h"
#include "base/place.h"
#include "base/process.h"
#include "base/report.h"
#include "base/sha256.h"
#include "base/terminal.h"
#include "driver/compile.h"
#include "driver/output.h"
#include "mnn/clock.h"
#include "support/str.h"

enum { MAX_WORDS = 256, KEY_LENGTH = 32 /* hexadecimal digits of a hash: 128 bits */, DAYS_KEPT = 30 };

typedef struct build {
    arena *arena;
    const char *name, *cache;
    char *folder;               /* the temporary one */
    char *words[MAX_WORDS + 1]; /* the command of the C compiler */
    int word_count;
    const char *library; /* libmnn.a */
} build;

static int __attribute__((format(printf, 2, 3))) fail(mnn_status status, const char *format, ...)
{
    va_list args;
    fputs("mnnc: error: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    return (int)status;
}

static const char *shown(const build *b, const char *text)
{
    return str_printable(b->arena, text, strlen(text));
}

/* --- the command of the C compiler ---------------------------------------------------------------- */

static void add_word(build *b, const char *word)
{
    if (b->word_count < MAX_WORDS)
        b->words[b->word_count++] = (char *)(uintptr_t)word;
}

/** Words as pkg-config quotes them: a backslash goes before a character that is none of its own. */
static void add_words(build *b, const char *text)
{
    while (*(text += strspn(text, " \t\n"))) {
        str word = str_new(b->arena);
        for (; *text && !strchr(" \t\n", *text); text++) {
            text += text[0] == '\\' && text[1];
            str_add_char(&word, *text);
        }
        add_word(b, word.text);
    }
}

/** An environment variable, or what is used if it is unset or empty. */
static const char *environment(const char *name, const char *otherwise)
{
    const char *value = getenv(name);
    return value && value[strspn(value, " \t")] ? value : otherwise;
}

/** Let pkg-config find the mnn.pc of this mnnc, in a build folder or in PREFIX/lib, before those of other versions. */
static void find_library(const build *b)
{
    char self[PATH_MAX];
    const ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    if (length <= 0)
        return;
    self[length] = '\0';
    const int folder = (int)mnn_place_folder(self);
    const char *before = getenv("PKG_CONFIG_PATH");
    setenv("PKG_CONFIG_PATH",
           arena_printf(b->arena, "%.*s:%.*s../lib/pkgconfig%s%s", folder, self, folder, self, before ? ":" : "",
                        before ? before : ""),
           1);
}

/** Run a program and keep what it prints.
 *  @param about  what it is, and the variable that names it
 *  @return 0, or an exit code after reporting */
static int run(build *b, char **words, const char *const about[2], char **printed, bool *succeeded)
{
    mnn_error err = {"out of memory"};
    size_t size;
    int how = 0;
    char *text = NULL;
    FILE *log = open_memstream(&text, &size);
    const mnn_status status = log ? mnn_child_run(words, about[0], about[1], log, &how, &err) : MNN_ENOMEM;
    if (log && fclose(log) == 0 && text)
        *printed = arena_strdup(b->arena, text);
    free(text);
    *succeeded = WIFEXITED(how) && WEXITSTATUS(how) == 0;
    return status ? fail(status, "%s", err.text) : 0;
}

static int ask_pkg_config(build *b, const char *question, const char *also, char **answer)
{
    char *words[] = {(char *)(uintptr_t)environment("PKG_CONFIG", "pkg-config"), (char *)(uintptr_t)question,
                     (char *)(uintptr_t)also, NULL};
    bool succeeded;
    const int status = run(b, words, (const char *const[]){"pkg-config", "PKG_CONFIG"}, answer, &succeeded);
    if (status || succeeded)
        return status;
    fail(MNN_EINTERNAL, "pkg-config does not find what programs are linked with");
    fputs(*answer, stderr);
    return MNN_EINTERNAL;
}

static int make_command(build *b)
{
    char *flags, *folder;
    find_library(b);
    int status = ask_pkg_config(b, "--variable=libdir", "mnn", &folder);
    if (status)
        return status;
    folder[strcspn(folder, "\n")] = '\0';
    b->library = arena_printf(b->arena, "%s/libmnn.a", folder);
    status = ask_pkg_config(b, "--cflags", "mnn", &flags);
    if (status)
        return status;
    add_words(b, environment("CC", "cc"));
    add_words(b, environment("CFLAGS", "-O3 -march=native"));
    add_words(b, flags);
    add_word(b, "-o");
    add_word(b, arena_printf(b->arena, "%s/%s", b->folder, b->name));
    add_word(b, arena_printf(b->arena, "%s/%s.c", b->folder, b->name));
    status = ask_pkg_config(b, "--libs", "mnn", &flags);
    if (!status)
        add_words(b, flags);
    if (!status && b->word_count == MAX_WORDS)
        status = fail(MNN_EUSAGE, "CC and CFLAGS have too many words (expected at most %d)", MAX_WORDS);
    return status;
}

/* --- the key -------------------------------------------------------------------------------------- */

static void hash_text(SHA2_CTX *hash, const char *text)
{
    SHA256Update(hash, (const uint8_t *)text, strlen(text) + 1);
}

static int hash_file(SHA2_CTX *hash, const char *path)
{
    char *data;
    size_t got;
    mnn_error err;
    const mnn_status status = mnn_file_load(path, SIZE_MAX, &data, &got, &err);
    if (status)
        return fail(status, "%s", err.text);
    SHA256Update(hash, (const uint8_t *)data, got);
    free(data);
    return 0;
}

/** What -march=native means: the features of the processor. The rest of the file changes from call to call. */
static void hash_processor(SHA2_CTX *hash)
{
    static const char *const lines[] = {"model name", "flags", "Features", "CPU part"};
    FILE *in = fopen("/proc/cpuinfo", "re");
    char *line = NULL;
    size_t size = 0;
    while (in && getline(&line, &size, in) > 1) /* the first processor ends with an empty line */
        for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
            if (strncmp(line, lines[i], strlen(lines[i])) == 0)
                hash_text(hash, line);
    free(line);
    if (in)
        fclose(in);
}

/** The folder of the program in the cache. */
static int find_entry(const build *b, const char **entry)
{
    SHA2_CTX hash;
    char digest[MNN_SHA256_TEXT];
    SHA256Init(&hash);
    const size_t folder = strlen(b->folder);
    for (int i = 0; i < b->word_count; i++)
        hash_text(&hash, strncmp(b->words[i], b->folder, folder) == 0 ? b->words[i] + folder : b->words[i]);
    int status = hash_file(&hash, arena_printf(b->arena, "%s/%s.c", b->folder, b->name));
    if (!status)
        status = hash_file(&hash, b->library);
    hash_processor(&hash);
    SHA256End(&hash, digest);
    *entry = arena_printf(b->arena, "%s/%.*s", b->cache, KEY_LENGTH, digest);
    return status;
}

/* --- the cache ------------------------------------------------------------------------------------ */

/** Create a folder and those above it. */
static bool make_folders(arena *a, const char *path)
{
    char *part = arena_strdup(a, path);
    for (char *slash = part + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        if (mkdir(part, 0777) != 0 && errno != EEXIST)
            return false;
        *slash = '/';
    }
    return mkdir(part, 0700) == 0 || errno == EEXIST;
}

static int open_cache(build *b)
{
    const char *base = environment("XDG_CACHE_HOME", ""), *home = environment("HOME", "");
    if (base[0] == '/')
        b->cache = arena_printf(b->arena, "%s/mnnc", base);
    else if (home[0] == '/')
        b->cache = arena_printf(b->arena, "%s/.cache/mnnc", home);
    else
        return fail(MNN_EIO, "no folder for the cache of programs: set HOME or XDG_CACHE_HOME to an absolute path");
    b->folder = arena_printf(b->arena, "%s/new-XXXXXX", b->cache);
    if (make_folders(b->arena, b->cache) && mkdtemp(b->folder))
        return 0;
    return fail(MNN_EIO, "%s: could not create: %s", shown(b, b->folder), strerror(errno));
}

/** Remove a folder of the cache and its files; others than ours are not in it. */
static void remove_folder(arena *a, const char *path)
{
    DIR *folder = opendir(path);
    const struct dirent *file;
    while (folder && (file = readdir(folder)))
        if (file->d_name[0] != '.')
            unlink(arena_printf(a, "%s/%s", path, file->d_name));
    if (folder)
        closedir(folder);
    rmdir(path);
}

static bool is_of_cache(const char *name)
{
    return strncmp(name, "new-", 4) == 0 ||
           (strlen(name) == KEY_LENGTH && strspn(name, "0123456789abcdef") == KEY_LENGTH);
}

/** Remove what has not been used for long. */
static void clean_cache(const build *b)
{
    DIR *cache = opendir(b->cache);
    const struct dirent *at;
    const time_t now = time(NULL);
    while (cache && (at = readdir(cache))) {
        struct stat about;
        const char *path = arena_printf(b->arena, "%s/%s", b->cache, at->d_name);
        if (is_of_cache(at->d_name) && lstat(path, &about) == 0 && S_ISDIR(about.st_mode) &&
            now - about.st_mtime > (time_t)DAYS_KEPT * 24 * 3600)
            remove_folder(b->arena, path);
    }
    if (cache)
        closedir(cache);
}

/* --- building ------------------------------------------------------------------------------------- */

static int call_compiler(build *b, bool quiet)
{
    char *printed = NULL;
    bool succeeded;
    const bool redraws = !quiet && mnn_terminal_redraws(stderr);
    const uint64_t begin = mnn_clock();
    if (redraws)
        fprintf(stderr, "compiling %s with %s ...\r", shown(b, b->name), shown(b, b->words[0]));
    int status = run(b, b->words, (const char *const[]){"the C compiler", "CC"}, &printed, &succeeded);
    if (redraws)
        fputs("\33[K", stderr);
    if (!status && !succeeded)
        status = fail(MNN_EINTERNAL, "the C compiler rejected the program");
    else if (!status && !quiet)
        fprintf(stderr, "compiled %s in %.1f s\n", shown(b, b->name), (double)(mnn_clock() - begin) / 1e9);
    if (printed)
        fputs(printed, stderr);
    return status;
}

/** Let the new folder be the entry, unless another mnnc was faster. An entry without a program is replaced. */
static bool move_entry(const build *b, const char *entry, const char *program)
{
    if (rename(b->folder, entry) == 0 || access(program, X_OK) == 0)
        return true;
    remove_folder(b->arena, entry);
    return rename(b->folder, entry) == 0 || access(program, X_OK) == 0;
}

/** Take the program from the cache, or compile it and put it there. */
static int fill_entry(build *b, bool quiet, const char **path)
{
    const char *entry = NULL;
    int status = make_command(b);
    if (!status)
        status = find_entry(b, &entry);
    if (status)
        return status;
    *path = arena_printf(b->arena, "%s/%s", entry, b->name);
    if (access(*path, X_OK) == 0) {
        utimensat(AT_FDCWD, entry, NULL, 0);
        return 0;
    }
    status = call_compiler(b, quiet);
    if (status)
        return status;
    if (!move_entry(b, entry, *path))
        return fail(MNN_EIO, "%s: could not rename: %s", shown(b, b->folder), strerror(errno));
    clean_cache(b);
    return 0;
}

int program_build(arena *a, const char *name, driver_options *options, bool quiet, const char **path)
{
    build b = {.arena = a, .name = name};
    int status = open_cache(&b);
    if (status)
        return status;
    const char *code = arena_printf(a, "%s/%s.c", b.folder, name), *program = arena_printf(a, "%s/%s", b.folder, name);
    const int leftovers[] = {mnn_leftover_note(b.folder), mnn_leftover_note(program), mnn_leftover_note(code)};
    options->output = code;
    status = compile_file(options);
    if (!status)
        status = fill_entry(&b, quiet, path);
    remove_folder(a, b.folder); /* gone already if it has become the entry */
    for (int i = 0; i < 3; i++)
        mnn_leftover_forget(leftovers[i]);
    return status;
}

int program_copy(const char *from, const char *to)
{
    char *data;
    size_t got;
    mnn_error err;
    const mnn_status status = mnn_file_load(from, SIZE_MAX, &data, &got, &err);
    if (status)
        return fail(status, "%s", err.text);
    const int written = output_write(&(output_file){to, data, got, true}, 1);
    free(data);
    return written;
}
