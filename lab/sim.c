/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sim [-p] [-t TRACE] [-o JSON] EXPERIMENT: run one simulation.  The driver
 * (lab/lab) calls it; -p shows progress.  sim -l: names and numbers of the
 * policies.
 */
#include <lab/sim.h>

#include <stdio.h>
#include <string.h>

static void list_policies(void)
{
    const struct sched_ops *ops;

    for (unsigned int i = 0; (ops = sched_ops_by_index(i)) != NULL; i++) {
        (void)printf("%s %u\n", ops->name, ops->abi_id);
    }
}

int main(int argc, char **argv)
{
    const char *trace = NULL;
    const char *json = NULL;
    const char *experiment = NULL;

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "-p") == 0) {
            sim.progress = true;
        } else if (strcmp(argv[i], "-t") == 0 && i + 1 < argc) {
            trace = argv[++i];
        } else if (strcmp(argv[i], "-o") == 0 && i + 1 < argc) {
            json = argv[++i];
        } else if (strcmp(argv[i], "-l") == 0) {
            list_policies();
            return 0;
        } else {
            experiment = argv[i];
        }
    }
    if (!experiment) {
        sim_die("usage: sim [-p] [-t TRACE] [-o JSON] EXPERIMENT");
    }
    trace_open(trace);
    config_read(experiment);
    engine_init();
    engine_run();
    trace_close();
    report_write(json);
    return 0;
}
