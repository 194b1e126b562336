#!/bin/sh
# cosines.sh ELIGO OUT: how far rules' gradients agree with the exact one on four tasks, beside figures published for a tanh
# RNN of 64 units: while the exact gradient trains, and while the rule itself does. Writes OUT/cosines.md and, for each task,
# the reports, tables and figures of `eligo compare`. SEEDS and EPOCHS may be set; 5 and 4 take some two minutes of one core.
set -eu
eligo=$1
out=$2
seeds=${SEEDS:-5}
epochs=${EPOCHS:-4}
mkdir -p "$out"

# task, then what is published for snap(1), kf_rtrl, rflo, uoro
published='copy .70 .53 .33 .04
adding .61 .50 .58 .10
rotation .42 .56 .18 .06
anbn .43 .48 .49 .08'

compare() { # TASK NAME RULES [OPTION...]
    task=$1 name=$2 rules=$3
    shift 3
    "$eligo" compare vanilla --size n=64 --data "$task" --rules "$rules" --seeds "$seeds" --epochs "$epochs" --measure 5 \
        -o "$out/$name" -q "$@" >"$out/$name.txt" || { cat "$out/$name.txt"; exit 1; }
}

both() { # TASK
    compare "$1" "$1" 'snap(1),kf_rtrl,rflo,uoro,eprop'
    compare "$1" "$1-own" 'snap(1),kf_rtrl,rflo,uoro' --by each
}

# a run takes one core: two tasks at a time
both copy & copy=$!
both rotation & rotation=$!
wait $copy
both adding & adding=$!
both anbn
wait $adding
wait $rotation

# Of each report: "trained by RULE:", the rules' own rows ("rflo  0.236 ± 0.038 …"), the rows of R below the rules' names.
rows='
    function estimate(at) { return $(at + 1) == "±" ? sprintf("%.2f ± %.2f", $at, $(at + 2)) : sprintf("%.2f", $at) }
    BEGIN {
        count = split(names, name)
        split(values, value)
        for (i = 1; i <= count; i++) published[name[i]] = "0" value[i]
    }
    $1 == "trained" { by = $3; sub(/:$/, "", by) }
    $1 == "rule" { inside = 1; next }
    NF == 0 { inside = 0 }
    inside { all[by, $1] = estimate(2); if (by == "exact") order[++rules] = $1 }
    $1 == "cosine" { columns = NF - 2; for (i = 1; i <= columns; i++) column[i] = $(i + 2) }
    $1 == "R" { for (i = 1; i <= columns; i++) alone[by, column[i]] = estimate($3 == "±" ? 3 * i - 1 : i + 1) }
    END {
        for (i = 1; i <= rules; i++) {
            r = order[i]
            printf "| %s | `%s` | %s | %s | %s | %s | %s |\n", task, r, published[r], all["exact", r], alone["exact", r], all[r, r], alone[r, r]
        }
    }'
{
    echo '| task | rule | published | exact trains: all | `R` alone | the rule trains: all | `R` alone |'
    echo '|---|---|---|---|---|---|---|'
    echo "$published" | while read -r task snap kf rflo uoro; do
        awk -v task="$task" -v names='snap(1) kf_rtrl rflo uoro' -v values="$snap $kf $rflo $uoro" "$rows" \
            "$out/$task.txt" "$out/$task-own.txt"
    done
} >"$out/cosines.md"

echo
echo "  Cosine with the exact gradient on vanilla, n = 64: mean of $seeds seeds ± half of a 95 % interval"
echo
# the same without Markdown's signs; "±" may count as one column or two
awk -F' *[|] *' '
    function field(word, width) { return word sprintf("%" (width - length(word) + (word ~ /±/ ? length("±") - 1 : 0)) "s", "") }
    NR == 2 { next }
    { gsub(/`/, ""); if (NR > 3 && last != $2) print ""; last = $2 }
    { print "  " field($2, 10) field($3, 9) field($4, 11) field($5, 20) field($6, 15) field($7, 22) $8 }' "$out/cosines.md"
echo
echo "  reports, tables and figures: $out"
