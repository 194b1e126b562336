/* embed NAME FILE: prints FILE as a C array, for texts and data that live inside the program.
 *
 * A host tool of the build, no part of the library: `extern const unsigned char NAME[]; extern const unsigned
 * long NAME_length;`. A zero byte that the length doesn't count follows the last one, so that a text is a C
 * string. */
#include <stdio.h>

static int print_array(FILE *file, const char *name) {
    unsigned long length = 0;
    printf("extern const unsigned char %s[];\nextern const unsigned long %s_length;\n", name, name);
    printf("const unsigned char %s[] = {", name);
    for (int byte; (byte = getc(file)) != EOF; length++) printf("%s%d,", length % 24 ? "" : "\n", byte);
    printf("\n0};\nconst unsigned long %s_length = %lu;\n", name, length);
    return ferror(file) || fflush(stdout) || ferror(stdout);
}

int main(int count, char **words) {
    if (count != 3) return fputs("usage: embed NAME FILE\n", stderr), 2;
    FILE *file = fopen(words[2], "rb");
    if (!file) return perror(words[2]), 1;
    int failed = print_array(file, words[1]);
    fclose(file);
    return failed;
}
