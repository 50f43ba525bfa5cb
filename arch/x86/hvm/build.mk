# SPDX-License-Identifier: GPL-2.0-or-later
obj-y += $(addprefix arch/x86/hvm/,cpuid_host.o cpuid_policy.o cpuid_read.o \
           cpuid_sanitise.o cpuid_stream.o cr.o guest_copy.o hvm_context.o \
           guest_walk.o hvm_domain.o hvm_emul.o hvm_event.o hvm_hypercall.o \
           hvm_init.o \
           hvm_io.o hvm_reset.o hvm_guest_context.o hvm_run.o hvm_save.o hvm_save_cpu.o \
           hvm_save_misc.o hvm_stream.o hvm_vcpu.o hvm_vpci.o msr_policy.o \
           vcpu_state.o)
hot-y += $(addprefix arch/x86/hvm/,guest_copy.o hvm_emul.o hvm_event.o \
           hvm_hypercall.o hvm_io.o hvm_vcpu.o msr_policy.o vcpu_state.o)
