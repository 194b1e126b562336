/* The recursions of a forward derivation as a methods section would write them. */
#include "derive/forward.h"

static const char *local_name(void *model, const Expr *e) { return model_local_name(model, e); }

static void print_expr(const Forward *forward, const Expr *e, bool factor, Text *out) {
    Text text = {0};
    expr_print(e, local_name, forward->carrying->derivation->model, &text);
    bool simple = !factor || expr_is_leaf(e) || local_name(forward->carrying->derivation->model, e) ||
                  !expr_is_elementwise(e) || e->op == EXPR_MUL || e->op >= EXPR_POW;
    text_printf(out, simple ? "%s" : "(%s)", text.at);
    text_free(&text);
}

/* z · (1 - c²) · R @ (…): the chain applied to what stands to its right. */
static void print_chain(const Forward *forward, const Chain *chain, Text *out) {
    if (chain->outer) {
        print_expr(forward, chain->left, true, out);
        text_add(out, " · ⟨");
        print_expr(forward, chain->right, true, out);
        text_add(out, ", ·⟩ ");
        return;
    }
    for (int i = chain->matrices; i >= 0; i--) {
        if (!expr_is_const(chain->factor[i], 1)) {
            print_expr(forward, chain->factor[i], true, out);
            text_add(out, i || chain->matrices == 0 ? " · " : " ⊙ ");
        }
        if (i > 0) text_printf(out, "%s @ ", chain->matrix[i - 1]->label);
    }
}

static void print_source(const Forward *forward, int source, int lag, const Expr *start, Text *out) {
    if (source >= 0) {
        text_add(out, forward->carried.at[source].buffer->label);
        if (lag) text_printf(out, "[t-%d]", lag);
    } else if (start->op == EXPR_MATVEC) {
        print_expr(forward, start->kid[0], true, out);
    } else {
        text_add(out, "1");
    }
}

static const char *finish(const Forward *forward, Text *text) {
    const char *kept = arena_string(forward->carrying->arena, text->at ? text->at : "0");
    text_free(text);
    return kept;
}

static void describe_influence(const Forward *forward, int target) {
    Text text = {0};
    for (int f = 0; f < forward->flows.count; f++) {
        const Flow *flow = &forward->flows.at[f];
        if (flow->target != target) continue;
        if (text.length) text_add(&text, " + ");
        print_chain(forward, &flow->chain, &text);
        print_source(forward, flow->source, flow->lag, flow->start, &text);
    }
    carry_equation(forward->carrying, forward->param, forward->carried.at[target].buffer->label, NULL,
                   finish(forward, &text));
}

void forward_describe(const Forward *forward) {
    for (int c = 0; c < forward->carried.count; c++) describe_influence(forward, c);
    Text text = {0};
    for (int i = 0; i < forward->signals.count; i++) {
        const Signal *signal = &forward->signals.at[i];
        if (text.length) text_add(&text, " + ");
        if (!expr_is_const(signal->value, 1)) {
            print_expr(forward, signal->value, true, &text);
            text_add(&text, " · ");
        }
        print_source(forward, signal->source, signal->lag, signal->start, &text);
    }
    if (!text.length) return;
    const char *left = arena_printf(forward->carrying->arena, "Δ dE/d%s", forward->param->label);
    carry_equation(forward->carrying, forward->param, left, NULL, finish(forward, &text));
}
