#!/bin/sh
# run.sh BUILD SECONDS: every tests/fuzz/fuzz_*.c for so many seconds, from the library's files and the invalid specs.
set -eu
build=$1
seconds=$2
seeds=$build/seeds
rm -rf "$seeds"
mkdir -p "$seeds"
for file in library/*/*.eligo tests/reference/*/spec.eligo tests/invalid/*.eligo tests/fuzz/seeds/*; do
    [ -f "$file" ] && cp "$file" "$seeds/$(echo "$file" | tr / _)"
done
export ELIGO_LIBRARY=library
for source in tests/fuzz/fuzz_*.c; do
    name=$(basename "$source" .c)
    clang -std=c11 -D_POSIX_C_SOURCE=200809L -O1 -g -Isrc -I"$build/gen" \
        -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
        -o "$build/$name" "$source" "$build/libeligo.a" -ltcc -lz -ldl -lm -lpthread
    mkdir -p "$build/corpus_$name" "$build/crashes"
    echo "$name: $seconds seconds"
    "$build/$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=4096 -print_final_stats=1 \
        -artifact_prefix="$build/crashes/" "$build/corpus_$name" "$seeds" 2>"$build/$name.log" ||
        { tail -40 "$build/$name.log"; exit 1; }
    grep -E 'number_of_executed_units|peak_rss' "$build/$name.log"
done
