#include "print/json_writer.h"

#include <math.h>

static void new_line(Json *json) {
    text_add(json->out, "\n");
    for (int i = 0; i < json->depth; i++) text_add(json->out, "  ");
}

static void write_string(Text *out, const char *value) {
    text_add(out, "\"");
    for (const char *c = value; *c; c++) {
        const unsigned char byte = (unsigned char)*c;
        if (byte == '"' || byte == '\\')
            text_printf(out, "\\%c", byte);
        else if (byte == '\n')
            text_add(out, "\\n");
        else if (byte < 0x20 || byte == 0x7F)
            text_printf(out, "\\u%04x", byte);
        else
            text_add_bytes(out, c, 1);
    }
    text_add(out, "\"");
}

static void begin(Json *json, const char *key) {
    if (!json->first) text_add(json->out, json->inline_list ? ", " : ",");
    if (json->depth && !json->inline_list) new_line(json);
    json->first = false;
    if (!key) return;
    write_string(json->out, key);
    text_add(json->out, ": ");
}

static void open(Json *json, const char *key, const char *bracket) {
    begin(json, key);
    text_add(json->out, bracket);
    json->depth++;
    json->first = true;
}

static void close(Json *json, const char *bracket) {
    json->depth--;
    if (!json->first && !json->inline_list) new_line(json);
    text_add(json->out, bracket);
    json->first = json->inline_list = false;
    if (json->depth == 0) text_add(json->out, "\n");
}

void json_object(Json *json, const char *key) { open(json, key, "{"); }
void json_array(Json *json, const char *key) { open(json, key, "["); }
void json_end_object(Json *json) { close(json, "}"); }
void json_end_array(Json *json) { close(json, "]"); }

void json_row(Json *json, const char *key) {
    open(json, key, "[");
    json->inline_list = true;
}

void json_string(Json *json, const char *key, const char *value) {
    if (!value) {
        json_null(json, key);
        return;
    }
    begin(json, key);
    write_string(json->out, value);
}

void json_number(Json *json, const char *key, double value) {
    if (!isfinite(value)) {
        json_null(json, key);
        return;
    }
    begin(json, key);
    text_number(json->out, value);
}

void json_bool(Json *json, const char *key, bool value) {
    begin(json, key);
    text_add(json->out, value ? "true" : "false");
}

void json_null(Json *json, const char *key) {
    begin(json, key);
    text_add(json->out, "null");
}
