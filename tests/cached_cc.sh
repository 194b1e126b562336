#!/bin/sh
# Stands for the C compiler where the tests run the cc engine: the same text with the same options is compiled once and
# kept in build/compiled, because the sanitizers' run asks for what the plain one asked for. Takes what src/jit/cc.c
# gives: options, -o OBJECT, SOURCE, -lm.
set -eu
store=${ELIGO_COMPILED:?}
object=
source=
options=
last=
for word; do
    case $last,$word in
    -o,*) object=$word ;;
    *,*.c) source=$word ;;
    *) options="$options $word" ;;
    esac
    last=$word
done
if [ -z "$object" ] || [ -z "$source" ]; then exec cc "$@"; fi
mkdir -p "$store"
key=$({ cc --version; echo "$options"; cat "$source"; } | sha256sum | cut -c1-40)
if [ ! -f "$store/$key" ]; then
    cc "$@"
    cp "$object" "$store/$key.$$"
    mv "$store/$key.$$" "$store/$key"
fi
cp "$store/$key" "$object"
