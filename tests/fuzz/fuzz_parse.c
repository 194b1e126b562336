/* The parser under a fuzzer: any bytes, all three entry points, and the diagnostics printed.
 * The first byte chooses the entry point, so that a corpus of spec files (which begin with a letter or `#`)
 * feeds the whole-file parser. */
#include "syntax/parse.h"
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    Arena *arena = arena_new();
    Diagnostics *all = diagnostics_new(arena);
    const char *text = (const char *)data;
    const bool path = size > 0 && data[0] == '1', use = size > 0 && data[0] == '2';
    if (path || use) text++, size--;
    Source *source = source_from_text(arena, "fuzz", text, size);
    const bool result = path  ? syntax_parse_path(arena, source, all) != NULL
                        : use ? syntax_parse_rule_use(arena, source, all) != NULL
                              : syntax_parse(arena, source, all) != NULL;
    if (result != (all->errors == 0) && (path || use)) abort();
    Text out = {0};
    diagnostics_print(all, false, &out);
    text_free(&out);
    arena_free(arena);
    return 0;
}
