# The menu of the repository: `make` prints it. Each target is one command or
# one script; CI calls the same ones.

.DEFAULT_GOAL := help

# The stages ship as one binary each; bin/vtq holds all three.
STAGES := bin/vtq-producer bin/vtq-lookup bin/vtq-writer

# Every package of every module that go.work names. A plain `golangci-lint run`
# reads nothing at a root without go.mod, and reports no issues.
PACKAGES = $(shell go list -m -f '{{.Dir}}/...')

# The race detector needs cgo, which go switches off where it finds no C compiler.
RACE = $(if $(filter 1,$(shell go env CGO_ENABLED)),-race,$(info No C compiler found: testing without the race detector.))

# The servers of the tests write small files all the time: in memory, where there are 4 GiB to spare. What is built stays on the disk.
IN_MEMORY = $(if $(shell df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 && $$4 > 4194304'),GOTMPDIR=$${TMPDIR:-/tmp} TMPDIR=/dev/shm)

# The modules below scripts that stand outside the workspace are built without it.
APART = GOWORK=off go -C

# How long `make fuzz` stays with each target.
FUZZTIME ?= 60s

# Which runs `make bench-quota` makes: short or long.
QUOTA_RUNS ?= short

.PHONY: help
help: ## print this menu
	@awk 'BEGIN {FS = ":.*## "} /^[a-z\/-]+:.*## / {printf "  %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# Run

.PHONY: demo
demo: bin/vtq ## enrich made-up indicators against simulators, and show the result
	@bin/vtq demo

# The shell reads .env: an unquoted value of two words would be a command, and its variable unset, which -e ends.
.PHONY: run
run: bin/vtq ## run all stages in one process, with the settings in .env
	@set -aeu; if [ -f .env ]; then . ./.env; fi; exec bin/vtq up

# Build

.PHONY: build
build: bin/vtq $(STAGES) ## build every binary into bin/

# Phony, since go alone knows when a binary is out of date.
.PHONY: bin/vtq $(STAGES)
bin/vtq:
	@CGO_ENABLED=0 go build -trimpath -o $@ vtq.internal/services/vtq/cmd/vtq

$(STAGES): bin/vtq-%:
	@CGO_ENABLED=0 go build -trimpath -o $@ vtq.internal/services/$*/cmd/vtq-$*

.PHONY: images
images: ## build the images without Docker, prove them, and push them to REGISTRY under TAG, if set
	@$(APART) scripts/images run . -root $(CURDIR) -registry "$(REGISTRY)" -tag "$(TAG)" -base "$(BASE)"

# Test

.PHONY: test
test: ## test every module, with the race detector
	$(IN_MEMORY) go test -timeout 18m $(RACE) work

.PHONY: test/fast
test/fast: ## test every module, without the race detector
	$(IN_MEMORY) go test work

.PHONY: fuzz
fuzz: ## run every fuzz target for FUZZTIME (60s; about 45 min in all)
	scripts/fuzz.sh $(FUZZTIME)

.PHONY: bench
bench: ## run every benchmark, tests aside
	go test -run '^$$' -bench . -skip Memory -benchmem work

.PHONY: bench-memory
bench-memory: ## print the peak of the memory of each stage over 20,000 and 200,000 indicators (about 10 min)
	MEMORY_INDICATORS=20000,200000 go test -run '^$$' -bench Memory -benchtime 1x -timeout 60m vtq.internal/services/vtq

# Its runs are many at a time: they mostly wait.
.PHONY: bench-quota
bench-quota: ## print what real workers make of a quota, killed and with wrong clocks (9 min; QUOTA_RUNS=long 25 min)
	QUOTA_RUNS=$(QUOTA_RUNS) go test -count=1 -run '^TestQuota$$' -parallel 16 -timeout 60m -v vtq.internal/services/vtq

.PHONY: bench-writer
bench-writer: ## print what the writer asks of ThreatQ, and its speed over WRITER_REPLAY (100,000) verdicts that were written (1 min)
	go test -run '^$$' -bench Writer -benchtime 1x -timeout 60m vtq.internal/services/writer

.PHONY: test/bulk
test/bulk: ## ask about 100,000 hashes, a hundred in a request (some minutes)
	$(IN_MEMORY) BULK_HASHES=100000 go test -count=1 -run '^TestABacklogOfHashes$$' -timeout 30m -v vtq.internal/services/lookup

.PHONY: test/month
test/month: ## let three workers share a public key for 31 days of virtual time (some minutes)
	$(IN_MEMORY) QUOTA_DAYS=31 go test -count=1 -run '^TestTheQuotaOfAFleet$$' -timeout 30m -v vtq.internal/services/lookup

.PHONY: crash
crash: ## kill real processes before and after every step, then 1,000 times at random (CRASH_KILLS), and print the tally (about 10 min)
	$(IN_MEMORY) scripts/crash.sh

# Deploy

# Go does not see that a file outside the module has changed.
.PHONY: chart
chart: ## render the chart with every file of values and check what comes of it, and the rest of deployments
	$(APART) scripts/deploycheck test -count=1 ./...

# The first build of an API server takes minutes; CI does without.
.PHONY: chart-live
chart-live: ## have a real kube-apiserver judge every rendering of the chart, and every upgrade (15 s; 5 min to build first)
	@dir=$$(mktemp -d) && trap 'rm -rf "$$dir"' EXIT && \
		$(APART) scripts/deploycheck run ./cmd/render "$$dir" && $(APART) scripts/apiserver run . "$$dir"

.PHONY: monitoring
monitoring: bin/promtool ## have every alert fire, with promtool (5 min to build first)
	bin/promtool check rules deployments/helm/vtq/monitoring/rules.yaml
	bin/promtool test rules deployments/helm/vtq/monitoring/rules_test.yaml

.PHONY: rehearse
rehearse: ## run a cluster of real processes with the rights and the environment that ship, kill some, roll all (100 s; REHEARSE_INDICATORS=200)
	REHEARSE=1 $(APART) scripts/deploycheck test -count=1 -run '^TestRehearsal$$' -timeout 20m -v ./rehearsal

.PHONY: test/apart
test/apart: ## test what images and chart-live are made of (some minutes)
	$(APART) scripts/images test ./...
	$(APART) scripts/apiserver test -timeout 15m ./...

# Keep

.PHONY: lint
lint: bin/golangci-lint ## read the code with the linters, and the tree with its own rules
	bin/golangci-lint run $(PACKAGES)
	cd scripts/deploycheck && GOWORK=off ../../bin/golangci-lint run ./...
	go test -count=1 vtq.internal/scripts/repocheck

# What these two modules are made of takes minutes to build.
.PHONY: lint/apart
lint/apart: bin/golangci-lint ## read the code behind images and chart-live, too
	cd scripts/images && GOWORK=off ../../bin/golangci-lint run ./...
	cd scripts/apiserver && GOWORK=off ../../bin/golangci-lint run --timeout 30m ./...

.PHONY: fmt
fmt: bin/golangci-lint ## format the code and sort the imports
	bin/golangci-lint fmt

.PHONY: generate
generate: ## bring generated files up to date, .env.example, the tables of the READMEs and the chart's schema among them
	go generate work
	$(APART) scripts/deploycheck generate ./...

.PHONY: tidy
tidy: ## bring go.mod, go.sum and the workspace up to date
	scripts/tidy.sh

.PHONY: verify
verify: ## prove that tidy, generate and fmt change nothing, and that each module builds alone
	scripts/verify.sh

.PHONY: tools
tools: bin/golangci-lint bin/promtool ## build the tools into bin/

bin/golangci-lint: scripts/tools/go.mod
	GOBIN=$(CURDIR)/bin $(APART) scripts/tools install tool

bin/promtool: scripts/promtool/go.mod
	GOBIN=$(CURDIR)/bin $(APART) scripts/promtool install tool

.PHONY: ci
ci: ## do what CI does
	.ci/run

.PHONY: clean
clean: ## remove what was built
	rm -rf bin
