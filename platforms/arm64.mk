# make arm64  the tests of the core, of EM and of the search on 64-bit ARM, by an emulator
#
# Wants Debian's qemu-user and g++-aarch64-linux-gnu. Debian's Python for arm64 is unpacked into a folder of its own,
# the wheels for arm64 beside it; the module is built by that Python with the cross compiler.

arm64 := $(abspath build/arm64)
arm64_suite := bookworm
arm64_apt := APT_CONFIG=$(arm64)/apt/apt.conf apt-get --quiet --quiet --yes
arm64_python := PYTHONHOME=$(arm64)/root/usr PYTHONPATH=$(arm64)/site $(arm64)/python

# The emulator does not come back from the forks of a process with threads.
arm64_forks := test_children_of_a_process_whose_thread_makes_the_pool_pass_over_their_rows

.PHONY: arm64
arm64: $(arm64)/.test
	$(arm64_python) -m pytest -p no:cacheprovider --hypothesis-profile=emulated --numprocesses 2 \
	  --deselect tests/core/test_threads.py::$(arm64_forks) tests/core tests/em tests/search

# Debian's packages, by a configuration that knows no machine but this one.
$(arm64)/.root: platforms/arm64.mk
	rm -rf $(arm64) && mkdir -p $(addprefix $(arm64)/,root $(addprefix apt/,etc/apt/apt.conf.d etc/apt/preferences.d \
	  etc/apt/sources.list.d var/lib/apt/lists/partial var/cache/apt/archives/partial var/lib/dpkg))
	touch $(arm64)/apt/var/lib/dpkg/status
	printf '%s;\n' 'Dir "$(arm64)/apt"' 'Dir::State::status "$(arm64)/apt/var/lib/dpkg/status"' \
	  'APT::Architecture "arm64"' 'APT::Architectures { "arm64"; }' 'APT::Install-Recommends "false"' \
	  'APT::Sandbox::User ""' > $(arm64)/apt/apt.conf
	echo 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian' \
	  '$(arm64_suite) main' > $(arm64)/apt/etc/apt/sources.list
	$(arm64_apt) update
	$(arm64_apt) --download-only install python3 libpython3-dev libstdc++6
	for package in $(arm64)/apt/var/cache/apt/archives/*.deb; do dpkg-deb --extract $$package $(arm64)/root; done
	@touch $@

# The name that Python is called by is that of this script, so that what it starts in turn is emulated too.
$(arm64)/.site: $(arm64)/.root $(VENV)/.tools pyproject.toml
	printf '%s\n' '#!/bin/sh' 'exec qemu-aarch64 -L $(arm64)/root -0 "$$0" $(arm64)/root/usr/bin/python3 "$$@"' \
	  > $(arm64)/python && chmod +x $(arm64)/python
	$(pip) install uv
	rm -rf $(arm64)/site
	$(VENV)/bin/uv pip install --quiet --target $(arm64)/site --only-binary :all: \
	  --python-platform aarch64-manylinux_2_28 \
	  --python-version $$($(arm64)/python -c 'import sys; print("%d.%d" % sys.version_info[:2])') \
	  --requirements pyproject.toml pytest pytest-xdist hypothesis mpmath pandas scikit-build-core nanobind
	@touch $@

$(arm64)/.test: $(arm64)/.site $(native) $(shell find src/mixtura -name '*.py')
	rm -rf $(arm64)/wheel
	CXX=aarch64-linux-gnu-g++ CXXFLAGS='-idirafter $(arm64)/root/usr/include' $(arm64_python) -c \
	  'from scikit_build_core.build import build_wheel; build_wheel("$(arm64)/wheel", {"build-dir": "$(arm64)/cmake"})'
	rm -rf $(arm64)/site/mixtura*
	$(python) -m zipfile --extract $(arm64)/wheel/*.whl $(arm64)/site
	@touch $@
