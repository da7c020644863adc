/* Which digits are on ten pictures: a network in 8-bit integers on a processor without an operating system. */
#include "board.h"
#include "digits.h"
#include "samples.h"

/** 0 to 99 in decimal. */
static void print_number(int number)
{
    const char text[] = {(char)(number < 10 ? ' ' : '0' + number / 10), (char)('0' + number % 10), '\0'};
    print(text);
}

int main(void)
{
    int right = 0;
    for (int i = 0; i < SAMPLE_COUNT; i++) {
        const int digit = digits_predict(samples[i]);
        print("picture ");
        print_number(i);
        print(": it says ");
        print_number(digit);
        print(", it is ");
        print_number(labels[i]);
        print("\n");
        right += digit == labels[i];
    }
    print_number(right);
    print(" right\n");
    return 0;
}
