#include "derive/describe.h"

#include "derive/forward.h"

#include <string.h>

/* ---- expressions and chains ---- */

static bool is_sum(const Expr *e) {
    while (e->op == EXPR_BROADCAST) e = e->kid[0];
    return e->op == EXPR_ADD || e->op == EXPR_SUB || (e->op >= EXPR_LESS && e->op <= EXPR_NOT_EQUAL);
}

void describe_factor(const Naming *naming, const Expr *e, Text *out) {
    const char *name = naming->name(naming->context, e);
    if (name) {
        text_add(out, name);
        return;
    }
    const bool closed = is_sum(e);
    if (closed) text_add(out, "(");
    expr_print(e, naming->name, naming->context, out);
    if (closed) text_add(out, ")");
}

void describe_operand(const Naming *naming, const Expr *start, Text *out) {
    if (start->op == EXPR_MATVEC)
        describe_factor(naming, start->kid[0], out);
    else
        text_add(out, "1");
}

/* *inner = factor * inner; returns whether *inner is still an atom. */
static bool put_factor(const Naming *naming, const Expr *factor, Text *inner, bool atom) {
    if (expr_is_const(factor, 1)) return atom;
    Text product = {0};
    describe_factor(naming, factor, &product);
    if (!atom || strcmp(inner->at, "1") != 0) text_printf(&product, " * %s", inner->at);
    text_free(inner);
    *inner = product;
    return false;
}

static void put_call(const char *open, Text *inner, const char *close) {
    Text call = {0};
    text_printf(&call, "%s%s%s", open, inner->at, close);
    text_free(inner);
    *inner = call;
}

void describe_chain(const Naming *naming, const Chain *chain, const char *source, Text *out) {
    Text inner = {0};
    text_add(&inner, source);
    if (chain->outer) {
        put_factor(naming, chain->right, &inner, true);
        put_call("sum(", &inner, ")");
        put_factor(naming, chain->left, &inner, true);
    } else {
        bool atom = put_factor(naming, chain->factor[0], &inner, true);
        for (int i = 0; i < chain->matrices; i++) {
            put_call(atom ? " @ " : " @ (", &inner, atom ? "" : ")");
            put_call(chain->matrix[i]->label, &inner, "");
            put_factor(naming, chain->factor[i + 1], &inner, false);
            atom = false;
        }
    }
    text_add(out, inner.at);
    text_free(&inner);
}

void describe_add(Text *out, const char *term) {
    const bool minus = term[0] == '-';
    if (out->length) text_add(out, minus ? " - " : " + ");
    text_add(out, term + (minus && out->length ? 1 : 0));
}

/* ---- the comments of forward programs ---- */

static const char *local_name(void *model, const Expr *e) { return model_local_name(model, e); }

static Naming naming_of(const Forward *forward) {
    return (Naming){local_name, forward->carrying->derivation->model};
}

static void add_term(const Forward *forward, const Chain *chain, int source, int lag, const Expr *start,
                     Text *out) {
    const Naming naming = naming_of(forward);
    Text from = {0}, term = {0};
    if (source >= 0)
        text_add(&from, forward->carried.at[source].buffer->label);
    else
        describe_operand(&naming, start, &from);
    if (source >= 0 && lag) text_printf(&from, "[t-%d]", lag);
    describe_chain(&naming, chain, from.at, &term);
    describe_add(out, term.at);
    text_free(&from);
    text_free(&term);
}

static const char *finish(const Forward *forward, const char *left, Text *right) {
    const char *made = right->length ? arena_printf(forward->carrying->arena, "%s %s", left, right->at) : "";
    text_free(right);
    return made;
}

const char *forward_recursion(const Forward *forward, int target) {
    Text right = {0};
    for (int self = 1; self >= 0; self--)
        for (int f = 0; f < forward->flows.count; f++) {
            const Flow *flow = &forward->flows.at[f];
            if (flow->target == target && (flow->source == target) == (self == 1))
                add_term(forward, &flow->chain, flow->source, flow->lag, flow->start, &right);
        }
    if (!right.length) text_add(&right, "0");
    const char *label = forward->carried.at[target].buffer->label;
    return finish(forward, arena_printf(forward->carrying->arena, "%s =", label), &right);
}

const char *forward_gradient(const Forward *forward) {
    Text right = {0};
    for (int i = 0; i < forward->signals.count; i++) {
        const Signal *signal = &forward->signals.at[i];
        if (signal->source >= 0 && forward->carried.at[signal->source].structure >= STRUCTURE_DENSE) continue;
        const Chain chain = {.factor = &signal->value};
        add_term(forward, &chain, signal->source, signal->lag, signal->start, &right);
    }
    return finish(forward, arena_printf(forward->carrying->arena, "dE/d%s +=", forward->param->label),
                  &right);
}
