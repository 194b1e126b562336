/* From an update program to C: the learner's header, its body, and a driver.
 *
 * Header and body come from the same buffers in the same order, so the struct is what derive/layout.c says it
 * is. The text's length depends on the number of statements only; sizes are macros. It is one portable subset
 * of C99 that gcc, clang and tcc compile without a warning, and the same bytes whatever the locale. */
#ifndef ELIGO_EMIT_EMIT_H
#define ELIGO_EMIT_EMIT_H

#include "derive/program.h"

typedef struct EmitOptions {
    bool single;           /* float instead of double */
    const char *version;   /* "0.1.0": stamped into the header comment; NULL leaves a stamp out */
    const char *spec_hash; /* of the spec's text */
    const char *options;   /* "--rule eprop --real float" */
} EmitOptions;

/* NAME.h: sizes, the struct (and the tape's record), prototypes. Requires: a program that program_verify
 * accepts. */
void emit_header(const Program *program, const EmitOptions *options, Text *out);
/* NAME.c: includes NAME.h; the kernels it uses are pasted into it. */
void emit_body(const Program *program, const EmitOptions *options, Text *out);
/* NAME_main.c: a program that reads parameters and a sequence from .npy files and writes the gradients. */
void emit_main(const Program *program, const EmitOptions *options, Text *out);

/* What the lines of an emitted text are there for: a part goes from its first line to the next part's. Every
 * line belongs to one. */
typedef struct EmitPart {
    int line;                   /* from 1 on */
    const char *words;          /* what it is, where it isn't a statement or a member */
    const Routine *routine;     /* a statement's */
    const Statement *statement; /* or NULL */
    const Statement *product;   /* the next one, taken in the same pass; or NULL */
    const Buffer *buffer;       /* of a member, or of what `words` is about; or NULL */
} EmitPart;
typedef struct EmitParts {
    Arena *arena; /* for the list and its words; the caller's */
    VEC(EmitPart) list;
} EmitParts;
/* The same texts as emit_header, emit_body and emit_main, with their parts. */
void emit_header_parts(const Program *program, const EmitOptions *options, Text *out, EmitParts *parts);
void emit_body_parts(const Program *program, const EmitOptions *options, Text *out, EmitParts *parts);
void emit_main_parts(const Program *program, const EmitOptions *options, Text *out, EmitParts *parts);

/* Header and body in one text without any #include, for compilation in process. `pasted`: with the kernels,
 * for an optimising compiler; else the kernels are declared and the host binds them. */
void emit_in_process(const Program *program, const EmitOptions *options, bool pasted, Text *out);

/* The prefix of everything emitted, and the file's name: Program.name made safe. Lives in `arena`. */
const char *emit_name(const Program *program, Arena *arena);
/* The 64-bit FNV-1a hash of a text as 16 hexadecimal digits: what `spec_hash` is meant to be. */
void emit_hash(const char *text, size_t length, char digits[17]);

#endif
