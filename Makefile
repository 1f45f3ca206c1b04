# broadsheet: build, run, test.  `make help` lists the targets.

PREFIX  ?= /usr/local
BINDIR  ?= $(PREFIX)/bin
MANDIR  ?= $(PREFIX)/share/man
DESTDIR ?=
PYTHON  ?= /usr/bin/python3
LLVM    ?= 19
VARIANT ?= release

BUILD := build/$(VARIANT)
PROGRAM := $(BUILD)/broadsheet

# What a variant of the build is made of; `make VARIANT=clang` picks one.
CLANG := clang-$(LLVM)
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
ifeq ($(VARIANT),release)
  OPTIMISE := -O2 -D_FORTIFY_SOURCE=3
else ifeq ($(VARIANT),clang)
  override CC := $(CLANG)
  OPTIMISE := -O2 -D_FORTIFY_SOURCE=3
else ifeq ($(VARIANT),sanitize)
  OPTIMISE := -O1 -g $(SANITIZE)
else ifeq ($(VARIANT),valgrind)
  OPTIMISE := -O1 -g
else ifeq ($(VARIANT),fuzz)
  override CC := $(CLANG)
  OPTIMISE := -O1 -g $(SANITIZE) -fsanitize=fuzzer-no-link
else ifeq ($(VARIANT),coverage)
  # Counters that are a mapped file: those of a process that is killed or shut in count as well.
  override CC := $(CLANG)
  OPTIMISE := -O1 -fprofile-instr-generate -fcoverage-mapping \
    -Xclang -mllvm -Xclang -runtime-counter-relocation
else
  $(error VARIANT=$(VARIANT): must be release, clang, sanitize, coverage, valgrind or fuzz)
endif

PACKAGES := openssl libuv sqlite3 libmagic libconfuse gumbo md4c libcjson uchardet liburiparser libseccomp
CFLAGS ?= -g
WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wcast-qual \
  -Wpointer-arith -Wwrite-strings -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition \
  -Wundef -Wvla -Wformat=2 -Wswitch-enum -Wimplicit-fallthrough -Wnull-dereference
HARDENING := -fstack-protector-strong -fstack-clash-protection -fPIE
ifeq ($(shell uname -m),x86_64)
  HARDENING += -fcf-protection
endif
ifdef WERROR
  WARNINGS += -Werror
endif
ALL_CPPFLAGS := -D_GNU_SOURCE -DOPENSSL_NO_DEPRECATED -DOPENSSL_API_COMPAT=30000 -Isrc $(CPPFLAGS)
ALL_CFLAGS = -std=c17 $(OPTIMISE) $(HARDENING) $(WARNINGS) $(CFLAGS) $(shell pkg-config --cflags $(PACKAGES))
ALL_LDFLAGS = -pie -Wl,-z,relro,-z,now -Wl,--as-needed $(LDFLAGS)
# libunistring and libstemmer ship no .pc file.
LIBS = $(shell pkg-config --libs $(PACKAGES)) -lunistring -lstemmer $(LDLIBS)

SOURCES := $(sort $(wildcard src/*/*.c))
OBJECTS := $(SOURCES:%.c=$(BUILD)/%.o)
MAIN_OBJECT := $(BUILD)/src/main.o
UNIT_SOURCES := $(sort $(wildcard tests/unit/*/test_*.c))
UNITS := $(UNIT_SOURCES:%.c=$(BUILD)/%)
FUZZ_SOURCES := $(sort $(wildcard tests/fuzz/fuzz_*.c))
FUZZERS := $(FUZZ_SOURCES:%.c=$(BUILD)/%)
BENCHES := $(BUILD)/tests/bench/floor $(BUILD)/tests/bench/load $(BUILD)/tests/bench/summary
CROWD_SOURCES := $(sort $(wildcard tests/soak/*.c))
CROWD_OBJECTS := $(CROWD_SOURCES:%.c=$(BUILD)/%.o)
CROWD := $(BUILD)/tests/soak/crowd
EVAL_SOURCES := $(sort $(wildcard tests/eval/*.c))
EVAL_OBJECTS := $(EVAL_SOURCES:%.c=$(BUILD)/%.o)
EVAL := $(BUILD)/tests/eval/eval
FUZZ_SECONDS ?= 60
TORTURE := $(BUILD)/tests/torture/fail.so
SOAK_SECONDS ?= 120

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SECONDARY:

all: $(PROGRAM) ## build the program (VARIANT=release, clang, sanitize, fuzz or coverage)

$(PROGRAM): $(MAIN_OBJECT) $(OBJECTS)
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/tests/unit/%: $(BUILD)/tests/unit/%.o $(OBJECTS)
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LIBS) $(shell pkg-config --libs cmocka)

$(BUILD)/tests/unit/eval/test_rouge: $(BUILD)/tests/eval/rouge.o

# A fuzz target is libFuzzer's in the fuzz variant; elsewhere it replays the files it is given.
$(BUILD)/tests/fuzz/fuzz_%: $(BUILD)/tests/fuzz/fuzz_%.o $(OBJECTS) \
    $(if $(filter fuzz,$(VARIANT)),,$(BUILD)/tests/fuzz/replay.o)
	$(CC) $(ALL_CFLAGS) $(if $(filter fuzz,$(VARIANT)),-fsanitize=fuzzer) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/tests/bench/summary: $(BUILD)/tests/bench/summary.o $(OBJECTS)
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/tests/bench/%: $(BUILD)/tests/bench/%.o
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

# Preloaded into the program, so it is no part of it: without sanitizers, whatever the variant.
$(TORTURE): tests/torture/fail.c Makefile
	@mkdir -p $(@D)
	$(CC) -std=c17 -D_GNU_SOURCE -O2 -g $(WARNINGS) -shared -fPIC -o $@ $< -ldl

$(CROWD): $(CROWD_OBJECTS)
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

$(EVAL): $(EVAL_OBJECTS) $(OBJECTS)
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LIBS) -lm

-include $(MAIN_OBJECT:.o=.d) $(OBJECTS:.o=.d) $(UNITS:=.d) $(FUZZERS:=.d) $(EVAL_OBJECTS:.o=.d) $(CROWD_OBJECTS:.o=.d)

run: $(PROGRAM) ## build, then serve capsule/ on port 1965
	exec $(PROGRAM) serve capsule --certs certs --state build/state $(RUN_ARGS)

test: $(PROGRAM) $(UNITS) $(FUZZERS) $(TORTURE) $(CROWD) ## run every test suite; the last line counts them all
	$(PYTHON) tests/run.py --build $(BUILD) $(TEST_ARGS)

sanitize: ## the same tests on a build with AddressSanitizer and UndefinedBehaviorSanitizer
	$(MAKE) VARIANT=sanitize test

coverage: ## which share of the lines of each room the tests run; 85 % are the least
	$(MAKE) VARIANT=coverage coverage-tests

coverage-tests: $(PROGRAM) $(UNITS) $(FUZZERS) $(TORTURE) $(CROWD)
	LLVM=$(LLVM) $(PYTHON) tests/coverage.py --build $(BUILD) $(TEST_ARGS)

lint: ## format, clang-tidy, cppcheck, include rules between rooms, sizes, banned functions
	LLVM=$(LLVM) $(PYTHON) tests/lint/lint.py

format: ## let clang-format rewrite the sources
	clang-format-$(LLVM) -i $(SOURCES) src/main.c $(wildcard src/*/*.h tests/*/*.c tests/*/*.h tests/*/*/*.c)

fuzz: ## run every fuzz target for FUZZ_SECONDS (60) with clang's libFuzzer
	$(MAKE) VARIANT=fuzz fuzz-targets
	$(PYTHON) tests/fuzz/fuzz.py --build build/fuzz --seconds $(FUZZ_SECONDS)

fuzz-targets: $(FUZZERS)

bench: $(PROGRAM) $(BENCHES) ## measure speed and size beside a bare OpenSSL server
	$(PYTHON) tests/bench/bench.py --build $(BUILD) $(BENCH_ARGS)

torture: $(PROGRAM) $(TORTURE) ## fail the n-th allocation of a press and of a request, for each n
	BROADSHEET_BUILD=$(BUILD) $(PYTHON) tests/torture/torture.py $(TORTURE_ARGS)

valgrind: ## unit tests and a served session under valgrind, on a build without sanitizers
	$(MAKE) VARIANT=valgrind valgrind-programs
	$(PYTHON) tests/torture/memcheck.py --build build/valgrind $(VALGRIND_ARGS)

valgrind-programs: $(PROGRAM) $(UNITS)

soak: $(PROGRAM) $(CROWD) ## SOAK_SECONDS (120) of bad clients beside good ones, half with workers killed
	$(PYTHON) tests/soak/soak.py --build $(BUILD) --seconds $(SOAK_SECONDS) $(SOAK_ARGS)

eval: $(EVAL) ## score the summaries beside those of other methods (DATA=DIR: of other articles)
	@$(EVAL) $(EVAL_ARGS) $(if $(DATA),$(DATA),--kinds tests/eval/articles)

clean-machine: ## both README commands in bare Debian 12 and 13 trees (root, debootstrap)
	contrib/clean-machine.sh $(DEBIANS)

install: $(PROGRAM) ## install under DESTDIR and PREFIX
	install -D -m 755 $(PROGRAM) $(DESTDIR)$(BINDIR)/broadsheet

clean: ## remove everything built
	rm -rf build

help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "%-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: all run test sanitize coverage coverage-tests lint format fuzz fuzz-targets bench soak torture \
  valgrind valgrind-programs eval clean-machine install clean help
