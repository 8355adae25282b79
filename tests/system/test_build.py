# SPDX-License-Identifier: Apache-2.0
"""Configuring and building, wherever the tree lies and whatever was built in
it before."""
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests"))

import oaprun  # noqa: E402

pytestmark = pytest.mark.skipif(
    os.environ.get("OAP_PRESET") in ("asan", "tsan"),
    reason="makes its own build, the same under every preset")


def run(*command, cwd):
    done = subprocess.run([str(c) for c in command], cwd=cwd, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=600)
    assert done.returncode == 0, done.stdout[-4000:]
    return done.stdout


@pytest.fixture
def tree(tmp_path):
    """The sources, in a folder whose name a shell would take apart."""
    tree = tmp_path / "One-Asia Pass"
    shutil.copytree(TOP, tree, ignore=shutil.ignore_patterns("build", ".git"))
    return tree


def test_it_builds_where_the_path_has_a_space(tree):
    run("cmake", "--preset", "dev", "-DOAP_TESTS=OFF", cwd=tree)
    run("cmake", "--build", "--preset", "dev", cwd=tree)
    assert list(tree.rglob("liboap.so.0"))


def test_a_preset_has_its_tests_whoever_configured_it_without(tree):
    run("cmake", "--preset", "release", "-DOAP_TESTS=OFF", cwd=tree)
    run("cmake", "--preset", "release", cwd=tree)
    listed = run("ctest", "--test-dir", "build/release", "-N", cwd=tree)
    assert "common_cbor" in listed


def test_a_build_may_be_named_from_where_pytest_is_called(monkeypatch):
    build = oaprun.build()
    monkeypatch.chdir(build.parent)
    monkeypatch.setenv("OAP_BUILD", build.name)
    assert oaprun.build() == build
