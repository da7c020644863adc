# The parts of the tests. Each is a target: "make goldens" runs it alone, in a clean clone too. Included by the Makefile.
#
# A part prints one line, or its log when it fails (scripts/part.sh). Parts run side by side, so that none may
# write where another does: they have builds and temporary folders of their own. JOBS is how many processes
# a part may use: one where make starts several parts.

LOGS = $(BUILD)/logs
PART = JOBS=$(if $(findstring jobserver,$(MAKEFLAGS)),1,$$(nproc)) scripts/part.sh $(LOGS) $@
# where make was not told how many jobs, as many as there are processors
JOBS_OPTION = $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$$(nproc))

# --- the runs -------------------------------------------------------------------------------------

# what both runs have
test_parts_of_all = check goldens check-generated program-cli tools-test inference-golden check-format check-shape layering check-docs check-editors
# shorter runs of what test-all has in full
test_parts = $(test_parts_of_all) quick-gradients quick-inference quick-int8 quick-resume quick-ranks

# the longest first
test_all_parts = coverage-quick asan-check asan-program-update asan-program-gradients $(fuzz_parts) static-analyzer \
    static-tidy-quick faults-save program-gradients program-update hostile faults threads memcheck inference-random \
    portability-quick bench-smoke inference-int8 inference-models $(test_parts_of_all) \
    $(filter-out program-cli program-gradients program-update,$(program_parts)) \
    $(filter-out inference-golden inference-random inference-int8 inference-models,$(inference_parts)) inputs \
    faults-history faults-kills faults-damage faults-resume $(reference_parts) docs-test static-cppcheck \
    bench-inference-smoke bench-engines-smoke $(clang_parts) \
    $(filter-out asan-check asan-program-update asan-program-gradients,$(asan_parts))

# run NAME...: all parts, as far as they come, and their totals
run_parts = @rm -rf $(LOGS); $(MAKE) --no-print-directory -s -k $(JOBS_OPTION) $(1) || true; scripts/totals.sh $(LOGS) $(1)

.PHONY: test test-all test-long
## test              install missing packages, build, and run the quick tests (four minutes on two cores)
test:
	@scripts/packages.sh $(TEST_PACKAGES)
	@$(MAKE) --no-print-directory $(JOBS_OPTION) all suites
	+$(call run_parts,$(test_parts))

## test-all          the same with all tests: clang, sanitizers, faults, fuzzing, checkers (2.7 GB of packages)
test-all:
	@scripts/packages.sh $(TEST_ALL_PACKAGES)
	@$(MAKE) --no-print-directory $(JOBS_OPTION) all suites
	+$(call run_parts,$(test_all_parts))

## test-long         runs of hours, all or those in PARTS="faults-kills fuzz"; each is also a target long-NAME
PARTS = $(long_parts:long-%=%)
test-long:
	@scripts/packages.sh $(TEST_ALL_PACKAGES) python3-onnx
	@$(MAKE) --no-print-directory $(JOBS_OPTION) all suites
	+$(call run_parts,$(PARTS:%=long-%))

# --- the compiler and its results -----------------------------------------------------------------

.PHONY: check goldens check-generated check-format check-shape layering check-docs check-editors tools-test docs-test

## check             run the unit tests (Check) of this build
check: suites
	@$(PART) scripts/check.sh $(compiler_tests) $(runtime_tests)

# descriptions that are refused, with all messages, and those whose C is pinned
goldens: $(BUILD)/mnnc
	@$(PART) tests/golden/run.sh $(BUILD)/mnnc "$(CC)"

# whether generated/ is what mnnc makes today, and compiles cleanly
check-generated: $(BUILD)/mnnc
	@$(PART) scripts/check-generated.sh $(BUILD)/mnnc "$(CC)" $(models)

# the English of everything that users read, and the layout of the sources
check-format:
	@$(PART) sh -c 'tests/tools/english.sh && scripts/english.sh && "$$@" && echo "format: $(words $(c_sources)) passed, 0 failed"' sh \
	    $(CLANG_FORMAT) --dry-run -Werror $(c_sources)

# how long functions are, and lines that are written twice
check-shape:
	@$(PART) sh -c 'tests/tools/shape.sh && "$$@"' sh scripts/shape.sh $(wildcard compiler/*/*.[chly] runtime/*/*.[ch] \
	    runtime/include/mnn/*.h)

layering: all
	@$(PART) env BUILD=$(BUILD) tests/layering/run.sh

# tables and quotations in README and docs/
check-docs: all $(BUILD)/tools/docs
	@$(PART) tools/update.sh docs $(BUILD) --check

# word lists of the editors, manual pages
check-editors: $(BUILD)/tools/editors
	@$(PART) tools/update.sh editors $(BUILD) --check

# mnnc itself: options, data files, limits, pictures, editors, manual pages
tools-test: all
	@$(PART) tests/tools/run.sh $(BUILD) "$(CC)"

# everything that README and docs/ show, run
docs-test: all
	@$(PART) tests/docs/readme.sh $(BUILD)

# --- generated programs ---------------------------------------------------------------------------

# tests/programs/NAME.sh: gradients, losses, strides, updates, learning rates, determinism, command line, data sets, examples
PROGRAM_COUNT = 100
REPEATS = 3
program_parts := $(patsubst tests/programs/%.sh,program-%,$(wildcard tests/programs/*.sh))
program_arguments_gradients = $(PROGRAM_COUNT)
program_arguments_determinism = $(REPEATS)
program_arguments_contraction = 20
.PHONY: programs $(program_parts)
programs: $(program_parts)
$(program_parts): program-%: all
	@$(PART) tests/programs/$*.sh $(BUILD)/mnnc "$(CC)" $(BUILD) $(program_arguments_$*)

.PHONY: quick-gradients quick-resume quick-inference quick-int8 quick-ranks
quick-gradients: export GOLDENS = activations_of_keras augment_all batchnorm dropout layernorm layers_of_convnets regularizers residual softmax_middle
quick-gradients: all
	@$(PART) tests/programs/gradients.sh $(BUILD)/mnnc "$(CC)" $(BUILD) 10

# killed twice, resumed twice
quick-resume: all $(save_faults)
	@$(PART) tests/faults/resume.sh $(BUILD)/mnnc "$(CC)" $(BUILD) mlp_dropout 2

# two ranks of one model, where MPI is installed
quick-ranks: all
	@$(PART) tests/programs/ranks.sh $(BUILD)/mnnc "$(CC)" $(BUILD) quick

# --- inference code -------------------------------------------------------------------------------

# tests/inference/NAME.sh: goldens, mistakes, every model and random ones against the trainers
INFERENCE_COUNT = 30
INTEGER_MODELS =
inference_parts := $(patsubst tests/inference/%.sh,inference-%,$(filter-out %/common.sh,$(wildcard tests/inference/*.sh)))
inference_arguments_random = $(INFERENCE_COUNT)
inference_arguments_int8 = $(INTEGER_MODELS)
.PHONY: inference-test $(inference_parts)
inference-test: $(inference_parts)
inference-golden: $(BUILD)/mnnc
	@$(PART) tests/inference/golden.sh $(BUILD)/mnnc "$(CC)"
$(filter-out inference-golden,$(inference_parts)): inference-%: all
	@$(PART) tests/inference/$*.sh $(BUILD)/mnnc "$(CC)" $(BUILD) $(inference_arguments_$*)

quick-inference: all
	@$(PART) tests/inference/models.sh $(BUILD)/mnnc "$(CC)" $(BUILD) lenet5 regression

quick-int8: all
	@$(PART) tests/inference/int8.sh $(BUILD)/mnnc "$(CC)" $(BUILD) mlp

# --- beside others --------------------------------------------------------------------------------

## reference         compare with PyTorch, and exports with ONNX Runtime (skipped, with a message, without them)
ONNX_MODELS = cnn layers_of_convnets residual
reference_flags = -O3 -march=native $$(PKG_CONFIG_PATH=$(abspath $(BUILD)) $(PKG_CONFIG) --cflags mnn)
reference_libs = $$(PKG_CONFIG_PATH=$(abspath $(BUILD)) $(PKG_CONFIG) --libs mnn)
reference_parts = reference-training reference-graph reference-import reference-onnx
.PHONY: reference $(reference_parts)
reference: $(reference_parts)
reference-training: all
	@PKG_CONFIG_PATH=$(abspath $(BUILD)) $(PART) tests/reference/run.sh $(BUILD)/mnnc "$(CC)" "$(reference_flags)" \
	    "$(reference_libs)"
reference-graph reference-import: reference-%: all
	@$(PART) tests/reference/$*.sh $(BUILD)/mnnc "$(CC)" "$(reference_flags)" "$(reference_libs)"
reference-onnx: all
	@$(PART) tests/reference/onnx.sh $(BUILD)/mnnc "$(CC)" $(BUILD) $(ONNX_MODELS)

# generated programs on other processors: x86-64 of three generations, AArch64 under qemu; "all": also the slow ones
## portability       compare generated programs on all kinds of processors that can run here (minutes)
.PHONY: portability portability-quick
portability: all
	@$(PART) tests/portability/run.sh $(BUILD) all
portability-quick: all
	@$(PART) tests/portability/run.sh $(BUILD)

# whether the benchmarks run; their figures mean nothing here
.PHONY: bench-smoke bench-inference-smoke bench-engines-smoke
bench-smoke: all
	@$(PART) bench/run.sh $(BUILD) smoke
bench-inference-smoke: all
	@$(PART) bench/inference.sh $(BUILD) mlp
bench-engines-smoke: all
	@$(PART) bench/engines.sh $(BUILD) --turns 1 mlp

# --- the same with clang, and under ASan and UBSan ------------------------------------------------

clang_parts = clang-check clang-goldens clang-check-generated
.PHONY: clang-build $(clang_parts)
clang-build:
	@$(PART) $(MAKE) --no-print-directory -s BUILD=build/clang CC="clang -DNDEBUG" all suites
clang-check: clang-build
	@$(PART) $(MAKE) --no-print-directory -s BUILD=build/clang CC="clang -DNDEBUG" check
clang-goldens clang-check-generated: clang-%: clang-build
	@$(PART) $(MAKE) --no-print-directory -s BUILD=build/clang CC=clang $*

sanitize = -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
asan_make = $(MAKE) --no-print-directory -s BUILD=build/asan SANITIZE="$(sanitize)" OPTIMIZE=-O1
# a library that is preloaded must come after the sanitizers': not openblas; contraction compares instructions; MPI leaks
asan_program_parts = $(patsubst %,asan-%,$(filter-out program-openblas program-contraction program-ranks,$(program_parts)))
asan_parts = asan-check asan-goldens asan-tools-test $(asan_program_parts)
.PHONY: asan-build $(asan_parts)
$(asan_parts): export ASAN_OPTIONS = detect_leaks=1:allocator_may_return_null=1
$(asan_parts): export UBSAN_OPTIONS = print_stacktrace=1
asan-build:
	@$(PART) $(asan_make) all suites
asan-check asan-goldens: asan-%: asan-build
	@$(PART) $(asan_make) $*
asan-tools-test: asan-build
	@$(PART) $(asan_make) CC="gcc $(sanitize)" tools-test
$(asan_program_parts): asan-%: asan-build
	@$(PART) $(asan_make) CC="gcc $(sanitize)" PROGRAM_COUNT=8 REPEATS=1 $*

# --- runs of hours --------------------------------------------------------------------------------

long_models = $(basename $(notdir $(models)))
long_make = @$(PART) $(MAKE) --no-print-directory -s
long_parts = long-fuzz long-faults-alloc long-hostile long-determinism long-memcheck long-threads long-coverage long-static \
    long-faults-save long-faults-kills long-onnx long-faults-resume long-portability long-gradients long-inference \
    long-integers long-accuracy long-ranks
.PHONY: $(long_parts)
long-fuzz:
	$(long_make) fuzz ONE_BY_ONE=1
long-faults-alloc: all
	$(long_make) faults EXPORTS=1 FAULT_MODELS="$(models)"
long-hostile: all
	$(long_make) hostile HOSTILE_STRINGS=20000
long-determinism: all
	$(long_make) program-determinism REPEATS=100
long-memcheck: all
	$(long_make) memcheck WHOLE=1 CHECKED_MODELS="$(models)"
long-threads: all
	$(long_make) threads RANDOM_MODELS=300 CHECKED_MODELS="$(models)"
long-coverage: export LINES_LEAST = 95
long-coverage: export BRANCHES_LEAST = 85
long-coverage:
	$(long_make) coverage COVERAGE=--explained
long-static: all
	$(long_make) static
long-faults-save: all
	$(long_make) faults-save
long-faults-kills: all
	$(long_make) faults-kills KILLS=2000 FAULT_SEED=
long-onnx: all
	$(long_make) reference-onnx ONNX_MODELS=
long-faults-resume: all
	$(long_make) faults-resume RESUMED_MODELS="$(long_models)" RESUMED_THREADS="1 2 3 4 8"
long-portability: all
	$(long_make) portability
long-gradients: all
	$(long_make) program-gradients PROGRAM_COUNT=2000
long-inference: all
	$(long_make) inference-random INFERENCE_COUNT=500
long-integers: all
	$(long_make) inference-int8 INTEGER_MODELS="$(long_models)"
long-ranks: all
	@$(PART) tests/programs/ranks.sh $(BUILD)/mnnc "$(CC)" $(BUILD) long
long-accuracy: all
	$(long_make) accuracy
