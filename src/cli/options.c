/* Parsing by table. */
#include "cli/options.h"
#include "base/diagnostic.h"
#include "base/number.h"
#include "base/text.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

bool usage_error(const char *code, const char *format, ...) {
    Text text = {0};
    va_list arguments;
    va_start(arguments, format);
    text_vprintf(&text, format, arguments);
    va_end(arguments);
    fprintf(stderr, "eligo: error[%s]: %s\n", code, text.at);
    text_free(&text);
    return false;
}

static bool has_value(const Option *option) { return option->kind != OPTION_FLAG; }

static const Option *find(const Option *options, const char *name, size_t length) {
    for (const Option *o = options; o->kind != OPTION_END; o++) {
        if (!o->name) continue;
        if (strlen(o->name) == length && strncmp(o->name, name, length) == 0) return o;
    }
    return NULL;
}

static const Option *find_letter(const Option *options, char letter) {
    for (const Option *o = options; o->kind != OPTION_END; o++)
        if (o->letter == letter && letter) return o;
    return NULL;
}

static bool unknown(const Option *options, const char *text, size_t length) {
    const char *names[128];
    int count = 0;
    for (const Option *o = options; o->kind != OPTION_END && count < 128; o++)
        if (o->name) names[count++] = o->name;
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)length, text);
    const char *near = closest_name(name, names, count);
    if (near) return usage_error("E0651", "unknown option `--%s`; did you mean `--%s`?", name, near);
    return usage_error("E0651", "unknown option `--%s`; --help lists those that there are", name);
}

static bool complain_number(const Option *o, const char *value, const char *kind) {
    Text text = {0};
    text_printf(&text, "--%s: `%s` is not a %s", o->name, value, kind);
    if (o->least > -INFINITY && o->most < INFINITY) {
        text_add(&text, " from ");
        text_number(&text, o->least);
        text_add(&text, " to ");
        text_number(&text, o->most);
    } else if (o->least > -INFINITY) {
        text_add(&text, " of ");
        text_number(&text, o->least);
        text_add(&text, " or more");
    }
    usage_error("E0653", "%s", text.at);
    text_free(&text);
    return false;
}

static bool choose(const Option *o, const char *value) {
    int index = 0;
    for (const char *word = o->word; *word; index++) {
        const size_t length = strcspn(word, "|");
        if (strlen(value) == length && strncmp(word, value, length) == 0) {
            *(int *)o->to = index;
            return true;
        }
        word += length + (word[length] == '|');
    }
    return usage_error("E0653", "--%s: `%s` is none of %s", o->name, value, o->word);
}

static bool set(Arena *arena, const Option *o, const char *value) {
    double number;
    switch (o->kind) {
    case OPTION_TEXT: *(const char **)o->to = value; return true;
    case OPTION_LIST: vec_push(arena, (Strings *)o->to, value); return true;
    case OPTION_CHOICE: return choose(o, value);
    case OPTION_WHOLE:
        if (!number_parse(value, strlen(value), &number) || number != floor(number) || number < o->least ||
            number > o->most)
            return complain_number(o, value, "whole number");
        *(long *)o->to = (long)number;
        return true;
    case OPTION_NUMBER:
        if (!number_parse(value, strlen(value), &number) || number < o->least || number > o->most)
            return complain_number(o, value, "number");
        *(double *)o->to = number;
        return true;
    default: return false;
    }
}

/* One option at argv[*i]; moves *i on when its value is the next word. */
static bool one(Arena *arena, const Option *options, int argc, char **argv, int *i) {
    const char *text = argv[*i];
    const bool is_long = text[1] == '-';
    const char *name = text + (is_long ? 2 : 1);
    const size_t length = is_long ? strcspn(name, "=") : 1;
    const Option *o = is_long ? find(options, name, length) : find_letter(options, *name);
    if (!o && is_long) return unknown(options, name, length);
    if (!o) return usage_error("E0651", "unknown option `-%c`; --help lists those that there are", *name);
    const char *value = name[length] ? name + length + (is_long || name[length] == '=') : NULL;
    if (!has_value(o)) {
        if (value) return usage_error("E0652", "--%s takes no value", o->name);
        *(bool *)o->to = true;
        return true;
    }
    if (!value) {
        if (*i + 1 >= argc) return usage_error("E0652", "--%s wants a value: %s", o->name, o->word);
        value = argv[++*i];
    }
    return set(arena, o, value);
}

bool options_parse(Arena *arena, const Option *options, int argc, char **argv, Strings *plain) {
    bool only_plain = false;
    for (int i = 0; i < argc; i++) {
        const char *text = argv[i];
        if (!only_plain && strcmp(text, "--") == 0)
            only_plain = true;
        else if (only_plain || text[0] != '-' || !text[1])
            vec_push(arena, plain, text);
        else if (!one(arena, options, argc, argv, &i))
            return false;
    }
    return true;
}

void options_print(const Option *options) {
    for (const Option *o = options; o->kind != OPTION_END; o++) {
        if (o->kind == OPTION_SECTION) {
            printf("\n%s\n", o->help);
            continue;
        }
        char left[80];
        const char letter[] = {'-', o->letter, ',', ' ', '\0'};
        snprintf(left, sizeof left, "%s--%s%s%s", o->letter ? letter : "    ", o->name,
                 has_value(o) ? " " : "", has_value(o) ? o->word : "");
        printf("  %-36s %s\n", left, o->help);
    }
}

bool split_setting(Arena *arena, const char *option, const char *text, const char **name, double *value) {
    const char *equals = strchr(text, '=');
    if (!equals || equals == text)
        return usage_error("E0653", "--%s: `%s` is not of the form NAME=VALUE", option, text);
    if (!number_parse(equals + 1, strlen(equals + 1), value))
        return usage_error("E0653", "--%s: `%s` in `%s` is not a number", option, equals + 1, text);
    *name = arena_copy(arena, text, (size_t)(equals - text));
    return true;
}
