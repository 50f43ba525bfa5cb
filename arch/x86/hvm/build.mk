# SPDX-License-Identifier: GPL-2.0-or-later
obj-y += $(addprefix arch/x86/hvm/,cpuid_policy.o cr.o guest_copy.o hvm_context.o \
           guest_walk.o hvm_domain.o hvm_emul.o hvm_event.o hvm_hypercall.o \
           hvm_init.o \
           hvm_io.o hvm_reset.o hvm_run.o hvm_vcpu.o hvm_vpci.o msr_policy.o \
           vcpu_state.o)

# On the path of every exit: a frame each is not worth a line in a backtrace.
CFLAGS-arch/x86/hvm/hvm_hypercall.o := -fomit-frame-pointer -foptimize-sibling-calls
CFLAGS-arch/x86/hvm/hvm_event.o := -fomit-frame-pointer \
    -foptimize-sibling-calls
CFLAGS-arch/x86/hvm/hvm_emul.o := -fomit-frame-pointer \
    -foptimize-sibling-calls
CFLAGS-arch/x86/hvm/vcpu_state.o := -fomit-frame-pointer \
    -foptimize-sibling-calls
