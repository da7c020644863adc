/* The "file" of every JSON object on standard input, a line each, followed by a NUL. Exit code: 0 all lines are JSON
 * objects with a file, 1 one is not. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

int main(void)
{
    char *line = NULL;
    size_t room = 0;
    int wrong = 0;
    while (getline(&line, &room, stdin) > 0) {
        json_t *object = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
        const char *name = json_string_value(json_object_get(object, "file"));
        wrong |= name == NULL;
        printf("%s%c", name ? name : "", '\0');
        json_decref(object);
    }
    free(line);
    return wrong;
}
