/* Memory with nothing behind it: whoever reads or writes there is stopped by the system. */
#ifndef MNN_TESTS_GUARDED_H
#define MNN_TESTS_GUARDED_H

#include <check.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/** Bytes of the pages that hold so many. */
static inline size_t guarded_pages(size_t size)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    return (size + page - 1) / page * page;
}

/** @return size bytes, which end where a page begins that nobody may look at; for guarded_free() */
static inline void *guarded_new(size_t size)
{
    const size_t pages = guarded_pages(size);
    char *all = mmap(NULL, pages + guarded_pages(1), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ck_assert(all != MAP_FAILED && mprotect(all + pages, guarded_pages(1), PROT_NONE) == 0);
    return all + pages - size;
}

/** The same, with what stands at `from`. */
static inline void *guarded_copy(const void *from, size_t size)
{
    return memcpy(guarded_new(size), from, size);
}

static inline void guarded_free(void *memory, size_t size)
{
    const size_t pages = guarded_pages(size);
    munmap((char *)memory + size - pages, pages + guarded_pages(1));
}

#endif
