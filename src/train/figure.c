/* The figure: for each rule that trained a row of three panels: cosines with the exact gradient in training,
 * the loss, and each rule beside each other. All data stand in the script, so that it needs no other file. */
#include "train/comparison.h"
#include <math.h>
#include <string.h>

enum { CURVE_BINS = 50, LETTER = 8, LINE = 18, CELL = 30 };

/* Places in pixels: of the curves, the losses and the names of the matrix from the left, of everything else
 * from the top of a row. A row's head has a title and the legend, its foot the names below the matrix, which
 * stand aslant; the matrix is as large as it must be for its numbers to be read. */
enum {
    TOP = 56,
    PANEL = 300,
    CURVES = 68,
    CURVES_END = 600,
    LOSSES = 690,
    LOSSES_END = 1005,
    NAMES = 1080,
    MARGIN = 38
};

typedef struct Layout {
    const Comparison *c;
    int legend_columns, head, side, matrix, row, width, height;
} Layout;

static int at_least(int least, int value) { return value > least ? value : least; }

static Layout lay_out(const Comparison *c) {
    int longest = 0;
    for (int i = 0; i < c->count; i++) longest = at_least(longest, text_columns(c->contenders[i].name));
    Layout layout = {.c = c};
    layout.legend_columns = at_least(1, (CURVES_END - CURVES) / (longest * LETTER + 60));
    const int lines = (c->count - 1 + layout.legend_columns - 1) / layout.legend_columns;
    layout.head = 40 + LINE * lines;
    layout.side = at_least(PANEL + 15, CELL * c->count);
    layout.matrix = NAMES + at_least(82, longest * LETTER);
    layout.row = layout.head + at_least(PANEL, layout.side) + at_least(76, 40 + longest * LETTER * 6 / 10);
    layout.width = layout.matrix + layout.side + 22;
    layout.height = TOP + layout.row * c->runs;
    return layout;
}

/* What gnuplot counts in parts of the picture, from its left and from below. */
static double across(const Layout *layout, int pixels) { return (double)pixels / layout->width; }
static double down(const Layout *layout, int run, int pixels) {
    return 1 - (double)(TOP + layout->row * run + pixels) / layout->height;
}

/* Okabe and Ito's colours, which differ for the colour-blind too, without their yellow, which white swallows;
 * then the same again with dashes. */
static const char *const colours[] = {"#0072B2", "#D55E00", "#009E73", "#CC79A7",
                                      "#E69F00", "#56B4E9", "#000000"};
enum { COLOURS = sizeof colours / sizeof *colours };

static const char *colour(int contender) { return colours[(contender - 1) % COLOURS]; }
static int dashes(int contender) { return 1 + (contender - 1) / COLOURS; }

/* Between gnuplot's single quotes, where a quote is written twice and nothing else is special. */
static void add_quoted(Text *text, const char *word) {
    text_add(text, "'");
    for (; *word; word++) {
        if (*word == '\'') text_add(text, "'");
        text_add_bytes(text, word, 1);
    }
    text_add(text, "'");
}

/* ---- data ---- */

static void add_value(Text *text, double value) {
    text_add(text, " ");
    if (isnan(value))
        text_add(text, "NaN");
    else
        text_number(text, value);
}

static void add_curve(Text *text, const Comparison *c, int run, int contender) {
    const int bins = c->most < CURVE_BINS ? c->most : CURVE_BINS;
    text_printf(text, "$cosine_%d_%d << END\n", run, contender);
    for (int bin = 0; bin < bins; bin++) {
        const Estimate e = comparison_mean(c, run, contender, c->params, COSINE, bin, bins);
        const double half = isnan(e.half) ? 0 : e.half;
        add_value(text, (bin + 0.5) / bins * (double)c->updates);
        add_value(text, e.mean);
        add_value(text, isnan(e.mean) ? NAN : fmax(-1, e.mean - half));
        add_value(text, isnan(e.mean) ? NAN : fmin(1, e.mean + half));
        text_add(text, "\n");
    }
    text_add(text, "END\n");
}

/* x, the training's loss with its band, the held-out loss with its own. */
static void add_losses(Text *text, const Comparison *c, int run) {
    const int epochs = c->options->train.epochs, seeds = c->options->train.seeds;
    text_printf(text, "$loss_%d << END\n", run);
    for (int e = 0; e < epochs; e++) {
        add_value(text, (double)c->updates / epochs * (e + 1));
        for (int test = 0; test < 2; test++) {
            double values[SEEDS_LIMIT];
            for (int s = 0; s < seeds; s++) {
                const Trial *trial = comparison_trial(c, run, s);
                values[s] = comparison_loss(test ? &trial->test[e] : &trial->train[e]);
            }
            const Estimate loss = estimate(values, seeds);
            const double half = isnan(loss.half) ? 0 : loss.half;
            add_value(text, loss.mean);
            add_value(text, isnan(loss.mean) ? NAN : loss.mean - half);
            add_value(text, isnan(loss.mean) ? NAN : loss.mean + half);
        }
        text_add(text, "\n");
    }
    text_add(text, "END\n");
}

/* Dark cells have light numbers. */
static void add_cells(Text *text, const Comparison *c, int run) {
    text_printf(text, "$matrix_%d << END\n", run);
    for (int i = 0; i < c->count; i++)
        for (int j = 0; j < c->count; j++) {
            double cosine = comparison_pair(c, run, i, j).mean;
            if (fabs(cosine) < 0.005) cosine = 0; /* no "-0.00" */
            text_printf(text, "%d %d", j, i);
            add_value(text, isnan(cosine) ? 0 : cosine);
            if (isnan(cosine))
                text_add(text, " \"-\" 0x666666\n");
            else
                text_printf(text, " \"%.2f\" %s\n", cosine, fabs(cosine) > 0.55 ? "0xffffff" : "0x222222");
        }
    text_add(text, "END\n");
}

static void add_data(Text *text, const Comparison *c) {
    for (int run = 0; run < c->runs; run++) {
        for (int i = 1; i < c->count; i++) add_curve(text, c, run, i);
        add_losses(text, c, run);
        add_cells(text, c, run);
    }
}

/* ---- panels ---- */

static void add_place(Text *text, const Layout *layout, int run, int left, int right, int bottom) {
    text_printf(text, "set lmargin at screen %.4f; set rmargin at screen %.4f\n", across(layout, left),
                across(layout, right));
    text_printf(text, "set tmargin at screen %.4f; set bmargin at screen %.4f\n",
                down(layout, run, layout->head), down(layout, run, bottom));
}

static void add_title(Text *text, const Layout *layout, int run, int left, const char *title) {
    text_add(text, "set label 1 ");
    add_quoted(text, title);
    text_printf(text, " at screen %.4f, screen %.4f left font ',13'\n", across(layout, left),
                down(layout, run, 8));
}

static void add_legend(Text *text, const Layout *layout, int run, int left, int columns) {
    text_printf(text,
                "set key at screen %.4f, screen %.4f left top Left reverse horizontal maxcols %d samplen 1.6 "
                "width 1\n",
                across(layout, left), down(layout, run, 20), columns);
}

static void add_axes(Text *text) {
    text_add(text, "unset label; unset object; unset arrow\n"
                   "set border 3 lc rgb '#444444'; set tics nomirror out scale 0.6 textcolor rgb '#222222'\n"
                   "set xtics auto norotate; set ytics auto\n"
                   "set grid ytics lc rgb '#e4e4e4' lt 1 lw 1\n"
                   "set xlabel 'updates' offset 0,0.3; set format '%g'\n");
}

static void add_heading(Text *text, const Layout *layout) {
    const Comparison *c = layout->c;
    const TrainOptions *o = &c->options->train;
    Text title = {0};
    text_printf(&title, "%s on %s", o->spec, c->base.data->name);
    if (o->seeds > 1) text_printf(&title, ": means of %d seeds, bands are 95 %% intervals", o->seeds);
    text_add(text, "set label 100 ");
    add_quoted(text, title.at);
    text_printf(text, " at screen %.4f, screen %.4f left font ',16'\n", across(layout, CURVES - MARGIN),
                down(layout, 0, 22 - TOP));
    text_free(&title);
}

static void add_row_title(Text *text, const Layout *layout, int run, int left) {
    const Comparison *c = layout->c;
    Text title = {0};
    const int trains = c->by[run];
    text_printf(&title, "Cosine with the exact gradient while %s trains",
                trains == EXACT ? "it" : c->contenders[trains].name);
    add_title(text, layout, run, left, title.at);
    text_free(&title);
}

/* So few points would hardly be a line. */
static const char *curve(int points) { return points < 8 ? "linespoints pt 7 ps 0.7" : "lines"; }

static void add_cosines(Text *text, const Layout *layout, int run) {
    const Comparison *c = layout->c;
    add_axes(text);
    add_place(text, layout, run, CURVES, CURVES_END, layout->head + PANEL);
    add_row_title(text, layout, run, CURVES - MARGIN);
    if (run == 0) add_heading(text, layout);
    add_legend(text, layout, run, CURVES - MARGIN, layout->legend_columns);
    text_printf(text, "set xrange [0:%llu]; set yrange [*<-0.02:1.02]\n", (unsigned long long)c->updates);
    text_add(text,
             "set arrow 1 from graph 0, first 0 to graph 1, first 0 nohead lc rgb '#888888' lw 1\nplot ");
    if (c->options->train.seeds > 1)
        for (int i = 1; i < c->count; i++)
            text_printf(text,
                        "$cosine_%d_%d using 1:3:4 with filledcurves fc rgb '%s' fs transparent solid %.2f "
                        "noborder notitle, ",
                        run, i, colour(i), c->count > 6 ? 0.08 : 0.18);
    for (int i = 1; i < c->count; i++) {
        text_printf(text, "%s$cosine_%d_%d using 1:2 with %s lw 2.2 dt %d lc rgb '%s' title ",
                    i > 1 ? ", " : "", run, i, curve(c->most), dashes(i), colour(i));
        add_quoted(text, c->contenders[i].name);
    }
    text_add(text, "\n");
}

/* The other runs' losses stand in grey behind. */
static void add_loss(Text *text, const Layout *layout, int run) {
    const Comparison *c = layout->c;
    const int trains = c->by[run];
    const char *own = trains == EXACT ? "#000000" : colour(trains);
    add_axes(text);
    add_place(text, layout, run, LOSSES, LOSSES_END, layout->head + PANEL);
    add_title(text, layout, run, LOSSES - MARGIN, "Loss");
    add_legend(text, layout, run, LOSSES - MARGIN, 2);
    text_printf(text, "set xrange [0:%llu]; set yrange [*<0:*]; set xtics auto\nplot ",
                (unsigned long long)c->updates);
    for (int other = 0; other < c->runs; other++)
        if (other != run)
            text_printf(text, "$loss_%d using 1:2 with lines lw 1.2 lc rgb '#c8c8c8' notitle, ", other);
    if (c->options->train.seeds > 1)
        text_printf(text,
                    "$loss_%d using 1:3:4 with filledcurves fc rgb '%s' fs transparent solid 0.18 noborder "
                    "notitle, ",
                    run, own);
    const char *line = curve(c->options->train.epochs);
    text_printf(text, "$loss_%d using 1:2 with %s lw 2.2 lc rgb '%s' title 'in training'", run, line, own);
    if (c->base.test_count > 0)
        text_printf(text, ", $loss_%d using 1:5 with %s lw 1.8 dt 2 lc rgb '%s' title 'held out'", run, line,
                    own);
    text_add(text, "\n");
}

static void add_names(Text *text, const Comparison *c) {
    for (int i = 0; i < c->count; i++) {
        if (i > 0) text_add(text, ", ");
        add_quoted(text, c->contenders[i].name);
        text_printf(text, " %d", i);
    }
}

static void add_heat(Text *text, const Layout *layout, int run) {
    const Comparison *c = layout->c;
    add_axes(text);
    add_place(text, layout, run, layout->matrix, layout->matrix + layout->side, layout->head + layout->side);
    add_title(text, layout, run, NAMES, "Cosine of each with each");
    text_add(text, "unset key; unset xlabel; unset grid; set border 0; set tics scale 0\nset xtics (");
    add_names(text, c);
    text_add(text, ") rotate by 40 right; set ytics (");
    add_names(text, c);
    text_printf(text, ")\nset xrange [-0.5:%d.5]; set yrange [%d.5:-0.5]\n", c->count - 1, c->count - 1);
    text_add(text, "set palette defined (-1 '#D55E00', 0 '#f4f4f4', 1 '#0072B2'); set cbrange [-1:1]\n"
                   "unset colorbox\n");
    text_printf(text,
                "plot $matrix_%d using 1:2:(0.485):(0.485):3 with boxxyerror fs solid 1 noborder lc palette "
                "notitle, $matrix_%d using 1:2:4:5 with labels font ',%d' textcolor rgb variable notitle\n",
                run, run, c->count > 8 ? 8 : 11);
}

char *comparison_figure(const Comparison *c, const char *terminal, const char *path) {
    Text text = {0};
    const Layout layout = lay_out(c);
    text_printf(
        &text,
        "set encoding utf8\nset terminal %s noenhanced size %d,%d font 'Sans,11' background '#ffffff'\n",
        terminal, layout.width, layout.height);
    text_add(&text, "set output ");
    add_quoted(&text, path);
    text_add(&text, "\nset datafile missing 'NaN'\nset style fill noborder\n");
    add_data(&text, c);
    text_add(&text, "set multiplot\n");
    for (int run = 0; run < c->runs; run++) {
        add_cosines(&text, &layout, run);
        add_loss(&text, &layout, run);
        add_heat(&text, &layout, run);
    }
    text_add(&text, "unset multiplot\nunset output\n");
    return text.at;
}
