# make demo    build, fit the real data of the package, draw the pictures
# make test    build, run the whole test suite
# make wheel, oldest, check, windows and arm64 stand in platforms: packages, and machines that are not this one.
# Each is complete by itself: it makes the environment in .venv, installs what it needs and builds the C++ core.
# A second run starts at once; a change of pyproject.toml, of the C++ sources or of which modules there are builds again.

PYTHON ?= python3
VENV ?= .venv
python := $(VENV)/bin/python
pip := $(python) -m pip --disable-pip-version-check --quiet
native := CMakeLists.txt $(shell find src/mixtura/_core -name '*.[ch]pp' -o -name '*.inl')
formatted := $(filter-out CMakeLists.txt,$(native)) $(wildcard tests/native/*.cpp)
folders := $(shell find src/mixtura -type d -not -name __pycache__)
sanitized := build/sanitize
JAVA := $(if $(JAVA_HOME),$(JAVA_HOME)/bin/java,java)

.PHONY: demo test java lint format bench docs sanitize clean

demo: $(VENV)/.built
	$(VENV)/bin/mixtura demo

test: $(VENV)/.test java
	$(python) -m pytest

# The tests of Spark need Java 17 or newer: what is at hand, else the system's own package where that may be
# installed. Where there is none the tests say loudly what they could not try, and on CI they fail.
java:
	@if $(JAVA) -version 2>&1 | grep -Eq 'version "(1[7-9]|[2-9][0-9])'; then exit 0; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null; then \
	  echo "installing default-jre-headless, which the tests of Spark need"; \
	  { apt-get -qq update && apt-get -qq install -y --no-install-recommends default-jre-headless; } > /dev/null \
	  || echo "it could not be installed: Spark will not be tried"; \
	else \
	  echo "Spark will not be tried: it needs Java 17 or newer; install a Java runtime" \
	    "(Debian: sudo apt-get install default-jre-headless; macOS: brew install openjdk) or set JAVA_HOME"; \
	fi

lint: $(VENV)/.test $(VENV)/.lint
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy
	$(VENV)/bin/clang-format --dry-run -Werror $(formatted)

format: $(VENV)/.lint
	$(VENV)/bin/ruff format .
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/clang-format -i $(formatted)

bench: $(VENV)/.test
	$(python) -m benchmarks

docs: $(VENV)/.docs
	$(VENV)/bin/mkdocs build --strict

# The native module under AddressSanitizer and UndefinedBehaviorSanitizer, in an environment of its own that
# borrows the packages of $(VENV). libstdc++ is preloaded with libasan so that C++ exceptions are intercepted, and
# pytest leaves the process's own standard error alone, where the sanitizers report.
sanitize: $(sanitized)/.built
	LD_PRELOAD="$$($(CXX) -print-file-name=libasan.so) $$($(CXX) -print-file-name=libstdc++.so.6)" \
	ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 \
	$(sanitized)/venv/bin/python -m pytest --capture=sys

$(sanitized)/.built: $(VENV)/.test $(native)
	$(PYTHON) -m venv $(sanitized)/venv
	$(python) -c 'import sysconfig; print(sysconfig.get_path("purelib"))' \
	  > "$$($(sanitized)/venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/borrowed.pth"
	$(sanitized)/venv/bin/python -m pip --disable-pip-version-check --quiet install --no-build-isolation --no-deps \
	  --config-settings=build-dir=$(sanitized)/cmake --config-settings=cmake.define.MIXTURA_SANITIZE=ON \
	  --editable .
	@touch $@

# The stamps say what the environment holds. The build runs without isolation, so that it is incremental; cmake and
# ninja are installed only where the machine has none, as the build backend itself says.
$(VENV)/.tools:
	$(PYTHON) -m venv $(VENV)
	$(pip) install --upgrade pip
	$(pip) install scikit-build-core nanobind
	$(pip) install $$($(python) -m scikit_build_core.build requires | tr -d '[]",\n')
	@touch $@

# An editable install lists the modules that it finds: one that comes or goes, which its folder's date tells, needs
# another install.
$(VENV)/.built: $(VENV)/.tools pyproject.toml $(native) $(folders)
	$(pip) install --no-build-isolation --editable '.[all]'
	@touch $@

$(VENV)/.test $(VENV)/.lint $(VENV)/.docs: $(VENV)/.%: $(VENV)/.built
	$(pip) install 'mixtura[$*]'
	@touch $@

# What packages are like for people who get them, and how it goes on other machines.
include platforms/*.mk

clean:
	rm -rf build dist site demo .pytest_cache .mypy_cache .ruff_cache .hypothesis
