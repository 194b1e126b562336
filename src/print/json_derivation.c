/* The JSON printer's second half: recursions, facts, buffers, costs. */
#include "print/json.h"

/* ---- recursions ---- */

static void write_lines(Json *json, const char *key, const Line *lines, int count) {
    json_array(json, key);
    for (int i = 0; i < count; i++) {
        json_object(json, NULL);
        json_string(json, "left", lines[i].left);
        json_string(json, "right", lines[i].right);
        json_end_object(json);
    }
    json_end_array(json);
}

static void write_group(Json *json, const Report *report, const Group *group) {
    const int updates = group->lines.count ? 1 : 0;
    json_object(json, NULL);
    json_row(json, "params");
    for (int i = 0; i < group->params.count; i++)
        json_string(json, NULL, report->model->params.at[group->params.at[i]]->label);
    json_end_array(json);
    json_row(json, "operands");
    for (int i = 0; i < group->operand.count; i++) json_string(json, NULL, group->operand.at[i]);
    json_end_array(json);
    json_row(json, "given");
    for (int i = 0; i < group->given.count; i++) json_string(json, NULL, group->given.at[i]);
    json_end_array(json);
    write_lines(json, "recursions", group->lines.at, group->lines.count - updates);
    json_string(json, "gradient", updates ? group->lines.at[group->lines.count - 1].right : NULL);
    json_end_object(json);
}

static void write_influences(Json *json, const Report *report) {
    json_array(json, "influences");
    for (int i = 0; i < report->derivation->influences.count; i++) {
        const Influence *influence = &report->derivation->influences.at[i];
        json_object(json, NULL);
        json_string(json, "param", influence->param->label);
        json_string(json, "of", influence->root->label);
        json_string(json, "state", json_state(report, influence->state));
        json_string(json, "structure", structure_name[influence->structure]);
        json_string(json, "decay", influence->decay ? report_expr(report, influence->decay) : NULL);
        json_string(json, "buffer", influence->buffer->name);
        json_end_object(json);
    }
    json_end_array(json);
}

static void write_filters(Json *json, const Report *report) {
    const Derivation *derivation = report->derivation;
    json_array(json, "filters");
    for (int i = 0; i < derivation->filters.count; i++) {
        const Filter *filter = &derivation->filters.at[i];
        if (!derive_uses_filter(derivation, filter)) continue;
        json_object(json, NULL);
        json_string(json, "of", filter->root->label);
        json_string(json, "source", filter->source->label);
        json_string(json, "matrix", filter->matrix->label);
        json_string(json, "readout", filter->readout->label);
        json_end_object(json);
    }
    json_end_array(json);
}

static void write_slopes(Json *json, const Report *report) {
    const Slopes *slopes = &report->derivation->slopes;
    json_array(json, "slopes");
    for (int i = 0; i < slopes->count; i++) {
        json_object(json, NULL);
        json_string(json, "of", slopes->at[i].to->label);
        json_string(json, "by", slopes->at[i].from->label);
        json_string(json, "name", slopes->at[i].var->label);
        json_end_object(json);
    }
    json_end_array(json);
}

static void write_adjoints(Json *json, const Report *report) {
    json_array(json, "adjoints");
    for (int i = 0; i < report->derivation->adjoints.count; i++) {
        const Adjoint *adjoint = &report->derivation->adjoints.at[i];
        json_object(json, NULL);
        json_string(json, "of", adjoint->root->label);
        json_string(json, "state", json_state(report, adjoint->state));
        json_number(json, "lag", adjoint->lag);
        json_string(json, "buffer", adjoint->buffer->name);
        json_end_object(json);
    }
    json_end_array(json);
}

void json_recursions(Json *json, const Report *report) {
    const bool backward = report->derivation->carry == CARRY_BACKWARD;
    json_object(json, "equations");
    write_lines(json, "slopes", report->slopes.at, report->slopes.count);
    write_lines(json, backward ? "adjoints" : "signals", report->signals.at, report->signals.count);
    write_lines(json, "handed", report->handed.at, report->handed.count);
    json_array(json, "groups");
    for (int i = 0; i < report->groups.count; i++) write_group(json, report, &report->groups.at[i]);
    json_end_array(json);
    json_end_object(json);
    write_influences(json, report);
    write_filters(json, report);
    write_slopes(json, report);
    write_adjoints(json, report);
}

/* ---- facts ---- */

static void write_polynomial(Json *json, const char *key, const Polynomial *polynomial) {
    Text formula = {0};
    polynomial_print(polynomial, &formula);
    json_object(json, key);
    json_string(json, "formula", formula.at);
    json_number(json, "value", polynomial_value(polynomial));
    json_end_object(json);
    text_free(&formula);
}

static void write_drops(Json *json, const Report *report, const ParamFacts *facts) {
    json_array(json, "dropped");
    for (int i = 0; i < facts->drops.count; i++) {
        const Drop *drop = &facts->drops.at[i];
        json_object(json, NULL);
        json_string(json, "in", drop->start ? "starts" : "ways");
        json_number(json, "way", drop->way);
        json_string(json, "state", json_state(report, drop->state));
        json_end_object(json);
    }
    json_end_array(json);
    json_row(json, "refused");
    for (int i = 0; i < facts->refused.count; i++)
        json_string(json, NULL, json_state(report, facts->refused.at[i]));
    json_end_array(json);
}

static void write_verdict(Json *json, const ParamFacts *facts) {
    static const char *const met[] = {"post", "pre", "units", "layers", "outputs"};
    json_string(json, "verdict", verdict_name[facts->verdict]);
    json_string(json, "exact_without", facts->condition);
    json_string(json, "spread", facts->spread);
    json_row(json, "reasons");
    for (int i = 0; i < facts->reasons.count; i++) json_string(json, NULL, facts->reasons.at[i]);
    json_end_array(json);
    json_row(json, "meets");
    for (int i = 0; i < 5; i++)
        if (facts->meets >> i & 1U) json_string(json, NULL, met[i]);
    json_end_array(json);
}

void json_parameters(Json *json, const Report *report) {
    const Derivation *derivation = report->derivation;
    json_array(json, "facts");
    for (int p = 0; p < report->model->params.count; p++) {
        const ParamFacts *facts = &derivation->facts[p];
        const ParamCost cost = derivation_param_cost(derivation, facts->param, report->arena);
        json_object(json, NULL);
        json_string(json, "param", facts->param->label);
        json_bool(json, "reaches_loss", facts->reaches);
        json_bool(json, "kept", facts->kept);
        json_bool(json, "exact", facts->exact);
        if (facts->exact)
            json_null(json, "exact_steps");
        else
            json_number(json, "exact_steps", facts->exact_steps);
        write_verdict(json, facts);
        json_bool(json, "causal", facts->causal);
        json_bool(json, "local", facts->local);
        json_bool(json, "carries", facts->carries);
        write_drops(json, report, facts);
        write_polynomial(json, "carried_reals", &cost.carried);
        write_polynomial(json, "multiply_adds", &cost.work);
        json_end_object(json);
    }
    json_end_array(json);
}

/* ---- buffers and costs ---- */

void json_program(Json *json, const Report *report) {
    static const char *const kinds[] = {
        [BUFFER_PARAM] = "parameter", [BUFFER_GRADIENT] = "gradient", [BUFFER_FIXED] = "fixed",
        [BUFFER_INPUT] = "input",     [BUFFER_STATE] = "state",       [BUFFER_INFLUENCE] = "influence",
        [BUFFER_ADJOINT] = "adjoint", [BUFFER_OUTPUT] = "output",     [BUFFER_WORK] = "work"};
    const Program *program = report->derivation->program;
    json_string(json, "program", program->name);
    json_array(json, "buffers");
    for (int i = 0; i < program->buffers.count; i++) {
        const Buffer *buffer = program->buffers.at[i];
        json_object(json, NULL);
        json_string(json, "name", buffer->name);
        json_string(json, "kind", kinds[buffer->kind]);
        json_string(json, "of", buffer->var ? buffer->var->label : NULL);
        json_shape(json, "shape", buffer->rank, buffer->dims);
        json_number(json, "slots", buffer->slots);
        json_bool(json, "taped", buffer->taped);
        json_number(json, "initial", buffer->initial);
        json_end_object(json);
    }
    json_end_array(json);
}

static void write_bytes(Json *json, const char *key, const Report *report, size_t real) {
    const Layout layout = program_layout(report->derivation->program, real, report->arena);
    json_object(json, key);
    json_number(json, "struct", (double)layout.struct_bytes);
    json_number(json, "tape_record", (double)layout.record_bytes);
    json_end_object(json);
}

void json_costs(Json *json, const Report *report) {
    const Cost cost = program_cost(report->derivation->program, report->arena);
    json_object(json, "costs");
    write_bytes(json, "bytes_float", report, sizeof(float));
    write_bytes(json, "bytes_double", report, sizeof(double));
    write_polynomial(json, "parameter_reals", &cost.params);
    write_polynomial(json, "carried_reals", &cost.carried);
    write_polynomial(json, "work_reals", &cost.work);
    write_polynomial(json, "tape_reals", &cost.tape);
    write_polynomial(json, "step_multiply_adds", &cost.forward);
    write_polynomial(json, "backward_multiply_adds", &cost.backward);
    if (report->derivation->program->block) write_polynomial(json, "border_multiply_adds", &cost.border);
    json_end_object(json);
}
