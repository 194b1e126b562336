/* Borrowing the C locale. newlocale for "C" hands out a constant of the C library, so making it anew costs
 * nothing. */
#include "base/clocale.h"

CLocale c_locale_enter(void) {
    CLocale saved = {.ours = newlocale(LC_ALL_MASK, "C", (locale_t)0)};
    if (saved.ours) saved.theirs = uselocale(saved.ours);
    return saved;
}

void c_locale_leave(CLocale saved) {
    if (!saved.ours) return;
    uselocale(saved.theirs);
    freelocale(saved.ours);
}
