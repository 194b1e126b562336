/* The schedule's part of a derivation: chunks, and steps that teach.
 *
 * requires: a lowering; for chunks all influences (forward) or adjoints (backward) declared.
 * keeps:    what a step computes; a chunk only adds one statement, a sample one factor of the loss's adjoint.
 *
 * A path crosses from one chunk to the next exactly when it is handed from step to step over the border. What
 * is handed on is in the influences' rings, or in the adjoints': both are emptied at the border, every slot,
 * and with them whatever a delay would have read across it. The state itself flows on. */
#include "derive/carry.h"

static Statement *forget(const Carrying *carrying, BufferKind kind, int period) {
    Statement *statement = arena_new_of(carrying->arena, Statement);
    const Program *program = carrying->derivation->program;
    statement->kind = STATEMENT_FORGET;
    statement->period = period;
    for (int i = 0; i < program->buffers.count; i++)
        if (program->buffers.at[i]->kind == kind)
            vec_push(carrying->arena, &statement->forgotten, program->buffers.at[i]);
    return statement;
}

void carry_begin_chunk(const Carrying *carrying, Routine *routine) {
    const int chunk = carrying->derivation->rule->timing.chunk;
    const bool backward = carrying->derivation->carry == CARRY_BACKWARD;
    if (chunk <= 0) return;
    Statement *statement = forget(carrying, backward ? BUFFER_ADJOINT : BUFFER_INFLUENCE, chunk);
    statement->comment =
        arena_printf(carrying->arena, "a chunk of %d step%s %s: no path crosses to the one before", chunk,
                     chunk > 1 ? "s" : "", backward ? "ends here, on the way back" : "begins");
    if (statement->forgotten.count) vec_push(carrying->arena, &routine->statements, statement);
}

const Var *carry_teach(Carrying *carrying) {
    const int sample = carrying->derivation->rule->timing.sample;
    if (sample <= 0 && !carrying->derivation->rule->says) return NULL;
    Var *teach = arena_new_of(carrying->arena, Var);
    teach->kind = VAR_INPUT;
    teach->name = teach->label = "teach";
    teach->layer = -1;
    Program *program = carrying->derivation->program;
    Buffer *buffer = program_buffer(program, BUFFER_INPUT, "teach", 0, NULL);
    buffer->comment = "1 at a step whose loss teaches, else 0";
    if (sample > 0)
        buffer->comment = arena_printf(carrying->arena, "%s: the caller draws %d step%s of each sequence",
                                       buffer->comment, sample, sample > 1 ? "s" : "");
    buffer->var = teach;
    program->teach = buffer;
    program->sample = sample;
    lowering_bind(carrying->low, teach, buffer);
    return teach;
}

const Expr *carry_loss_adjoint(const Carrying *carrying) {
    if (!carrying->teach) return expr_constant(carrying->exprs, 1);
    return expr_use(carrying->exprs, carrying->teach, 0, 0);
}
