#!/usr/bin/env bash
set -euo pipefail

# Proves that `make tidy generate fmt` changes nothing, whether or not the work
# tree is committed, and that each module builds without the workspace.

cd "$(dirname "$0")/.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# snapshot prints the id of the work tree as git would commit it, by way of an
# index of its own, so that what is staged stays as it is.
snapshot() {
	GIT_INDEX_FILE=$scratch/index git add --all
	GIT_INDEX_FILE=$scratch/index git write-tree
}

before=$(snapshot)
make --no-print-directory tidy generate fmt
after=$(snapshot)
if [ "$before" != "$after" ]; then
	git --no-pager diff --stat "$before" "$after"
	echo "these files were out of date; commit what make tidy generate fmt made of them" >&2
	exit 1
fi

for module in $(go list -m -f '{{.Dir}}'); do
	echo "building $(basename "$module") alone"
	GOWORK=off go -C "$module" build ./...
done
