# Faults and hostile input: fuzzing, allocation failures, hostile text, memory checkers, coverage, static analysis.
# Included by the Makefile.

# --- fuzzing --------------------------------------------------------------------------------------

# clang only: BUILD=build/fuzz CC=clang SANITIZE="$(fuzz_sanitize)", which "make fuzz" passes on
fuzz_sanitize = -fsanitize=address,undefined,float-cast-overflow,fuzzer-no-link -fno-sanitize-recover=all -fno-omit-frame-pointer
fuzz_targets := $(patsubst tests/fuzz/%.c,$(BUILD)/tests/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
fuzz_libraries = $(BUILD)/libmnnc.a $(BUILD)/libmnn.a

$(fuzz_targets): %: %.o $(fuzz_libraries)
	@echo "  LINK    $@"
	@$(CC) $(CFLAGS) -fsanitize=fuzzer $^ $(LDLIBS_RUNTIME) $(LDLIBS_COMPILER) -o $@

-include $(fuzz_targets:=.d)

# the same targets without a fuzzer, for any compiler
fuzz_replays := $(patsubst $(BUILD)/tests/fuzz/fuzz_%,$(BUILD)/tests/fuzz/replay_%,$(fuzz_targets))
$(fuzz_replays): $(BUILD)/tests/fuzz/replay_%: $(BUILD)/tests/fuzz/fuzz_%.o $(BUILD)/tests/fuzz/replay.o $(fuzz_libraries)
	@echo "  LINK    $@"
	@$(CC) $(CFLAGS) $^ $(LDLIBS_RUNTIME) $(LDLIBS_COMPILER) -o $@

.PHONY: fuzz-replay
fuzz-replay: $(fuzz_replays)
	@$(PART) sh -c 'for program; do \
	    "$$program" $(CURDIR)/tests/fuzz/corpus/$${program##*/replay_}/* || exit; \
	    echo "ok   $${program##*/}"; \
	done' sh $(fuzz_replays)

.PHONY: fuzz fuzz-targets fuzz-build
fuzz-targets: $(fuzz_targets)

fuzz_make = $(MAKE) --no-print-directory -s BUILD=build/fuzz CC=clang OPTIMIZE=-O1 SANITIZE="$(fuzz_sanitize)"
fuzz-build:
	@$(PART) $(fuzz_make) fuzz-targets

## fuzz              search for inputs that break mnnc or a program, FUZZ_SECONDS (3600) per target (clang; FUZZ_SEED)
FUZZ_SECONDS = 3600
FUZZ_SEED = 0
FUZZ_TARGETS =
fuzz:
	@$(fuzz_make) fuzz-targets
	@ONE_BY_ONE=$(ONE_BY_ONE) SEED=$(FUZZ_SEED) tests/fuzz/run.sh build/fuzz $(FUZZ_SECONDS) $(FUZZ_TARGETS)

# fuzz-TARGET: so many inputs, the same ones every time (about 20 seconds); a machine that has not done with them after
# FUZZ_SMOKE seconds has tried the first of them
FUZZ_SMOKE = 60
fuzz_runs_checkpoint = 5000
fuzz_runs_csv = 200000
fuzz_runs_idx = 300000
fuzz_runs_image = 300000
fuzz_runs_import = 100000
fuzz_runs_inference = 100000
fuzz_runs_mnn = 20000
fuzz_runs_mnnc_options = 200000
fuzz_runs_npy = 200000
fuzz_runs_program_options = 200000
fuzz_runs_safetensors = 200000
fuzz_parts := $(patsubst tests/fuzz/fuzz_%.c,fuzz-%,$(wildcard tests/fuzz/fuzz_*.c))
.PHONY: $(fuzz_parts)
$(fuzz_parts): fuzz-%: fuzz-build
	@$(PART) env SEED=1 RUNS=$(fuzz_runs_$*) tests/fuzz/run.sh build/fuzz $(FUZZ_SMOKE) $*

# --- memory that cannot be had --------------------------------------------------------------------

## faults            make every allocation of mnnc and of a program fail (FAULT_MODELS)
FAULT_MODELS = models/mlp.mnn
.PHONY: faults inputs
faults: all
	@$(PART) tests/faults/alloc.sh $(BUILD) "$(CC)" $(FAULT_MODELS)

## inputs            invalid input of every kind
inputs: all
	@$(PART) tests/faults/inputs.sh $(BUILD) "$(CC)"

# --- hostile text ---------------------------------------------------------------------------------

## hostile           hostile strings and file names (HOSTILE_STRINGS)
HOSTILE_STRINGS = 500
.PHONY: hostile
hostile: all
	@$(PART) tests/hostile/run.sh $(BUILD) "$(CC)" $(HOSTILE_STRINGS)

# --- checkers -------------------------------------------------------------------------------------

## memcheck          run mnnc and a program under valgrind (CHECKED_MODELS; WHOLE=1: also all suites and descriptions)
CHECKED_MODELS = models/mlp.mnn
.PHONY: memcheck memcheck-build threads threads-build
# valgrind knows AVX2 and not AVX-512: the suites of kernels are built once more for it
valgrind_processor := $(shell grep -qsw avx2 /proc/cpuinfo && echo -march=haswell)
memcheck_build = $(if $(WHOLE),build/memcheck,$(BUILD))
memcheck-build: all
	@$(if $(WHOLE),$(PART) $(MAKE) --no-print-directory -s BUILD=build/memcheck PROCESSOR="$(valgrind_processor)" all suites)
memcheck: memcheck-build
	@$(PART) env WHOLE=$(WHOLE) tests/checkers/run.sh memcheck $(memcheck_build) "$(CC)" $(CHECKED_MODELS)

## threads           run the thread pool and training under ThreadSanitizer (CHECKED_MODELS, RANDOM_MODELS)
RANDOM_MODELS = 12
threads-build:
	@$(PART) $(MAKE) --no-print-directory -s BUILD=build/tsan SANITIZE=-fsanitize=thread OPTIMIZE=-O1 build/tsan/libmnn.a \
	    build/tsan/mnn.pc build/tsan/tests/runtime/test_pool build/tsan/tests/runtime/test_loop
threads: threads-build $(BUILD)/mnnc
	@$(PART) env MNNC=$(BUILD)/mnnc RANDOM_MODELS=$(RANDOM_MODELS) tests/checkers/run.sh threads build/tsan \
	    "gcc -fsanitize=thread" $(CHECKED_MODELS)

# --- static analysis ------------------------------------------------------------------------------

## static            compiler warnings, gcc -fanalyzer, cppcheck, clang-tidy; each is also a target static-NAME
static_parts = static-warnings static-analyzer static-cppcheck static-tidy
.PHONY: static $(static_parts) static-tidy-quick
static: $(static_parts)
$(static_parts) static-tidy-quick: static-%: $(parser).h $(messages).h
	@$(PART) scripts/static.sh $(BUILD) $*

# --- coverage -------------------------------------------------------------------------------------

## coverage          line and branch coverage by folder (COVERAGE=--lines lists uncovered lines, --explained those
##                   without a reason in tests/coverage/unrun)
COVERAGE =
coverage_make = $(MAKE) --no-print-directory -s BUILD=build/coverage CC="gcc --coverage -Wl,-u,__gcov_dump" RUNTIME_CFLAGS=-fno-math-errno \
    CFLAGS="-std=gnu11 -g -O0 -fprofile-update=atomic"
.PHONY: coverage coverage-quick coverage-run
# The tests' own verdicts count elsewhere.
COVERAGE_PARTS = check goldens tools cli command report tables data losses schedule exchange pictures profile inference_goldens inference_use \
    inference_random int8 models gradients editors replay alloc hostile inputs damage save
coverage_check = $(coverage_make) check
coverage_goldens = tests/golden/run.sh build/coverage/mnnc true
coverage_tools = $(coverage_make) tools-test
coverage_editors = $(coverage_make) check-editors
coverage_program = build/coverage/mnnc "gcc --coverage" build/coverage
$(foreach part,cli command report tables data losses schedule exchange pictures profile,$(eval coverage_$(part) = tests/programs/$(part).sh $$(coverage_program)))
coverage_gradients = tests/programs/gradients.sh $(coverage_program) 20
coverage_inference_goldens = tests/inference/golden.sh build/coverage/mnnc gcc
coverage_inference_use = tests/inference/use.sh $(coverage_program)
coverage_inference_random = tests/inference/random.sh $(coverage_program) 40
coverage_int8 = tests/inference/int8.sh $(coverage_program) mlp regression
coverage_ranks = tests/programs/ranks.sh $(coverage_program) quick
coverage_models = tests/inference/models.sh $(coverage_program)
coverage_replay = $(coverage_make) fuzz-replay
coverage_alloc = tests/faults/alloc.sh build/coverage "gcc --coverage" models/mlp.mnn
coverage_hostile = tests/hostile/run.sh build/coverage "gcc --coverage" 40
coverage_inputs = tests/faults/inputs.sh build/coverage "gcc --coverage"
coverage_damage = tests/faults/damage.sh $(coverage_program)
coverage_save = $(coverage_make) build/coverage/tests/faults/save_faults.so && tests/faults/save.sh $(coverage_program)
coverage-quick: COVERAGE_PARTS = check goldens tools cli command report tables exchange pictures inference_use ranks
coverage-quick: export LINES_LEAST = 94
coverage-quick: export BRANCHES_LEAST = 86
coverage coverage-quick:
	@$(PART) $(MAKE) --no-print-directory -s COVERAGE_PARTS="$(COVERAGE_PARTS)" COVERAGE="$(COVERAGE)" coverage-run
coverage-run:
	@find build/coverage -name '*.gcda' -delete 2>/dev/null || true
	@$(coverage_make) all
	@$(foreach part,$(COVERAGE_PARTS),$(coverage_$(part)) >build/coverage/$(part).log 2>&1;) true
	@scripts/coverage.sh build/coverage $(COVERAGE)
