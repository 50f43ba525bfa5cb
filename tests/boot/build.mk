# SPDX-License-Identifier: GPL-2.0-or-later
#
# Images and machines. Variables of `make run`: SMP=n MEM=mib UEFI=1
# BED=qemu|bochs HV=hospes|xen DISK=1 CPU=model APPEND='dom0 words'
# OPTIONS='hypervisor words' IOMMU=device (of QEMU, with its options)
# DOM0=hospes|small (Debian's kernel)|linux (with Debian's toolstack)
# FILES='guests.cfg disk.img' (for the in-tree one). `make test-boot BOOT=word`
# runs the boot tests whose name has the word.

DOM0 ?= hospes
FILES ?=
IOMMU ?=
# Real Xen with more CPUs: see "What the machines get wrong" in testing.md.
SMP ?= $(if $(filter linux-xen bochs-hospes,$(DOM0)-$(HV) $(BED)-$(DOM0)),1,2)
MEM ?= $(if $(filter linux,$(DOM0)),4096,2048)
UEFI ?= 0
BED ?= qemu
HV ?= hospes
DISK ?= 0
APPEND ?=
# Bochs and virtual-interrupt delivery: see there as well.
OPTIONS ?= loglvl=all$(if $(filter bochs,$(BED)), apicv=no)
BOOT ?=
PYTEST := $(PYTHON) -m pytest -p no:cacheprovider
# Emulators at once, each on one core for most of its time.
JOBS ?= $(shell n=$$(nproc); echo $$((n < 4 ? n : 4)))
PYTEST_JOBS := $(PYTEST) -n $(JOBS) --dist loadgroup -v --tb=short

run-args = --smp $(SMP) --mem $(MEM) --bed $(BED) --hypervisor $(HV) \
    --options '$(OPTIONS)' --append '$(APPEND)' \
    --dom0 $(DOM0) $(if $(IOMMU),--iommu $(IOMMU)) \
    $(if $(CPU),--cpu $(CPU)) $(if $(filter 1,$(UEFI)),--uefi) \
    $(if $(filter 1,$(DISK)),--disk) $(if $(FILES),--files $(FILES))

.PHONY: setup setup-bochs dom0 run run-uefi run-bochs iso test-boot test

# Install what is missing of Debian's packages; quick when nothing is.
setup:
	$(Q)sh tools/setup.sh $(if $(filter bochs,$(BED)),packages-bochs.txt)

setup-bochs:
	$(Q)sh tools/setup.sh packages-bochs.txt

# The control domain: the in-tree one and its guests; or Debian's kernel and an
# initrd, and Xen to compare with; with the toolstack a disk as well.
dom0: $(if $(filter hospes,$(DOM0)),$(BUILD)/dom0.elf)
	$(Q)sh dom0/$(if $(filter hospes,$(DOM0)),guest/build,linux/$(if \
	    $(filter linux,$(DOM0)),toolstack,build)).sh

# What installs has to be over before anything is compiled: hence the two
# makes, here and below.
run: setup
	$(Q)$(MAKE) --no-print-directory $(BUILD)/hospes dom0
	$(Q)$(PYTHON) tests/boot/run.py $(run-args)

run-uefi:
	$(Q)$(MAKE) --no-print-directory run UEFI=1

run-bochs:
	$(Q)$(MAKE) --no-print-directory run BED=bochs

iso: setup
	$(Q)$(MAKE) --no-print-directory $(BUILD)/hospes dom0
	$(Q)$(PYTHON) tests/boot/run.py $(run-args) --image $(BUILD)/hospes.iso

test-boot: setup-bochs
	$(Q)$(MAKE) --no-print-directory $(BUILD)/hospes dom0 DOM0=small
	$(Q)$(PYTEST_JOBS) $(if $(BOOT),-k '$(BOOT)') tests/boot

# Debian's toolstack: the machines of tests/xl/matrix.toml; with the quick one
# those that are not marked long. XL=name runs one machine.
XL ?=
xl-tests = $(PYTEST_JOBS) $(if $(XL),--machine $(XL)) tests/xl

.PHONY: test-xl test-xl-quick
test-xl test-xl-quick: setup-bochs
	$(Q)$(MAKE) --no-print-directory $(BUILD)/hospes dom0 DOM0=linux
	$(Q)$(xl-tests) $(if $(filter test-xl,$@),--long)

# Everything; the last line is the sum. TEST_PARTS="unit boot" runs some.
TEST_PARTS ?= lint tidy unit fuzz lab guest dom0 boot xl
test: setup-bochs
	$(Q)$(PYTHON) tests/summary.py $(foreach p,$(TEST_PARTS),\
	    '$(p)=$(MAKE) --no-print-directory $(if \
	    $(filter lint tidy,$(p)),$(p),test-$(p:xl=xl-quick))')
