/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CPUID feature words and the bits in them that the hypervisor uses or has
 * an opinion on.  SDM 2, "CPUID"; APM 3, "Obtaining Processor Information Via
 * the CPUID Instruction".
 */
#ifndef ARCH_X86_HW_CPUID_BITS_H
#define ARCH_X86_HW_CPUID_BITS_H

/* CPUID_WORD(name, leaf, subleaf, register) */
#define CPUID_WORD_LIST(X)                                                   \
    X(1_ECX, 0x00000001, 0, ecx)                                             \
    X(1_EDX, 0x00000001, 0, edx)                                             \
    X(6_EAX, 0x00000006, 0, eax)                                             \
    X(7_EBX, 0x00000007, 0, ebx)                                             \
    X(7_ECX, 0x00000007, 0, ecx)                                             \
    X(7_EDX, 0x00000007, 0, edx)                                             \
    X(7_1_EAX, 0x00000007, 1, eax)                                           \
    X(D_1_EAX, 0x0000000d, 1, eax)                                           \
    X(80000001_ECX, 0x80000001, 0, ecx)                                      \
    X(80000001_EDX, 0x80000001, 0, edx)                                      \
    X(80000007_EDX, 0x80000007, 0, edx)                                      \
    X(80000008_EBX, 0x80000008, 0, ebx)                                      \
    X(8000000A_EDX, 0x8000000a, 0, edx)                                      \
    X(80000021_EAX, 0x80000021, 0, eax)

enum cpuid_word {
#define X(name, leaf, subleaf, reg) CPUID_WORD_##name,
    CPUID_WORD_LIST(X)
#undef X
    CPUID_WORDS
};

/* CPU_FEATURE(name, word, bit) */
#define CPU_FEATURE_LIST(X)                                                  \
    X(SSE3, 1_ECX, 0)                                                        \
    X(PCLMUL, 1_ECX, 1)                                                      \
    X(MONITOR, 1_ECX, 3)                                                     \
    X(VMX, 1_ECX, 5)                                                         \
    X(SSSE3, 1_ECX, 9)                                                       \
    X(FMA, 1_ECX, 12)                                                        \
    X(CX16, 1_ECX, 13)                                                       \
    X(PDCM, 1_ECX, 15)                                                       \
    X(PCID, 1_ECX, 17)                                                       \
    X(SSE4_1, 1_ECX, 19)                                                     \
    X(SSE4_2, 1_ECX, 20)                                                     \
    X(X2APIC, 1_ECX, 21)                                                     \
    X(MOVBE, 1_ECX, 22)                                                      \
    X(POPCNT, 1_ECX, 23)                                                     \
    X(TSC_DEADLINE, 1_ECX, 24)                                               \
    X(AES, 1_ECX, 25)                                                        \
    X(XSAVE, 1_ECX, 26)                                                      \
    X(OSXSAVE, 1_ECX, 27)                                                    \
    X(AVX, 1_ECX, 28)                                                        \
    X(F16C, 1_ECX, 29)                                                       \
    X(RDRAND, 1_ECX, 30)                                                     \
    X(HYPERVISOR, 1_ECX, 31)                                                 \
    X(FPU, 1_EDX, 0)                                                         \
    X(VME, 1_EDX, 1)                                                         \
    X(DE, 1_EDX, 2)                                                          \
    X(PSE, 1_EDX, 3)                                                         \
    X(TSC, 1_EDX, 4)                                                         \
    X(MSR, 1_EDX, 5)                                                         \
    X(PAE, 1_EDX, 6)                                                         \
    X(MCE, 1_EDX, 7)                                                         \
    X(CX8, 1_EDX, 8)                                                         \
    X(APIC, 1_EDX, 9)                                                        \
    X(SEP, 1_EDX, 11)                                                        \
    X(MTRR, 1_EDX, 12)                                                       \
    X(PGE, 1_EDX, 13)                                                        \
    X(MCA, 1_EDX, 14)                                                        \
    X(CMOV, 1_EDX, 15)                                                       \
    X(PAT, 1_EDX, 16)                                                        \
    X(PSE36, 1_EDX, 17)                                                      \
    X(CLFLUSH, 1_EDX, 19)                                                    \
    X(MMX, 1_EDX, 23)                                                        \
    X(FXSR, 1_EDX, 24)                                                       \
    X(SSE, 1_EDX, 25)                                                        \
    X(SSE2, 1_EDX, 26)                                                       \
    X(HTT, 1_EDX, 28)                                                        \
    X(ARAT, 6_EAX, 2)                                                        \
    X(FSGSBASE, 7_EBX, 0)                                                    \
    X(TSC_ADJUST, 7_EBX, 1)                                                  \
    X(BMI1, 7_EBX, 3)                                                        \
    X(HLE, 7_EBX, 4)                                                         \
    X(AVX2, 7_EBX, 5)                                                        \
    X(SMEP, 7_EBX, 7)                                                        \
    X(BMI2, 7_EBX, 8)                                                        \
    X(ERMS, 7_EBX, 9)                                                        \
    X(INVPCID, 7_EBX, 10)                                                    \
    X(RTM, 7_EBX, 11)                                                        \
    X(MPX, 7_EBX, 14)                                                        \
    X(AVX512F, 7_EBX, 16)                                                    \
    X(RDSEED, 7_EBX, 18)                                                     \
    X(ADX, 7_EBX, 19)                                                        \
    X(SMAP, 7_EBX, 20)                                                       \
    X(CLFLUSHOPT, 7_EBX, 23)                                                 \
    X(CLWB, 7_EBX, 24)                                                       \
    X(PROC_TRACE, 7_EBX, 25)                                                 \
    X(SHA, 7_EBX, 29)                                                        \
    X(UMIP, 7_ECX, 2)                                                        \
    X(PKU, 7_ECX, 3)                                                         \
    X(OSPKE, 7_ECX, 4)                                                       \
    X(WAITPKG, 7_ECX, 5)                                                     \
    X(SHSTK, 7_ECX, 7)                                                       \
    X(LA57, 7_ECX, 16)                                                       \
    X(RDPID, 7_ECX, 22)                                                      \
    X(PKS, 7_ECX, 31)                                                        \
    X(MD_CLEAR, 7_EDX, 10)                                                   \
    X(IBT, 7_EDX, 20)                                                        \
    X(IBRS, 7_EDX, 26)                                                       \
    X(STIBP, 7_EDX, 27)                                                      \
    X(L1D_FLUSH, 7_EDX, 28)                                                  \
    X(ARCH_CAPS, 7_EDX, 29)                                                  \
    X(SSBD, 7_EDX, 31)                                                       \
    X(XSAVEOPT, D_1_EAX, 0)                                                  \
    X(XSAVEC, D_1_EAX, 1)                                                    \
    X(XGETBV1, D_1_EAX, 2)                                                   \
    X(XSAVES, D_1_EAX, 3)                                                    \
    X(LAHF_LM, 80000001_ECX, 0)                                              \
    X(SVM, 80000001_ECX, 2)                                                  \
    X(LZCNT, 80000001_ECX, 5)                                                \
    X(SSE4A, 80000001_ECX, 6)                                                \
    X(OSVW, 80000001_ECX, 9)                                                 \
    X(IBS, 80000001_ECX, 10)                                                 \
    X(SKINIT, 80000001_ECX, 12)                                              \
    X(TOPOEXT, 80000001_ECX, 22)                                             \
    X(DBEXT, 80000001_ECX, 26)                                               \
    X(SYSCALL, 80000001_EDX, 11)                                             \
    X(NX, 80000001_EDX, 20)                                                  \
    X(FXSR_OPT, 80000001_EDX, 25)                                            \
    X(PAGE1GB, 80000001_EDX, 26)                                             \
    X(RDTSCP, 80000001_EDX, 27)                                              \
    X(LM, 80000001_EDX, 29)                                                  \
    X(INVARIANT_TSC, 80000007_EDX, 8)                                        \
    X(AMD_IBPB, 80000008_EBX, 12)                                            \
    X(AMD_IBRS, 80000008_EBX, 14)                                            \
    X(AMD_STIBP, 80000008_EBX, 15)                                           \
    X(AMD_SSBD, 80000008_EBX, 24)                                            \
    X(SVM_NPT, 8000000A_EDX, 0)                                              \
    X(SVM_LBRV, 8000000A_EDX, 1)                                             \
    X(SVM_NRIPS, 8000000A_EDX, 3)                                            \
    X(SVM_TSC_RATIO, 8000000A_EDX, 4)                                        \
    X(SVM_CLEAN_BITS, 8000000A_EDX, 5)                                       \
    X(SVM_FLUSH_ASID, 8000000A_EDX, 6)                                       \
    X(SVM_DECODE, 8000000A_EDX, 7)                                           \
    X(SVM_PAUSE_FILTER, 8000000A_EDX, 10)                                    \
    X(SVM_PAUSE_THRESHOLD, 8000000A_EDX, 12)                                 \
    X(SVM_AVIC, 8000000A_EDX, 13)                                            \
    X(SVM_VLOADSAVE, 8000000A_EDX, 15)                                       \
    X(SVM_VGIF, 8000000A_EDX, 16)                                            \
    X(SVM_VNMI, 8000000A_EDX, 25)                                            \
    X(LFENCE_SERIALIZING, 80000021_EAX, 2)

enum cpu_feature {
#define X(name, word, bit)                                                   \
    CPU_FEATURE_##name = CPUID_WORD_##word * 32 + (bit),
    CPU_FEATURE_LIST(X)
#undef X
};

#define CPUID_LEAF_BASIC 0x00000000
#define CPUID_LEAF_FEATURES 0x00000001
#define CPUID_LEAF_EXT_FEATURES 0x00000007
#define CPUID_LEAF_TOPOLOGY 0x0000000b
#define CPUID_LEAF_XSTATE 0x0000000d
#define CPUID_LEAF_TSC 0x00000015
#define CPUID_LEAF_FREQUENCY 0x00000016
#define CPUID_LEAF_HYPERVISOR 0x40000000
#define CPUID_LEAF_EXT_MAX 0x80000000
#define CPUID_LEAF_EXT_1 0x80000001
#define CPUID_LEAF_BRAND 0x80000002
#define CPUID_LEAF_ADDRESS_SIZES 0x80000008
#define CPUID_LEAF_SVM 0x8000000a

#endif /* ARCH_X86_HW_CPUID_BITS_H */
