#!/usr/bin/env bash
set -euo pipefail

# Kills the real processes with SIGKILL and looks at what becomes of their work: before and after every step of every stage, and then
# CRASH_KILLS times (1000) at random, in CRASH_MILLS pipelines (10) side by side. CRASH_SEED repeats the choices of another time.
#
# It prints each kill of the first part, and the tally of the second. The exit code is 1 when a row is lost, double or wrong, when a
# request was repeated that was not in flight at a kill, when a message ended as a dead letter, or a process by itself.

cd "$(dirname "$0")/.."
export CRASH_KILLS=${CRASH_KILLS:-1000} CRASH_MILLS=${CRASH_MILLS:-10} CRASH_MATRIX=full

failed=0
for part in every_step random; do
	go test -count=1 -run "^TestKillNine\$/^$part\$" -timeout 90m -v vtq.internal/services/vtq || failed=1
done
exit "$failed"
