# Tests of checkpoints: faults in the save path, kills, damaged files, resumed trainings; of histories: faults.

$(BUILD)/tests/faults/save_faults.so: tests/faults/save_faults.c
	@mkdir -p $(@D)
	@echo "  CC      $<"
	@gcc -std=gnu11 -g -O1 $(WARN) -shared -fPIC $< -o $@

save_faults = $(BUILD)/tests/faults/save_faults.so
KILLS = 50
FAULT_SEED = 1
RESUMED_MODELS = mlp_dropout regression resnet_small
RESUMED_THREADS = 2
ERRORS = all

.PHONY: faults-save faults-history faults-kills faults-damage faults-resume

faults-save: all $(save_faults)
	@$(PART) tests/faults/save.sh $(BUILD)/mnnc "$(CC)" $(BUILD) $(ERRORS)

faults-history: all $(save_faults)
	@$(PART) tests/faults/history.sh $(BUILD)/mnnc "$(CC)" $(BUILD)

faults-kills: all
	@$(PART) tests/faults/kills.sh $(BUILD)/mnnc "$(CC)" $(BUILD) $(KILLS) $(FAULT_SEED)

faults-damage: all $(save_faults)
	@$(PART) tests/faults/damage.sh $(BUILD)/mnnc "$(CC)" $(BUILD)

faults-resume: all $(save_faults)
	@$(PART) tests/faults/resume.sh $(BUILD)/mnnc "$(CC)" $(BUILD) "$(RESUMED_MODELS)" "$(RESUMED_THREADS)"
