# SPDX-License-Identifier: GPL-2.0-or-later
"""Options of the guest tests."""


def pytest_addoption(parser):
    """--bed NAME, more than once for several."""
    parser.addoption("--bed", action="append", default=[],
                     help="where to run: see BEDS in test_guest.py")
