/* See support.h. Commands go through the shell with their output in a file: slower than pipes, and simpler.
 */
#include "support.h"
#include "eligo.h"

#include <criterion/criterion.h>

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *environment(const char *name, const char *otherwise) {
    const char *value = getenv(name);
    return value ? value : otherwise;
}

const char *program(void) { return environment("ELIGO", "build/eligo"); }
const char *build_folder(void) { return environment("ELIGO_BUILD", "build"); }

static char *formatted_list(const char *format, va_list arguments) {
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    char *text = length < 0 ? NULL : malloc((size_t)length + 1);
    if (!text) abort();
    vsnprintf(text, (size_t)length + 1, format, arguments);
    return text;
}

char *formatted(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    char *text = formatted_list(format, arguments);
    va_end(arguments);
    return text;
}

char *scratch_make(const char *name) {
    char *parent = formatted("%s/scratch", build_folder());
    mkdir(parent, 0777);
    char *folder = formatted("%s/%s.XXXXXX", parent, name);
    free(parent);
    if (!mkdtemp(folder)) abort();
    return folder;
}

void scratch_remove(char *folder) {
    run(NULL, "rm -rf '%s'", folder);
    free(folder);
}

char *file_content(const char *path, size_t *length) {
    FILE *file = fopen(path, "rb");
    if (!file) return NULL;
    char *content = NULL;
    size_t count = 0, got;
    do {
        content = realloc(content, count + 65536 + 1);
        if (!content) abort();
        got = fread(content + count, 1, 65536, file);
        count += got;
    } while (got > 0);
    fclose(file);
    content[count] = 0;
    if (length) *length = count;
    return content;
}

int run(char **output, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    char *command = formatted_list(format, arguments);
    va_end(arguments);
    char *parent = formatted("%s/scratch", build_folder());
    mkdir(parent, 0777);
    char *path = formatted("%s/output.XXXXXX", parent);
    int file = mkstemp(path);
    if (file < 0) abort();
    close(file);
    char *whole = formatted("{ %s\n} >'%s' 2>&1 </dev/null", command, path);
    int status = system(whole);
    if (output) *output = file_content(path, NULL);
    unlink(path);
    free(whole), free(path), free(parent), free(command);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void expect_run(const char *folder, const char *arguments, int status, const char *words) {
    char *output;
    const int got = run(&output, "D='%s'; '%s' %s", folder, program(), arguments);
    cr_expect_eq(got, status, "eligo %s: status %d, not %d: %s", arguments, got, status, output);
    cr_expect(strstr(output, words), "eligo %s: no `%s` in: %s", arguments, words, output);
    free(output);
}

LibraryNames library_names(const char *what) {
    Eligo *eligo = eligo_new("library");
    char *list = eligo_list(eligo, what);
    LibraryNames names = {.count = 0};
    for (const char *line = list; line && *line; line += strcspn(line, "\n") + 1) {
        cr_assert(names.count < (int)(sizeof names.at / sizeof *names.at));
        names.at[names.count++] = strndup(line, strcspn(line, " "));
    }
    cr_assert(names.count, "no %s", what);
    free(list);
    eligo_free(eligo);
    return names;
}

void library_names_free(LibraryNames *names) {
    for (int i = 0; i < names->count; i++) free(names->at[i]);
    names->count = 0;
}

/* Reads '<f4' and '<f8' in C order, versions 1 and 2: what the program writes and what the references are. */
Array array_read(const char *path) {
    Array array = {0};
    size_t length = 0;
    char *content = file_content(path, &length);
    if (!content) return array;
    unsigned char *bytes = (unsigned char *)content;
    if (length > 12 && memcmp(content, "\x93NUMPY", 6) == 0) {
        size_t header = bytes[6] == 1 ? 10 : 12, start = header + bytes[8] + 256u * bytes[9];
        array.bytes = strstr(content + header, "'<f8'") ? 8 : strstr(content + header, "'<f4'") ? 4 : 0;
        if (start > length || !strstr(content + header, "'fortran_order': False")) array.bytes = 0;
        if (array.bytes) {
            array.count = (length - start) / (size_t)array.bytes;
            array.values = malloc((array.count + 1) * sizeof(double));
            if (!array.values) abort();
            for (size_t i = 0; i < array.count; i++) {
                float single;
                const char *at = content + start + i * (size_t)array.bytes;
                if (array.bytes == 8) memcpy(&array.values[i], at, 8);
                if (array.bytes == 4) memcpy(&single, at, 4), array.values[i] = (double)single;
            }
        }
    }
    free(content);
    return array;
}

void array_free(Array array) { free(array.values); }

void expect_golden(const char *path, const char *text) {
    const char *renew = getenv("ELIGO_RENEW");
    if (renew && strcmp(renew, "1") == 0) {
        FILE *file = fopen(path, "wb");
        cr_assert(file && fwrite(text, 1, strlen(text), file) == strlen(text), "%s", path);
        cr_assert(fclose(file) == 0);
    }
    char *golden = file_content(path, NULL);
    cr_assert(golden, "%s is missing", path);
    size_t same = 0;
    int line = 1;
    while (golden[same] && golden[same] == text[same]) line += golden[same++] == '\n';
    cr_expect(golden[same] == text[same], "%s:%d differs (ELIGO_RENEW=1 writes it anew)", path, line);
    free(golden);
}
