#!/usr/bin/env bash
set -euo pipefail

# Runs every fuzz target of the repository for the time given (10s by default).
# One by one: go fuzzes a single target of a single package at a time.

cd "$(dirname "$0")/.."
each=${1:-10s}

files=$(grep -rl '^func Fuzz' --include='*_test.go' services shared scripts) || {
	echo "no fuzz targets"
	exit 0
}
for file in $files; do
	for target in $(sed -nE 's/^func (Fuzz[A-Za-z0-9_]*)\(.*/\1/p' "$file"); do
		echo "== $target in ${file%/*}"
		go test -run '^$' -fuzz "^$target\$" -fuzztime "$each" "./${file%/*}"
	done
done
