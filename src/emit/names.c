/* Safe and unique names. The list of reserved ones is longer than a compiler would ask for: members and
 * locals live in scopes of their own, but a macro (`I`, `linux`) or a shadowed function (`gamma`) is a
 * surprise anywhere. */
#include "emit/names.h"
#include <string.h>

static const char *const reserved[] = {
    /* words of C99, C11, C23 and C++ */
    "alignas", "alignof", "and", "asm", "auto", "bool", "break", "case", "catch", "char", "class", "const",
    "constexpr", "continue", "default", "delete", "do", "double", "else", "enum", "explicit", "export",
    "extern", "false", "float", "for", "friend", "goto", "if", "inline", "int", "long", "mutable",
    "namespace", "new", "not", "nullptr", "operator", "or", "private", "protected", "public", "register",
    "restrict", "return", "short", "signed", "sizeof", "static", "static_assert", "struct", "switch",
    "template", "this", "thread_local", "throw", "true", "try", "typedef", "typename", "typeof", "union",
    "unsigned", "using", "virtual", "void", "volatile", "while", "xor", "main",
    /* macros of headers and compilers, and what emitted code itself defines */
    "I", "NULL", "NAN", "INFINITY", "HUGE_VAL", "EOF", "BUFSIZ", "assert", "complex", "errno", "i386",
    "linux", "stderr", "stdin", "stdout", "unix", "size_t", "real",
    /* functions of <math.h>, with the float ones made by a suffix below */
    "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "cbrt", "ceil", "copysign", "cos", "cosh",
    "erf", "erfc", "exp", "exp2", "expm1", "fabs", "fdim", "floor", "fma", "fmax", "fmin", "fmod", "frexp",
    "gamma", "hypot", "ilogb", "j0", "j1", "jn", "ldexp", "lgamma", "llrint", "llround", "log", "log10",
    "log1p", "log2", "logb", "lrint", "lround", "modf", "nan", "nearbyint", "nextafter", "pow", "remainder",
    "remquo", "rint", "round", "scalbn", "signbit", "significand", "sin", "sinh", "sqrt", "tan", "tanh",
    "tgamma", "trunc", "y0", "y1", "yn", "isnan", "isinf", "isfinite", "abs", "labs", "div", "index",
    "memcpy", "memset", "memmove"};

static bool is_listed(const char *name, size_t length) {
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
        if (strlen(reserved[i]) == length && memcmp(reserved[i], name, length) == 0) return true;
    return false;
}

bool name_is_reserved(const char *name) {
    const size_t length = strlen(name);
    if (is_listed(name, length)) return true;
    if (name[0] == '_' || strncmp(name, "kernel_", 7) == 0) return true;
    return length > 1 && (name[length - 1] == 'f' || name[length - 1] == 'l') && is_listed(name, length - 1);
}

void names_take(NameSet *names, const char *name) { vec_push(names->arena, &names->taken, name); }

bool names_taken(const NameSet *names, const char *name) {
    for (int i = 0; i < names->taken.count; i++)
        if (strcmp(names->taken.at[i], name) == 0) return true;
    return false;
}

const char *names_new(NameSet *names, const char *wish) {
    const char *safe = name_ascii(names->arena, wish);
    if (safe[0] == '_') safe = arena_printf(names->arena, "x%s", safe);
    if (name_is_reserved(safe)) safe = arena_printf(names->arena, "%s_", safe);
    const char *name = safe;
    for (int i = 2; names_taken(names, name); i++) name = arena_printf(names->arena, "%s_%d", safe, i);
    names_take(names, name);
    return name;
}

/* ---- UTF-8 ---- */

static const char *greek(unsigned code) {
    static const char *const letters[] = {"alpha",   "beta", "gamma", "delta",  "epsilon", "zeta", "eta",
                                          "theta",   "iota", "kappa", "lambda", "mu",      "nu",   "xi",
                                          "omicron", "pi",   "rho",   "sigma",  "sigma",   "tau",  "upsilon",
                                          "phi",     "chi",  "psi",   "omega"};
    static const char *const capitals[] = {"Alpha",   "Beta", "Gamma", "Delta",  "Epsilon", "Zeta", "Eta",
                                           "Theta",   "Iota", "Kappa", "Lambda", "Mu",      "Nu",   "Xi",
                                           "Omicron", "Pi",   "Rho",   "Rho",    "Sigma",   "Tau",  "Upsilon",
                                           "Phi",     "Chi",  "Psi",   "Omega"};
    if (code >= 0x3B1 && code <= 0x3C9) return letters[code - 0x3B1];
    if (code >= 0x391 && code <= 0x3A9) return capitals[code - 0x391];
    if (code == 0x3D1) return "theta";
    if (code == 0x3D5) return "phi";
    if (code == 0x3F5) return "epsilon";
    return NULL;
}

/* The code point at `*at`, which moves past it; a stray byte stands for itself. */
static unsigned decode(const unsigned char **at) {
    const unsigned char first = *(*at)++;
    int more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : first >= 0xC0 ? 1 : 0;
    unsigned code = more == 3 ? first & 0x07U : more == 2 ? first & 0x0FU : more == 1 ? first & 0x1FU : first;
    for (; more > 0 && (**at & 0xC0) == 0x80; more--) code = code << 6 | (*(*at)++ & 0x3FU);
    return code;
}

static bool is_word(unsigned code) {
    return (code >= 'a' && code <= 'z') || (code >= 'A' && code <= 'Z') || (code >= '0' && code <= '9') ||
           code == '_';
}

const char *name_ascii(Arena *arena, const char *utf8) {
    const char *name = "";
    const unsigned char *at = (const unsigned char *)utf8;
    while (*at) {
        const unsigned code = decode(&at);
        if (code < 0x80)
            name = arena_printf(arena, "%s%c", name, is_word(code) ? (char)code : '_');
        else if (greek(code))
            name = arena_printf(arena, "%s%s", name, greek(code));
        else
            name = arena_printf(arena, "%s_u%04X", name, code);
    }
    if (!*name || (*name >= '0' && *name <= '9')) name = arena_printf(arena, "x%s", name);
    return name;
}
