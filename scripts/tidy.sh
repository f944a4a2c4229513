#!/usr/bin/env bash
set -euo pipefail

# Lifts every module to the versions that the workspace builds with, so that what
# is tested together is what ships alone, then drops what no module needs. The
# modules below scripts stand outside the workspace: their dependencies must not
# raise ours.

cd "$(dirname "$0")/.."

go work sync
for module in $(go list -m -f '{{.Dir}}'); do
	go -C "$module" mod tidy
done
for module in scripts/*/go.mod; do
	GOWORK=off go -C "$(dirname "$module")" mod tidy
done
