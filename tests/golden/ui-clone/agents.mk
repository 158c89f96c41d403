# Agents of this project: 5 in 5 waves.
# Written by wavemake from plan.json: edit the plan, not this file.
#
# Safe to include in any Makefile.  Goals: wavemake (all agents), wavemake-wave-N (up to that wave),
# wavemake-only-wave-N, wavemake-summary, wavemake-status, every agent's output.md as a file, wavemake-clean, and
# wavemake-approve-AGENT, wavemake-pin-AGENT, wavemake-unpin-AGENT, wavemake-reject-AGENT, wavemake-answer-AGENT, wavemake-undo-AGENT, wavemake-redo-AGENT.
# WAVEMAKE_FORCE="AGENT wave-N ..." pays again for agents whose input is the same.

ifndef wavemake.file
wavemake.file := $(lastword $(MAKEFILE_LIST))
wavemake.default := $(.DEFAULT_GOAL)
wavemake.alone := $(filter 1,$(words $(filter-out $(value MAKEFILES),$(MAKEFILE_LIST))))
wavemake.tab := $(value .RECIPEPREFIX)
.RECIPEPREFIX :=

# The project's folder, seen from where make runs.  A path with spaces cannot be found out:
# set it before the include, as in  wavemake.root := my\ folder/
ifndef wavemake.root
wavemake.root := $(patsubst $(CURDIR)/%,%,$(patsubst %.tmp/agents/agents.mk,%,$(wavemake.file)))
endif
wavemake.dir := $(wavemake.root).tmp/agents
ifeq ($(wildcard $(wavemake.dir)/runtime/agent.sh),)
$(error wavemake.root: no .tmp/agents/runtime in '$(wavemake.root)': set wavemake.root to the project's folder, with a slash at its end)
endif
# The same folder, for the shell.
wavemake.here := $(if $(wavemake.root),'$(subst ','\'',$(subst \ , ,$(wavemake.root)))')
# A makefile sees that a run is dry; the recipes by which make then remakes makefiles do not.
wavemake.dry := $(filter-out -%,$(firstword $(MAKEFLAGS)))
wavemake.dry := $(if $(findstring =,$(wavemake.dry)),,$(strip $(foreach flag,n q t,$(findstring $(flag),$(wavemake.dry)))))
ifneq ($(wavemake.dry),)
export WAVEMAKE_DRY := 1
endif
# From the first agent of a run on, recipes run the copy of the runtime that is out of its reach.
wavemake.run := sh -c 'if [ -O "$$WAVEMAKE_PRIVATE" ] && [ -f "$$WAVEMAKE_PRIVATE/ready" ]; then . "$$WAVEMAKE_PRIVATE/agent.sh"; else . "$$0"; fi' \
  $(wavemake.here).tmp/agents/runtime/agent.sh $(or $(wavemake.here),.) .tmp/agents 5
wavemake.drive := sh $(wavemake.here).tmp/agents/runtime/drive.sh
# Before make looks at times: where git or a copy has moved them, answers are compared by content.
wavemake.ask = $(shell cd $(or $(wavemake.here),.) && exec sh .tmp/agents/runtime/drive.sh $(1) .tmp/agents $(if $(filter n q,$(wavemake.dry)),dry))
wavemake.forced :=
ifneq ($(value WAVEMAKE_RUN),)
wavemake.stale := $(value WAVEMAKE_STALE)
else
wavemake.stale := $(call wavemake.ask,audit)
endif
ifneq ($(filter n q,$(wavemake.dry)),)
wavemake.forced := $(wavemake.stale)
endif

wavemake.wave-1 := capture-agent
wavemake.wave-2 := analyze-agent
wavemake.wave-3 := build-shared-agent
wavemake.wave-4 := build-screens-agent
wavemake.wave-5 := diff-agent
wavemake.agents := \
  $(wavemake.wave-1) $(wavemake.wave-2) $(wavemake.wave-3) $(wavemake.wave-4) $(wavemake.wave-5)

# --- wave 1 ---
$(wavemake.dir)/capture-agent/output.md: $(wavemake.dir)/capture-agent/task.md
	@$(wavemake.run) 1/b01ab3ab38a401e6 capture-agent

# --- wave 2 ---
$(wavemake.dir)/analyze-agent/output.md: $(wavemake.dir)/analyze-agent/task.md \
  $(wavemake.dir)/capture-agent/output.md
	@$(wavemake.run) 2/b490e231fb1e6587 analyze-agent

# --- wave 3 ---
$(wavemake.dir)/build-shared-agent/output.md: $(wavemake.dir)/build-shared-agent/task.md \
  $(wavemake.dir)/analyze-agent/output.md
	@$(wavemake.run) 3/4c34ac207e3517cc build-shared-agent

# --- wave 4 ---
$(wavemake.dir)/build-screens-agent/output.md: $(wavemake.dir)/build-screens-agent/task.md \
  $(wavemake.dir)/build-shared-agent/output.md
	@$(wavemake.run) 4/c6c125dc3f9270bc build-screens-agent

# --- wave 5 ---
$(wavemake.dir)/diff-agent/output.md: $(wavemake.dir)/diff-agent/task.md \
  $(wavemake.dir)/build-screens-agent/output.md
	@$(wavemake.run) 5/cab4506d80df1daa diff-agent

# --- goals ---
wavemake: $(wavemake.dir)/summary.md
$(wavemake.dir)/summary.md:
	@$(wavemake.drive) sum $(wavemake.here).tmp/agents
wavemake-summary wavemake-status wavemake-clean:
	@$(wavemake.drive) $(@:wavemake-%=%) $(wavemake.here).tmp/agents
.PHONY: wavemake wavemake-agents wavemake-summary wavemake-status wavemake-clean

ifneq ($(filter wavemake-approve-% wavemake-pin-% wavemake-unpin-% wavemake-reject-% wavemake-answer-% wavemake-undo-% wavemake-redo-%,$(value MAKECMDGOALS)),)
wavemake.by_hand := $(foreach verb,approve pin unpin reject answer undo redo,$(wavemake.agents:%=wavemake-$(verb)-%))
wavemake.by_hand := $(filter $(wavemake.by_hand),$(MAKECMDGOALS))
$(wavemake.by_hand):
	@WAVEMAKE_BY='make wavemake-' $(wavemake.drive) $(@:wavemake-%=%) $(wavemake.here).tmp/agents
.PHONY: $(wavemake.by_hand)
endif

# All answers.  None is deleted by a signal that comes after it is in place.
.PRECIOUS wavemake-agents $(wavemake.dir)/summary.md: $(wavemake.agents:%=$(wavemake.dir)/%/output.md)

# The driver asks for a wave by its name, and has no implicit rules to search for a task.md.
ifneq ($(if $(value WAVEMAKE_RUN),$(findstring -wave-,$(value MAKECMDGOALS)),1),)
$(wavemake.agents:%=$(wavemake.dir)/%/task.md): ;
wavemake-only-wave-1: $(wavemake.wave-1:%=$(wavemake.dir)/%/output.md)
wavemake-wave-1: wavemake-only-wave-1
.PHONY: wavemake-wave-1 wavemake-only-wave-1
wavemake-only-wave-2: $(wavemake.wave-2:%=$(wavemake.dir)/%/output.md)
wavemake-wave-2: wavemake-only-wave-2 wavemake-wave-1
.PHONY: wavemake-wave-2 wavemake-only-wave-2
wavemake-only-wave-3: $(wavemake.wave-3:%=$(wavemake.dir)/%/output.md)
wavemake-wave-3: wavemake-only-wave-3 wavemake-wave-2
.PHONY: wavemake-wave-3 wavemake-only-wave-3
wavemake-only-wave-4: $(wavemake.wave-4:%=$(wavemake.dir)/%/output.md)
wavemake-wave-4: wavemake-only-wave-4 wavemake-wave-3
.PHONY: wavemake-wave-4 wavemake-only-wave-4
wavemake-only-wave-5: $(wavemake.wave-5:%=$(wavemake.dir)/%/output.md)
wavemake-wave-5: wavemake-only-wave-5 wavemake-wave-4
.PHONY: wavemake-wave-5 wavemake-only-wave-5
endif

# Reports that the plan has changed, unless the driver compiles it again; make -t must not mark that as seen.
ifeq ($(value WAVEMAKE_RUN)$(findstring t,$(wavemake.dry)),)
$(patsubst %,$(wavemake.dir)/%/task.md,$(wavemake.wave-1)): | $(wavemake.dir)/.plan
$(wavemake.root)plan.json:
$(wavemake.dir)/.plan: $(wavemake.root)plan.json
	@cd $(or $(wavemake.here),.) && sh .tmp/agents/runtime/drive.sh plan .tmp/agents
endif

ifdef WAVEMAKE_FORCE
wavemake.forced += $(filter $(wavemake.agents),$(WAVEMAKE_FORCE))
wavemake.forced += $(foreach wave,$(filter wave-%,$(WAVEMAKE_FORCE)),$(wavemake.$(wave)))
wavemake.forced += $(if $(filter all,$(WAVEMAKE_FORCE)),$(wavemake.agents))
# make starts itself again after it has remade a makefile: what was paid for that is not paid again.
ifneq ($(value MAKE_RESTARTS),)
wavemake.forced := $(filter-out $(call wavemake.ask,forced),$(wavemake.forced))
endif
endif
ifneq ($(strip $(wavemake.forced)),)
$(wavemake.forced:%=$(wavemake.dir)/%/output.md): wavemake-forced
.PHONY: wavemake-forced
wavemake-forced: ;
endif

# What the including Makefile set stays as it was.
ifneq ($(wavemake.alone),)
wavemake.default := wavemake
endif
.DEFAULT_GOAL := $(wavemake.default)
.RECIPEPREFIX := $(wavemake.tab)

# Included again: well if it is this file, but another plan's goals must not be lost in silence.
else ifneq ($(realpath $(wavemake.file)),$(realpath $(lastword $(MAKEFILE_LIST))))
$(error $(lastword $(MAKEFILE_LIST)) and $(wavemake.file) are both 'wavemake': compile one of them with --prefix)
endif
