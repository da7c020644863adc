/* Reset code for a Cortex-M, and output by semihosting (Arm's "Semihosting for AArch32 and AArch64"). */
#include "board.h"

#include <stddef.h>
#include <stdint.h>

/* defined in board.ld */
extern uint32_t data_in_flash[], data_begin[], data_end[], bss_begin[], bss_end[], stack_top[];

int main(void);
void reset(void);

enum { SYS_WRITE0 = 0x04, SYS_EXIT = 0x18, APPLICATION_EXIT = 0x20026 };

static void semihosting(uint32_t operation, const void *argument)
{
    register uint32_t r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}

void print(const char *text)
{
    semihosting(SYS_WRITE0, text);
}

/* Two functions that the compiler may call in freestanding code. Without volatile it would replace these loops by calls
 * to the functions themselves. */
void *memcpy(void *to, const void *from, size_t size);
void *memset(void *to, int value, size_t size);

void *memcpy(void *to, const void *from, size_t size)
{
    for (size_t i = 0; i < size; i++)
        ((volatile uint8_t *)to)[i] = ((const uint8_t *)from)[i];
    return to;
}

void *memset(void *to, int value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        ((volatile uint8_t *)to)[i] = (uint8_t)value;
    return to;
}

static void fault(void)
{
    print("fault\n");
    for (;;)
        semihosting(SYS_EXIT, (const void *)0x20023); /* a run-time error */
}

void reset(void)
{
    const uint32_t *from = data_in_flash;
    for (volatile uint32_t *to = data_begin; to < data_end; to++)
        *to = *from++;
    for (volatile uint32_t *to = bss_begin; to < bss_end; to++)
        *to = 0;
    main();
    for (;;)
        semihosting(SYS_EXIT, (const void *)APPLICATION_EXIT);
}

__attribute__((section(".vectors"), used)) static const void *const vectors[] = {
    stack_top, (void *)reset, (void *)fault, (void *)fault, (void *)fault, (void *)fault, (void *)fault};
