#!/bin/sh
# valgrind.sh "VALGRIND ELIGO" BUILD: memcheck over what a user does with one spec: check, derive, diff, explain, emit in both
# directions, and gradients and training through the JIT. A leak or a wrong access is exit status 9.
set -eu
memcheck=$1
build=$2
export ELIGO_LIBRARY=library
out=$build/scratch/valgrind
case=tests/reference/lstm
rm -rf "$out"
mkdir -p "$out"

quietly() {
    if ! "$@" >"$out/said" 2>&1; then
        cat "$out/said"
        echo "valgrind: failed: $*"
        exit 1
    fi
}

quietly $memcheck check library/cells/lstm.eligo library/networks/digits.eligo
quietly $memcheck derive lstm --rule 'eprop(2)'
quietly $memcheck derive $case/spec.eligo --rule bptt --format json
quietly $memcheck diff bptt rtrl --on gru
quietly $memcheck diff 'snap(2)' rtrl --on vanilla --size n=5
quietly $memcheck explain gru --rule 'eprop(2)' --param Wr
quietly $memcheck explain lstm --rule eprop --path 'Wi -> c -> h -> loss'
quietly $memcheck explain lstm --rule eprop --line 217 --file generated/lstm_eprop_m1.c
quietly $memcheck emit digits --rule eprop --main -o "$out/emitted"
quietly $memcheck emit gru --rule bptt -o "$out/emitted"
for carry in forward backward; do
    quietly $memcheck grad $case/spec.eligo --rule 'tbptt(2)' --carry $carry --engine tcc --params $case \
        --inputs $case/x.npy --targets $case/target.npy --out "$out/grad"
done
quietly $memcheck compare vanilla --rules 'snap(1),uoro' --by each --size n=3 --data copy --steps 1 --curriculum \
    --sequences 8 --batch 4 --epochs 2 --seeds 2 --engine tcc -q --out "$out/compared"
# an invalid spec leaves by another door
if $memcheck check tests/invalid/shape_add.eligo >"$out/said" 2>&1; then status=0; else status=$?; fi
[ $status -eq 1 ] || { cat "$out/said"; echo "valgrind: an invalid spec ended with $status"; exit 1; }
echo "valgrind: no leak and no wrong access in check, derive, emit, grad and compare with tcc"
