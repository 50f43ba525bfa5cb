# SPDX-License-Identifier: GPL-2.0-or-later
"""What each policy promises in docs/sched/, in the laboratory.

Random sets of parameters are admitted by the analysis that the policy's page
names, or by the policy, and then nothing of the promise may be missed.
`LAB_LONG=1` draws more of them.
"""
import random
import re

import pytest

from labtest import LAB, LONG, POLICIES, ROOT, SHARING, guest, head, run
from experiment import ExperimentError, load
from trace import intervals, records

# Where times are to be exact.
FREE = ("costs = { exit = '0ns', switch = '0ns', ipi = '0ns', core = '0ns', "
        "socket = '0ns', node = '0ns' }")
SETS = range(100 if LONG else 4)

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
@pytest.mark.parametrize("hogs", [1, 4, 8, 12])
def test_caps_beside_hogs(tmp_path, policy, hogs):
    """Whoever has a cap below its share gets the cap; the others share what
    that leaves by weight, also where CPUs are free meanwhile."""
    text = head(policy, "20s") + guest("a", "hog", "cap = 15")
    text += guest("b", "hog", "vcpus = 3\ncap = 45")
    text += guest("c", "hog", "cap = 20")
    text += guest("d", "hog", "count = 2\nweight = 512\ncap = 10")
    result = run(tmp_path, text + guest("hog", "hog", f"count = {hogs}"))
    for g, cap in zip(result["guests"], (0.15, 0.45, 0.2, 0.1, 0.1)):
        assert abs(g["share"] - cap) <= 0.01 * cap, g["name"]
    assert result["weight_error"] <= 0.01


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


def tasks_within(rng, total, most, count):
    """(work, period) in us of random tasks that use up @total at most, each
    @most of a CPU at most, and no work is shorter than rtds takes."""
    left = total
    for _ in range(count):
        period = round(1000 * 10 ** rng.uniform(0, 2))
        work = int(period * min(most, left * rng.uniform(0.2, 0.9)))
        if work >= 10:
            left -= work / period
            yield work, period


def task(name, work, period, rng, more=""):
    return guest(name, "periodic", f'work = "{work}us"\n'
                 f'period = "{period}us"\nstart = "{rng.randrange(10**5)}us"\n'
                 f'reserve = {{ period = "{period}us", budget = "{work}us" }}\n'
                 + more)


def extra_hogs(rng, period):
    """Who takes all that is left over, and a little of what is reserved."""
    return guest("hog", "hog", f'count = {rng.randrange(1, 6)}\nreserve = '
                 f'{{ period = "{period}us", budget = "10us", extra = true }}')


@pytest.mark.parametrize("seed", SETS)
def test_rtds_meets_deadlines(tmp_path, seed):
    """Global EDF, by the bound of Goossens, Funk and Baruah."""
    rng = random.Random(seed)
    cpus = rng.randrange(1, 9)
    most = rng.uniform(0.1, 0.9)
    text = head("rtds", "10s", cpus, FREE)
    used = 5 * 10 / 10_000
    tasks = list(tasks_within(rng, cpus - (cpus - 1) * most - used, most,
                              cpus * 4))
    assert used + sum(w / p for w, p in tasks) <= cpus - (cpus - 1) * max(
        w / p for w, p in tasks)
    for i, (work, period) in enumerate(tasks):
        text += task(f"t{i}", work, period, rng)
    result = run(tmp_path, text + extra_hogs(rng, 10_000))
    assert result["jobs"] > 100
    assert result["misses"] == 0


@pytest.mark.parametrize("seed", SETS)
def test_rtds_meets_deadlines_of_one_cpu(tmp_path, seed):
    """Bound to CPUs, each may be used up."""
    rng = random.Random(1000 + seed)
    text = head("rtds", "10s", 4, FREE)
    for cpu in range(4):
        for i, (work, period) in enumerate(tasks_within(rng, 1, 1, 6)):
            text += task(f"t{cpu}-{i}", work, period, rng,
                         f"affinity = [{cpu}]")
    result = run(tmp_path, text)
    assert result["jobs"] > 100
    assert result["misses"] == 0


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


@pytest.mark.parametrize("seed", SETS)
def test_pact_keeps_any_contract_that_it_admits(tmp_path, seed):
    """Jobs that fit the budget, not more often than it is paid."""
    rng = random.Random(seed)
    cpus = rng.randrange(1, 9)
    most = rng.uniform(0.05, 0.6)
    left = cpus - (cpus - 1) * most - 0.02 * 5
    text, delays = head("pact", "10s", cpus, FREE), []
    while left > 0.02 and len(delays) < 4 * cpus:
        share = round(min(most, rng.uniform(0.01, left)), 3)
        delay = rng.randrange(200, 20_000)
        period = delay / (1 - share)
        # The policy counts in whole us, and the work must fit.
        work = int(share * period) - 1
        left -= share
        if share > 0 and work > 0:
            text += guest(f"u{len(delays)}", "sporadic", f'work = "{work}us"\n'
                          f'period = "{int(period) + 2}us"\nwait = "1ms"\n'
                          f'contract = {{ share = {share}, delay = '
                          f'"{delay}us" }}')
            delays.append(delay * 1000)
    result = run(tmp_path, text + guest("hog", "hog", "count = 5"))
    for g, delay in zip(result["guests"], delays):
        assert g["delay"]["max"] <= delay, g["name"]


@pytest.mark.parametrize("seed", SETS)
def test_tableau_keeps_its_table(tmp_path, seed):
    """Nobody with a reservation waits longer than its delay, turns or not,
    sleeper or hog, or gets less than its share."""
    rng = random.Random(seed)
    cpus = rng.randrange(1, 5)
    text, wanted = head("tableau", "5s", cpus, FREE), []
    hogs = guest("hog", "hog", f"count = {2 * cpus}")
    for i in range(3 * cpus):
        share = round(rng.uniform(0.02, 0.4), 3)
        delay = rng.randrange(1000, 30_000)
        kind = rng.choice(["hog", "sporadic"])
        more = text + guest(
            f"u{i}", kind, (f'work = "300us"\nperiod = "7ms"\n'
                            if kind == "sporadic" else "")
            + ("cap = 100\n" if rng.random() < 0.5 else "")
            + f'contract = {{ share = {share}, delay = "{delay}us" }}')
        try:
            run(tmp_path, more.replace("5s", "1ms"))
        except ExperimentError:
            continue
        text = more
        wanted.append((kind, share, delay * 1000))
    result = run(tmp_path, text + hogs)
    assert wanted
    for g, (kind, share, delay) in zip(result["guests"], wanted):
        assert g["wait"]["max"] <= delay, g["name"]
        # Short of it by the last round of the table at most.
        assert kind != "hog" or g["share"] >= share - 0.052 * share, g["name"]


@pytest.mark.parametrize("seed", SETS)
def test_arinc653_keeps_its_frame(tmp_path, seed):
    """Each window begins and ends when the frame says, to the nanosecond, and
    nobody runs outside of his."""
    rng = random.Random(seed)
    windows = [(rng.randrange(4), rng.randrange(100, 5000))
               for _ in range(rng.randrange(1, 12))]
    gap = rng.randrange(3000)
    major = sum(us for _, us in windows) + gap
    text = head("arinc653", "2s", 1, FREE) + "frame = [" + ", ".join(
        f'{{ guest = "g-{who}", run = "{us}us" }}' for who, us in windows)
    text += f']\nmajor = "{major}us"\n' + guest("g", "hog", "count = 4")
    text += guest("io", "io", 'work = "1ms"\nwait = "1ms"')
    trace = str(tmp_path / "trace")
    run(tmp_path, text, trace)
    ends, expected = 2 * 10**9, []
    for frame in range(0, ends, major * 1000):
        at = frame
        for who, us in windows:
            if at < ends:
                expected.append([at, min(ends, at + us * 1000), who])
            at += us * 1000
    # Neighbouring windows of one guest are one stretch.
    merged = []
    for window in expected:
        if merged and merged[-1][1:] == [window[0], window[2]]:
            merged[-1][1] = window[1]
        else:
            merged.append(window)
    got = [[since, until, d] for since, until, d, _ in
           intervals(records(trace), ends)[0]]
    assert got == merged


@pytest.mark.parametrize("guests", [4, 6])
def test_null_gives_a_cpu(tmp_path, guests):
    """Who has a CPU never waits, whatever others do, or are too many."""
    kinds = [("hog", ""), ("io", 'work = "300us"\nwait = "70us"\n'
                           "random = true"),
             ("server", 'work = "200us"\nperiod = "1ms"\nrandom = true'),
             ("periodic", 'work = "1ms"\nperiod = "3ms"')]
    text = head("null", "5s", 4, FREE)
    for i in range(guests):
        text += guest(f"g{i}", kinds[i % 4][0], kinds[i % 4][1]
                      + (f'\nstart = "1s"' if i >= 4 else ""))
    result = run(tmp_path, text)
    for g in result["guests"][:4]:
        assert g["wait"]["count"] > 0 and g["wait"]["max"] == 0, g["name"]
        assert g["migrations"] == 0
    assert result["guests"][0]["share"] == 1
    assert all(sum(g["cpu_ns"]) == 0 for g in result["guests"][4:])


def test_a_warp_wakes_at_once(tmp_path):
    """What a warp lends is paid back by time asleep, too."""
    text = head("bvt", "20s") + guest("hog", "hog", "count = 8")
    result = run(tmp_path, text + guest(
        "server", "server", 'work = "200us"\nperiod = "2ms"\nrandom = true\n'
        'warp = { by = "20ms" }'))
    assert result["guests"][8]["delay"]["p99"] < 20_000
    assert result["weight_error"] <= 0.01


CONSERVING = ["rr", "credit", "credit2", "bvt", "eevdf", "pact"]


@pytest.mark.parametrize("cpus", [4, 20])
@pytest.mark.parametrize("policy", CONSERVING)
def test_nothing_idles_beside_work(tmp_path, policy, cpus):
    """Where an IPI takes no time, no CPU idles while somebody waits."""
    text = head(policy, "2s", cpus, FREE)
    text += guest("hog", "hog", f"count = {cpus // 2}")
    text += guest("io", "io", f'count = {cpus}\nwork = "300us"\n'
                  'wait = "700us"\nrandom = true')
    text += guest("server", "server", f'count = {cpus // 2}\nvcpus = 2\n'
                  'work = "400us"\nperiod = "2ms"\nrandom = true')
    result = run(tmp_path, text)
    assert result["utilisation"] < 1
    assert result["idle_while_runnable_ns"] == 0


@pytest.mark.parametrize("seed", SETS)
@pytest.mark.parametrize("policy", [*WEIGHING, "pact"])
def test_any_weights(tmp_path, policy, seed):
    """Hogs of random weights, or of shares where those are what weighs,
    beside one that sleeps."""
    rng = random.Random(seed)
    cpus = rng.randrange(1, 9)
    text = head(policy, "160s" if LONG else "40s", cpus)
    for i in range(rng.randrange(2 * cpus + 1, 3 * cpus + 3)):
        ratio = rng.uniform(1, 4)
        text += guest(f"h{i}", "hog", f"weight = {round(100 * ratio)}\n"
                      f'contract = {{ share = {ratio / 200:.3f}, '
                      'delay = "20ms" }')
    result = run(tmp_path, text + guest(
        "io", "io", 'work = "300us"\nwait = "2ms"\nrandom = true'))
    # Credit's error is bounded, by 8 slices, rather than its rate.
    slack = 0.24e9 / result["duration_ns"] if policy == "credit" else 0
    for g in result["guests"]:
        fair = g.get("fair_share", g["share"])
        assert abs(g["share"] - fair) <= 0.01 * fair + slack, g["name"]
    assert result["jain"] >= 0.99


def steps(policy, vcpus):
    exp = load(str(ROOT / "lab/experiments/growth.toml"), [
        "duration=4s", f"pool.0.policy={policy}",
        f"guest.*.count={vcpus // 2}"])
    result = LAB.simulate(exp, progress=False)
    return [result[k]["mean"] for k in ("steps_of_decision",
                                        "steps_of_wake")]


@pytest.mark.parametrize("policy", POLICIES)
def test_steps_grow_as_the_page_says(policy):
    """From 32 vCPUs to 1,024: counted, not timed."""
    table = (ROOT / "docs/sched/README.md").read_text()
    cost = re.search(rf"^\| \[{policy}\](?:.*?\|){{3}} (.*?) \|", table,
                     re.M)[1]
    most = {"constant": 1.3, "log n": 1.6}[re.match("constant|log n", cost)[0]]
    for few, many in zip(steps(policy, 32), steps(policy, 1024)):
        assert many <= most * few, cost
