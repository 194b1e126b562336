/* Layout: a title line, then 64-bit words (counts, bit patterns of doubles), the options' text padded to
 * whole words, the results, three arrays, a stream's state, and the FNV-1a hash of everything before it. */
#include "train/checkpoint.h"
#include "base/text.h"
#include "train/data.h"
#include "train/file.h"
#include <string.h>

static const char title[16] = "eligo state 003\n"; /* no room for the closing zero, and no need */

static void put(Text *out, uint64_t word) { text_add_bytes(out, (const char *)&word, sizeof word); }

/* To whole words. */
static void pad(Text *out) {
    while (out->length % 8 != 0) text_add_bytes(out, "", 1);
}

static void put_double(Text *out, double value) { text_add_bytes(out, (const char *)&value, sizeof value); }

static void put_metrics(Text *out, const Metrics *metrics) {
    put_double(out, metrics->loss);
    put_double(out, metrics->error);
    put(out, metrics->losses);
    put(out, metrics->counted);
    put(out, metrics->correct);
}

static double entry(const void *array, bool is_float, size_t i) {
    return is_float ? (double)((const float *)array)[i] : ((const double *)array)[i];
}

static void put_array(Text *out, const Optimiser *optimiser, const void *array) {
    for (size_t i = 0; i < optimiser->entries; i++) put_double(out, entry(array, optimiser->is_float, i));
}

bool checkpoint_write(Eligo *eligo, const char *path, const char *options, const Position *position,
                      const Optimiser *optimiser, const Resumed *learner) {
    Text out = {0};
    text_add_bytes(&out, title, sizeof title);
    const size_t length = strlen(options);
    put(&out, length);
    text_add(&out, options);
    pad(&out);
    put(&out, position->seeds_done);
    put(&out, position->epoch);
    put(&out, position->batch);
    put(&out, position->delay);
    put(&out, position->draw);
    for (int i = 0; i < 4; i++) put(&out, position->random.state[i]);
    put_metrics(&out, &position->running);
    for (uint64_t i = 0; i < position->seeds_done; i++) {
        put(&out, position->results[i].seed);
        put(&out, position->results[i].delay);
        put_metrics(&out, &position->results[i].train);
        put_metrics(&out, &position->results[i].test);
    }
    put(&out, optimiser->entries);
    put(&out, learner->bytes);
    put(&out, optimiser->updates);
    put_array(&out, optimiser, learner->params);
    put_array(&out, optimiser, optimiser->first);
    put_array(&out, optimiser, optimiser->second);
    if (learner->bytes) text_add_bytes(&out, learner->stream, learner->bytes);
    pad(&out);
    put(&out, hash_bytes(HASH_START, out.at, out.length));
    const bool good = file_write(eligo, path, out.at, out.length);
    text_free(&out);
    return good;
}

typedef struct Reader {
    const char *at, *end;
    bool good;
} Reader;

static uint64_t take(Reader *reader) {
    uint64_t word = 0;
    if ((size_t)(reader->end - reader->at) < sizeof word) {
        reader->good = false;
        return 0;
    }
    memcpy(&word, reader->at, sizeof word);
    reader->at += sizeof word;
    return word;
}

static double take_double(Reader *reader) {
    const uint64_t word = take(reader);
    double value;
    memcpy(&value, &word, sizeof value);
    return value;
}

static Metrics take_metrics(Reader *reader) {
    Metrics metrics;
    metrics.loss = take_double(reader);
    metrics.error = take_double(reader);
    metrics.losses = take(reader);
    metrics.counted = take(reader);
    metrics.correct = take(reader);
    return metrics;
}

static void take_array(Reader *reader, const Optimiser *optimiser, void *array) {
    for (size_t i = 0; i < optimiser->entries; i++) {
        const double value = take_double(reader);
        if (optimiser->is_float)
            ((float *)array)[i] = (float)value;
        else
            ((double *)array)[i] = value;
    }
}

static bool open_checked(Eligo *eligo, const char *path, const Text *file, Reader *reader) {
    if (file->length < sizeof title + 16 || memcmp(file->at, title, sizeof title - 4) != 0)
        return complain(eligo, "E0621", "`%s` is no checkpoint of eligo's", path);
    if (memcmp(file->at, title, sizeof title) != 0)
        return complain(eligo, "E0621", "`%s` is a checkpoint of another version of eligo", path);
    *reader = (Reader){file->at + file->length - 8, file->at + file->length, true};
    if (take(reader) != hash_bytes(HASH_START, file->at, file->length - 8))
        return complain(eligo, "E0621", "the checkpoint `%s` is damaged", path);
    *reader = (Reader){file->at + sizeof title, file->at + file->length - 8, true};
    return true;
}

/* Says the first line that isn't the same. */
static bool same_options(Eligo *eligo, const char *path, Reader *reader, const char *options) {
    const uint64_t length = take(reader);
    if (!reader->good || length > UINT64_MAX - 7 ||
        (length + 7) / 8 * 8 > (uint64_t)(reader->end - reader->at))
        return complain(eligo, "E0621", "the checkpoint `%s` is damaged", path);
    const char *theirs = reader->at, *their_end = theirs + length;
    reader->at += (length + 7) / 8 * 8; /* what lies before, the title and one word, is whole words */
    if (length == strlen(options) && memcmp(theirs, options, length) == 0) return true;
    for (;;) {
        const size_t ours = strcspn(options, "\n");
        const char *stop = memchr(theirs, '\n', (size_t)(their_end - theirs));
        const size_t them = (size_t)((stop ? stop : their_end) - theirs);
        if (ours != them || memcmp(options, theirs, ours) != 0 || !options[ours] || !stop)
            return complain(eligo, "E0622",
                            "the checkpoint `%s` is of another run: `%.*s` there, `%.*s` here", path,
                            (int)them, theirs, (int)ours, options);
        options += ours + 1;
        theirs = stop + 1;
    }
}

static bool take_all(Reader *reader, Position *position, Optimiser *optimiser, const Resumed *learner) {
    position->seeds_done = take(reader);
    position->epoch = take(reader);
    position->batch = take(reader);
    position->delay = take(reader);
    position->draw = take(reader);
    for (int i = 0; i < 4; i++) position->random.state[i] = take(reader);
    position->running = take_metrics(reader);
    if (position->seeds_done > SEEDS_LIMIT) return false;
    for (uint64_t i = 0; i < position->seeds_done; i++) {
        position->results[i].seed = take(reader);
        position->results[i].delay = take(reader);
        position->results[i].train = take_metrics(reader);
        position->results[i].test = take_metrics(reader);
    }
    const uint64_t entries = take(reader), bytes = take(reader);
    if (!reader->good || entries != optimiser->entries || bytes != learner->bytes) return false;
    if ((uint64_t)(reader->end - reader->at) != (1 + 3 * entries) * 8 + (bytes + 7) / 8 * 8) return false;
    optimiser->updates = take(reader);
    take_array(reader, optimiser, learner->params);
    take_array(reader, optimiser, optimiser->first);
    take_array(reader, optimiser, optimiser->second);
    if (bytes) memcpy(learner->stream, reader->at, bytes);
    return true;
}

bool checkpoint_read(Eligo *eligo, const char *path, const char *options, Position *position,
                     Optimiser *optimiser, const Resumed *learner) {
    Text file = {0};
    Reader reader = {0};
    Position found = {0};
    bool good = file_read(eligo, path, &file) && open_checked(eligo, path, &file, &reader) &&
                same_options(eligo, path, &reader, options);
    if (good) {
        good = take_all(&reader, &found, optimiser, learner) ||
               complain(eligo, "E0621", "the checkpoint `%s` doesn't fit this learner", path);
        if (good) *position = found;
    }
    text_free(&file);
    return good;
}
