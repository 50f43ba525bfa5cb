# SPDX-License-Identifier: GPL-2.0-or-later
#
# `make docs` brings the generated parts of docs/ up to date and fails if
# that changed anything: what is committed must be current.
docs:
	$(Q)if $(PYTHON) tools/gen_docs.py --check; then \
	    echo 'docs: up to date'; \
	else \
	    $(PYTHON) tools/gen_docs.py; exit 1; \
	fi
