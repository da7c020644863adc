#include "train/state.h"

#include <stdio.h>

mnn_status mnn_state_new(const mnn_model *model, mnn_state *out, mnn_error *err)
{
    *out = (mnn_state){
        .epoch = 1, .learning_rate = model->learning_rate, .callbacks = mnn_callbacks_new(model, model->learning_rate)};
    return mnn_tally_new(model, &out->tally, err);
}

void mnn_state_free(mnn_state *s)
{
    mnn_tally_free(&s->tally);
}

/* --- fields -------------------------------------------------------------------------------------- */

/* The visitor, and the group that the fields belong to: "state.best.". */
typedef struct visitor {
    mnn_visit *visit;
    void *context;
    char group[48];
} visitor;

static void field(const visitor *v, const char *name, mnn_field_kind kind, void *value)
{
    char key[160];
    snprintf(key, sizeof key, "state.%s%s", v->group, name);
    v->visit(v->context, key, kind, value);
}

/* As many metrics as the model has; their names are the description's, which the checkpoint names too. */
static void visit_values(const visitor *v, const mnn_model *model, const char *prefix, double *values)
{
    for (int i = 0; i < model->metric_count; i++) {
        char name[48];
        snprintf(name, sizeof name, "%smetric_%d", prefix, i);
        field(v, name, MNN_FIELD_NUMBER, &values[i]);
    }
}

static void visit_report(visitor *v, const mnn_model *model, const char *group, mnn_epoch_report *r)
{
    snprintf(v->group, sizeof v->group, "%s.", group);
    field(v, "epoch", MNN_FIELD_INT, &r->epoch);
    field(v, "epochs", MNN_FIELD_INT, &r->epochs);
    field(v, "steps", MNN_FIELD_COUNT, &r->steps);
    field(v, "loss", MNN_FIELD_NUMBER, &r->score.loss);
    field(v, "samples", MNN_FIELD_LONG, &r->score.samples);
    visit_values(v, model, "", r->score.value);
    field(v, "has_validation", MNN_FIELD_FLAG, &r->has_validation);
    field(v, "val_loss", MNN_FIELD_NUMBER, &r->validation.loss);
    field(v, "val_samples", MNN_FIELD_LONG, &r->validation.samples);
    visit_values(v, model, "val_", r->validation.value);
    field(v, "learning_rate", MNN_FIELD_RATE, &r->learning_rate);
    field(v, "seconds", MNN_FIELD_NUMBER, &r->seconds);
    field(v, "step_seconds", MNN_FIELD_NUMBER, &r->step_seconds);
}

static void visit_callbacks(visitor *v, mnn_callbacks *c)
{
    for (int i = 0; i < c->model->callback_count; i++) {
        snprintf(v->group, sizeof v->group, "callback_%d.", i);
        field(v, "has_best", MNN_FIELD_FLAG, &c->watch[i].has_best);
        field(v, "best", MNN_FIELD_NUMBER, &c->watch[i].best);
        field(v, "wait", MNN_FIELD_INT, &c->watch[i].wait);
        field(v, "cooldown", MNN_FIELD_INT, &c->watch[i].cooldown);
    }
    snprintf(v->group, sizeof v->group, "callbacks.");
    field(v, "stop", MNN_FIELD_FLAG, &c->stop);
    field(v, "learning_rate", MNN_FIELD_RATE, &c->learning_rate);
    visit_report(v, c->model, "best", &c->best);
}

void mnn_state_fields(mnn_state *s, mnn_visit *visit, void *context)
{
    visitor v = {.visit = visit, .context = context};
    field(&v, "epoch", MNN_FIELD_INT, &s->epoch);
    field(&v, "step", MNN_FIELD_COUNT, &s->step);
    field(&v, "updates", MNN_FIELD_LONG, &s->updates);
    field(&v, "learning_rate", MNN_FIELD_RATE, &s->learning_rate);
    field(&v, "seconds", MNN_FIELD_NUMBER, &s->seconds);
    snprintf(v.group, sizeof v.group, "sum.");
    field(&v, "loss", MNN_FIELD_NUMBER, &s->tally.loss);
    field(&v, "samples", MNN_FIELD_LONG, &s->tally.samples);
    visit_values(&v, s->tally.model, "", s->tally.sum);
    visit_callbacks(&v, &s->callbacks);
    visit_report(&v, s->tally.model, "last", &s->last);
}
