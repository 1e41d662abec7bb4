# make oldest  the whole suite with the oldest Python and the oldest of each package that pyproject.toml admits
#
# Only those are old that it names: what they need in turn is the newest that fits. Of that pyparsing deprecates
# what the oldest matplotlib calls.

OLDEST_PYTHON ?= $(firstword $(wildcard $(HOME)/.pyenv/versions/3.10.*/bin/python) 3.10)
oldest := build/oldest
oldest_uv := VIRTUAL_ENV=$(oldest) $(VENV)/bin/uv pip install --quiet --resolution lowest-direct

.PHONY: oldest
oldest: $(oldest)/.test
	$(oldest)/bin/python -m pytest -W ignore::pyparsing.warnings.PyparsingDeprecationWarning

$(oldest)/.tools: $(VENV)/.tools pyproject.toml
	$(pip) install uv
	$(VENV)/bin/uv venv --quiet --clear --python $(OLDEST_PYTHON) $(oldest)
	sed -n 's/^requires = \[\(.*\)\]/\1/p' pyproject.toml | tr -d '",' | tr ' ' '\n' > $(oldest)/build.txt
	$(oldest_uv) --requirements $(oldest)/build.txt
	$(oldest_uv) $$($(python) -m scikit_build_core.build requires | tr -d '[]",\n')
	@touch $@

$(oldest)/.test: $(oldest)/.tools $(native) $(folders)
	$(oldest_uv) --no-build-isolation-package mixtura --reinstall-package mixtura --editable '.[test]'
	@touch $@
