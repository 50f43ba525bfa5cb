# SPDX-License-Identifier: GPL-2.0-or-later
"""What the laboratory's tests share: lab/lab as a module, and experiments put
together from text."""
import importlib.machinery
import importlib.util
import os
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "lab"))
sys.path.insert(0, str(ROOT))

from experiment import load  # noqa: E402

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
