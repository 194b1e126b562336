/* The only door to the parser (grammar/eligo.l, grammar/eligo.y). Reentrant; locale-independent. */
#ifndef ELIGO_SYNTAX_PARSE_H
#define ELIGO_SYNTAX_PARSE_H

#include "base/diagnostic.h"
#include "syntax/ast.h"

/* Parses a whole file. Never NULL: on errors (reported in `diagnostics`, several where the parser could
 * recover at a `;` or `}`) the tree holds what could be read. */
AstFile *syntax_parse(Arena *arena, Source *source, Diagnostics *diagnostics);
/* Parses a path expression alone (`--keep "implicit*"`); NULL after an error. */
AstPath *syntax_parse_path(Arena *arena, Source *source, Diagnostics *diagnostics);
/* Parses a rule without a name: a path expression and, after a `;`, clauses (`any*; mask reach(1)`); the last
 * `;` may be missing. NULL after an error. */
AstRule *syntax_parse_inline(Arena *arena, const char *name, const char *text, Diagnostics *diagnostics);
/* Parses a rule's use, as on the command line: eprop, eprop(2), tbptt(k=3). Arguments without a name have
 * name.name NULL. NULL after an error. */
typedef struct AstRuleUse {
    AstName name;
    AstArguments arguments;
} AstRuleUse;
AstRuleUse *syntax_parse_rule_use(Arena *arena, Source *source, Diagnostics *diagnostics);

#endif
