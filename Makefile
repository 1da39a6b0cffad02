# kin: build, test, install.  `make help` lists the targets.
# Objects live in $(BUILD); nothing is written beside the sources.

BUILD   ?= build
PREFIX  ?= /usr/local
DESTDIR ?=
ifeq ($(origin CC),default)
CC       := gcc
endif
VERSION := 0.3.0

OPT      ?= -O2 -g
WARN     := -Wall -Wextra -Wshadow -Wconversion -Wswitch-enum -Wstrict-prototypes -Wmissing-prototypes \
            -Wpointer-arith -Wcast-qual -Wundef -Wvla -Wformat=2
WERROR   ?=
CPPFLAGS += -I. -I$(BUILD)/gen -isystem /usr/include/suitesparse -D_GNU_SOURCE -DKIN_VERSION='"$(VERSION)"' \
            -DKIN_STDLIB='"$(PREFIX)/share/kin/stdlib"'
CFLAGS   += -std=c17 $(OPT) -fPIC -fopenmp $(WARN) $(WERROR) $(SANITIZE)
LDFLAGS  += -fopenmp $(SANITIZE)
LDLIBS   += -lcholmod -llapacke -lopenblas -ljansson -lcsv -lnettle -lRmath $(LIBS_EXTRA) -lm

# One folder, one room: every .c file below these belongs to the library, but for the command and its prompt.
SOURCES  := $(sort $(shell find lang runtime -name '*.c'))
COMMAND  := $(filter runtime/cli/% runtime/repl/%,$(SOURCES))
LIBRARY  := $(filter-out $(COMMAND),$(SOURCES))
GENERATED := $(patsubst grammar/%.y,$(BUILD)/gen/%.tab.c,$(wildcard grammar/*.y)) \
             $(patsubst grammar/%.l,$(BUILD)/gen/%.lex.c,$(wildcard grammar/*.l))
GEN_HEADERS := $(GENERATED:.c=.h)
OBJECTS  := $(LIBRARY:%.c=$(BUILD)/obj/%.o) $(GENERATED:$(BUILD)/%.c=$(BUILD)/obj/%.o)
COMMAND_OBJECTS := $(COMMAND:%.c=$(BUILD)/obj/%.o)

UNIT     := $(sort $(wildcard tests/unit/*_test.c tests/oracle/*_test.c))
UNIT_BIN := $(UNIT:tests/%.c=$(BUILD)/tests/%)
FUZZERS  := $(sort $(wildcard tests/fuzz/*_fuzz.c))
FUZZ_BIN := $(FUZZERS:tests/fuzz/%.c=$(BUILD)/fuzz/%)

.DEFAULT_GOAL := all
.PHONY: all demo check check-asan lint format bench fuzz install uninstall clean deps help \
        build partial unit golden promote stats layers valgrind
.DELETE_ON_ERROR:
.SECONDARY:

## all: the kin command and libkin
all: | deps
	@$(MAKE) --no-print-directory build

## demo: install what is missing, build, and fit examples/sleepstudy.kin
demo: | deps
	@$(MAKE) --no-print-directory build
	$(BUILD)/kin examples/sleepstudy.kin

## check: install what is missing, build, and run every test
check: | deps
	@$(MAKE) --no-print-directory build
	@$(MAKE) --no-print-directory layers unit golden

## deps: install the libraries that are missing (Debian, Ubuntu); elsewhere name them
deps:
	@BUILD=$(BUILD) scripts/install-deps

build: $(BUILD)/kin $(BUILD)/libkin.so

# ---- the library, the command ---------------------------------------------------------------------------

$(BUILD)/libkin.a: $(OBJECTS)
	@rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/libkin.so: $(OBJECTS)
	$(CC) $(CFLAGS) -shared -Wl,-soname,libkin.so.0 $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/kin: $(COMMAND_OBJECTS) $(BUILD)/libkin.a
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -lreadline $(LDLIBS)

$(BUILD)/gen/%.tab.c $(BUILD)/gen/%.tab.h: grammar/%.y
	@mkdir -p $(@D)
	bison -Wall -Werror -Wno-deprecated -Wno-empty-rule --header=$(BUILD)/gen/$*.tab.h -o $(BUILD)/gen/$*.tab.c $<

$(BUILD)/gen/%.lex.c $(BUILD)/gen/%.lex.h: grammar/%.l
	@mkdir -p $(@D)
	flex --header-file=$(BUILD)/gen/$*.lex.h -o $(BUILD)/gen/$*.lex.c $<

$(BUILD)/obj/%.o: %.c $(BUILD)/flags | $(GEN_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# Generated code is held to fewer warnings than ours.
$(BUILD)/obj/gen/%.o: $(BUILD)/gen/%.c $(BUILD)/flags | $(GEN_HEADERS)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(filter-out $(WARN) $(WERROR),$(CFLAGS)) -MMD -MP -c -o $@ $<

# Rebuild when the compiler or its flags change.
FLAGS_NOW := $(CC) $(CPPFLAGS) $(CFLAGS)
$(BUILD)/flags: force
	@mkdir -p $(@D)
	@printf '%s\n' '$(subst ','\'',$(FLAGS_NOW))' | cmp -s - $@ || printf '%s\n' '$(subst ','\'',$(FLAGS_NOW))' > $@
.PHONY: force

-include $(shell find $(BUILD)/obj $(BUILD)/tests -name '*.d' 2>/dev/null)

# What compiles, archived: for work on one room while another is open.
partial:
	-@$(MAKE) --no-print-directory -k $(OBJECTS)
	@rm -f $(BUILD)/libkin.a
	$(AR) rcs $(BUILD)/libkin.a $$(ls $(OBJECTS) 2>/dev/null)

# Tests find the library here, wherever $(BUILD) is.
export KIN_PATH ?= $(CURDIR)/stdlib

# ---- tests ----------------------------------------------------------------------------------------------

$(BUILD)/tests/%: tests/%.c $(BUILD)/libkin.a $(BUILD)/flags
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP $(LDFLAGS) -o $@ $< $(BUILD)/libkin.a -lcriterion $(LDLIBS)

# unit: every Criterion test; `make unit T=parse` only tests/unit/parse_test.c
ifdef T
UNIT_RUN := $(BUILD)/tests/unit/$(T)_test
else
UNIT_RUN := $(UNIT_BIN)
endif
unit: $(UNIT_RUN)
	@set -e; for t in $(UNIT_RUN); do echo "== $${t#$(BUILD)/}"; $$t; done

## promote: accept today's output as what tests/golden and tests/errors expect
golden promote: $(BUILD)/kin $(BUILD)/tests/run_golden
	@tests/worst/run $(BUILD)/kin
	@tests/examples/run $(BUILD)/kin
	$(BUILD)/tests/run_golden $(if $(filter promote,$@),--promote) tests/golden tests/errors \
	  docs/language.md docs/tutorial.md README.md

## check-asan: every test again under AddressSanitizer, LeakSanitizer and UBSan
check-asan: | deps
	$(MAKE) BUILD=$(BUILD)/asan OPT='-O1 -g -fno-omit-frame-pointer' \
	  SANITIZE='-fsanitize=address,undefined -fno-sanitize-recover=all' build layers unit golden

## lint: clang-format, clang-tidy, cppcheck, and a build with gcc and clang where every warning is an error
lint: | deps
	scripts/lint $(BUILD)

# Everything that lint compiles with warnings as errors.
lint-objects: $(OBJECTS) $(COMMAND_OBJECTS)
.PHONY: lint-objects

## format: clang-format on every source
format:
	clang-format -i $(shell git ls-files '*.c' '*.h')

layers:
	@scripts/check-layers
	@scripts/check-grammar
	@scripts/check-messages

## bench: kin beside other programs, in one run
bench: all
	bench/run $(BUILD)

## fuzz: every fuzz target for FUZZ_SECONDS (60) each
FUZZ_SECONDS ?= 60
fuzz: | deps
	scripts/fuzz $(BUILD) $(FUZZ_SECONDS)

$(BUILD)/fuzz/%: tests/fuzz/%.c $(BUILD)/libkin.a
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -fsanitize=fuzzer $(LDFLAGS) -o $@ $< $(BUILD)/libkin.a $(LDLIBS)

fuzz-binaries: $(FUZZ_BIN)
.PHONY: fuzz-binaries

## valgrind: the examples under memcheck
valgrind: build
	scripts/valgrind $(BUILD)

## stats: length of functions and files
stats:
	@scripts/stats

# ---- installation ---------------------------------------------------------------------------------------

## install: command, library, header, standard library, man page into $(DESTDIR)$(PREFIX)
install: build
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib/pkgconfig $(DESTDIR)$(PREFIX)/include \
	  $(DESTDIR)$(PREFIX)/share/kin/stdlib $(DESTDIR)$(PREFIX)/share/man/man1
	install -m 755 $(BUILD)/kin $(DESTDIR)$(PREFIX)/bin/kin
	install -m 644 $(BUILD)/libkin.a $(DESTDIR)$(PREFIX)/lib/libkin.a
	install -m 755 $(BUILD)/libkin.so $(DESTDIR)$(PREFIX)/lib/libkin.so.0
	ln -sf libkin.so.0 $(DESTDIR)$(PREFIX)/lib/libkin.so
	install -m 644 runtime/kin.h $(DESTDIR)$(PREFIX)/include/kin.h
	sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@VERSION@|$(VERSION)|' scripts/kin.pc.in \
	  > $(DESTDIR)$(PREFIX)/lib/pkgconfig/kin.pc
	install -m 644 $(wildcard stdlib/*.kin stdlib/README.md) $(DESTDIR)$(PREFIX)/share/kin/stdlib
	install -m 644 docs/kin.1 $(DESTDIR)$(PREFIX)/share/man/man1/kin.1

## uninstall: remove what install put there
uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/kin $(DESTDIR)$(PREFIX)/lib/libkin.a $(DESTDIR)$(PREFIX)/lib/libkin.so.0 \
	  $(DESTDIR)$(PREFIX)/lib/libkin.so $(DESTDIR)$(PREFIX)/include/kin.h \
	  $(DESTDIR)$(PREFIX)/lib/pkgconfig/kin.pc $(DESTDIR)$(PREFIX)/share/man/man1/kin.1
	rm -rf $(DESTDIR)$(PREFIX)/share/kin

## clean: remove $(BUILD)
clean:
	rm -rf $(BUILD)

## help: this list
help:
	@sed -n 's/^## //p' Makefile
