#include "print/greek.h"

#include <string.h>

#define LETTER(name, letter)                                                                                 \
    { #name, letter, "\\" #name }

static const Greek table[] = {LETTER(alpha, "α"),
                              LETTER(beta, "β"),
                              LETTER(gamma, "γ"),
                              LETTER(delta, "δ"),
                              {"epsilon", "ε", "\\varepsilon"},
                              LETTER(zeta, "ζ"),
                              LETTER(eta, "η"),
                              LETTER(theta, "θ"),
                              LETTER(iota, "ι"),
                              LETTER(kappa, "κ"),
                              LETTER(lambda, "λ"),
                              LETTER(mu, "μ"),
                              LETTER(nu, "ν"),
                              LETTER(xi, "ξ"),
                              {"omicron", "ο", "o"},
                              LETTER(pi, "π"),
                              LETTER(rho, "ρ"),
                              LETTER(sigma, "σ"),
                              LETTER(tau, "τ"),
                              LETTER(upsilon, "υ"),
                              {"phi", "φ", "\\varphi"},
                              LETTER(chi, "χ"),
                              LETTER(psi, "ψ"),
                              LETTER(omega, "ω"),
                              LETTER(Gamma, "Γ"),
                              LETTER(Delta, "Δ"),
                              LETTER(Theta, "Θ"),
                              LETTER(Lambda, "Λ"),
                              LETTER(Xi, "Ξ"),
                              LETTER(Pi, "Π"),
                              LETTER(Sigma, "Σ"),
                              LETTER(Phi, "Φ"),
                              LETTER(Psi, "Ψ"),
                              LETTER(Omega, "Ω"),
                              {"", "Ĵ", "\\hat{J}"}};
enum { LETTERS = sizeof table / sizeof *table };

const Greek *greek_called(const char *name, size_t length) {
    for (int i = 0; i < LETTERS; i++)
        if ((strlen(table[i].name) == length && strncmp(table[i].name, name, length) == 0) ||
            (strlen(table[i].letter) == length && strncmp(table[i].letter, name, length) == 0))
            return length ? &table[i] : NULL;
    return NULL;
}

const Greek *greek_at(const char *text) {
    for (int i = 0; i < LETTERS; i++)
        if (strncmp(text, table[i].letter, strlen(table[i].letter)) == 0) return &table[i];
    return NULL;
}
