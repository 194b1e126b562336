/* Building models from text for the tests of src/model. */
#include "built.h"

#include <criterion/criterion.h>
#include <string.h>

Built open_text(const char *text) {
    Built built = {.arena = arena_new()};
    built.diagnostics = diagnostics_new(built.arena);
    Source *source = source_from_text(built.arena, "spec", text, strlen(text));
    built.package = package_from_source(built.arena, source, "library", built.diagnostics);
    cr_assert_not_null(built.package);
    return built;
}

Built open_spec(const char *spec) {
    Built built = {.arena = arena_new()};
    built.diagnostics = diagnostics_new(built.arena);
    built.package = package_load(built.arena, spec, "library", built.diagnostics);
    cr_assert_not_null(built.package, "%s", spec);
    return built;
}

void build(Built *built, const ModelOptions *options) {
    const ModelOptions none = {0};
    built->model = model_build(built->arena, built->package, options ? options : &none, built->diagnostics);
    diagnostics_print(built->diagnostics, false, &built->messages);
}

Built build_text(const char *text, const ModelOptions *options) {
    Built built = open_text(text);
    build(&built, options);
    return built;
}

void build_with(Built *built, const ModelOptions *options) {
    build(built, options);
    cr_assert_not_null(built->model, "%s", messages(built));
}

const char *messages(const Built *built) { return built->messages.at ? built->messages.at : ""; }

void built_free(Built *built) {
    text_free(&built->messages);
    arena_free(built->arena);
}

void set(Built *built, ModelOptions *options, bool size, const char *name, double value) {
    const Setting one = {name, value};
    if (size)
        vec_push(built->arena, &options->size, one);
    else
        vec_push(built->arena, &options->set, one);
}
