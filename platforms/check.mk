# make windows  the kernels compiled for 64-bit Windows and compared, under Wine, with the NumPy twin's values
# make check    the same on this machine and, by emulators, on processors that it is not
#
# The first wants Debian's g++-mingw-w64-x86-64-posix and wine, or another compiler for Windows and a command that
# runs its programs. Zig, `pip install ziglang`, is one: WINDOWS_CXX="python-zig c++ -target x86_64-windows-gnu".
# The second wants qemu-user and g++-aarch64-linux-gnu.

WINDOWS_CXX ?= x86_64-w64-mingw32-g++-posix
WINE ?= WINEPREFIX=$(abspath build/check/wine) WINEDEBUG=-all wine
checked := $(VENV)/.tools $(native) tests/native/check.cpp
check_values := build/check/values.bin
check_path := PATH="$(abspath $(VENV)/bin):$$PATH"
check_cmake := $(check_path) cmake -S . -G Ninja -DCMAKE_BUILD_TYPE=Release -DMIXTURA_CHECK=ON

.PHONY: windows check
windows: build/check/windows/check.exe $(check_values)
	$(WINE) $< $(check_values)

# What each processor is to run: all, no AVX-512, no AVX, and AVX that the system keeps no registers for.
check: build/check/here/check build/check/arm64/check $(check_values)
	$< $(check_values)
	qemu-aarch64 -L /usr/aarch64-linux-gnu build/check/arm64/check $(check_values) baseline
	qemu-x86_64 -cpu Haswell $< $(check_values) avx2 baseline
	qemu-x86_64 -cpu Nehalem $< $(check_values) baseline
	qemu-x86_64 -cpu Haswell,-xsave $< $(check_values) baseline

$(check_values): tests/native/values.py $(VENV)/.test
	@mkdir -p $(@D)
	$(python) tests/native/values.py $@

build/check/here/check: $(checked)
	$(check_cmake) -B $(@D)
	$(check_path) cmake --build $(@D)

build/check/arm64/check: $(checked)
	$(check_cmake) -B $(@D) -DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR=aarch64 \
	  -DCMAKE_CXX_COMPILER=aarch64-linux-gnu-g++
	$(check_path) cmake --build $(@D)

build/check/windows/check.exe: $(checked)
	CXX='$(WINDOWS_CXX)' $(check_cmake) -B $(@D) -DCMAKE_SYSTEM_NAME=Windows -DCMAKE_SYSTEM_PROCESSOR=AMD64
	$(check_path) cmake --build $(@D)
