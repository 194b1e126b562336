#!/bin/sh
# Every diagnostic's code stands in docs/diagnostics.md, and no code stands there that nothing reports.
cd "$(dirname "$0")/.." || exit 2
reported=$(grep -rhoE '"[EWN]0[0-9]{3}"' src grammar | tr -d '"' | sort -u)
listed=$(grep -oE '^\| `[EWN]0[0-9]{3}`' docs/diagnostics.md | tr -d '|` ' | sort)
twice=$(echo "$listed" | uniq -d)
status=0
for code in $reported; do echo "$listed" | grep -qx "$code" || { echo "docs/diagnostics.md lacks $code"; status=1; }; done
for code in $(echo "$listed" | uniq); do echo "$reported" | grep -qx "$code" || { echo "docs/diagnostics.md lists $code, which nothing reports"; status=1; }; done
for code in $twice; do echo "docs/diagnostics.md lists $code twice"; status=1; done
[ $status -eq 0 ] && echo "codes: each diagnostic is listed in docs/diagnostics.md"
exit $status
