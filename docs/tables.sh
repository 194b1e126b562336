#!/bin/sh
# tables.sh ELIGO FOLDER: writes the manual's tables of rules and cells anew, from the library's files. A table stands
# between two comments in FOLDER/rules.md and FOLDER/cells.md; what is around it stays.
set -eu
eligo=$1
folder=$2
for what in rules cells; do
    "$eligo" list "$what" --markdown >"$folder/$what.table"
    awk -v table="$folder/$what.table" '
        /^<!-- end of the table -->/ { inside = 0 }
        !inside { print }
        /^<!-- the table of `eligo list/ {
            inside = 1
            while ((getline line <table) > 0) print line
        }' "$folder/$what.md" >"$folder/$what.new"
    rm "$folder/$what.table"
    mv "$folder/$what.new" "$folder/$what.md"
done
