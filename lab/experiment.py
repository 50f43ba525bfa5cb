# SPDX-License-Identifier: GPL-2.0-or-later
"""Experiment files: TOML in, checked; the simulator's lines out.

Every error names file, line, key and what to do.
"""
import difflib
import os
import re
import tomllib

from adjust import adjust_words

HERE = os.path.dirname(os.path.abspath(__file__))
UNITS = {"ns": 1, "us": 10**3, "ms": 10**6, "s": 10**9, "min": 60 * 10**9}
DURATION = re.compile(r"^(\d+(?:\.\d+)?) *(ns|us|ms|s|min)$")
KINDS = ("hog", "periodic", "sporadic", "server", "io", "barrier", "lock",
         "boot", "play")
# What each kind of load must have.
NEEDS = {
    "periodic": ("work", "period"), "sporadic": ("work", "period"),
    "server": ("work", "period"), "io": ("work", "wait"),
    "barrier": ("work",), "lock": ("work", "wait"),
    "boot": ("work", "wait", "total"), "play": ("trace",), "hog": (),
}
ACTIONS = {"policy": 0, "add-cpu": 1, "remove-cpu": 2, "move": 3}
MAX_CPUS = 256
MAX_VCPUS = 128
MAX_GUESTS = 4096
MAX_ALL_VCPUS = 16 * MAX_GUESTS  # sim_config.c


class ExperimentError(Exception):
    """What is wrong with an experiment file, ready to be shown."""


class Schema:
    """Keys of a table: name -> (kind, default). Default ... : required."""

    def __init__(self, where, keys):
        self.where = where
        self.keys = keys


TOP = Schema("the file", {
    "title": ("text", ""), "about": ("text", ""), "expect": ("text", ""),
    "duration": ("time1", ...), "seed": ("count", 1), "seeds": ("counts", None),
    "check": ("flag", False), "count": ("flag", False),
    "machine": ("table", {}),
    "costs": ("table", {}), "pool": ("tables", None),
    "guest": ("tables", ...), "action": ("tables", []),
    "sweep": ("table", None),
})
MACHINE = Schema("[machine]", {
    "nodes": ("count", 1), "sockets": ("count", 1), "cores": ("count", 1),
    "threads": ("count", 1),
})
COSTS = Schema("[costs]", {
    "exit": ("time", "300ns"), "switch": ("time", "500ns"),
    "ipi": ("time", "1us"), "core": ("time", "2us"),
    "socket": ("time", "20us"), "node": ("time", "50us"),
    "timer": ("time", "0ns"), "wake": ("time", "0ns"),
    "block": ("time", "0ns"), "resume": ("time", "0ns"),
})
POOL = Schema("[[pool]]", {
    "policy": ("policy", ...), "slice": ("slice", "10ms"),
    "cpus": ("cpus", None), "frame": ("tables", None),
    "major": ("time1", None), "ratelimit": ("ratelimit", None),
    "granularity": ("text", "cpu"),
})
WINDOW = Schema("pool.frame", {
    "guest": ("text", ...), "vcpu": ("count0", 0), "run": ("time1", ...),
})
GUEST = Schema("[[guest]]", {
    "name": ("text", ...), "load": ("text", ...), "count": ("count", 1),
    "vcpus": ("count", 1), "pool": ("count0", 0), "weight": ("count", None),
    "cap": ("count0", None), "period": ("time1", None),
    "work": ("time1", None), "deadline": ("time1", None),
    "wait": ("time", None), "total": ("time1", None),
    "start": ("time", "0s"), "step": ("time", "0s"), "stop": ("time", "0s"),
    "random": ("flag", False), "spin": ("flag", False),
    "yield": ("flag", False), "affinity": ("cpus", None),
    "soft": ("cpus", None), "spread": ("time", "0s"),
    "reserve": ("table", None), "contract": ("table", None),
    "warp": ("table", None), "request": ("time", None),
    "trace": ("text", None),
})
WARP = Schema("guest.warp", {
    "by": ("time", ...), "limit": ("time", "0s"), "unwarp": ("time", "0s"),
})
RESERVE = Schema("guest.reserve", {
    "period": ("time1", ...), "budget": ("time1", ...),
    "extra": ("flag", False),
})
CONTRACT = Schema("guest.contract", {
    "share": ("share", ...), "delay": ("time1", ...),
})
ACTION = Schema("[[action]]", {
    "at": ("time", ...), "every": ("time", "0s"), "do": ("text", ...),
    "pool": ("count0", 0), "cpu": ("count0", None), "guest": ("text", None),
    "policies": ("policies", None), "pairs": ("flag", False),
})
TURNS = 256  # SIM_TURNS in sim.h
# Kinds of times that have limits: least, most, the remedy.
LIMITS = {
    "time1": (1, 2**63, "make it at least 1ns"),
    "slice": (10**3, 10**9, "make it from 1us to 1s"),
    "ratelimit": (0, 500 * 10**6, "make it at most 500ms"),
}


def policies():
    """Names of the policies that there are."""
    with open(os.path.join(HERE, "..", "core", "sched", "sched_policies.def"),
              encoding="utf-8") as f:
        return re.findall(r"^SCHED_POLICY\((\w+)\)", f.read(), re.M)


def nearest(word, known):
    """The remedy for a name that there is not."""
    near = difflib.get_close_matches(word, known, 1)
    return f"did you mean '{near[0]}'?" if near else \
        "there are: " + ", ".join(known)


def parse_time(value):
    """Nanoseconds of "10ms"; None if it is no duration."""
    match = DURATION.match(value) if isinstance(value, str) else None
    return round(float(match.group(1)) * UNITS[match.group(2)]) \
        if match else None


def parse_cpus(value):
    """List of CPUs from [0, 1], "0-3,8" or "all"; None if it is neither."""
    if isinstance(value, list) and all(type(v) is int for v in value):
        return value
    if not isinstance(value, str):
        return None
    cpus = []
    for part in value.split(","):
        match = re.match(r"^\s*(\d+)(?:-(\d+))?\s*$", part)
        if not match:
            return None
        cpus += range(int(match.group(1)),
                      int(match.group(2) or match.group(1)) + 1)
    return cpus


class Reader:
    """One file being checked."""

    def __init__(self, path):
        self.path = path
        self.changed = []   # Keys that --set has changed
        try:
            with open(path, encoding="utf-8") as f:
                self.text = f.read()
        except (OSError, UnicodeDecodeError) as e:
            raise ExperimentError(f"{path}: cannot be read: {e}; give the "
                                  "path of an experiment file") from e
        try:
            self.data = tomllib.loads(self.text)
        except tomllib.TOMLDecodeError as e:
            match = re.search(r"line (\d+)", str(e))
            line = match.group(1) if match else str(
                self.text.count("\n") + 1)
            raise ExperimentError(
                f"{path}:{line}: not TOML: {e}; see the examples in "
                "lab/experiments") from e

    def line_of(self, where, key, nth=0):
        """The line of @key in the @nth table @where; best guess."""
        head = where if where.startswith("[") else None
        if head is None and "." in where:
            head = f"[{where}]"
        lines = self.text.split("\n")
        first, last = 0, len(lines)
        if head:
            starts = [i for i, text in enumerate(lines)
                      if text.split("#")[0].strip().replace(" ", "") == head]
            if not starts:
                starts = [i for i, text in enumerate(lines)
                          if where.split(".")[-1] in text]
            first = starts[min(nth, len(starts) - 1)] if starts else 0
            for i in range(first + 1, len(lines)):
                if lines[i].startswith("["):
                    last = i
                    break
        for i in range(first, last):
            if key and re.match(rf"^\s*\"?{re.escape(key)}\"?\s*=",
                                lines[i]):
                return i + 1
        for i in range(first, last):
            if key and (re.search(rf"\b{re.escape(key)}\s*=", lines[i]) or
                        re.match(rf"^\s*\[+{re.escape(key)}\]", lines[i])):
                return i + 1
        return first + 1

    def fail(self, where, key, what, remedy, nth=0):
        line = self.line_of(where, key, nth)
        for change in self.changed:
            if key in change.split("."):
                line = f"--set {change}"
        raise ExperimentError(f"{self.path}:{line}: key '{key}' of {where}: "
                              f"{what}; {remedy}")

    def value(self, schema, key, kind, value, nth):
        def bad(what, remedy):
            self.fail(schema.where, key, f"{value!r} {what}", remedy, nth)

        if kind in ("time", *LIMITS):
            ns = parse_time(value)
            if ns is None:
                bad("is no duration", 'write a number and ns, us, ms, s or '
                    'min in quotes, like "10ms"')
            if kind != "time" and not \
                    LIMITS[kind][0] <= ns <= LIMITS[kind][1]:
                bad("is too short" if ns < LIMITS[kind][0] else
                    "is too long", LIMITS[kind][2])
            return ns
        if kind in ("count", "count0"):
            least = 1 if kind == "count" else 0
            if type(value) is not int or value < least:
                bad("is no count", f"write a whole number from {least} on, "
                    "without quotes")
            return value
        if kind == "share":
            if type(value) not in (int, float) or not 0 < value <= 1:
                bad("is no share", "write the part of one CPU, above 0 and "
                    "at most 1, like 0.25")
            return float(value)
        if kind == "flag":
            if type(value) is not bool:
                bad("is neither true nor false", "write true or false, "
                    "without quotes")
            return value
        if kind == "cpus":
            cpus = parse_cpus(value)
            if not cpus:
                bad("is no set of CPUs", 'write a list like [0, 1] or a '
                    'range like "0-3,8"')
            return cpus
        if kind == "text":
            if not isinstance(value, str) or not value:
                bad("is no text", "write it in quotes")
            return value
        if kind in ("policy", "policies"):
            for name in [value] if kind == "policy" else \
                    self.value(schema, key, "texts", value, nth):
                if name not in policies():
                    self.fail(schema.where, key, f"there is no policy {name!r}",
                              nearest(str(name), policies()), nth)
            return value
        if kind in ("texts", "counts"):
            want = str if kind == "texts" else int
            if not isinstance(value, list) or not value or \
                    not all(type(v) is want for v in value):
                bad("is no list", "write [...] with "
                    + ("quoted names" if want is str else "numbers"))
            if want is int and min(value) < 1:
                bad("has one below 1", "write numbers from 1 on")
            return value
        if kind == "table" and not isinstance(value, dict):
            bad("is no table", "write it under a line [name] or as "
                "{ a = 1, b = 2 }")
        if kind == "tables" and not (isinstance(value, list) and value and
                                     all(isinstance(v, dict)
                                         for v in value)):
            bad("is no list of tables", f"begin each with a line [[{key}]]")
        return value

    def table(self, schema, data, nth=0):
        """@data by @schema: defaults in, everything checked."""
        for key in data:
            if key not in schema.keys:
                self.fail(schema.where, key, "there is no such key",
                          nearest(key, schema.keys), nth)
        result = {}
        for key, (kind, default) in schema.keys.items():
            if key in data:
                result[key] = self.value(schema, key, kind, data[key], nth)
            elif default is ...:
                self.fail(schema.where, key, "is missing",
                          f"add a line '{key} = ...'", nth)
            else:
                result[key] = parse_time(default) \
                    if kind in ("time", *LIMITS) and default is not None \
                    else default
        return result


def check_cpus(r, where, key, cpus, count, nth):
    for cpu in cpus or ():
        if cpu >= count:
            r.fail(where, key, f"there is no CPU {cpu}",
                   f"the machine of [machine] has 0 to {count - 1}", nth)


def load_guest(r, data, nth, pools, cpus):
    g = r.table(GUEST, data, nth)
    if g["load"] not in KINDS:
        r.fail(GUEST.where, "load", f"there is no load '{g['load']}'",
               nearest(g["load"], KINDS), nth)
    for key in NEEDS[g["load"]]:
        if g[key] is None:
            r.fail(GUEST.where, key, f"is missing: a load '{g['load']}' "
                   "needs it", f"add a line '{key} = ...'", nth)
    if not re.fullmatch(r"[A-Za-z0-9_.-]{1,24}", g["name"]):
        r.fail(GUEST.where, "name", f"'{g['name']}' cannot be a name",
               "use up to 24 letters, digits, - _ .", nth)
    if g["vcpus"] > MAX_VCPUS:
        r.fail(GUEST.where, "vcpus", f"{g['vcpus']} are too many",
               f"a domain has at most {MAX_VCPUS}", nth)
    if g["pool"] >= pools:
        r.fail(GUEST.where, "pool", f"there is no pool {g['pool']}",
               f"[[pool]] tables count from 0; there are {pools}", nth)
    if g["weight"] and g["weight"] > 65535:
        r.fail(GUEST.where, "weight", "is too large", "at most 65535", nth)
    for key in ("affinity", "soft"):
        check_cpus(r, GUEST.where, key, g[key], cpus, nth)
    if g["stop"] and g["stop"] <= g["start"]:
        r.fail(GUEST.where, "stop", "is not after 'start'", "make it later, "
               "or leave it out", nth)
    for key, schema in (("reserve", RESERVE), ("contract", CONTRACT),
                        ("warp", WARP)):
        if g[key] is not None:
            g[key] = r.table(schema, g[key], nth)
    if g["reserve"] and g["reserve"]["budget"] > g["reserve"]["period"]:
        r.fail(GUEST.where, "reserve", "the budget is longer than the "
               "period", "make it at most the period", nth)
    if g["trace"]:
        g["play"] = load_play(r, g["trace"], nth)
    return g


def load_play(r, name, nth):
    """Pairs of run and sleep from a file of two columns, nanoseconds."""
    path = os.path.join(os.path.dirname(r.path), name)
    pairs = []
    try:
        with open(path, encoding="utf-8") as f:
            for number, line in enumerate(f, 1):
                words = line.split("#")[0].replace(",", " ").split()
                if not words:
                    continue
                if len(words) != 2 or not all(w.isdigit() for w in words) \
                        or int(words[0]) == 0:
                    raise ExperimentError(
                        f"{path}:{number}: key 'trace': not two numbers; "
                        "write nanoseconds of work, above 0, and of sleep")
                pairs.append((int(words[0]), int(words[1])))
    except OSError as e:
        r.fail(GUEST.where, "trace", f"{path} cannot be read ({e.strerror})",
               "give a path relative to the experiment file", nth)
    if not pairs:
        r.fail(GUEST.where, "trace", f"{path} is empty",
               "write lines of nanoseconds of work and of sleep", nth)
    return pairs


def pairs_of(names):
    """A round in which each of the names follows each other once."""
    last = len(names) - 1
    return [name for i in range(last) for j in range(i + 1, last + 1)
            for name in (names[i], names[j])]


def load_action(r, data, nth, exp):
    a = r.table(ACTION, data, nth)
    if a["do"] not in ACTIONS:
        r.fail(ACTION.where, "do", f"there is no action '{a['do']}'",
               "there are: " + ", ".join(ACTIONS), nth)
    if a["do"] == "policy" and not a["policies"]:
        r.fail(ACTION.where, "policies", "is missing", "name one or more, "
               "which are taken in turn", nth)
    if a["pairs"]:
        a["policies"] = pairs_of(a["policies"])
    if len(a["policies"] or ()) > TURNS:
        r.fail(ACTION.where, "policies", f"are {len(a['policies'])} in turn",
               f"at most {TURNS} are remembered; name fewer", nth)
    if a["pool"] >= len(exp["pool"]):
        r.fail(ACTION.where, "pool", f"there is no pool {a['pool']}",
               f"[[pool]] tables count from 0; there are {len(exp['pool'])}",
               nth)
    if a["do"].endswith("cpu"):
        if a["cpu"] is None:
            r.fail(ACTION.where, "cpu", "is missing", "say which", nth)
        check_cpus(r, ACTION.where, "cpu", [a["cpu"]], exp["cpus"], nth)
    if a["do"] == "move" and \
            a["guest"] not in [g["name"] for g in exp["guest"]]:
        r.fail(ACTION.where, "guest", f"there is no guest {a['guest']!r}",
               "name one of the [[guest]] tables", nth)
    return a


def set_key(data, path, value):
    """Set data[a][b][2] for the path a.b.2; '*' is every element."""
    head, _, rest = path.partition(".")
    if isinstance(data, list):
        for i, item in enumerate(data):
            if head in ("*", str(i)) or \
                    isinstance(item, dict) and item.get("name") == head:
                if rest:
                    set_key(item, rest, value)
                else:
                    data[i] = value
    elif rest:
        set_key(data.setdefault(head, {}), rest, value)
    else:
        data[head] = value


def load(path, overrides=()):
    """The experiment in @path, after "a.b=value" overrides."""
    r = Reader(path)
    for text in overrides:
        key, eq, value = text.partition("=")
        if not eq:
            raise ExperimentError(f"'{text}': no change; write key=value, "
                                  "like pool.0.policy=credit2")
        try:
            value = tomllib.loads(f"x = {value}")["x"]
        except tomllib.TOMLDecodeError:
            pass
        r.changed.append(key)
        set_key(r.data, key, value)
    exp = r.table(TOP, r.data)
    exp["path"] = path
    exp["name"] = os.path.splitext(os.path.basename(path))[0]
    m = exp["machine"] = r.table(MACHINE, exp["machine"])
    exp["costs"] = r.table(COSTS, exp["costs"])
    cpus = m["nodes"] * m["sockets"] * m["cores"] * m["threads"]
    if cpus > MAX_CPUS:
        r.fail("[machine]", "cores", f"{cpus} CPUs are too many",
               f"nodes x sockets x cores x threads is at most {MAX_CPUS}")
    exp["cpus"] = cpus
    pools = exp["pool"] or [{"policy": "credit2"}]
    exp["pool"] = [r.table(POOL, p, i) for i, p in enumerate(pools)]
    check_pools(r, exp)
    exp["guest"] = [load_guest(r, g, i, len(exp["pool"]), cpus)
                    for i, g in enumerate(exp["guest"])]
    names = [g["name"] for g in exp["guest"]]
    for i, name in enumerate(names):
        if name in names[:i]:
            r.fail(GUEST.where, "name", f"'{name}' is there twice",
                   "give each guest its own, or use 'count'", i)
    if sum(g["count"] for g in exp["guest"]) > MAX_GUESTS:
        r.fail(GUEST.where, "count", "too many guests",
               f"at most {MAX_GUESTS} in all")
    if sum(g["count"] * g["vcpus"] for g in exp["guest"]) > MAX_ALL_VCPUS:
        r.fail(GUEST.where, "vcpus", "too many vCPUs",
               f"at most {MAX_ALL_VCPUS} in all")
    for i, g in enumerate(exp["guest"]):
        check_place(r, exp, g, i)
    for i in range(len(exp["pool"])):
        check_frame(r, exp, i)
    exp["action"] = [load_action(r, a, i, exp)
                     for i, a in enumerate(exp["action"])]
    if exp["sweep"] is not None and not all(
            isinstance(v, list) and v for v in exp["sweep"].values()):
        r.fail("[sweep]", next(iter(exp["sweep"]), ""), "is no list of "
               "values", 'write "pool.0.policy" = ["credit", "credit2"]')
    return exp


def check_pools(r, exp):
    """Each CPU has one pool, and pool 0 those that no other takes."""
    left = set(range(exp["cpus"]))
    for i, p in enumerate(exp["pool"]):
        check_cpus(r, POOL.where, "cpus", p["cpus"], exp["cpus"], i)
        if i == 0:
            continue
        if not p["cpus"]:
            r.fail(POOL.where, "cpus", "is missing", "say which CPUs pool "
                   f"{i} takes from pool 0", i)
        for cpu in set(p["cpus"]) - left:
            r.fail(POOL.where, "cpus", f"another pool has CPU {cpu}",
                   "give each CPU to one pool", i)
        left -= set(p["cpus"])
        if not left:
            r.fail(POOL.where, "cpus", "leaves pool 0 none", "give the "
                   "machine more CPUs, or this pool fewer", i)
        p["has"] = set(p["cpus"])
    exp["pool"][0]["has"] = left
    for i, p in enumerate(exp["pool"]):
        check_cores(r, p, exp["machine"]["threads"], i)


def check_cores(r, p, threads, nth):
    """What is scheduled by cores has whole ones of several threads."""
    has = sorted(cpu // threads for cpu in p["has"])
    whole = threads in (2, 4, 8) and has == sorted([*{*has}] * threads)
    if p["granularity"] not in ["cpu", "core"][:1 + whole]:
        r.fail(POOL.where, "granularity", "is cpu, or core with whole cores of "
               "2, 4 or 8 threads", "change it, threads or cpus", nth)


def check_place(r, exp, g, nth):
    """A guest can run somewhere."""
    has = exp["pool"][g["pool"]]["has"]
    if g["affinity"] and not has & set(g["affinity"]):
        r.fail(GUEST.where, "affinity", f"no CPU of pool {g['pool']} is in "
               "it", "name one of " + ", ".join(map(str, sorted(has))), nth)


def guest_instances(exp):
    """(name, guest) for each domain, in order of their numbers."""
    for g in exp["guest"]:
        for i in range(g["count"]):
            yield (g["name"] if g["count"] == 1 else f"{g['name']}-{i}"), g


def place_lines(exp):
    m = exp["machine"]
    for cpu in range(exp["cpus"]):
        core = cpu // m["threads"]
        socket = core // m["cores"]
        yield f"place {cpu} {core} {socket} {socket // m['sockets']}"


def guest_lines(exp):
    for name, g in guest_instances(exp):
        nth = int(name.rsplit("-", 1)[1]) if g["count"] > 1 else 0
        start = g["start"] + nth * g["spread"]
        numbers = [start, g["step"], g["stop"], g["work"] or 0,
                   g["period"] or 0, g["deadline"] or 0, g["wait"] or 0,
                   g["total"] or 0, int(g["random"]), int(g["spin"]),
                   int(g["yield"])]
        if g["load"] == "periodic" and not g["deadline"]:
            numbers[5] = g["period"]
        yield (f"guest {name} {g['pool']} {g['vcpus']} {g['load']} "
               + " ".join(map(str, numbers)))
        for j in range(0, len(g.get("play", ())), 500):
            yield "play " + " ".join(f"{a} {b}"
                                     for a, b in g["play"][j:j + 500])
        for word in ("affinity", "soft"):
            if g[word]:
                kind = "hard" if word == "affinity" else "soft"
                yield f"affinity {kind} " + " ".join(map(str, g[word]))
        yield "adjust " + " ".join(map(str, adjust_words(
            g, exp["pool"][g["pool"]]["policy"])))


def frame_lines(exp):
    names = [name for name, _ in guest_instances(exp)]
    for i, p in enumerate(exp["pool"]):
        if p["frame"]:
            major = p["major"] or sum(w["run"] for w in p["frame"])
            yield f"frame {i} {major} " + " ".join(
                f"{names.index(w['guest'])} {w['vcpu']} {w['run']}"
                for w in p["frame"])


def check_frame(r, exp, nth):
    p = exp["pool"][nth]
    if not p["frame"]:
        return
    p["frame"] = [r.table(WINDOW, w, nth) for w in p["frame"]]
    instances = dict(guest_instances(exp))
    for w in p["frame"]:
        if w["guest"] not in instances:
            r.fail(POOL.where, "frame", f"there is no guest {w['guest']!r}",
                   "name a [[guest]], with -0, -1 ... if it has a count",
                   nth)
        if w["vcpu"] >= instances[w["guest"]]["vcpus"]:
            r.fail(POOL.where, "frame", f"{w['guest']} has no vCPU "
                   f"{w['vcpu']}", "count from 0", nth)
    if p["major"] and sum(w["run"] for w in p["frame"]) > p["major"]:
        r.fail(POOL.where, "major", "the windows are longer than the frame",
               "make it at least their sum", nth)


def action_lines(exp):
    names = [name for name, _ in guest_instances(exp)]
    for a in exp["action"]:
        what = a["cpu"] or 0
        if a["do"] == "move":
            what = names.index(a["guest"])
        yield (f"action {a['at']} {a['every']} {ACTIONS[a['do']]} "
               f"{a['pool']} {what} " + " ".join(a["policies"] or ()))


def sim_lines(exp, seed):
    """The text that build/lab/sim reads."""
    c = exp["costs"]
    yield (f"machine {exp['cpus']} {seed} {exp['duration']} "
           f"{int(exp['check'])}")
    yield from place_lines(exp)
    yield "costs " + " ".join(str(c[key]) for key in (
        "exit", "switch", "ipi", "core", "socket", "node", "timer", "wake",
        "block", "resume"))
    for i, p in enumerate(exp["pool"]):
        yield f"pool {i} {p['policy']} {p['slice']} " + \
            " ".join(map(str, p["cpus"] or ()))
        if p["ratelimit"] is not None:
            yield f"ratelimit {i} {p['ratelimit'] // 1000}"
        if p["granularity"] == "core":
            yield f"cores {i}"
    yield from guest_lines(exp)
    yield from frame_lines(exp)
    yield from action_lines(exp)
