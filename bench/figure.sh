#!/bin/sh
# figure.sh JSON FOLDER: ratios.svg and ratios.png in FOLDER, the ratios to peers of one run of make bench. The scripts
# and the numbers that gnuplot draws them from stay beside them.
set -e
json=$1 folder=$2
command -v gnuplot >/dev/null || { echo "figure: skipped, gnuplot isn't installed (gnuplot-nox)"; exit 0; }

# One line a row that has a peer: label, ratio, bound (or NaN), from the last row up.
awk -v OFS='\t' '
function field(name, value) {
    if (!match($0, "\"" name "\": (\"[^\"]*\"|[-+.0-9e]+)")) return ""
    value = substr($0, RSTART + length(name) + 4, RLENGTH - length(name) - 4)
    gsub(/"/, "", value)
    return value
}
field("ratio") != "" && field("unit") != "bytes" {
    row[++count] = field("what") "  /  " field("peer") OFS field("ratio") OFS \
        (field("ratio_bound") == "" ? "NaN" : field("ratio_bound"))
}
END { for (i = count; i; i--) print row[i] }' "$json" >"$folder/ratios.tsv"

{
    echo 'set datafile separator tab'
    echo 'set logscale x; set xlabel "time beside the peer (1: as fast); less is better"'
    echo 'set lmargin at screen 0.48; set rmargin at screen 0.97; set key outside top center horizontal'
    echo 'set linetype 1 linecolor rgb "#1b6ca8"; set linetype 2 linecolor rgb "#d95f02" linewidth 2; set grid x; set yrange [-1:*]; set tics scale 0.5'
    echo 'set arrow from 1, graph 0 to 1, graph 1 nohead dashtype 3'
    for format in svg png; do
        [ $format = svg ] && echo 'set terminal svg size 1100, 760 font "sans,12"' ||
            echo 'set terminal png size 1100, 760 font "sans,10"'
        echo "set output '$folder/ratios.$format'"
        echo "plot '$folder/ratios.tsv' using 2:0:ytic(1) with points pointtype 7 linetype 1 title 'measured', \\"
        echo "    '' using 3:0 with points pointtype 2 linetype 2 title 'to be reached'"
    done
} >"$folder/ratios.gp"
gnuplot "$folder/ratios.gp"
echo "$folder/ratios.svg, $folder/ratios.png"
