/* Classifies the digits in ten images with an int8 network, on a processor without an operating system. */
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
    int correct = 0;
    for (int i = 0; i < SAMPLE_COUNT; i++) {
        const int digit = digits_predict(samples[i]);
        print("image ");
        print_number(i);
        print(": predicted ");
        print_number(digit);
        print(", label ");
        print_number(labels[i]);
        print("\n");
        correct += digit == labels[i];
    }
    print_number(correct);
    print(" correct\n");
    return 0;
}
