/* Looking things up in a model: parameters and roots by label, locals by value. */
#include "model/model.h"
#include <string.h>

static Var *find(Var *const *at, int count, const char *label) {
    for (int i = 0; i < count; i++)
        if (strcmp(at[i]->label, label) == 0) return at[i];
    return NULL;
}

Var *model_param(const Model *model, const char *label) {
    return find(model->params.at, model->params.count, label);
}

Var *model_root(const Model *model, const char *label) {
    return find(model->roots.at, model->roots.count, label);
}

const char *model_local_name(void *model, const Expr *e) {
    const Model *m = model;
    for (int i = 0; i < m->locals.count; i++)
        if (m->locals.at[i].value == e) return m->locals.at[i].label;
    return NULL;
}
