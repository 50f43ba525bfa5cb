# SPDX-License-Identifier: GPL-2.0-or-later
obj-y += $(addprefix arch/x86/svm/,svm.o svm_asid.o svm_audit.o svm_cpu.o \
           svm_ctrl.o svm_dump.o svm_entry.o svm_event.o svm_exit.o svm_io.o \
           svm_msr.o svm_state.o vmcb.o)

# On the path of every exit: a frame each is not worth a line in a backtrace.
CFLAGS-arch/x86/svm/svm.o := -fomit-frame-pointer -foptimize-sibling-calls
CFLAGS-arch/x86/svm/svm_exit.o := -fomit-frame-pointer -foptimize-sibling-calls
CFLAGS-arch/x86/svm/svm_event.o := -fomit-frame-pointer \
    -foptimize-sibling-calls
CFLAGS-arch/x86/svm/svm_state.o := -fomit-frame-pointer \
    -foptimize-sibling-calls
