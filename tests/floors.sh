#!/bin/sh
# The floors of the house: each folder of src/ includes only floors below its own, and itself, always by path.
# Which foreign headers stay behind one door is checked too. Prints every include that breaks a rule.
cd "$(dirname "$0")/.." || exit 2
find src -name '*.[ch]' | sort | xargs awk '
BEGIN {
    floor["base"] = 0
    floor["runtime"] = 0.5
    floor["syntax"] = floor["expr"] = 1
    floor["model"] = 2
    floor["graph"] = floor["oracle"] = 3
    floor["rule"] = 4
    floor["derive"] = 5
    floor["emit"] = floor["print"] = 6
    floor["jit"] = 7
    floor["train"] = 8
    floor["eligo"] = 9                               # src/eligo*.c, src/eligo_internal.h
    floor["eligo.h"] = 9
    floor["cli"] = 10
    door["libtcc.h"] = door["dlfcn.h"] = "jit"       # one module names the compilers
    door["eligo.tab.h"] = "syntax"                   # one module names the parser
    door["zlib.h"] = "train"
}
function folder(path, parts, count) {
    count = split(path, parts, "/")
    return count > 1 ? parts[1] : path == "eligo.h" ? path : path ~ /^eligo[a-z_]*\.[ch]$/ ? "eligo" : path
}
function bad(why) { printf "%s:%d: %s: %s\n", FILENAME, FNR, why, $0; failed = 1 }
FNR == 1 { own = folder(substr(FILENAME, 5)); if (!(own in floor)) bad("folder without a floor") }
/^[ \t]*#[ \t]*include/ {
    match($0, /["<][^">]*[">]/)
    quote = substr($0, RSTART, 1); file = substr($0, RSTART + 1, RLENGTH - 2)
    if (file in door && door[file] != own) bad("only src/" door[file] " may include " file)
    if (quote == "<" || file in door) next
    other = folder(file)
    if (own == other || (own == "eligo" && other == "eligo.h")) next
    if (!(other in floor)) bad("not a path from src")
    else if (own == "cli" && other != "train" && other != "base" && other != "eligo.h")
        bad("of the library, the command line sees only eligo.h")
    else if (own == "train" && other == "eligo.h") next      # training drives the library from outside
    else if (own == "train" && other != "base") bad("training sees only eligo.h and base")
    else if (floor[other] >= floor[own]) bad("floor " own " may not see " other)
    else if (own != "oracle" && floor[own] < 9 && other == "oracle") bad("the oracle stands alone")
}
END { exit failed }
'
status=$?
[ $status -eq 0 ] && echo "floors: every include stays below its own floor"
exit $status
