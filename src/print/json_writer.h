/* Writing JSON with commas, indentation and escapes in one place. Members are written in the order of the
 * calls, so that equal derivations give equal bytes. */
#ifndef ELIGO_PRINT_JSON_WRITER_H
#define ELIGO_PRINT_JSON_WRITER_H

#include "base/text.h"

typedef struct Json {
    Text *out;
    int depth;
    bool first, inline_list; /* nothing yet in the innermost container; it's an array on one line */
} Json;

/* `key` is NULL within arrays and for the whole document. */
void json_object(Json *json, const char *key);
void json_array(Json *json, const char *key);
/* An array on one line, of plain values. */
void json_row(Json *json, const char *key);
void json_end_object(Json *json);
void json_end_array(Json *json);
/* NULL is written as null. */
void json_string(Json *json, const char *key, const char *value);
/* Not-a-number and infinities, which JSON hasn't, are null. */
void json_number(Json *json, const char *key, double value);
void json_bool(Json *json, const char *key, bool value);
void json_null(Json *json, const char *key);

#endif
