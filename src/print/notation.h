/* Printed equations as rows of signs: what LaTeX and MathML are written from.
 *
 * Reports hold their equations as text, written by one printer with as few parentheses as a reader needs.
 * This reads such a line once more, name by name: variables get the time as a superscript, parts of names
 * become scripts, what follows ^ is an exponent. A row is flat, so that a long equation can be broken before
 * an operator; what a sign looks like is the writers' affair. */
#ifndef ELIGO_PRINT_NOTATION_H
#define ELIGO_PRINT_NOTATION_H

#include "print/report.h"

typedef enum {
    NAME_VARIABLE, /* letters of a variable: one is a letter, more are a word of letters */
    NAME_WORD,     /* part of a name, in a script */
    NAME_VERBATIM  /* "t-1", "(q0)", "ji", "⊤" */
} NameKind;

typedef struct Name Name;
typedef VEC(const Name *) Scripts;
struct Name {
    NameKind kind;
    const char *text; /* Greek letters spelt out or not; marks that stand on a letter follow it */
    Scripts below, above;
};

typedef enum {
    SIGN_NAME,
    SIGN_NUMBER,
    SIGN_CALL,  /* a function's name; its parenthesis follows */
    SIGN_INFIX, /* an operator between its operands */
    SIGN_POWER, /* an exponent of the sign before it */
    SIGN_SUM,   /* Σ over the units k */
    SIGN_APPLY, /* a matrix before what it is applied to */
    SIGN_OTHER  /* anything else, as it is */
} SignKind;

typedef struct Notation Notation;
typedef struct Sign {
    SignKind kind;
    const char *text;      /* digits, a function's name, a sign */
    const char *exponent;  /* NUMBER: of ten, or NULL */
    const Operator *means; /* INFIX, CALL: its line of the table; NULL for a user's function */
    const Name *name;      /* NAME */
    const Notation *inner; /* POWER */
    bool closed;           /* NAME: in parentheses, since an exponent follows its scripts */
    bool beside;           /* INFIX: a product that is written without a sign */
    int depth;             /* parentheses around it */
    bool breaks;           /* a line may begin with it */
} Sign;
struct Notation {
    VEC(Sign) row;
};

typedef struct NotationStyle {
    Arena *arena;
    const Model *model;
    bool entries; /* of entries (j, i), where a product is one of numbers; else of vectors */
} NotationStyle;

const Notation *notation_read(const NotationStyle *style, const char *line);
/* A variable's, parameter's or constant's name without a time: W with i below it for "Wi". */
const Name *notation_name(const NotationStyle *style, const char *label);
/* A sign as a writer has it. Long equations are broken before a piece. */
typedef struct Piece {
    const char *markup;
    double width; /* about that many italic letters */
    int depth;    /* parentheses around it */
    bool breaks;  /* a line may begin with it */
} Piece;
typedef VEC(Piece) Pieces;
/* Breaks lie in the fewest parentheses that let every stretch between two of them fit into `room`: at most
 * how deep. */
int pieces_depth(const Pieces *pieces, double room);
/* The width from piece `i` up to the next place for a break at most `depth` parentheses deep. */
double pieces_stretch(const Pieces *pieces, int i, int depth);

/* The mark at the end of a name's part: how many bytes before it are its own, and what TeX calls the accent;
 * NULL when there is none. */
const char *notation_accent(const char *word, size_t length, size_t *letters);

#endif
