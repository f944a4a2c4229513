#!/usr/bin/env bash
set -euo pipefail

# Runs the fuzz targets of the repository for the time given each (60s by default), all of them or those whose "folder Target" matches
# a pattern: scripts/fuzz.sh 60s 'shared/wire FuzzDecode'. One by one: go fuzzes a single target of a single package at a time.
#
# A target that fails does not keep the others from their turn. At the end stands a tally, and the exit code is 1 when any failed; what
# made it fail is kept by go in the testdata of its package, where every later test tries it again.

cd "$(dirname "$0")/.."
each=${1:-60s}
pattern=${2:-.}

targets=$(grep -roE '^func Fuzz[A-Za-z0-9_]*' --include='*_test.go' services shared scripts |
	sed -E 's|/[^/]*:func | |' | sort | grep -E -- "$pattern") || {
	echo "no fuzz targets"
	exit 1
}

log=$(mktemp)
trap 'rm -f "$log"' EXIT
tally=() failed=0 total=0
while read -r folder target <&3; do
	echo "== $target in $folder"
	start=$SECONDS outcome=passed
	go test -run '^$' -fuzz "^$target\$" -fuzztime "$each" "./$folder" </dev/null 2>&1 | tee "$log" || outcome=FAILED
	[ "$outcome" = passed ] || failed=$((failed + 1))
	execs=$(sed -nE 's/^fuzz: elapsed: .*, execs: ([0-9]+) .*/\1/p' "$log" | tail -n 1)
	total=$((total + ${execs:-0}))
	tally+=("$(printf '%-6s %5d s %11s execs  %s in %s' "$outcome" $((SECONDS - start)) "${execs:-0}" "$target" "$folder")")
done 3<<<"$targets"

printf '\n== %d fuzz targets, %s each, %d failed, %d execs, %d s in all\n' "${#tally[@]}" "$each" "$failed" "$total" "$SECONDS"
printf '%s\n' "${tally[@]}"
[ "$failed" -eq 0 ]
