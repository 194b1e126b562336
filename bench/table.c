/* The table that make bench prints, and the JSON beside it. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static FILE *json;
static const char *comma = "\n";

double bench_now(void) {
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

Figure bench_figure(double *values, int count) {
    qsort(values, (size_t)count, sizeof *values, by_value);
    return (Figure){values[count / 2], values[0], values[count - 1]};
}

double bench_median(double *values, int count) { return bench_figure(values, count).median; }

bool bench_open(const char *json_path) {
    json = fopen(json_path, "w");
    if (json) fputs("[", json);
    return json != NULL;
}

bool bench_close(void) {
    fputs("\n]\n", json);
    return fclose(json) == 0;
}

void bench_title(const char *title) {
    printf("\n%s\n%-56s %9s %9s %9s %-7s %8s %-22s %7s %s\n", title, "", "median", "min", "max", "", "/ peer",
           "", "/ limit", "promised");
    fflush(stdout);
}

/* "<= 0.75 x" and whether it holds. */
static void verdict(char *text, size_t size, double value, double bound, bool upper, const char *unit) {
    const size_t used = strlen(text);
    const bool holds = upper ? value <= bound : value >= bound;
    snprintf(text + used, size - used, "%s%s %.3g%s%s%s", used ? ", " : "",
             holds ? upper ? "<=" : ">=" : (upper ? "ABOVE" : "BELOW"), bound, *unit ? " " : "", unit, "");
}

static void json_figure(const char *name, Figure figure) {
    fprintf(json, ", \"%s\": {\"median\": %.6g, \"min\": %.6g, \"max\": %.6g}", name, figure.median,
            figure.min, figure.max);
}

static void json_number(const char *name, double value) {
    if (value > 0) fprintf(json, ", \"%s\": %.6g", name, value);
}

static void json_row(const BenchRow *row, double ratio, double share) {
    fprintf(json, "%s  {\"what\": \"%s\", \"unit\": \"%s\"", comma, row->what, row->unit);
    json_figure("value", row->value);
    json_number("bound", row->bound);
    if (row->peer) {
        fprintf(json, ", \"peer\": \"%s\"", row->peer);
        json_figure("peer_value", row->peer_value);
        json_number("ratio", ratio);
        json_number("ratio_of_least", row->value.min / row->peer_value.min);
        json_number("ratio_bound", row->peer_bound);
    }
    json_number("limit", row->limit);
    json_number("share_of_limit", share);
    json_number("share_bound", row->limit_bound);
    if (row->scales) fprintf(json, ", \"slope\": %.3f, \"sheet_slope\": %.3f", row->slope, row->sheet_slope);
    fputs("}", json);
    comma = ",\n";
}

static bool is_speed(const char *unit) { return strstr(unit, "/s") != NULL; }

void bench_row(BenchRow row) {
    char promised[96] = "", beside[16] = "", share_text[16] = "";
    const double ratio = row.peer ? row.value.median / row.peer_value.median : 0;
    const double share = row.limit <= 0       ? 0
                         : is_speed(row.unit) ? row.value.median / row.limit
                                              : row.limit / row.value.median;
    if (row.peer) snprintf(beside, sizeof beside, "%.3g", ratio);
    if (share > 0) snprintf(share_text, sizeof share_text, "%.0f %%", 100 * share);
    if (row.bound > 0) verdict(promised, sizeof promised, row.value.median, row.bound, true, "");
    if (row.peer_bound > 0) verdict(promised, sizeof promised, ratio, row.peer_bound, true, "x");
    if (row.limit_bound > 0)
        verdict(promised, sizeof promised, 100 * share, 100 * row.limit_bound, false, "%");
    if (row.scales)
        snprintf(promised, sizeof promised, "slope %.2f, the sheet's %.2f", row.slope, row.sheet_slope);
    printf("%-56s %9.4g %9.4g %9.4g %-7s %8s %-22s %7s %s\n", row.what, row.value.median, row.value.min,
           row.value.max, row.unit, beside, row.peer ? row.peer : "", share_text, promised);
    fflush(stdout);
    json_row(&row, ratio, share);
}

void bench_report(const char *what, double value, const char *unit, double bound) {
    char promised[48] = "";
    if (bound > 0) verdict(promised, sizeof promised, value, bound, true, "");
    printf("%-56s %9.4g %9s %9s %-7s %8s %-22s %7s %s\n", what, value, "", "", unit, "", "", "", promised);
    fflush(stdout);
    const BenchRow row = {.what = what, .unit = unit, .value = {value, value, value}, .bound = bound};
    json_row(&row, 0, 0);
}

void bench_missing(const char *what, const char *why) {
    printf("%-56s %s\n", what, why);
    fflush(stdout);
    fprintf(json, "%s  {\"what\": \"%s\", \"missing\": \"%s\"}", comma, what, why);
    comma = ",\n";
}
