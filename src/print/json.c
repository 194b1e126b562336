/* A derivation for programs: all of it, versioned, in a stable order (docs/derive-json.md). */
#include "print/json.h"

#include "print/print.h"

enum { FORMAT_VERSION = 1 };

void json_shape(Json *json, const char *key, int rank, const Dim *const *dims) {
    json_row(json, key);
    for (int i = 0; i < rank; i++)
        if (dims[i] && dims[i]->name)
            json_string(json, NULL, dims[i]->name);
        else if (dims[i])
            json_number(json, NULL, (double)dims[i]->value);
    json_end_array(json);
}

const char *json_state(const Report *report, int state) {
    return state < 0 ? NULL : report->derivation->automaton->label[state];
}

static void write_var(Json *json, const Var *var) {
    const Dim *dims[2] = {var->rows, var->cols};
    json_string(json, "name", var->label);
    json_shape(json, "shape", 2, dims);
}

static void write_tags(Json *json, const Report *report, uint64_t tags) {
    json_row(json, "tags");
    for (int i = 0; i < report->model->tags.count; i++)
        if (tags >> i & 1) json_string(json, NULL, report->model->tags.at[i]);
    json_end_array(json);
}

/* ---- model ---- */

static void write_sizes(Json *json, const Model *model) {
    json_array(json, "sizes");
    for (int i = 0; i < model->dims.count; i++) {
        json_object(json, NULL);
        json_string(json, "name", model->dims.at[i]->name);
        json_number(json, "value", (double)model->dims.at[i]->value);
        json_end_object(json);
    }
    json_end_array(json);
}

static void write_populations(Json *json, const Model *model) {
    json_array(json, "populations");
    for (int i = 0; i < model->populations.count; i++) {
        const Population *population = &model->populations.at[i];
        json_object(json, NULL);
        json_string(json, "name", population->label);
        json_string(json, "of", population->dim->name);
        json_number(json, "from", (double)dim_share(population->dim, population->from));
        json_number(json, "to", (double)dim_share(population->dim, population->to));
        json_end_object(json);
    }
    json_end_array(json);
}

static void write_params(Json *json, const Model *model) {
    json_array(json, "params");
    for (int i = 0; i < model->params.count; i++) {
        json_object(json, NULL);
        write_var(json, model->params.at[i]);
        json_bool(json, "zero_diagonal", model->params.at[i]->zero_diagonal);
        json_end_object(json);
    }
    json_end_array(json);
}

static void write_equations(Json *json, const Report *report) {
    const Model *model = report->model;
    json_array(json, "locals");
    for (int i = 0; i < model->locals.count; i++) {
        const Local *local = &model->locals.at[i];
        json_object(json, NULL);
        json_string(json, "name", local->label);
        json_string(json, "equation", report_equation(report, local->value, local->label));
        json_end_object(json);
    }
    json_end_array(json);
    json_array(json, "states");
    for (int i = 0; i < model->roots.count; i++) {
        const Var *root = model->roots.at[i];
        json_object(json, NULL);
        write_var(json, root);
        json_string(json, "kind",
                    root == model->loss       ? "loss"
                    : root->kind == VAR_STATE ? "state"
                                              : "output");
        json_number(json, "lag", root->max_lag);
        json_number(json, "initial", root->init == INIT_NUMBER ? root->init_number : 0);
        json_string(json, "equation", report_equation(report, root->definition, root->label));
        json_end_object(json);
    }
    json_end_array(json);
}

static void write_model(Json *json, const Report *report) {
    const Model *model = report->model;
    json_object(json, "model");
    json_string(json, "name", model->name);
    json_array(json, "layers");
    for (int i = 0; i < model->layers.count; i++) {
        json_object(json, NULL);
        json_string(json, "name", model->layers.at[i].name);
        json_string(json, "cell", model->layers.at[i].cell);
        json_end_object(json);
    }
    json_end_array(json);
    write_sizes(json, model);
    json_array(json, "inputs");
    for (int i = 0; i < model->inputs.count; i++) {
        json_object(json, NULL);
        write_var(json, model->inputs.at[i]);
        json_end_object(json);
    }
    json_end_array(json);
    write_populations(json, model);
    write_params(json, model);
    write_equations(json, report);
    json_string(json, "readout", model->readout_name);
    json_string(json, "target", model->target ? model->target->label : NULL);
    json_bool(json, "target_is_class", model->target_is_class);
    json_end_object(json);
}

/* ---- rule and graph ---- */

static void write_rule(Json *json, const Report *report) {
    const Derivation *derivation = report->derivation;
    const Automaton *automaton = &derivation->rule->automaton;
    json_object(json, "rule");
    json_string(json, "name", derivation->rule->name);
    json_string(json, "keep", derivation->rule->keep_text);
    json_string(json, "axes", derivation->rule->axes_text);
    json_string(json, "carry",
                derivation->program->block           ? "mixed"
                : derivation->carry == CARRY_FORWARD ? "forward"
                                                     : "backward");
    if (derivation->program->block) json_number(json, "block", derivation->program->block);
    json_array(json, "automaton");
    for (int q = 0; q < automaton->states; q++) {
        json_object(json, NULL);
        json_string(json, "state", automaton->label[q]);
        json_bool(json, "accepting", automaton->accepting[q]);
        json_row(json, "next");
        for (int s = 0; s < derivation->graph->symbols.count; s++)
            json_string(json, NULL, json_state(report, automaton_run(automaton, q, &s, 1)));
        json_end_array(json);
        json_end_object(json);
    }
    json_end_array(json);
    json_end_object(json);
}

static void write_symbols(Json *json, const Report *report) {
    const Graph *graph = report->derivation->graph;
    json_array(json, "symbols");
    for (int i = 0; i < graph->symbols.count; i++) {
        const Symbol *symbol = &graph->symbols.at[i];
        json_object(json, NULL);
        json_string(json, "class", edge_class_name[symbol->class]);
        json_string(json, "via", symbol->via ? symbol->via->label : NULL);
        json_string(json, "from", symbol->from ? symbol->from->label : NULL);
        json_string(json, "to", symbol->to->label);
        json_number(json, "lag", symbol->lag);
        write_tags(json, report, symbol->tags);
        json_end_object(json);
    }
    json_end_array(json);
}

static void write_way(Json *json, Report *report, const Way *way) {
    json_object(json, NULL);
    json_string(json, "from", way->from->label);
    json_number(json, "lag", way->lag);
    json_string(json, "to", way->to->label);
    json_string(json, "text", report_way(report, way));
    write_tags(json, report, way->tags);
    json_row(json, "word");
    for (int i = 0; i < way->symbols; i++) json_number(json, NULL, way->symbol[i]);
    json_end_array(json);
    json_row(json, "factors");
    for (int i = 0; i <= way->stations; i++) json_string(json, NULL, report_expr(report, way->factor[i]));
    json_end_array(json);
    json_row(json, "stations");
    for (int i = 0; i < way->stations; i++) json_string(json, NULL, report_station(way->station[i]));
    json_end_array(json);
    json_string(json, "derivative", report_derivative(report, way));
    json_row(json, "next");
    for (int q = 0; q < report->product.states; q++)
        json_string(json, NULL, json_state(report, product_after(&report->product, way, q)));
    json_end_array(json);
    json_end_object(json);
}

static void write_graph(Json *json, Report *report) {
    const Graph *graph = report->derivation->graph;
    json_object(json, "graph");
    write_symbols(json, report);
    json_array(json, "ways");
    for (int i = 0; i < graph->ways.count; i++) write_way(json, report, &graph->ways.at[i]);
    json_end_array(json);
    json_array(json, "starts");
    for (int i = 0; i < graph->starts.count; i++) write_way(json, report, &graph->starts.at[i]);
    json_end_array(json);
    json_end_object(json);
}

void print_json(const Derivation *derivation, Text *out) {
    Arena *arena = arena_new();
    Report *report = report_new(arena, derivation);
    Json json = {.out = out, .first = true};
    json_object(&json, NULL);
    json_number(&json, "eligo-derivation", FORMAT_VERSION);
    write_model(&json, report);
    write_rule(&json, report);
    write_graph(&json, report);
    report_recursions(report);
    json_recursions(&json, report);
    json_parameters(&json, report);
    json_program(&json, report);
    json_routines(&json, report);
    json_costs(&json, report);
    json_end_object(&json);
    arena_free(arena);
}
