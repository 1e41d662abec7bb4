# make wheel  wheel and source distribution of the last commit, into build/release/dist, and tested as people get them
#
# They are made from a clean clone, the wheel from the source distribution; twine looks at what an index will show. In
# an empty environment that may compile nothing the wheel runs the README's Python.

release := build/release

.PHONY: wheel
wheel: $(VENV)/.tools
	$(pip) install build twine
	rm -rf $(release)
	git clone --quiet . $(release)/clone
	$(python) -m build --outdir $(release)/dist $(release)/clone
	$(python) -m twine check --strict $(release)/dist/*
	$(PYTHON) -m venv $(release)/venv
	cd $(release) && env PATH="$$PWD/venv/bin" CC=none CXX=none venv/bin/python -m pip \
	  --disable-pip-version-check --quiet install --only-binary :all: "$$(echo dist/*.whl)[all]"
	cd $(release) && env -u PYTHONPATH PATH="$$PWD/venv/bin" venv/bin/python clone/platforms/readme.py
	$(release)/venv/bin/mixtura --version
