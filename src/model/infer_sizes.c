/* Sizes from the shapes of arrays that are given: what a run with data need not be told.
 *
 * Each size name in a parameter's declaration is one axis of its array. In a network the name is followed to
 * where its size is decided: an argument of the layer, or the range of the input that is connected. */
#include "model/build.h"
#include <string.h>

typedef struct Shapes {
    const Package *package;
    ModelOptions *options;
    Arena *arena;
    ShapeOf shape_of;
    void *context;
    const AstNetwork *network; /* NULL: a cell alone */
} Shapes;

static const AstDeclaration *find_declaration(const AstDeclarations *all, AstDeclareKind kind,
                                              const char *name) {
    for (int i = 0; i < all->count; i++)
        if (all->at[i]->kind == kind && strcmp(all->at[i]->name.name, name) == 0) return all->at[i];
    return NULL;
}

/* The first to say a size decides; what options say comes before. */
static void learn(Shapes *shapes, const char *name, long value) {
    for (int i = 0; i < shapes->options->size.count; i++)
        if (strcmp(shapes->options->size.at[i].name, name) == 0) return;
    const Setting one = {name, (double)value};
    vec_push(shapes->arena, &shapes->options->size, one);
}

typedef void (*Learn)(Shapes *shapes, const void *place, const char *size, long value);

/* Goes through the axes of an array whose declaration names their sizes. */
static void read_array(Shapes *shapes, const AstDeclaration *d, const char *label, Learn say,
                       const void *place) {
    long shape[2];
    const bool is_input = d->kind == DECLARE_INPUT && !place; /* a layer's inputs are connected, not given */
    if ((d->kind != DECLARE_PARAM && !is_input) || d->shape.count == 0) return;
    if (shapes->shape_of(shapes->context, label, shape) != d->shape.count) return;
    for (int i = 0; i < d->shape.count && i < 2; i++)
        if (d->shape.at[i]->kind == AST_NAME && shape[i] >= 1)
            say(shapes, place, d->shape.at[i]->name.name, shape[i]);
}

/* ---- a cell alone ---- */

static void learn_plain(Shapes *shapes, const void *place, const char *size, long value) {
    (void)place;
    learn(shapes, size, value);
}

static void read_cell(Shapes *shapes, const AstCell *cell) {
    for (int i = 0; i < cell->declarations.count; i++)
        read_array(shapes, cell->declarations.at[i], cell->declarations.at[i]->name.name, learn_plain, NULL);
    long shape[2];
    const int axes = shapes->shape_of(shapes->context, alone_name(shapes->arena, cell, "V"), shape);
    const char *k = find_declaration(&cell->declarations, DECLARE_SIZE, "k") ? "k2" : "k";
    if (axes >= 1 && shape[0] >= 1) learn(shapes, k, shape[0]);
    if (shapes->shape_of(shapes->context, "target", shape) == 1) learn(shapes, k, shape[0]);
}

/* ---- a network ---- */

typedef struct LayerPlace {
    const AstLayer *layer;
    const AstCell *cell;
} LayerPlace;

static void learn_of_network(Shapes *shapes, const AstExpr *name, long value) {
    if (name->kind == AST_NAME && !name->name.layer &&
        find_declaration(&shapes->network->declarations, DECLARE_SIZE, name->name.name))
        learn(shapes, name->name.name, value);
}

/* The argument says what the size is: the array may say it of the network's size or of the network's input.
 */
static void learn_of_argument(Shapes *shapes, const AstArgument *argument, bool is_input, long value) {
    const AstExpr *given = argument->value;
    if (!is_input) {
        learn_of_network(shapes, given, value);
        return;
    }
    if (given->kind != AST_NAME || given->name.layer) return;
    const AstDeclaration *input =
        find_declaration(&shapes->network->declarations, DECLARE_INPUT, given->name.name);
    if (input && input->shape.count == 1) learn_of_network(shapes, input->shape.at[0], value);
}

static void learn_of_layer(Shapes *shapes, const void *place, const char *size, long value) {
    const LayerPlace *at = place;
    for (int i = 0; i < at->layer->arguments.count; i++) {
        const AstArgument *argument = &at->layer->arguments.at[i];
        const AstDeclaration *input =
            find_declaration(&at->cell->declarations, DECLARE_INPUT, argument->name.name);
        const bool of_input = input && input->shape.count == 1 && input->shape.at[0]->kind == AST_NAME &&
                              strcmp(input->shape.at[0]->name.name, size) == 0;
        if (!of_input && strcmp(argument->name.name, size) != 0) continue;
        learn_of_argument(shapes, argument, of_input, value);
        return;
    }
    learn(shapes, arena_printf(shapes->arena, "%s.%s", at->layer->name.name, size), value);
}

static void read_layer(Shapes *shapes, const AstLayer *layer, bool several) {
    const FoundCell found = package_cell((Package *)shapes->package, shapes->package->root, layer->cell.name);
    if (!found.cell) return;
    const LayerPlace place = {layer, found.cell};
    for (int i = 0; i < found.cell->declarations.count; i++) {
        const char *name = found.cell->declarations.at[i]->name.name;
        const char *label = several ? arena_printf(shapes->arena, "%s.%s", layer->name.name, name) : name;
        read_array(shapes, found.cell->declarations.at[i], label, learn_of_layer, &place);
    }
}

static void read_network(Shapes *shapes) {
    const AstNetwork *network = shapes->network;
    for (int i = 0; i < network->declarations.count; i++)
        read_array(shapes, network->declarations.at[i], network->declarations.at[i]->name.name, learn_plain,
                   NULL);
    for (int i = 0; i < network->layers.count; i++)
        read_layer(shapes, network->layers.at[i], network->layers.count > 1);
}

void model_infer_sizes(const Package *package, ModelOptions *options, Arena *arena, ShapeOf shape_of,
                       void *context) {
    Shapes shapes = {package, options, arena, shape_of, context, NULL};
    Chosen chosen;
    if (!choose(NULL, package, options->network, &chosen)) return;
    shapes.network = chosen.network;
    if (chosen.network)
        read_network(&shapes);
    else
        read_cell(&shapes, chosen.cell.cell);
}
