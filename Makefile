# mnnc: neural-network training programs in C.  "make help" lists the targets.

BUILD ?= build
CC = gcc
CXX = g++
AR = ar
FLEX = flex
BISON = bison
CLANG_FORMAT = clang-format
PKG_CONFIG = pkg-config
PROTOC_C = protoc-c
PREFIX ?= /usr/local
VERSION := $(shell sed -n 's/^\#define MNN_VERSION "\(.*\)"/\1/p' runtime/include/mnn/abi.h)

# What each of the two main commands needs; what is missing is installed by them.
BUILD_PACKAGES = gcc make pkg-config flex bison libopenblas-dev zlib1g-dev libpng-dev libjpeg62-turbo-dev libjansson-dev \
    libmd-dev libprotobuf-c-dev protobuf-c-compiler
DEMO_PACKAGES = $(BUILD_PACKAGES) dataset-fashion-mnist
TEST_PACKAGES = $(DEMO_PACKAGES) check clang-format
TEST_ALL_PACKAGES = $(TEST_PACKAGES) clang libclang-rt-14-dev g++ git graphviz valgrind cppcheck gcc-aarch64-linux-gnu \
    libc6-dev-arm64-cross qemu-user lld nodejs chromium chromium-driver gcc-arm-none-eabi qemu-system-arm clang-tidy \
    python3-minimal libopenmpi-dev openmpi-bin

OPTIMIZE = -O2
WARN = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Werror
CFLAGS = -std=gnu11 -g $(OPTIMIZE) $(WARN) $(SANITIZE)
# sqrt and the like must not stop at errno, or their loops do not vectorise; mnn/fma.h says what is contracted
RUNTIME_CFLAGS = -O3 -fno-math-errno -ffp-contract=off
LIBS_RUNTIME := openblas zlib libpng libjpeg jansson libmd
# -pthread, -lm: the pool of workers and libm; the rest is found by pkg-config
LDLIBS_RUNTIME = $(shell $(PKG_CONFIG) --libs $(LIBS_RUNTIME)) -pthread -lm
LDLIBS_COMPILER = $(shell $(PKG_CONFIG) --libs libmd zlib jansson libprotobuf-c) -lm
# MPI is optional: with it there is also libmnn-mpi, for programs that train as several ranks. MPI=mpich names another
MPI := $(shell $(PKG_CONFIG) --exists mpi-c 2>/dev/null && echo mpi-c)
SYSTEM_CFLAGS = $(shell $(PKG_CONFIG) --cflags $(LIBS_RUNTIME))

compiler_sources := $(filter-out compiler/driver/main.c,$(wildcard compiler/*/*.c))
runtime_sources := $(filter-out runtime/mpi/%,$(wildcard runtime/*/*.c))
scanner = $(BUILD)/compiler/syntax/scan.yy
parser = $(BUILD)/compiler/syntax/parse.tab
messages = $(BUILD)/compiler/layers/onnx.pb-c
compiler_objects = $(compiler_sources:%.c=$(BUILD)/%.o) $(scanner).o $(parser).o $(messages).o
runtime_objects = $(runtime_sources:%.c=$(BUILD)/%.o)
models := $(wildcard models/*.mnn)

.DELETE_ON_ERROR:
.SUFFIXES:
.PHONY: all help demo demo-run data golden generated format bench compare install clean packages bench-inference bench-scale bench-ranks docs accuracy editors

all: $(BUILD)/mnnc $(BUILD)/libmnn.a $(BUILD)/mnn.pc $(if $(MPI),$(BUILD)/libmnn-mpi.a $(BUILD)/mnn-mpi.pc)

## help              list the targets
help:
	@sed -n 's/^## /  make /p' Makefile tests/parts.mk tests/hardening.mk
	@echo "Parts of the tests, each a target:"
	@printf '%s\n' $(test_all_parts) $(test_parts) | sort -u | fmt -w 100 | sed 's/^/  /'

# --- the compiler ---------------------------------------------------------------------------------

$(parser).c $(parser).h &: compiler/syntax/parse.y
	@mkdir -p $(@D)
	@echo "  BISON   $<"
	@$(BISON) -Werror -d -o $(parser).c $<

$(scanner).c: compiler/syntax/scan.l
	@mkdir -p $(@D)
	@echo "  FLEX    $<"
	@$(FLEX) -o $@ $<

$(messages).c $(messages).h &: compiler/layers/onnx.proto
	@mkdir -p $(@D)
	@echo "  PROTOC  $<"
	@$(PROTOC_C) --proto_path=$(<D) --c_out=$(@D) $<

COMPILER_INCLUDES = -Icompiler -Iruntime -Iruntime/include -I$(BUILD)/compiler/syntax -I$(BUILD)/compiler/layers

$(compiler_objects) $(BUILD)/compiler/driver/main.o: | $(parser).h $(messages).h

# text that flex, bison and protoc-c write is not held to every warning
$(scanner).o: $(scanner).c
	@echo "  CC      $<"
	@$(CC) $(CFLAGS) -Wno-conversion -Wno-sign-conversion -Wno-sign-compare -Wno-unused-function -Wno-missing-prototypes \
	    $(COMPILER_INCLUDES) -MMD -MP -c $< -o $@

$(parser).o: $(parser).c
	@echo "  CC      $<"
	@$(CC) $(CFLAGS) -Wno-conversion -Wno-unused-but-set-variable $(COMPILER_INCLUDES) -MMD -MP -c $< -o $@

$(messages).o: $(messages).c
	@echo "  CC      $<"
	@$(CC) $(CFLAGS) -Wno-conversion -Wno-pedantic $(COMPILER_INCLUDES) -MMD -MP -c $< -o $@

# without -ffp-contract=off the same numbers would be written otherwise on processors that multiply and add in one rounding
$(BUILD)/compiler/%.o: compiler/%.c
	@mkdir -p $(@D)
	@echo "  CC      $<"
	@$(CC) $(CFLAGS) -ffp-contract=off $(COMPILER_INCLUDES) -MMD -MP -c $< -o $@

$(BUILD)/libmnnc.a: $(compiler_objects)
	@echo "  AR      $@"
	@rm -f $@
	@$(AR) rcs $@ $^

# of the runtime, mnnc takes the reading of data files and of weights; the layering test looks after that
$(BUILD)/mnnc: $(BUILD)/compiler/driver/main.o $(BUILD)/libmnnc.a $(BUILD)/libmnn.a
	@echo "  LINK    $@"
	@$(CC) $(CFLAGS) $^ $(LDLIBS_COMPILER) -o $@

# --- the runtime ----------------------------------------------------------------------------------

RUNTIME_INCLUDES = -Iruntime/include -Iruntime $(SYSTEM_CFLAGS)

$(BUILD)/runtime/%.o: runtime/%.c
	@mkdir -p $(@D)
	@echo "  CC      $<"
	@$(CC) $(CFLAGS) $(RUNTIME_CFLAGS) -pthread $(RUNTIME_INCLUDES) -MMD -MP -c $< -o $@

$(BUILD)/libmnn.a: $(runtime_objects)
	@echo "  AR      $@"
	@rm -f $@
	@$(AR) rcs $@ $^

# mpi.h casts integers to pointers, and pointers to themselves
$(BUILD)/runtime/mpi/%.o: runtime/mpi/%.c
	@mkdir -p $(@D)
	@echo "  CC      $<"
	@$(CC) $(CFLAGS) $(RUNTIME_CFLAGS) -pthread $(RUNTIME_INCLUDES) $(shell $(PKG_CONFIG) --cflags $(MPI)) -MMD -MP -c $< -o $@

$(BUILD)/libmnn-mpi.a: $(BUILD)/runtime/mpi/mpi.o
	@echo "  AR      $@"
	@rm -f $@
	@$(AR) rcs $@ $^

# for programs that are built beside this folder; "make install" writes one for PREFIX
define pkg_config_file
prefix=$(1)
includedir=$(2)
libdir=$(3)

Name: mnn
Description: runtime of the training programs that mnnc generates
Version: $(VERSION)
Requires: $(LIBS_RUNTIME)
Cflags: -I$${includedir} -fno-math-errno -fno-trapping-math -ffp-contract=off
Libs: -L$${libdir} -lmnn -pthread -lm
endef

# the linker takes the transport of libmnn-mpi, not libmnn's, since it is wanted first
define pkg_config_file_mpi
libdir=$(1)

Name: mnn-mpi
Description: ranks by MPI for the training programs that mnnc generates
Version: $(VERSION)
Requires: mnn $(MPI)
Libs: -Wl,-u,mnn_transport_open -L$${libdir} -lmnn-mpi
endef

$(BUILD)/mnn-mpi.pc: Makefile runtime/include/mnn/abi.h
	$(shell mkdir -p $(@D))$(file >$@,$(call pkg_config_file_mpi,$(abspath $(BUILD))))

$(BUILD)/mnn.pc: Makefile runtime/include/mnn/abi.h
	$(shell mkdir -p $(@D))$(file >$@,$(call pkg_config_file,$(CURDIR),$(CURDIR)/runtime/include,$(abspath $(BUILD))))

-include $(compiler_objects:.o=.d) $(runtime_objects:.o=.d) $(BUILD)/compiler/driver/main.d \
    $(BUILD)/runtime/mpi/mpi.d

## install           install mnnc, libmnn, its headers, manual pages and editor files under PREFIX (/usr/local)
install: all
	install -D -m 755 $(BUILD)/mnnc $(DESTDIR)$(PREFIX)/bin/mnnc
	install -D -m 644 $(BUILD)/libmnn.a $(DESTDIR)$(PREFIX)/lib/libmnn.a
	install -d $(DESTDIR)$(PREFIX)/include/mnn $(DESTDIR)$(PREFIX)/lib/pkgconfig
	install -m 644 runtime/include/mnn/*.h $(DESTDIR)$(PREFIX)/include/mnn
	$(file >$(BUILD)/installed.pc,$(call pkg_config_file,$(PREFIX),$(PREFIX)/include,$(PREFIX)/lib))
	install -m 644 $(BUILD)/installed.pc $(DESTDIR)$(PREFIX)/lib/pkgconfig/mnn.pc
	$(if $(MPI),$(file >$(BUILD)/installed-mpi.pc,$(call pkg_config_file_mpi,$(PREFIX)/lib)))
	$(if $(MPI),install -m 644 $(BUILD)/libmnn-mpi.a $(DESTDIR)$(PREFIX)/lib/libmnn-mpi.a)
	$(if $(MPI),install -m 644 $(BUILD)/installed-mpi.pc $(DESTDIR)$(PREFIX)/lib/pkgconfig/mnn-mpi.pc)
	install -D -m 644 docs/man/mnnc.1 $(DESTDIR)$(PREFIX)/share/man/man1/mnnc.1
	install -D -m 644 docs/man/mnn.5 $(DESTDIR)$(PREFIX)/share/man/man5/mnn.5
	for folder in syntax ftdetect ftplugin indent; do \
	    install -D -m 644 docs/editors/vim/$$folder/mnn.vim \
	        $(DESTDIR)$(PREFIX)/share/vim/vimfiles/$$folder/mnn.vim || exit; \
	done
	install -d $(DESTDIR)$(PREFIX)/share/mnn/vscode/syntaxes
	install -m 644 docs/editors/vscode/*.json $(DESTDIR)$(PREFIX)/share/mnn/vscode
	install -m 644 docs/editors/vscode/syntaxes/*.json $(DESTDIR)$(PREFIX)/share/mnn/vscode/syntaxes

# --- the main job ---------------------------------------------------------------------------------

packages:
	@scripts/packages.sh $(DEMO_PACKAGES)

## demo              install missing packages; build, train and evaluate models/cnn.mnn
demo: packages
	@$(MAKE) --no-print-directory all
	@$(MAKE) --no-print-directory demo-run

demo-run: all
	@scripts/demo.sh $(BUILD) models/cnn.mnn

## data              download MNIST to data/mnist (checks SHA-256)
data:
	@scripts/data.sh data/mnist

# --- generated code -------------------------------------------------------------------------------

## generated         regenerate generated/*.c from models/*.mnn
generated: $(BUILD)/mnnc
	@mkdir -p generated
	@for model in $(models); do \
	    $(BUILD)/mnnc "$$model" -o "generated/$$(basename "$$model" .mnn).c" || exit; \
	done

## editors           regenerate the editors' word lists and the manual pages
editors: $(BUILD)/tools/editors
	@tools/update.sh editors $(BUILD)

$(BUILD)/tools/%: tools/%.c $(BUILD)/libmnnc.a $(BUILD)/libmnn.a
	@mkdir -p $(@D)
	@echo "  LINK    $@"
	@$(CC) $(CFLAGS) $(COMPILER_INCLUDES) $^ $(LDLIBS_COMPILER) -o $@

# --- tests ----------------------------------------------------------------------------------------

check_cflags = $(shell $(PKG_CONFIG) --cflags check)
check_libs = $(shell $(PKG_CONFIG) --libs check) -Wl,--wrap=_mark_point
compiler_tests := $(patsubst tests/compiler/%.c,$(BUILD)/tests/compiler/%,$(wildcard tests/compiler/test_*.c))
runtime_tests := $(patsubst tests/runtime/%.c,$(BUILD)/tests/runtime/%,$(wildcard tests/runtime/test_*.c))
runtime_test_helpers := $(patsubst %.c,$(BUILD)/%.o,$(filter-out $(wildcard tests/runtime/test_*.c),$(wildcard tests/runtime/*.c)))

$(BUILD)/tests/%.o: tests/%.c
	@mkdir -p $(@D)
	@echo "  CC      $<"
	@$(CC) $(CFLAGS) -pthread $(COMPILER_INCLUDES) -I. $(check_cflags) $(SYSTEM_CFLAGS) -MMD -MP -c $< -o $@

# kernels are tested as most users compile them
PROCESSOR = -march=native
$(addprefix $(BUILD)/tests/runtime/test_,product.o skip.o windows.o): CFLAGS += $(PROCESSOR) -ffp-contract=off

$(compiler_tests): $(BUILD)/tests/compiler/%: $(BUILD)/tests/compiler/%.o $(BUILD)/tests/mark_point.o $(BUILD)/libmnnc.a $(BUILD)/libmnn.a
	@echo "  LINK    $@"
	@$(CC) $(CFLAGS) $^ $(check_libs) $(LDLIBS_COMPILER) -o $@

$(runtime_tests): $(BUILD)/tests/runtime/%: $(BUILD)/tests/runtime/%.o $(BUILD)/tests/mark_point.o $(runtime_test_helpers) $(BUILD)/libmnn.a
	@echo "  LINK    $@"
	@$(CC) $(CFLAGS) $^ $(check_libs) $(LDLIBS_RUNTIME) -o $@

-include $(compiler_tests:=.d) $(runtime_tests:=.d)
.SECONDARY:

suites: $(compiler_tests) $(runtime_tests)

## golden            regenerate the expected results in tests/golden
golden: $(BUILD)/mnnc
	@tests/golden/run.sh $(BUILD)/mnnc "$(CC)" --refresh
	@tests/inference/golden.sh $(BUILD)/mnnc "$(CC)" --refresh

## format            format the C sources with clang-format
c_sources = $(shell find bench compiler examples generated runtime tests tools -name '*.[ch]')
format:
	@$(CLANG_FORMAT) -i $(c_sources)

include tests/hardening.mk
include tests/faults/faults.mk
include tests/parts.mk

## docs              regenerate the tables and quotations in README and docs/
docs: all $(BUILD)/tools/docs
	@tools/update.sh docs $(BUILD)

## accuracy          train the classifiers and compare with their targets (over an hour; MODELS="mlp cnn" selects some)
accuracy: all
	@scripts/accuracy.sh $(BUILD) $(MODELS)

## bench             compare the speed with PyTorch, oneDNN (both installed) and kann (KANN=FOLDER), half an hour; BENCH=quick: a few minutes
BENCH = full
bench: packages
	@scripts/packages.sh python3-torch python3-numpy libtcmalloc-minimal4 libopenblas0-openmp libdnnl-dev
	@$(MAKE) --no-print-directory all
	@bench/run.sh $(BUILD) $(BENCH)

## compare           compare weights and speed with an older revision (BASE=REVISION, MODELS="mlp cnn")
BASE =
compare: all
	@bench/compare.sh $(BUILD) $(BASE) $(MODELS)

## bench-inference   compare the speed of inference code with ONNX Runtime and onnx2c (ONNX2C=PROGRAM)
bench-inference: all
	@bench/inference.sh $(BUILD)
	@bench/engines.sh $(BUILD)

## bench-scale       the predicted efficiency on 2 to 64 cores, and the cost of shards in instructions (valgrind)
bench-scale: all
	@bench/scale.sh $(BUILD) --count $(MODELS)

## bench-ranks       ranks beside threads, predictions, limited networks, PyTorch's DistributedDataParallel (root, quiet machine)
bench-ranks: all
	@bench/ranks.sh $(BUILD) $(BENCH_STEPS)

clean:
	rm -rf build
