/* Check writes the place of every assertion that holds to a file, a call of the system each; in loops of a million
 * these take most of the time of a suite. The tests are linked with --wrap=_mark_point, so that of many only some are
 * written: those that a test begins with, then one of a thousand. They say where a test was that has crashed. */
void __real__mark_point(const char *file, int line);
void __wrap__mark_point(const char *file, int line);

void __wrap__mark_point(const char *file, int line)
{
    enum { FIRST = 1000, EACH = 1000 };
    static unsigned count; /* of this test: Check forks for each */
    if (count++ < FIRST || count % EACH == 0)
        __real__mark_point(file, line);
}
