/* The derivation's page: what can be said of its text is said of every library cell by five rules; what only
 * a browser knows (that formulas are laid out, that nothing sticks out on a narrow screen) is asked of one.
 */
#include "support.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The page, malloc'ed; NULL where the rule has nothing for the cell. */
static char *page_of(const char *spec, const char *rule) {
    char *text = NULL;
    if (run(&text, "%s derive %s --rule '%s' --format html 2>/dev/null", program(), spec, rule) == 0)
        return text;
    free(text);
    return NULL;
}

/* ---- the text ---- */

static bool is_void(const char *tag) {
    static const char *const tags[] = {"meta", "wbr", "!DOCTYPE"};
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
        if (strcmp(tags[i], tag) == 0) return true;
    return false;
}

/* Every tag is closed in its turn. */
static void expect_balanced(const char *page, const char *of) {
    enum { DEEPEST = 64, LONGEST = 16 };
    char open[DEEPEST][LONGEST] = {""}, tag[LONGEST];
    int depth = 0;
    for (const char *c = strchr(page, '<'); c; c = strchr(c + 1, '<')) {
        if (strncmp(c, "<!--", 4) == 0) continue;
        if (strncmp(c, "<style>", 7) == 0) {
            c = strstr(c, "</style>");
            continue;
        }
        const bool closes = c[1] == '/';
        const size_t length = strcspn(c + 1 + closes, " >/\n");
        cr_assert(length > 0 && length < LONGEST, "%s: %.30s", of, c);
        snprintf(tag, sizeof tag, "%.*s", (int)length, c + 1 + closes);
        const char *end = strchr(c, '>');
        cr_assert(end, "%s: a tag without an end: %.30s", of, c);
        if (is_void(tag) || end[-1] == '/') continue;
        if (!closes) {
            cr_assert(depth < DEEPEST);
            strcpy(open[depth++], tag);
        } else {
            cr_assert(depth > 0 && strcmp(open[depth - 1], tag) == 0, "%s: </%s> closes <%s>: %.60s", of, tag,
                      depth ? open[depth - 1] : "nothing", c);
            depth--;
        }
    }
    cr_assert_eq(depth, 0, "%s: <%s> is never closed", of, open[depth ? depth - 1 : 0]);
}

static int count_of(const char *page, const char *what) {
    int count = 0;
    for (const char *c = strstr(page, what); c; c = strstr(c + 1, what)) count++;
    return count;
}

static void expect_links(const char *page, const char *of) {
    for (const char *c = strstr(page, " href=\""); c; c = strstr(c + 1, " href=\"")) {
        const char *target = c + strlen(" href=\"");
        cr_assert_eq(*target, '#', "%s: a link leads out of the page: %.60s", of, target);
        char *id = formatted(" id=\"%.*s\"", (int)strcspn(target + 1, "\""), target + 1);
        cr_assert_eq(count_of(page, id), 1, "%s: %d places are%s", of, count_of(page, id), id);
        free(id);
    }
}

static void expect_alone(const char *page, const char *of) {
    static const char *const words[] = {" src=", "<link", "<script", "@import", "url("};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        cr_assert(!strstr(page, words[i]), "%s: %.60s", of, strstr(page, words[i]));
}

/* Signals and adjoints may be part of another statement; all else has lines of its own. Returns how many
 * equations there are. */
static int expect_code(const char *page, const char *of) {
    int equations = 0;
    for (const char *c = strstr(page, "<div class=\"equation\""); c;
         c = strstr(c + 1, "<div class=\"equation\""), equations++) {
        const char *left = strstr(c, "<mi>") + strlen("<mi>"), *links = strstr(c, "<span class=\"to\">");
        const bool folded = strchr("Lλδφ", *left) != NULL;
        cr_assert(links);
        if (strncmp(links, "<span class=\"to\"></span>", 24) == 0)
            cr_assert(folded, "%s: no code for the equation of %.20s", of, left);
    }
    return equations;
}

static int is_spec(const struct dirent *entry) { return strstr(entry->d_name, ".eligo") != NULL; }

/* Looks at the pages of a folder's specs by a rule; returns how many there are. With a folder to keep them
 * in, they stay there, numbered from `kept` on. */
static int look_at(const char *folder, const char *rule, const char *keep, int kept) {
    struct dirent **entries;
    const int count = scandir(folder, &entries, is_spec, alphasort);
    int pages = 0;
    for (int i = 0; i < count; i++) {
        char *spec = formatted("%.*s", (int)strcspn(entries[i]->d_name, "."), entries[i]->d_name);
        char *page = page_of(spec, rule), *of = formatted("%s by %s", spec, rule);
        if (page) {
            expect_balanced(page, of);
            expect_links(page, of);
            expect_alone(page, of);
            cr_expect(expect_code(page, of) > 3, "%s", of);
            cr_expect(strstr(page, "<svg") && strstr(page, "<math>"), "%s", of);
        }
        if (page && keep) {
            char *path = formatted("%s/%d.html", keep, kept + pages);
            FILE *file = fopen(path, "wb");
            cr_assert(file && fputs(page, file) >= 0 && fclose(file) == 0);
            free(path);
        }
        pages += page != NULL;
        free(page), free(of), free(spec), free(entries[i]);
    }
    if (count >= 0) free(entries);
    return pages;
}

Test(html, every_page_is_whole) {
    static const char *const rules[] = {"bptt", "eprop(2)", "rtrl", "snap1", "uoro"};
    int pages = 0;
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        pages += look_at("library/cells", rules[i], NULL, 0);
        pages += look_at("library/networks", rules[i], NULL, 0);
    }
    cr_assert(pages > 100, "%d pages", pages);
}

/* What the page's title, code and equations come from is all there, and escaped. */
Test(html, the_lstm_page_says_what_the_text_says) {
    char *page = page_of("lstm", "eprop");
    cr_assert(page);
    static const char *const words[] = {
        "<title>lstm, learned by eprop(m=1)</title>",
        "approximate: Wi, Ri, bi",
        "It would be exact if there were no explicit edge.",
        "<mi>ε</mi>",
        "u &lt; LSTM_EPROP_M1_N",
        "<mfrac><mrow><mi>d</mi><mi>E</mi></mrow>",
        "<td class=\"dropped\"",
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        cr_expect(strstr(page, words[i]), "%s", words[i]);
    free(page);
}

/* ---- in a browser ---- */

static const char *browser(void) {
    static const char *const names[] = {"chromium", "chromium-browser", "google-chrome"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (run(NULL, "command -v %s >/dev/null", names[i]) == 0) return names[i];
    cr_assert_fail("these tests want chromium: make deps");
    return NULL;
}

/* Each page in a narrow and in a wide frame. A line of the result: page, width, <math> elements, those
 * without an extent, exponents that aren't above their base, elements that stick out, links that lead
 * nowhere, files that were asked for. */
static const char watcher[] =
    "<!DOCTYPE html><meta charset=\"utf-8\"><pre id=\"result\"></pre><script>\n"
    "const result = document.getElementById('result');\n"
    "function look(name, width) {\n"
    "  return new Promise(done => {\n"
    "    const frame = document.createElement('iframe');\n"
    "    frame.style.cssText = `border:0;width:${width}px;height:900px`;\n"
    "    frame.onload = () => {\n"
    "      const page = frame.contentDocument, box = e => e.getBoundingClientRect();\n"
    "      const all = query => [...page.querySelectorAll(query)];\n"
    "      const maths = all('math'), flat = maths.filter(m => box(m).width < 2 || box(m).height < 5);\n"
    "      const low = all('msup').filter(m => box(m.children[1]).top >= box(m.children[0]).bottom - 1 ||\n"
    "          box(m.children[1]).bottom > box(m.children[0]).bottom - 1);\n"
    "      const out = all('body *').filter(e => box(e).right > width + 0.5 || box(e).left < -0.5);\n"
    "      const lost = all('a').filter(a => !page.getElementById(a.getAttribute('href').slice(1)));\n"
    "      const asked = frame.contentWindow.performance.getEntriesByType('resource');\n"
    "      const wide = page.documentElement.scrollWidth > width;\n"
    "      result.textContent += [name, width, maths.length, flat.length, low.length,\n"
    "          out.length + wide, lost.length, asked.length].join(' ') + '\\n';\n"
    "      frame.remove();\n"
    "      done();\n"
    "    };\n"
    "    frame.src = name + '.html';\n"
    "    document.body.append(frame);\n"
    "  });\n"
    "}\n"
    "(async () => {\n"
    "  for (let i = 0; i < PAGES; i++) for (const width of [400, 1400]) await look(i, width);\n"
    "  result.textContent += 'end';\n"
    "})();\n"
    "</script>\n";

/* The watcher's result, malloc'ed. */
static void watch(const char *folder, int pages, char **text) {
    char *path = formatted("%s/watch.html", folder);
    FILE *file = fopen(path, "wb");
    const char *hole = strstr(watcher, "PAGES");
    cr_assert(file);
    fprintf(file, "%.*s%d%s", (int)(hole - watcher), watcher, pages, hole + strlen("PAGES"));
    cr_assert_eq(fclose(file), 0);
    const int status = run(text,
                           "HOME=%s %s --headless --no-sandbox --disable-gpu --allow-file-access-from-files "
                           "--user-data-dir=%s/profile --virtual-time-budget=600000 --dump-dom "
                           "\"file://$(realpath %s)\" 2>%s/said || tail -5 %s/said",
                           folder, browser(), folder, path, folder, folder);
    cr_assert_eq(status, 0, "%s", *text);
    free(path);
}

Test(html, browsers_lay_it_out) {
    char *folder = scratch_make("html");
    int pages = look_at("library/cells", "eprop", folder, 0);
    pages += look_at("library/networks", "bptt", folder, pages);
    pages += look_at("library/networks", "eprop_uoro", folder, pages);
    cr_assert(pages > 30, "%d pages", pages);
    char *text = NULL;
    watch(folder, pages, &text);
    const char *line = strstr(text, "<pre id=\"result\">");
    cr_assert(line, "%s", text);
    line += strlen("<pre id=\"result\">");
    for (int i = 0; i < 2 * pages; i++) {
        int page, width, maths, flat, low, out, lost, asked;
        cr_assert_eq(
            sscanf(line, "%d %d %d %d %d %d %d %d", &page, &width, &maths, &flat, &low, &out, &lost, &asked),
            8, "page %d: %.60s", i / 2, line);
        cr_expect(maths > 10 && flat == 0 && low == 0,
                  "page %d at %d: of %d formulas %d have no extent, %d "
                  "exponents aren't above their base",
                  page, width, maths, flat, low);
        cr_expect_eq(out, 0, "page %d at %d: %d elements stick out", page, width, out);
        cr_expect_eq(lost, 0, "page %d: %d links lead nowhere", page, lost);
        cr_expect_eq(asked, 0, "page %d asks for %d other files", page, asked);
        line += strcspn(line, "\n") + 1;
    }
    cr_assert_eq(strncmp(line, "end", 3), 0);
    free(text);
    scratch_remove(folder);
}
