#!/bin/sh
# demo.sh ELIGO FOLDER: the digits network learns by two rules, then says where its equations and its C are.
set -eu
eligo=$1
out=$2
export ELIGO_LIBRARY=library
mkdir -p "$out"

for rule in bptt eprop; do
    echo
    echo "== digits (8 steps of 8 pixels, LSTM of 64 units), rule $rule, three seeds"
    "$eligo" train digits --rule $rule --data digits --steps 8 --epochs 25 --seeds 3 --out "$out/digits_$rule"
done

for rule in bptt eprop; do
    "$eligo" derive digits --rule $rule >"$out/digits_$rule.txt"
    "$eligo" emit digits --rule $rule --main -o "$out" >/dev/null
done
echo
echo "What was derived:  $out/digits_bptt.txt  $out/digits_eprop.txt"
echo "What it became:    $(echo "$out"/digits_*[!n].c)"
