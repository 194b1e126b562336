/* Which values are events: zero at most units of most steps, because a threshold stands behind them. */
#include "expr/expr.h"

enum { FAR = 16 }; /* steps of the search: a definition may lead back to itself */

static bool is_event(const Expr *e, int left) {
    if (left == 0 || !e) return false;
    switch (e->op) {
    case EXPR_STEP:
    case EXPR_LESS:
    case EXPR_LESS_EQUAL:
    case EXPR_GREATER:
    case EXPR_GREATER_EQUAL: return true;
    case EXPR_USE: return is_event(e->var->definition, left - 1);
    case EXPR_FUNCTION:
    case EXPR_STOP:
    case EXPR_NEG: return is_event(e->kid[0], left - 1);
    case EXPR_MUL: return is_event(e->kid[0], left - 1) || is_event(e->kid[1], left - 1);
    default: return false;
    }
}

bool expr_is_event(const Expr *e) { return is_event(e, FAR); }
