# SPDX-License-Identifier: GPL-2.0-or-later
"""The laboratory and, in it, what the policies promise.

Statistics are those of docs/sched/. `make test-lab` runs these, and with
LAB_LONG=1 the long forms.
"""
import importlib.machinery
import importlib.util
import os
import pathlib
import re
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "lab"))
sys.path.insert(0, str(ROOT))

from agree import reigns  # noqa: E402
from bridge import run as run_on  # noqa: E402
from experiment import ExperimentError, load  # noqa: E402
from trace import decisions, diff, longest_waits, records  # noqa: E402
from tests.boot import machine, payload  # noqa: E402

LONG = os.environ.get("LAB_LONG") == "1"
POLICIES = re.findall(r"^SCHED_POLICY\((\w+)\)", (
    ROOT / "core/sched/sched_policies.def").read_text(), re.M)
# Those under which everybody who wants to run some time does.
SHARING = [p for p in POLICIES if p != "null"]


def lab_module():
    loader = importlib.machinery.SourceFileLoader("lab",
                                                  str(ROOT / "lab/lab"))
    spec = importlib.util.spec_from_loader("lab", loader)
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


LAB = lab_module()


def run(tmp_path, text, trace=None, seed=None):
    path = tmp_path / "test.toml"
    path.write_text(text)
    return LAB.simulate(load(str(path)), seed, trace, progress=False)


def guest(name, load_kind, more=""):
    return f'[[guest]]\nname = "{name}"\nload = "{load_kind}"\n{more}\n'


def head(policy, duration="5s", cores=4, more=""):
    return (f'duration = "{duration}"\n{more}\n[machine]\ncores = {cores}\n'
            f'[[pool]]\npolicy = "{policy}"\n')


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


WEIGHING = ["credit", "credit2", "bvt", "eevdf"]


@pytest.mark.parametrize("policy", WEIGHING)
def test_shares_follow_weights(tmp_path, policy):
    text = head(policy, "20s") + guest("light", "hog", "weight = 128\n"
                                       "count = 3")
    text += guest("normal", "hog", "count = 4")
    text += guest("heavy", "hog", "weight = 512\ncount = 2\nvcpus = 2")
    text += guest("server", "server", 'work = "200us"\nperiod = "2ms"')
    result = run(tmp_path, text)
    assert result["weight_error"] <= 0.01
    assert result["jain"] >= 0.99


@pytest.mark.parametrize("policy", ["rr", "pact", *WEIGHING])
@pytest.mark.parametrize("hogs", [8, 5])
def test_equals_share_equally(tmp_path, policy, hogs):
    """Five on four CPUs: the place left over has to go round."""
    text = head(policy, "20s") + guest("h", "hog", f"count = {hogs}")
    result = run(tmp_path, text + guest(
        "io", "io", 'work = "300us"\nwait = "700us"\nrandom = true'))
    assert result["weight_error"] <= 0.01
    assert result["jain"] >= 0.99


@pytest.mark.parametrize("policy", ["credit", "credit2"])
def test_caps(tmp_path, policy):
    """One vCPU and several at once; a CPU is free for whoever may run."""
    text = head(policy, "20s", 6) + guest("a", "hog", "cap = 30")
    text += guest("b", "hog", "vcpus = 3\ncap = 120")
    text += guest("c", "hog", "cap = 50") + guest("free", "hog")
    result = run(tmp_path, text)
    for g, cap in zip(result["guests"], (0.3, 1.2, 0.5)):
        assert abs(g["share"] - cap) <= 0.01 * cap


@pytest.mark.parametrize("policy", ["credit", "credit2"])
def test_a_cap_alone(tmp_path, policy):
    """On one CPU nobody else makes it choose again when the cap is paid."""
    result = run(tmp_path, head(policy, "5s", 1) + guest("h", "hog",
                                                         "cap = 50"))
    assert abs(result["guests"][0]["share"] - 0.5) <= 0.005


@pytest.mark.parametrize("policy", SHARING)
@pytest.mark.parametrize("kind", ["hog", "io"])
def test_time_alone_is_no_debt(tmp_path, policy, kind):
    """Who had a CPU for itself shares it at once when others come."""
    text = head(policy, "40s", 1) + guest(
        "first", kind, 'work = "24900ms"\nwait = "1ms"' if kind == "io" else "")
    text += guest("later", "hog", 'count = 2\nstart = "24900500us"')
    first = run(tmp_path, text)["guests"][0]
    # 25 s alone and a third of 15 s; reservations give less than all of it.
    assert sum(first["cpu_ns"]) > (14.9e9 if policy == "rtds" else 29.8e9)


def test_rtds_meets_deadlines(tmp_path):
    """Global EDF on two CPUs; the set passes the bound of Goossens et al."""
    text = head("rtds", "30s", 2, "costs = { exit = '0ns', switch = '0ns', "
                "core = '0ns', ipi = '0ns' }")
    for i, (work, period) in enumerate(((2, 10), (3, 20), (5, 25), (10, 40))):
        text += guest(f"t{i}", "periodic", f'count = 2\nwork = "{work}ms"\n'
                      f'period = "{period}ms"\nreserve = {{ period = '
                      f'"{period}ms", budget = "{work}ms" }}')
    text += guest("hog", "hog", 'count = 4\nreserve = { period = "10ms", '
                  'budget = "10us", extra = true }')
    result = run(tmp_path, text)
    assert result["misses"] == 0
    assert result["jobs"] > 10000


def test_pact_keeps_contracts(tmp_path):
    """Wake-ups beside hogs, more than four units for each CPU."""
    duration = "900s" if LONG else "60s"
    text = head("pact", duration) + guest(
        "urgent", "sporadic", 'count = 10\nwork = "50us"\nperiod = "6ms"\n'
        'wait = "2ms"\ncontract = { share = 0.05, delay = "1ms" }')
    text += guest("hog", "hog", "count = 8")
    result = run(tmp_path, text)
    urgent = result["guests"][:10]
    costs = 20_000
    assert max(g["delay"]["max"] for g in urgent) <= 1_000_000 + costs
    assert sum(g["delay"]["count"] for g in urgent) >= (
        1_000_000 if LONG else 60_000)


def test_pact_refuses_what_it_cannot_keep(tmp_path):
    text = head("pact") + guest("a", "hog", "count = 5\ncontract = "
                                '{ share = 0.9, delay = "1ms" }')
    with pytest.raises(ExperimentError):
        run(tmp_path, text)


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
])
def test_errors_name_line_key_and_remedy(tmp_path, text, line, key, remedy):
    path = tmp_path / "bad.toml"
    path.write_text(text)
    with pytest.raises(ExperimentError) as e:
        load(str(path))
    message = str(e.value)
    assert message.startswith(f"{path}:{line}:"), message
    assert key in message and remedy in message, message


@pytest.mark.parametrize("path", sorted(
    (ROOT / "lab/experiments").glob("*.toml")), ids=lambda p: p.stem)
def test_shipped_experiments(path, tmp_path):
    """They are read, run for a moment, and have a page."""
    exp = load(str(path), ['duration="50ms"'])
    assert LAB.simulate(exp, progress=False)["decisions"] > 0
    assert (ROOT / "docs/lab" / f"{path.stem}.md").exists()


def test_the_policy_of_the_page(tmp_path):
    """What docs/lab.md has a newcomer copy: short, and the machine's compiler
    options let it pass."""
    page = (ROOT / "docs/lab.md").read_text()
    code = page[page.index("    /* SPDX"):page.index("Run it with `check")]
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


def test_on_the_machine(tmp_path):
    """Hogs take turns as simulated; the same each time, to the tick."""
    hashes = set()
    for _ in range(2):
        out = subprocess.run(
            [sys.executable, str(ROOT / "lab/lab"), "run",
             str(ROOT / "lab/experiments/bridge.toml"), "--on", "qemu",
             "--set", "duration=100ms", "-o", str(tmp_path)],
            check=True, capture_output=True, text=True, timeout=600).stdout
        same, of = re.search(r"same decisions: (\d+) of (\d+)", out).groups()
        assert int(same) > 100 and int(same) >= int(of) - 1, out
        assert all(abs(float(p)) < 1 for p in
                   re.findall(r" ms +([-+][\d.]+) %", out)), out
        hashes.add(re.search(r"qemu: .* hash (\w+)", out)[1])
    assert len(hashes) == 1


SWITCH = ROOT / "lab/experiments/bridge-switch.toml"


def longest_by_nature(tmp_path, policy):
    """How long SWITCH's vCPUs wait at most where nothing changes, ns: were
    they all hogs, for who begins beneath a policy has no past."""
    trace = str(tmp_path / "still")
    LAB.simulate(load(str(SWITCH), [
        "duration=1s", "action.0.at=2s", f"pool.1.policy={policy}",
        "guest.*.load=hog"]), trace=trace, progress=False)
    return longest_waits(records(trace), [(0, policy)], 10**9)[policy]


@pytest.mark.parametrize("bed", ["", "qemu"])
def test_policies_follow_each_other(tmp_path, bed):
    """Every pair of policies, changed under load: nobody is lost, and nobody
    waits 10 ms longer than the policy alone would let them."""
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
    waited = longest_waits(recs, rows, exp["duration"])
    for policy in SHARING:
        assert waited[policy] < 10_000_000 + longest_by_nature(
            tmp_path, policy), policy
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
