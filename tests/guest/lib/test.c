/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest's C entry, the run of the selected tests and the checks.
 * Only vCPU 0 makes checks; counters need no lock.
 */
#include <tests/guest/lib/test.h>

#include <tests/guest/lib/apic.h>
#include <tests/guest/lib/evtchn.h>
#include <tests/guest/lib/hypercall.h>
#include <tests/guest/lib/mm.h>
#include <tests/guest/lib/shared.h>
#include <tests/guest/lib/smp.h>
#include <tests/guest/lib/string.h>
#include <tests/guest/lib/x86.h>

#define QEMU_EXIT_PORT  0xf4
#define BOCHS_EXIT_PORT 0x8900
#define LAST_WORDS_NS   50000000ull

extern const struct test test_table_start[];
extern const struct test test_table_end[];

bool hypercall_is_vmmcall;

static const char *test_current = "boot";
static unsigned int test_passed;
static unsigned int test_failed;

void guest_main(uint32_t start_info);

void hypercall_init(void)
{
    const struct cpuid_regs r = cpuid(0, 0);

    /* "AuthenticAMD" and "HygonGenuine" by their EBX. */
    hypercall_is_vmmcall = r.ebx == 0x68747541u || r.ebx == 0x6f677948u;
}

bool on_xen(void)
{
    char buf[8];

    return test_option("hv", buf, sizeof(buf)) && strcmp(buf, "xen") == 0;
}

bool test_is_dom0(void)
{
    return shared_start_info.flags & SIF_PRIVILEGED;
}

bool test_option(const char *key, char *buf, unsigned int size)
{
    const size_t klen = strlen(key);

    for (const char *p = shared_cmdline; *p; p++) {
        const bool at_start = p == shared_cmdline || p[-1] == ' ';

        if (at_start && strncmp(p, key, klen) == 0 && p[klen] == '=') {
            unsigned int n = 0;

            for (p += klen + 1; *p && *p != ' ' && n + 1 < size; p++) {
                buf[n++] = *p;
            }
            buf[n] = 0;
            return true;
        }
    }
    return false;
}

static bool report(const char *name, bool ok, bool quiet, const char *fmt,
                   va_list ap)
{
    char why[256];

    if (ok) {
        test_passed++;
        if (!quiet) {
            kprintf("PASS %s/%s\n", test_current, name);
        }
        return true;
    }
    test_failed++;
    kvsnprintf(why, sizeof(why), fmt, ap);
    kprintf("FAIL %s/%s: %s\n", test_current, name, why);
    return false;
}

bool check(const char *name, bool ok, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    report(name, ok, false, fmt, ap);
    va_end(ap);
    return ok;
}

bool check_quiet(const char *name, bool ok, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    report(name, ok, true, fmt, ap);
    va_end(ap);
    return ok;
}

bool check_eq(const char *name, int64_t got, int64_t want)
{
    return check(name, got == want, "got %lx (%ld), want %lx (%ld)",
                 (uint64_t)got, got, (uint64_t)want, want);
}

bool check_fault(const char *name, uint32_t got, uint32_t want)
{
    return check(name, got == want,
                 "got fault %x (vector %u), want %x (vector %u)", got,
                 FAULT_VECTOR(got), want, FAULT_VECTOR(want));
}

void test_finish(void)
{
    kprintf("RESULT %u passed %u failed\n", test_passed, test_failed);
}

void test_power_off(void)
{
    struct sched_shutdown arg = { .reason = SHUTDOWN_poweroff };

    irq_disable();
    if (test_is_dom0()) {
        /* What was printed may still be on its way down the serial line. */
        shared_delay_ns(LAST_WORDS_NS);
        outl(QEMU_EXIT_PORT, test_failed ? 1 : 0);
        outb(BOCHS_EXIT_PORT, 'D');
    }
    sched_op(SCHEDOP_shutdown, &arg);
    for (;;) {
        asm volatile("hlt");
    }
}

void test_abort(const char *why)
{
    test_failed++;
    kprintf("FAIL %s/abort: %s\n", test_current, why);
    test_finish();
    test_power_off();
}

/* Is `name` in the colon-separated list? */
static bool is_listed(const char *list, const char *name)
{
    const size_t len = strlen(name);

    for (const char *p = list; *p;) {
        if (strncmp(p, name, len) == 0 && (!p[len] || p[len] == ':')) {
            return true;
        }
        while (*p && *p != ':') {
            p++;
        }
        if (*p) {
            p++;
        }
    }
    return false;
}

static void run_test(const struct test *t)
{
    uint64_t mark;

    test_current = t->name;
    kprintf("TEST %s: %s\n", t->name, t->title);
    if ((t->flags & TEST_SMP) && smp_vcpus() < 2) {
        kprintf("SKIP %s: one vCPU only\n", t->name);
        return;
    }
    if ((t->flags & TEST_DOM0) && !test_is_dom0()) {
        kprintf("SKIP %s: not privileged\n", t->name);
        return;
    }
    mark = mm_mark();
    t->run();
    irq_disable();
    mm_release(mark);
}

static void run_selected(void)
{
    static char list[SHARED_CMDLINE_MAX];
    const bool named = test_option("tests", list, sizeof(list));

    for (const struct test *t = test_table_start; t < test_table_end; t++) {
        if (named ? is_listed(list, t->name) : !(t->flags & (TEST_ALONE | TEST_HOSTILE))) {
            run_test(t);
        }
    }
}

void guest_main(uint32_t start_info)
{
    if (guest_early) {
        guest_early();
    }
    hypercall_init();
    trap_init_cpu(0);
    shared_copy_start_info(start_info);
    console_init();
    apic_set_mode(apic_has_x2apic() ? APIC_X2APIC : APIC_XAPIC);
    shared_map();
    evtchn_init_cpu();
    guest_cpu_area[0].online = true;
    kprintf("guest: command line \"%s\"\n", shared_cmdline);
    run_selected();
    test_current = "end";
    test_finish();
    test_power_off();
}
