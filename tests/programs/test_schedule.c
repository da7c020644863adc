/* schedule() of a generated program, at some steps.
 *
 * Compiled with -DGENERATED='"FILE.c"', the program whose schedule it is; run by schedule.sh as
 *   test_schedule NAME UPDATES=RATE ... */
int generated_main(int argc, char **argv);
#define main generated_main
#include GENERATED
#undef main

#include <stdio.h>
#include <stdlib.h>

static bool agrees(const char *pair)
{
    char *end = NULL;
    const uint64_t updates = strtoull(pair, &end, 10);
    if (*end != '=')
        return false;
    const double expected = strtod(end + 1, NULL), got = model.schedule(updates);
    if (fabs(got - expected) <= 1e-9 * fabs(expected) + 1e-15)
        return true;
    printf("after %s updates: got %.15g\n", pair, got);
    return false;
}

int main(int argc, char **argv)
{
    if (argc < 3 || strcmp(model.schedule_name, argv[1]) != 0) {
        printf("the schedule is %s\n", model.schedule_name);
        return 1;
    }
    int wrong = 0;
    for (int i = 2; i < argc; i++)
        wrong += !agrees(argv[i]);
    if (fabs(model.learning_rate - model.schedule(0)) > 1e-12 * model.learning_rate) {
        printf("the first learning rate is %.17g, not %.17g\n", model.learning_rate, model.schedule(0));
        wrong++;
    }
    return wrong ? 1 : 0;
}
