#!/bin/sh
# generate.sh ELIGO FOLDER: emits every learner that FOLDER/learners.txt lists, a spec and a rule in each line.
set -eu
eligo=$1
folder=$2
while read -r spec rule; do
    "$eligo" emit "$spec" --rule "$rule" --real float -o "$folder" >/dev/null
done <"$folder/learners.txt"
