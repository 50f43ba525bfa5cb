/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The experiment as the driver hands it over: lines of a word and numbers,
 * which it has checked.  The form is nobody's interface but the driver's
 * (lab/experiment.py), so an error here is a fault of ours.
 */
#include <lab/sim.h>

#include <core/abi/sysctl.h>
#include <core/domain/vcpu.h>
#include <core/sched/sched_core.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_WORDS 1200u

static const char *const kind_name[LOAD_KINDS] = {
    [LOAD_HOG] = "hog",         [LOAD_PERIODIC] = "periodic",
    [LOAD_SPORADIC] = "sporadic", [LOAD_SERVER] = "server",
    [LOAD_IO] = "io",           [LOAD_BARRIER] = "barrier",
    [LOAD_LOCK] = "lock",       [LOAD_BOOT] = "boot",
    [LOAD_PLAY] = "play",
};

void host_start_guest(struct sim_guest *g);

void sim_die(const char *fmt, ...)
{
    va_list args;

    (void)fprintf(stderr, "sim: ");
    va_start(args, fmt);
    (void)vfprintf(stderr, fmt, args);
    va_end(args);
    (void)fprintf(stderr, "\n");
    exit(2);
}

struct line {
    char *word[LINE_WORDS];
    unsigned int n;
};

static uint64_t num(const struct line *l, unsigned int i)
{
    char *end = NULL;
    uint64_t x;

    if (i >= l->n) {
        sim_die("%s: word %u is missing", l->word[0], i);
    }
    x = strtoull(l->word[i], &end, 10);
    if (*end != '\0') {
        sim_die("%s: not a number: %s", l->word[0], l->word[i]);
    }
    return x;
}

/* machine CPUS SEED DURATION CHECK */
static void read_machine(const struct line *l)
{
    sim.nr_cpus = (unsigned int)num(l, 1);
    sim.seed = num(l, 2);
    sim.end = num(l, 3);
    sim.check = num(l, 4);
    sim.cpu = calloc(sim.nr_cpus, sizeof(*sim.cpu));
    sim.vcpu = calloc(SIM_GUESTS * 16u, sizeof(struct sim_vcpu *));
}

/* place CPU CORE SOCKET NODE */
static void read_place(const struct line *l)
{
    sim.cpu[num(l, 1)].place = (struct sim_place){
        .core = (uint32_t)num(l, 2), .socket = (uint32_t)num(l, 3),
        .node = (uint32_t)num(l, 4),
    };
}

/* costs EXIT SWITCH IPI CORE SOCKET NODE TIMER WAKE BLOCK RESUME */
static void read_costs(const struct line *l)
{
    sim.costs = (struct sim_costs){
        .exit = num(l, 1), .swap = num(l, 2), .ipi = num(l, 3),
        .core = num(l, 4), .socket = num(l, 5), .node = num(l, 6),
        .timer = num(l, 7), .wake = num(l, 8), .block = num(l, 9),
        .resume = num(l, 10),
    };
}

static const struct sched_ops *policy(const char *name)
{
    const struct sched_ops *ops = sched_ops_by_name(name);

    if (!ops) {
        sim_die("no scheduler is called %s", name);
    }
    return ops;
}

/* pool ID POLICY SLICE_NS CPU... ; pool 0 comes first. */
static void read_pool(const struct line *l)
{
    const struct sched_ops *ops = policy(l->word[2]);
    uint32_t id = (uint32_t)num(l, 1);
    struct sched_pool *p;
    int rc = 0;

    if (id == 0) {
        sched_choose(ops->name, 10);
        host_init();
    } else if (sched_pool_create(&id, ops) != 0) {
        sim_die("no memory");
    }
    p = sched_pool_by_id(id, true);
    p->slice = num(l, 3);
    for (unsigned int i = 4; i < l->n && rc == 0 && id != 0; i++) {
        rc = sched_pool_remove_cpu(sched_pool_default(), (uint32_t)num(l, i));
        if (rc == 0) {
            rc = sched_pool_add_cpu(p, (uint32_t)num(l, i));
        }
    }
    if (rc) {
        sim_die("pool %u: its CPUs cannot be moved (%d)", id, rc);
    }
}

/* cores POOL */
static void read_cores(const struct line *l)
{
    struct sched_pool *p = sched_pool_by_id((uint32_t)num(l, 1), true);
    const int rc = sched_pool_set_granularity(p, true);

    if (rc) {
        sim_die("pool %u cannot be scheduled by cores (%d)", p->id, rc);
    }
}

/*
 * guest NAME POOL VCPUS KIND START STEP STOP WORK PERIOD DEADLINE WAIT TOTAL
 *       RANDOM SPINS YIELDS
 */
static void read_guest(const struct line *l)
{
    struct sim_guest *g = calloc(1, sizeof(*g));

    if (sim.nr_guests == SIM_GUESTS) {
        sim_die("too many guests");
    }
    g->d.id = (domid_t)sim.nr_guests;
    (void)snprintf(g->name, sizeof(g->name), "%s", l->word[1]);
    g->pool = (uint32_t)num(l, 2);
    g->vcpus = (unsigned int)num(l, 3);
    for (unsigned int k = 0; k < LOAD_KINDS; k++) {
        if (strcmp(kind_name[k], l->word[4]) == 0) {
            g->kind = (enum load_kind)k;
        }
    }
    g->start = num(l, 5);
    g->step = num(l, 6);
    g->stop = num(l, 7);
    g->work = num(l, 8);
    g->period = num(l, 9);
    g->deadline = num(l, 10);
    g->wait = num(l, 11);
    g->total = num(l, 12);
    g->is_random = num(l, 13);
    g->spins = num(l, 14);
    g->yields = num(l, 15);
    sim.guest[sim.nr_guests++] = g;
    host_start_guest(g);
}

static struct sim_guest *last_guest(void)
{
    if (sim.nr_guests == 0) {
        sim_die("no guest yet");
    }
    return sim.guest[sim.nr_guests - 1];
}

/* adjust FORM X Y Z: see adjust.h */
static void read_adjust(const struct line *l)
{
    uint32_t word[4];

    for (unsigned int i = 0; i < ARRAY_SIZE(word); i++) {
        word[i] = (uint32_t)num(l, i + 1);
    }
    host_adjust(last_guest(), word);
}

/* frame POOL MAJOR_NS (GUEST VCPU NS)... ; behind all guests. */
static void read_frame(const struct line *l)
{
    static struct xen_sysctl_arinc653_schedule f;

    f.major_frame = num(l, 2);
    f.num_sched_entries = 0;
    for (unsigned int i = 3; i < l->n; i += 3) {
        const unsigned int at = f.num_sched_entries++;

        if (at == ARINC653_MAX_DOMAINS_PER_SCHEDULE) {
            sim_die("pool %s: too many windows", l->word[1]);
        }
        memcpy(f.sched_entries[at].dom_handle,
               sim.guest[num(l, i)]->d.handle, sizeof(xen_domain_handle_t));
        f.sched_entries[at].vcpu_id = (uint32_t)num(l, i + 1);
        f.sched_entries[at].runtime = num(l, i + 2);
    }
    host_set_frame((uint32_t)num(l, 1), &f);
}

/* affinity HARD|SOFT CPU... */
static void read_affinity(const struct line *l)
{
    struct sim_guest *g = last_guest();
    const bool is_hard = strcmp(l->word[1], "hard") == 0;
    struct cpumask m = { { 0 } };
    struct vcpu *v;

    for (unsigned int i = 2; i < l->n; i++) {
        bitmap_set(m.bits, (unsigned int)num(l, i));
    }
    for_each_vcpu(&g->d, v) {
        if (sched_set_affinity(v, is_hard ? &m : NULL,
                               is_hard ? NULL : &m) != 0) {
            sim_die("guest %s: no CPU of its pool is in its affinity",
                    g->name);
        }
    }
}

/* play RUN SLEEP ... */
static void read_play(const struct line *l)
{
    struct sim_guest *g = last_guest();
    const unsigned int more = (l->n - 1) / 2;

    g->play = realloc(g->play, sizeof(*g->play) * 2 * (g->nr_play + more));
    for (unsigned int i = 0; i < 2 * more; i++) {
        g->play[2 * g->nr_play + i] = num(l, i + 1);
    }
    g->nr_play += more;
}

/* action AT EVERY KIND POOL WHAT [POLICY...] */
static void read_action(const struct line *l)
{
    struct sim_action *a = &sim.action[sim.nr_actions];

    if (sim.nr_actions == ARRAY_SIZE(sim.action)) {
        sim_die("too many actions");
    }
    *a = (struct sim_action){
        .at = num(l, 1), .every = num(l, 2),
        .kind = (enum action_kind)num(l, 3),
        .pool = (uint32_t)num(l, 4), .what = (uint32_t)num(l, 5),
    };
    for (unsigned int i = 6; i < l->n && a->nr_ops < SIM_TURNS; i++) {
        a->ops[a->nr_ops++] = policy(l->word[i]);
    }
    sim.nr_actions++;
}

static void read_line(const struct line *l)
{
    const char *what = l->word[0];

    if (strcmp(what, "machine") == 0) {
        read_machine(l);
    } else if (strcmp(what, "place") == 0) {
        read_place(l);
    } else if (strcmp(what, "costs") == 0) {
        read_costs(l);
    } else if (strcmp(what, "pool") == 0) {
        read_pool(l);
    } else if (strcmp(what, "cores") == 0) {
        read_cores(l);
    } else if (strcmp(what, "guest") == 0) {
        read_guest(l);
    } else if (strcmp(what, "adjust") == 0) {
        read_adjust(l);
    } else if (strcmp(what, "ratelimit") == 0) {
        /* ratelimit POOL US */
        host_set_ratelimit((uint32_t)num(l, 1), (uint32_t)num(l, 2));
    } else if (strcmp(what, "frame") == 0) {
        read_frame(l);
    } else if (strcmp(what, "affinity") == 0) {
        read_affinity(l);
    } else if (strcmp(what, "play") == 0) {
        read_play(l);
    } else if (strcmp(what, "action") == 0) {
        read_action(l);
    } else {
        sim_die("unknown line: %s", what);
    }
}

void config_read(const char *path)
{
    static char text[16384];
    FILE *f = fopen(path, "r");
    struct line l;

    if (!f) {
        sim_die("cannot read %s", path);
    }
    while (fgets(text, sizeof(text), f)) {
        char *save = NULL;

        l.n = 0;
        for (char *w = strtok_r(text, " \n", &save); w && l.n < LINE_WORDS;
             w = strtok_r(NULL, " \n", &save)) {
            l.word[l.n++] = w;
        }
        if (l.n) {
            read_line(&l);
        }
    }
    (void)fclose(f);
}
