# make            the program and both libraries, into build/
# make test       installs what is missing, builds, runs every check; closes on Criterion's summary
# make demo       installs what is missing, builds, trains the digits network with bptt and eprop
# make help       the other targets

BUILD   ?= build
PREFIX  ?= /usr/local
JOBS    ?= $(shell nproc 2>/dev/null || echo 2)
VERSION := $(shell sed -n 's/^.define ELIGO_VERSION "\(.*\)"/\1/p' src/eligo.h)

CFLAGS   ?= -O2 -g
SANITIZE ?=
WARNINGS  = -Wall -Wextra -Wconversion -Wshadow -Werror
# sanitizers hide from gcc what these two warnings look at
WARNINGS += $(if $(SANITIZE),-Wno-unknown-warning-option -Wno-format-truncation -Wno-maybe-uninitialized)
CSTD     := -std=c11 -D_POSIX_C_SOURCE=200809L
# CONTRACT = off: one rounding per operation, so that interpreter, host kernels and emitted C agree bit for bit
CONTRACT  = off
COMPILE   = $(CC) $(CSTD) $(CPPFLAGS) -Isrc -I$(BUILD)/gen $(CFLAGS) -fPIC -fno-semantic-interposition -ffp-contract=$(CONTRACT) $(SANITIZE) -MMD -MP
LIBS     := -ltcc -lz -ldl -lm -lpthread

SOURCES := $(sort $(shell find src -name '*.c' ! -path src/base/embed.c))
PROGRAM := $(filter src/cli/% src/train/%,$(SOURCES))
LIBRARY := $(filter-out $(PROGRAM),$(SOURCES))
SUITES  := $(sort $(wildcard tests/*.c))

# Files that live inside the program: NAME=FILE gives `extern const unsigned char NAME[]; extern const unsigned long NAME_length;`
EMBED_LIBRARY := $(strip \
    $(foreach f,float products traces rows estimates threads,kernels_$(f)_text=src/runtime/kernels_$(f).h) \
    $(foreach f,$(wildcard templates/*.c templates/*.css),template_$(basename $(notdir $(f)))=$(f)))
EMBED_PROGRAM := $(strip $(patsubst %,digits_data=%,$(wildcard library/data/digits.csv.gz)))

# `make V=1` shows whole commands.
quiet := $(if $(V),,@)
say    = @echo "  $(@:$(CURDIR)/%=%)"

object   = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))
embedded = $(foreach e,$(1),$(BUILD)/gen/$(firstword $(subst =, ,$(e))).o)
PARSER      := $(BUILD)/gen/eligo.tab.o $(BUILD)/gen/eligo.lex.o
LIB_OBJECTS := $(call object,$(LIBRARY)) $(PARSER) $(call embedded,$(EMBED_LIBRARY))
CLI_OBJECTS := $(call object,$(PROGRAM)) $(call embedded,$(EMBED_PROGRAM))
TEST_OBJECTS := $(call object,$(SUITES))

.PHONY: FORCE codes all help deps deps-build deps-dev test check suite demo bench bench-cosines bench-peers bench-plans bench-scaling fuzz \
        floors format format-check asan valgrind lint install clean \
        docs generated locale
.DELETE_ON_ERROR:
.SECONDARY:

all: $(BUILD)/eligo $(BUILD)/libeligo.a $(BUILD)/libeligo.so

help:
	@echo "make [all]      build/eligo, build/libeligo.a, build/libeligo.so"
	@echo "make test       everything that must hold, after installing what is missing"
	@echo "make suite      the Criterion suites only (make suite FILTER='rule/*')"
	@echo "make demo       train the digits network with bptt and eprop"
	@echo "make bench      speed against a hand-written loop, the machine's limits and other programs, one table"
	@echo "make bench-peers  those other programs, from PyPI and Debian into build/peers; make bench-scaling: slopes"
	@echo "make bench-plans  realisations of a gradient beside the model that a plan chooses by"
	@echo "make bench-cosines  how far rules' gradients agree with the exact one"
	@echo "make docs       write the manual's tables of rules and cells anew"
	@echo "make generated  write the committed learners in generated/ anew"
	@echo "make asan       the suites under AddressSanitizer and UndefinedBehaviorSanitizer"
	@echo "make valgrind   no leak and no wrong access in check, derive, emit, train"
	@echo "make fuzz       60 seconds of libFuzzer on the parser and on the whole front end"
	@echo "make floors     the layering of src/;  make lint: cppcheck;  make format: clang-format"
	@echo "make install    PREFIX=$(PREFIX) DESTDIR=$(DESTDIR);  make clean: removes build/"

# ---- what the build needs ----

# Ubuntu's name for it is another.
BROWSER  := $(shell grep -qs '^ID=ubuntu' /etc/os-release && echo chromium-browser || echo chromium)
DEPS_BUILD := gcc libc6-dev flex bison tcc libtcc-dev zlib1g-dev
DEPS     := $(DEPS_BUILD) libcriterion-dev clang clang-format valgrind locales pkg-config graphviz gnuplot-nox \
            fonts-dejavu-core texlive-latex-base $(BROWSER)
DEPS_DEV := $(DEPS) libclang-rt-dev cppcheck

define install_missing
	@command -v dpkg-query >/dev/null || { echo "no dpkg here; this build needs: $(1)"; exit 0; }; \
	missing=; for p in $(1); do \
	    dpkg-query -W -f '$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$p"; done; \
	[ -z "$$missing" ] && exit 0; \
	echo "installing:$$missing"; \
	[ "$$(id -u)" -eq 0 ] && sudo= || sudo="sudo DEBIAN_FRONTEND=noninteractive"; \
	export DEBIAN_FRONTEND=noninteractive; \
	$$sudo apt-get update -qq && $$sudo apt-get install -y -qq --no-install-recommends $$missing >/dev/null
endef

deps:
	$(call install_missing,$(DEPS))

deps-build:
	$(call install_missing,$(DEPS_BUILD))

deps-dev:
	$(call install_missing,$(DEPS_DEV))

# ---- compile and link ----

$(BUILD)/obj/%.o: %.c Makefile | $(BUILD)/gen/eligo.tab.h
	@mkdir -p $(@D)
	$(say)
	$(quiet)$(COMPILE) $(WARNINGS) -c -o $@ $<

# The kernels do the work of the tcc engine: they alone are optimised for speed.
$(BUILD)/obj/src/runtime/%.o: CFLAGS := $(CFLAGS) -O3

# The library's files are found beside the program in a build tree, and here once installed.
$(BUILD)/obj/src/eligo.o: CPPFLAGS += -DELIGO_LIBRARY_DIR='"$(PREFIX)/share/eligo"'
$(BUILD)/obj/src/eligo.o: $(BUILD)/gen/prefix
$(BUILD)/gen/prefix: FORCE
	@mkdir -p $(@D)
	@echo '$(PREFIX)' | cmp -s - $@ || echo '$(PREFIX)' > $@

# flex's and bison's own code keeps to fewer warnings than ours.
$(PARSER): $(BUILD)/gen/%.o: $(BUILD)/gen/%.c
	$(say)
	$(quiet)$(COMPILE) -Wall -Wextra -Wno-unused-function -Wno-sign-compare -Werror -c -o $@ $<

$(BUILD)/gen/eligo.lex.o: $(BUILD)/gen/eligo.tab.h

$(BUILD)/gen/eligo.lex.c: grammar/eligo.l
	@mkdir -p $(@D)
	$(quiet)flex -o $@ $<

$(BUILD)/gen/eligo.tab.h: $(BUILD)/gen/eligo.tab.c ;
$(BUILD)/gen/eligo.tab.c: grammar/eligo.y
	@mkdir -p $(@D)
	$(quiet)bison --defines=$(BUILD)/gen/eligo.tab.h -o $@ $<

$(BUILD)/embed: src/base/embed.c
	@mkdir -p $(@D)
	$(say)
	$(quiet)$(CC) -std=c11 $(WARNINGS) -O1 -o $@ $<

define embed_rule
$(BUILD)/gen/$(1).c: $(2) $(BUILD)/embed
	@mkdir -p $$(@D)
	$(quiet)$(BUILD)/embed $(1) $$< > $$@
$(BUILD)/gen/$(1).o: $(BUILD)/gen/$(1).c
	$$(quiet)$$(COMPILE) -c -o $$@ $$<
endef
$(foreach e,$(EMBED_LIBRARY) $(EMBED_PROGRAM),$(eval $(call embed_rule,$(firstword $(subst =, ,$(e))),$(lastword $(subst =, ,$(e))))))

$(BUILD)/libeligo.a: $(LIB_OBJECTS)
	@rm -f $@
	$(quiet)$(AR) rcs $@ $^

# The shared library shows what src/eligo.h declares, and nothing else.
$(BUILD)/gen/eligo.map: src/eligo.h
	@mkdir -p $(@D)
	@{ echo '{ global:'; grep -oE '\beligo_[a-z_0-9]+\(' $< | sort -u | sed 's/(/;/'; echo 'local: *; };'; } > $@

# libtcc.a is no archive for shared libraries; src/jit/shared.c says what this is about.
TCC_ARCHIVE = $(shell $(CC) -print-file-name=libtcc.a)
$(BUILD)/gen/libtcc_shared.a: src/jit/shared.c
	@mkdir -p $(@D)
	$(quiet)objcopy $(foreach s,stdout stderr environ,--redefine-sym $(s)=eligo_tcc_$(s)) $(TCC_ARCHIVE) $@

$(BUILD)/libeligo.so: $(LIB_OBJECTS) $(BUILD)/gen/eligo.map $(BUILD)/gen/libtcc_shared.a
	$(say)
	$(quiet)$(CC) -shared $(SANITIZE) -Wl,-soname,libeligo.so.0 -Wl,--version-script=$(BUILD)/gen/eligo.map -o $@ \
	    $(LIB_OBJECTS) $(BUILD)/gen/libtcc_shared.a $(filter-out -ltcc,$(LIBS))
	@ln -sf libeligo.so $@.0

$(BUILD)/eligo: $(CLI_OBJECTS) $(BUILD)/libeligo.a
	$(say)
	$(quiet)$(CC) $(SANITIZE) -o $@ $^ $(LIBS)

# ---- tests: all suites are one Criterion program ----

TEST_MAIN_FREE := $(filter-out $(BUILD)/obj/src/cli/%,$(CLI_OBJECTS))

$(BUILD)/tests: $(TEST_OBJECTS) $(TEST_MAIN_FREE) $(BUILD)/libeligo.a
	$(say)
	$(quiet)$(CC) $(SANITIZE) -o $@ $^ -lcriterion $(LIBS)

# A locale with a comma for the decimal point, which no output may follow.
locale: build/locale/de_DE.UTF-8/LC_NUMERIC
build/locale/de_DE.UTF-8/LC_NUMERIC:
	@mkdir -p build/locale
	localedef -i de_DE -f UTF-8 $(CURDIR)/build/locale/de_DE.UTF-8

TEST_ENV = LOCPATH=$(CURDIR)/build/locale ELIGO=$(abspath $(BUILD))/eligo ELIGO_BUILD=$(abspath $(BUILD)) ELIGO_LIBRARY=$(CURDIR)/library ELIGO_SANITIZE="$(SANITIZE)" \
    ELIGO_CACHE= CC=$(CURDIR)/tests/cached_cc.sh ELIGO_COMPILED=$(CURDIR)/build/compiled
FILTER  ?= *

suite: all $(BUILD)/tests locale
	@$(TEST_ENV) $(abspath $(BUILD))/tests --jobs $(JOBS) --filter '$(FILTER)'

check: floors codes format-check
	@$(MAKE) --no-print-directory -j$(JOBS) asan
	@$(MAKE) --no-print-directory -j$(JOBS) all build/tests
	@$(MAKE) --no-print-directory valgrind
	@$(MAKE) --no-print-directory suite

test: deps
	@$(MAKE) --no-print-directory check

ASAN := BUILD=build/asan SANITIZE="-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer" CFLAGS="-O1 -g"

# Criterion's runner leaks now and then by itself, and a test's process that leaks still passes: so the reports are read.
asan: locale
	@$(MAKE) --no-print-directory -j$(JOBS) $(ASAN) all build/asan/tests
	@{ LSAN_OPTIONS=suppressions=$(CURDIR)/tests/lsan.supp:print_suppressions=0:exitcode=0 \
	    $(MAKE) --no-print-directory $(ASAN) suite; echo $$? >build/asan/status; } 2>&1 | tee build/asan/log; \
	if grep -A40 'ERROR: LeakSanitizer' build/asan/log | grep -qE '/(src|tests)/[^ ]*\.c:[0-9]+$$'; then \
	    echo "asan: a leak of our own is in build/asan/log"; exit 1; fi; exit $$(cat build/asan/status)

MEMCHECK := valgrind --quiet --leak-check=full --errors-for-leak-kinds=definite,indirect,possible --error-exitcode=9

valgrind: all
	@sh tests/valgrind.sh "$(MEMCHECK) $(BUILD)/eligo" $(BUILD)

floors:
	@sh tests/floors.sh

codes:
	@sh tests/codes.sh

FORMATTED = $(shell find src tests bench docs templates -name '*.[ch]')

format:
	clang-format -i $(FORMATTED)

format-check:
	@clang-format --dry-run -Werror $(FORMATTED) && echo "format: as .clang-format says"

lint: deps-dev
	cppcheck --std=c11 --enable=warning,portability,performance --inline-suppr --error-exitcode=1 --quiet \
	    --suppress=missingIncludeSystem -D_POSIX_C_SOURCE=200809L -Isrc src

# ---- fuzzing: fuzz_parse links the parser, fuzz_front the library ----

FUZZ_SECONDS ?= 60
FUZZ = CC=clang BUILD=build/fuzz CFLAGS="-O1 -g" SANITIZE="-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all"

fuzz: deps-dev
	@$(MAKE) --no-print-directory -j$(JOBS) $(FUZZ) build/fuzz/libeligo.a
	@sh tests/fuzz/run.sh build/fuzz $(FUZZ_SECONDS)

# ---- demo, generated learners, benchmark ----

demo: deps-build
	@$(MAKE) --no-print-directory -j$(JOBS) all
	@sh docs/demo.sh $(BUILD)/eligo $(BUILD)/demo

docs: all
	@sh docs/tables.sh $(BUILD)/eligo docs

generated: all
	@sh tests/generate.sh $(BUILD)/eligo generated

# The benchmark's own loops are optimised for this machine; its limits fuse each multiplication with its addition.
BENCH_OBJECTS := $(patsubst %.c,$(BUILD)/obj/%.o,$(sort $(wildcard bench/*.c)))
$(BENCH_OBJECTS): CFLAGS := $(CFLAGS) -O3 -march=native
$(BUILD)/obj/bench/limits.o: CONTRACT = fast

$(BUILD)/bench: $(BENCH_OBJECTS) $(BUILD)/libeligo.a
	$(say)
	$(quiet)$(CC) $(SANITIZE) -o $@ $^ $(LIBS)

# What others' programs do on the same task, for the table to compare with: a virtual environment under build/, and
# OpenBLAS unpacked beside it. Nothing is installed into the system. PyTorch's wheel needs some gigabytes.
PEERS := torch jax braintrace casadi

bench-peers:
	@test -x build/peers/bin/python || python3 -m venv build/peers
	build/peers/bin/pip install -q $(PEERS)
	@build/peers/bin/pip list 2>/dev/null | grep -E '^($(subst $() ,|,$(PEERS)|jaxlib|numpy)) '
	@mkdir -p build/peers/openblas && cd build/peers/openblas && { ls */lib/*/*/libopenblas.so.0 >/dev/null 2>&1 || \
	    { apt-get -qq download libopenblas0-serial 2>/dev/null && dpkg -x libopenblas0-serial_*.deb .; } || \
	    echo "bench-peers: no OpenBLAS here; its rows are skipped"; }

bench: all $(BUILD)/bench
	@ELIGO_LIBRARY=$(CURDIR)/library ELIGO_CACHE=$(CURDIR)/build/bench-cache $(BUILD)/bench $(BUILD)/bench.json
	@sh bench/figure.sh $(BUILD)/bench.json $(BUILD)

bench-scaling: all $(BUILD)/bench
	@ELIGO_LIBRARY=$(CURDIR)/library ELIGO_CACHE=$(CURDIR)/build/bench-cache $(BUILD)/bench $(BUILD)/scaling.json --scaling

bench-plans: all $(BUILD)/bench
	@ELIGO_LIBRARY=$(CURDIR)/library ELIGO_CACHE=$(CURDIR)/build/bench-cache $(BUILD)/bench $(BUILD)/plans.json --plans

bench-cosines: all
	@ELIGO_LIBRARY=$(CURDIR)/library sh bench/cosines.sh $(BUILD)/eligo $(BUILD)/cosines

# ---- install ----

INCLUDE_DIR = $(DESTDIR)$(PREFIX)/include
LIB_DIR     = $(DESTDIR)$(PREFIX)/lib
SHARE_DIR   = $(DESTDIR)$(PREFIX)/share/eligo

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(INCLUDE_DIR) $(LIB_DIR)/pkgconfig $(SHARE_DIR)
	install -m 755 $(BUILD)/eligo $(DESTDIR)$(PREFIX)/bin/eligo
	install -m 644 src/eligo.h $(INCLUDE_DIR)/eligo.h
	install -m 644 $(BUILD)/libeligo.a $(LIB_DIR)/libeligo.a
	install -m 755 $(BUILD)/libeligo.so $(LIB_DIR)/libeligo.so.0
	ln -sf libeligo.so.0 $(LIB_DIR)/libeligo.so
	cp -R library/. $(SHARE_DIR)/
	printf '%s\n' 'prefix=$(PREFIX)' 'Name: eligo' 'Description: from the equations of a recurrent cell to C code that learns' \
	    'Version: $(VERSION)' 'Cflags: -I$${prefix}/include' 'Libs: -L$${prefix}/lib -leligo' 'Libs.private: $(LIBS)' \
	    > $(LIB_DIR)/pkgconfig/eligo.pc

clean:
	rm -rf build

-include $(shell find $(BUILD)/obj $(BUILD)/gen -name '*.d' 2>/dev/null)
