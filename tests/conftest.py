# SPDX-License-Identifier: GPL-2.0-or-later
"""What pytest needs for the tests that boot a machine."""

import pathlib
import shutil
import sys
import tempfile

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))


@pytest.fixture
def scratch():
    """A folder for large files, gone after the test whatever happens."""
    base = ROOT / "build" / "tmp"
    base.mkdir(parents=True, exist_ok=True)
    path = pathlib.Path(tempfile.mkdtemp(dir=base))
    yield path
    shutil.rmtree(path, ignore_errors=True)


def pytest_unconfigure(config):
    """End with the line that tests/summary.py adds up."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or config.option.collectonly:
        return
    failed = sum(len(reporter.stats.get(k, ())) for k in ("failed", "error"))
    print(f"{len(reporter.stats.get('passed', ()))} passed, {failed} failed")
