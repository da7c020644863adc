/* Names of layers, as in Keras: "dense", "dense_1", "dense_2"; or what the user says. */
#include "sema/stages.h"

#include <string.h>

/** Names that the graph gives itself. */
static const char *reserved_for(const char *name)
{
    if (strcmp(name, "loss") == 0)
        return "the loss";
    return strcmp(name, "input") == 0 ? "the input" : NULL;
}

/** The beginning of the names of a checkpoint's other tensors ("best.dense.kernel"), or NULL: a layer called so could
 *  meet one of them. */
static const char *checkpoint_prefix(const char *name)
{
    static const char *const prefixes[] = {"optimizer.", "best.", "epoch."};
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++)
        if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
            return prefixes[i];
    return NULL;
}

/** Whether the tensors of a layer of that name can be told from all others in a checkpoint. */
static bool fits_checkpoints(sema_context *cx, const sema_bound *name)
{
    const char *prefix = checkpoint_prefix(name->text);
    if (prefix != NULL)
        diag_error(cx->diag, name->at, "layer name \"%s\" must not begin with \"%s\": other tensors of checkpoints do",
                   name->text, prefix);
    return prefix == NULL;
}

/** The user's names first: an automatic one makes way. */
static void take_given_names(sema_context *cx, name_map *taken, sema_layer *layers)
{
    for (sema_layer *l = layers; l != NULL; l = l->next) {
        if (!sema_has_name(l) || l->kind == SEMA_PROJECT)
            continue;
        const sema_bound *name = sema_get(l->args, "name");
        if (!name->valid || name->none)
            continue;
        const sema_layer *first = name_map_get(taken, name->text);
        const char *owner = sema_is_input(l) ? NULL : reserved_for(name->text);
        if (first != NULL || owner != NULL) {
            diag_error(cx->diag, name->at, "layer name \"%s\" is taken by %s", name->text,
                       first != NULL ? "another layer" : owner);
            if (first != NULL && first->at.begin != l->at.begin)
                diag_note(cx->diag, sema_get(first->args, "name")->at, "the first one is here");
            else if (first != NULL)
                diag_hint(cx->diag, "this layer is repeated: without a name, every copy is named automatically");
            continue;
        }
        if (!fits_checkpoints(cx, name))
            continue;
        l->name = name->text;
        name_map_put(taken, l->name, l);
    }
}

/** Keras calls a residual's addition "add". */
static const lang_entry *word_of(const sema_layer *l)
{
    static const lang_entry projection = {.name = "projection", .id = LANG_LAYER_COUNT};
    if (l->kind == SEMA_PROJECT)
        return &projection;
    return l->kind == SEMA_ADD ? &lang_layers.entries[ir_opcode_with(IR_ADDS)] : l->entry;
}

void sema_name_layers(sema_context *cx, sema_layer *layers)
{
    name_map taken = name_map_new(cx->arena);
    int next[LANG_LAYER_COUNT + 1] = {0};
    take_given_names(cx, &taken, layers);
    for (sema_layer *l = layers; l != NULL; l = l->next) {
        while (sema_has_name(l) && l->name == NULL) {
            const lang_entry *word = word_of(l);
            const int n = next[word->id]++;
            const char *name = n == 0 ? word->name : arena_printf(cx->arena, "%s_%d", word->name, n);
            if (name_map_get(&taken, name) != NULL)
                continue;
            l->name = name;
            name_map_put(&taken, name, l);
        }
    }
}
