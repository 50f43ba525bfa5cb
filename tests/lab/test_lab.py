# SPDX-License-Identifier: GPL-2.0-or-later
"""The laboratory: that it repeats, reads and refuses, what it ships, and that
the machine plays the same. `make test-lab` runs these, with LAB_LONG=1 long.
"""
import argparse
import re
import subprocess
import sys

import pytest

from labtest import LAB, LONG, POLICIES, ROOT, SHARING, guest, head, run
from adjust import adjust_words
from agree import longer_by_changes, reigns
from bridge import run as run_on
from experiment import ExperimentError, adjust_words, load, sim_lines
from trace import decisions, diff, longest_waits, records, shared_core_time
from tests.boot import machine, payload

MIXED = (
    guest("hog", "hog", "count = 5")
    + guest("io", "io", 'count = 2\nwork = "300us"\nwait = "700us"\n'
            "random = true")
    + guest("server", "server", 'count = 3\nvcpus = 2\nwork = "200us"\n'
            'period = "2ms"\nrandom = true')
    + guest("task", "periodic", 'work = "1ms"\nperiod = "10ms"')
    + guest("smp", "barrier", 'vcpus = 3\nwork = "500us"\nrandom = true\n'
            "spin = true\nyield = true")
    + guest("lock", "lock", 'vcpus = 3\nwork = "200us"\nwait = "50us"\n'
            "random = true")
    + guest("boot", "boot", 'count = 3\nwork = "2ms"\nwait = "1ms"\n'
            'total = "100ms"\nspread = "20ms"'))


@pytest.mark.parametrize("policy", POLICIES)
def test_invariants(tmp_path, policy):
    """A mixed load under every check and the sanitizers."""
    result = run(tmp_path, head(policy, "20s" if LONG else "300ms",
                                more="check = true") + MIXED)
    if policy not in ("null", "rtds"):
        assert result["idle_while_runnable_ns"] < 0.01 * (
            result["cpus"] * result["duration_ns"])
    if policy in SHARING:
        assert all(sum(g["cpu_ns"]) > 0 for g in result["guests"])


@pytest.mark.parametrize("policy", POLICIES)
def test_same_seed_same_trace(tmp_path, policy):
    text = head(policy, "200ms") + MIXED
    hashes = {run(tmp_path, text)["trace_hash"] for _ in range(10 if LONG else 3)}
    assert len(hashes) == 1
    assert run(tmp_path, text, seed=2)["trace_hash"] not in hashes


def test_traces_are_read_back(tmp_path):
    one, two = str(tmp_path / "a"), str(tmp_path / "b")
    text = head("rr", "100ms") + MIXED
    run(tmp_path, text, one)
    run(tmp_path, text.replace('"rr"', '"credit2"'), two)
    first, second = decisions(records(one)), decisions(records(two))
    assert len(first) > 100
    assert diff(first, first) == (len(first), [])
    at, lines = diff(first, second)
    assert at < len(first) and "same; then" in lines[0]


def test_replay(tmp_path):
    trace = str(tmp_path / "t")
    run(tmp_path, head("credit2", "300ms") + MIXED, trace)
    done = subprocess.run(
        [ROOT / "lab/lab", "replay", trace, "--policy", "rr", "-o",
         tmp_path / "out"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("text, line, key, remedy", [
    ("duration = 5\n", 1, "duration", "in quotes"),
    ('duration = "5s"\nfoo = 1\n', 2, "foo", "there are"),
    ('duration = "5s"\n[[gest]]\n', 2, "gest", "did you mean 'guest'"),
    (head("rr") + guest("a", "hgo"), 9, "load", "did you mean 'hog'"),
    (head("rr") + guest("a", "io"), 7, "work", "add a line"),
    (head("rr") + guest("a", "hog") + guest("a", "hog"), 12, "name",
     "its own"),
    (head("rr") + guest("a", "hog", "affinity = [4]"), 10, "affinity",
     "0 to 3"),
    (head("rr") + guest("a", "hog", "pool = 3"), 10, "pool", "count from 0"),
    ('duration = "5s"\nx = [\n', 3, "", "not TOML"),
    ('duration = "0s"\n', 1, "duration", "at least 1ns"),
    ('duration = "5s"\nseeds = [1, 0]\n', 2, "seeds", "from 1 on"),
    (head("credti2") + guest("a", "hog"), 6, "policy",
     "did you mean 'credit2'"),
    (head("rr") + 'slice = "0s"\n' + guest("a", "hog"), 7, "slice",
     "from 1us"),
    (head("rr") + '[[pool]]\npolicy = "rr"\ncpus = [0, 1, 2, 3]\n' +
     guest("a", "hog"), 9, "cpus", "leaves pool 0 none"),
    (head("rr") + guest("a", "hog", 'start = "2s"\nstop = "1s"'), 11, "stop",
     "make it later"),
    (head("rr") + guest("a", "io", 'work = "0s"\nwait = "1s"'), 10, "work",
     "at least 1ns"),
    (head("rr") + guest("a", "hog") + '[[action]]\nat = "1s"\n'
     'do = "policy"\npool = 2\npolicies = ["rr"]\n', 14, "pool",
     "count from 0"),
    (head("rr") + guest("a", "hog") + '[[action]]\nat = "1s"\n'
     'do = "policy"\npolicies = ["rr", "rx"]\n', 14, "policies",
     "there is no policy 'rx'"),
    (head("rr") + guest("a", "hog") + '[[action]]\nat = "1s"\n'
     'do = "add-cpu"\ncpu = 9\n', 14, "cpu", "0 to 3"),
])
def test_errors_name_line_key_and_remedy(tmp_path, text, line, key, remedy):
    path = tmp_path / "bad.toml"
    path.write_text(text)
    with pytest.raises(ExperimentError) as e:
        load(str(path))
    message = str(e.value)
    assert message.startswith(f"{path}:{line}:"), message
    assert key in message and remedy in message, message


CORES = """[[pool]]
policy = "{}"
granularity = "core"
[machine]
cores = 2
threads = 2
"""


@pytest.mark.parametrize("policy", POLICIES)
def test_cores_are_not_shared(tmp_path, policy):
    """Under every policy; and they are, if that is not asked for."""
    text = 'duration = "500ms"\ncheck = true\n' + CORES.format(policy) + \
        guest("a", "hog", "count = 2\nvcpus = 2") + \
        guest("b", "server", "vcpus = 3\nwork = '200us'\nperiod = '1ms'") + \
        guest("c", "io", "work = '100us'\nwait = '300us'")
    trace = str(tmp_path / "t")
    result = run(tmp_path, text, trace)
    assert shared_core_time(records(trace), 2)[0] == 0
    waits = [g["wait"]["max"] for g in result["guests"]]
    assert max(waits) < 50_000_000 or policy == "null", waits
    run(tmp_path, text.replace('"core"', '"cpu"'), trace)
    assert shared_core_time(records(trace), 2)[0] > 0 or policy in (
        "null", "arinc653")


@pytest.mark.parametrize("path", sorted(
    (ROOT / "lab/experiments").glob("*.toml")), ids=lambda p: p.stem)
def test_shipped_experiments(path, tmp_path):
    """They are read, run for a moment, and have a page."""
    exp = load(str(path), ['duration="50ms"'])
    assert LAB.simulate(exp, progress=False)["decisions"] > 0
    assert (ROOT / "docs/lab" / f"{path.stem}.md").exists()


@pytest.mark.parametrize("policy, what", [
    ("lost", "it lost a unit that can run"),
    ("asleep", "pick() chose a unit that sleeps"),
    ("elsewhere", "pick() chose a unit that another CPU holds"),
    ("misplaced", "pick_cpu() chose a CPU that does not fit"),
    ("wild", "pick() took an exception"),
    ("pick_loops", "pick() does not return"),
    ("wake_loops", "wake() does not return"),
])
def test_a_broken_policy_is_named(tmp_path, policy, what):
    """As on the machine; see tests/guest/sched_broken."""
    path = tmp_path / "e.toml"
    path.write_text(head("rr", "2s", 2, "check = true") + guest(
        "io", "io", 'count = 4\nwork = "300us"\nwait = "700us"\n'
        "random = true"))
    lines = [line.replace("pool 0 rr", f"pool 0 {policy}")
             for line in sim_lines(load(str(path)), 1)]
    path.write_text("\n".join(lines) + "\n")
    done = subprocess.run([ROOT / "build/lab/sim-broken", path],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert re.search(rf"heduler {policy} .*{re.escape(what)}", done.stderr)


def test_the_policy_of_the_page(tmp_path):
    """What docs/lab.md has a newcomer copy: short, and the machine's compiler
    options let it pass."""
    page = (ROOT / "docs/lab.md").read_text()
    code = page[page.index("    /* SPDX"):page.index("In the simulator, first")]
    lines = [line[4:] for line in code.rstrip().split("\n")]
    assert len(lines) <= 40
    source = tmp_path / "sched_fifo.c"
    source.write_text("\n".join(lines) + "\n")
    subprocess.run(
        ["gcc", "-std=gnu17", "-O2", "-ffreestanding", "-Wall", "-Wextra",
         "-Werror", "-Wshadow", "-Wno-unused-parameter",
         "-Wno-sign-compare", "-Wstrict-prototypes", "-DSCHED_ID_FIFO=99",
         "-Dsched_fifo_ops=sched_rr_ops", f"-I{ROOT}", f"-I{ROOT}/build",
         "-c", "-o", tmp_path / "fifo.o", source], check=True)


COSTS = dict(exit=1100, switch=950, resume=830, timer=510, wake=1040,
             block=840)


def test_costs_of_a_job(tmp_path):
    """What a wake-up, a choice and the end of a job take, to the ns: alone;
    and replaced once, and interrupted by a wake-up and by the end of the
    other's slice, whose timer nobody has stopped."""
    text = head("pact", "100ms", 1, "costs = { " + ", ".join(
        f'{key} = "{ns}ns"' for key, ns in COSTS.items()) + " }")
    long = guest("long", "periodic", 'work = "300us"\nperiod = "2ms"\n'
                 'contract = { share = 0.5, delay = "900us" }')
    c = argparse.Namespace(**COSTS)
    alone = run(tmp_path, text + long)["guests"][0]
    assert alone["delay"]["mean"] == alone["delay"]["max"] == c.wake
    # The first time it is not yet loaded.
    assert alone["cpu_ns"] == [50 * (300_000 + c.resume + c.block) +
                               c.switch - c.resume]
    both = run(tmp_path, text + long + guest(
        "urgent", "periodic", 'work = "50us"\nperiod = "2ms"\nstart = "90us"'
        '\ncontract = { share = 0.3, delay = "200us" }') + guest(
            "lazy", "periodic", 'work = "50us"\nperiod = "2ms"\n'
            'start = "250us"\ncontract = { share = 0.1, delay = "1500us" }'))
    by_name = {g["name"]: g for g in both["guests"]}
    assert by_name["long"]["cpu_ns"] == [50 * (
        300_000 + 2 * c.switch + c.block + c.timer + c.wake + 2 * c.exit)]
    assert by_name["urgent"]["cpu_ns"] == [50 * (
        50_000 + c.switch + c.block)]
    assert by_name["urgent"]["delay"]["max"] == c.wake


def test_two_wake_ups_one_choice(tmp_path):
    """Whose timers end at one moment are all awake when the CPU chooses."""
    text = head("pact", "20ms", 1, 'costs = { wake = "1us" }')
    for name, delay in (("first", 900), ("urgent", 300)):
        text += guest(name, "periodic", 'work = "100us"\nperiod = "2ms"\n'
                      f'contract = {{ share = 0.4, delay = "{delay}us" }}')
    trace = str(tmp_path / "trace")
    run(tmp_path, text, trace)
    assert [d for _, _, d, _ in decisions(records(trace))] == [1, 0] * 10


@pytest.mark.parametrize("policy, words", [
    ("rtds", [2, 10_000, 4_000, 1]), ("pact", [2, 900, 250, 1]),
    ("tableau", [2, 900, 250, 1]), ("bvt", [2, 500, 0, 512]),
    ("eevdf", [2, 700, 512, 0]), ("credit2", [1, 512, 0, 0])])
def test_parameters_of_each_policy(tmp_path, policy, words):
    """What a policy is told is its own, here and on the machine."""
    path = tmp_path / "test.toml"
    path.write_text(head(policy) + guest("g", "hog", (
        'weight = 512\nreserve = { period = "10ms", budget = "4ms", extra = '
        'true }\ncontract = { share = 0.25, delay = "900us" }\n'
        'warp = { by = "500us" }\nrequest = "700us"')))
    assert adjust_words(load(str(path))["guest"][0], policy) == words


LONG_RUN = ROOT / "lab/experiments/bridge-long.toml"


def test_on_the_machine(tmp_path):
    """Tasks are chosen as simulated; the same each time, to the tick."""
    hashes = set()
    for _ in range(2):
        out = subprocess.run(
            [sys.executable, str(ROOT / "lab/lab"), "run", str(LONG_RUN),
             "--on", "qemu", "--set", "duration=300ms", "--set",
             "machine.cores=1", "--set", "guest.*.pool=0", "--set",
             'pool=[{policy="pact", slice="1ms"}]', "-o", str(tmp_path)],
            check=True, capture_output=True, text=True, timeout=600).stdout
        assert "verdict: the same 1050 decisions" in out, out
        assert all(abs(float(p)) < 1 for p in
                   re.findall(r" ([-+][\d.]+) %", out)), out
        hashes.add(re.search(r"qemu: .* hash (\w+)", out)[1])
    assert len(hashes) == 1


SWITCH = ROOT / "lab/experiments/bridge-switch.toml"


def test_cores_on_the_machine(tmp_path):
    """Two threads of one core, in QEMU."""
    subprocess.run(["lab/lab", "run", "lab/experiments/cores.toml", "--on",
                    "qemu", "-o", str(tmp_path), "--set", "duration=300ms",
                    "--set", "machine.cores=1", "--set", "seeds=[1]"],
                   cwd=ROOT, check=True, timeout=300)
    recs = records(str(tmp_path / "cores-qemu.trace"))
    assert len(decisions(recs)) > 500
    assert shared_core_time(recs, 2)[0] == 0


@pytest.mark.parametrize("bed, most", [("", 10**6), ("qemu", 10**7)],
                         ids=["simulated", "qemu"])
def test_policies_follow_each_other(tmp_path, bed, most):
    """Every pair of policies, changed under load: nobody is lost.  Who waits
    when a change comes waits, before and behind it together, not 1 ms (on the
    machine 10 ms) longer than the longer of the two policies lets anybody
    wait where nothing changes; nor in any reign longer than under its policy
    alone."""
    # All 90 pairs and one more, or a thousand changes.
    exp = load(str(SWITCH), [] if LONG or not bed else ["duration=7320ms"])
    rows = reigns(exp)
    names = [policy for _, policy in rows[1:]]
    assert len(set(zip(names, names[1:]))) == 90
    assert set(names) == set(POLICIES)
    trace = str(tmp_path / "trace")
    if bed:
        trace = run_on(exp, exp["seed"], bed, str(tmp_path),
                       LAB.sim_path(exp))
    else:
        LAB.simulate(exp, trace=trace, progress=False)
    recs = records(trace)
    alone = LAB.longest_alone(exp)
    waited = longest_waits(recs, rows, exp["duration"])
    for policy in SHARING:
        assert waited[policy] < alone[policy] + most, policy
    assert longer_by_changes(recs, rows, exp["duration"], alone) < most
    # All run to the end.
    last = {}
    for t, _, d, _ in decisions(recs):
        last[d] = t
    assert len(last) == 3 and min(last.values()) > rows[-1][0]


@pytest.mark.parametrize("policy", POLICIES)
def test_every_policy_boots(policy):
    """The control domain's two vCPUs sleep, wake, poll and yield by it."""
    result = payload.run_elf(
        ROOT / "build/guest/guest.elf", setup=machine.Setup(mem=512, cpus=2),
        cmdline="hv=hospes tests=sched_op:vcpu_op",
        options=f"sched={policy} dom0_max_vcpus=2", name=f"sched-{policy}",
        final=r"^RESULT (\d+) passed (\d+) failed")
    assert result.match[2] == "0", result.lines
    assert not any("no such scheduler" in line for line in result.lines)


def test_what_the_machine_cannot_play(tmp_path):
    """Is said before anything is booted."""
    path = tmp_path / "test.toml"
    path.write_text(head("rr", cores=2) + guest("h", "hog"))
    out = subprocess.run([sys.executable, str(ROOT / "lab/lab"), "run",
                          str(path), "--on", "qemu", "-o", str(tmp_path)],
                         check=False, capture_output=True, text=True)
    assert out.returncode == 2 and "--on cannot play it" in out.stderr
