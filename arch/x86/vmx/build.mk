# SPDX-License-Identifier: GPL-2.0-or-later
obj-y += $(addprefix arch/x86/vmx/,vmcs.o vmx.o vmx_apicv.o vmx_audit.o vmx_cpu.o \
           vmx_ctrl.o vmx_dump.o vmx_entry.o vmx_event.o vmx_exit.o vmx_io.o \
           vmx_msr.o vmx_state.o vmx_vpid.o)
hot-y += $(addprefix arch/x86/vmx/,vmx.o vmx_event.o vmx_exit.o vmx_state.o)
