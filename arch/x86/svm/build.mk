# SPDX-License-Identifier: GPL-2.0-or-later
obj-y += $(addprefix arch/x86/svm/,svm.o svm_asid.o svm_audit.o svm_cpu.o \
           svm_ctrl.o svm_dump.o svm_entry.o svm_event.o svm_exit.o svm_io.o \
           svm_msr.o svm_state.o vmcb.o)
hot-y += $(addprefix arch/x86/svm/,svm.o svm_event.o svm_exit.o svm_state.o)
