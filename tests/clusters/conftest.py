"""What tests of clusters share: one data set, and one cluster of each kind a session."""

import os
import re
import shutil
import subprocess
import sys
import warnings

import numpy as np
import pytest

from .places import BLOCK

ROWS, FEATURES, COMPONENTS = 200_000, 4, 5
INSTALL = "install a Java runtime (Debian: apt-get install default-jre-headless) or set JAVA_HOME"


@pytest.fixture(scope="session")
def means():
    """Return where the components lie, (5, 4)."""
    return 2.5 * np.random.default_rng(0).normal(size=(COMPONENTS, FEATURES))


@pytest.fixture(scope="session")
def x(means):
    """Return rows (n, 4) of five overlapping components."""
    rng = np.random.default_rng(1)
    return means[rng.integers(COMPONENTS, size=ROWS)] + rng.normal(size=(ROWS, FEATURES))


@pytest.fixture(scope="session")
def start(means):
    """Return means that a climb begins at, a few passes from the maximum."""
    return {"means": means + 0.1}


@pytest.fixture(scope="session")
def spark():
    """Return a Spark session of two threads on this machine, whose tasks may fail twice."""
    lacks = no_java()
    if lacks:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(lacks)
    from pyspark.sql import SparkSession

    os.environ["PYSPARK_PYTHON"] = sys.executable
    settings = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.memory": "1g",
        "spark.driver.host": "127.0.0.1",
        "spark.default.parallelism": str(ROWS // BLOCK),
        "spark.sql.shuffle.partitions": "2",
    }
    builder = SparkSession.builder.master("local[2, 3]")
    for name, value in settings.items():
        builder = builder.config(name, value)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        session = builder.getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    yield session
    session.stop()


def no_java():
    """Say why Spark cannot run here, or return nothing."""
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=os.path.join(home, "bin") if home else None)
    told = "" if java is None else subprocess.run([java, "-version"], capture_output=True, text=True).stderr
    found = re.search(r'version "(\d+)', told)
    if found and int(found[1]) >= 17:
        return ""
    here = f"here is {found[1]}" if found else "there is none"
    return f"Spark 4 needs Java 17 or newer, and {here}: {INSTALL}"


def pytest_terminal_summary(terminalreporter):
    """Say loudly that nothing was tried on Spark."""
    if no_java():
        terminalreporter.section("NOT RUN", sep="!", red=True)
        terminalreporter.line(no_java())
