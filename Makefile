# The commands that people and CI share. CMake knows how to build; this file only names what is wanted.
# `make` builds build/release/duress: one file, the worker inside it.
JOBS ?= $(shell nproc)

.PHONY: all release image manifests demo test check e2e bench lint format fuzz clean

all: release

release:
	@tools/install-deps.sh build
	@cmake --preset release >/dev/null
	@cmake --build --preset release --parallel $(JOBS) --target duress

# build/release/duress-image.tar, for containerd, docker and podman: one file, no shell. Needs no network.
image: release
	@tools/image.sh

# What is generated and committed: custom resources, reference, plain manifests. Needs helm (tests/testbed/k8s-build.sh).
manifests: release
	@tools/manifests.sh

# Needs root: shows the article's experiment on a small application in a 500 MiB cgroup.
demo: release
	@tools/install-deps.sh demo
	@cmake --build --preset release --parallel $(JOBS) --target hello
	@examples/article/demo.sh

# Everything: units, fuzzers, integration on this machine and on cgroup v2, container runtimes, Kubernetes. Needs root.
test:
	@JOBS=$(JOBS) tools/test.sh

# Unit tests alone, under ASan and UBSan. Needs no rights.
check:
	@JOBS=$(JOBS) tools/test.sh --only unit

# The chart on a real cluster, the one that runs or one of its own, with a second node of cgroup v2, and the cases that take
# minutes. Needs root; ARGS="--only pause" narrows it.
e2e: release
	@tools/install-deps.sh kubernetes
	@tests/testbed/k8s-build.sh
	@tests/e2e/run.py $(ARGS)

# Writes bench/results.json and bench/RESULTS.md. Needs root; ARGS="--only fill --quick" narrows it.
bench: release
	@tools/install-deps.sh bench
	@bench/run.py $(ARGS)

lint:
	@JOBS=$(JOBS) tools/lint.sh

format:
	@tools/install-deps.sh lint
	@git ls-files -z --cached --others --exclude-standard '*.cpp' '*.h' | xargs -0 clang-format-19 -i

fuzz:
	@tools/install-deps.sh check
	@cmake --preset dev >/dev/null
	@cmake --build --preset dev --parallel $(JOBS) --target fuzzers
	@tests/fuzz/run.sh $(or $(SECONDS_EACH),60)

clean:
	@rm -rf build
