# SPDX-License-Identifier: Apache-2.0
"""What `cmake --install` puts in place, used as somebody else would: the
library through pkg-config, the programs by their names, the manual pages."""
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests"))

import oaprun  # noqa: E402

PROGRAMS = ("oapd", "oapctl", "oap-issuer", "oap-kiosk")
PAGES = ("man1/oap-issuer.1", "man1/oapctl.1", "man1/oap-kiosk.1",
         "man3/oap.3", "man5/oapd.conf.5", "man7/oap-verdicts.7",
         "man8/oapd.8")
SANITIZERS = {"asan": ["-fsanitize=address,undefined"],
              "tsan": ["-fsanitize=thread"]}


def run(*command, status=0, **options):
    done = subprocess.run([str(c) for c in command], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=120, **options)
    assert done.returncode == status, (command, done.stdout, done.stderr)
    return done


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    prefix = tmp_path_factory.mktemp("usr")
    run("cmake", "--install", oaprun.build(), "--prefix", prefix)
    return prefix


def one(prefix, pattern):
    found = list(prefix.rglob(pattern))
    assert len(found) == 1, (pattern, found)
    return found[0]


def flags_of(prefix, *what):
    folder = one(prefix, "oap.pc").parent
    # Nothing but what this project installs: its users need no more.
    env = dict(os.environ, PKG_CONFIG_LIBDIR=str(folder))
    return run("pkg-config", *what, "oap", env=env).stdout.split()


def page(prefix, name):
    return (prefix / "share/man" / name).read_text()


def test_all_is_there_and_the_programs_say_their_version(prefix):
    version = flags_of(prefix, "--modversion")[0]
    for name in PROGRAMS:
        assert version in run(one(prefix, name), "--version").stdout
    for name in PAGES:
        run("mandoc", "-T", "lint", "-W", "warning",
            prefix / "share/man" / name)
    # What error messages and manual pages refer to, and what it may be used
    # for.
    for name in ("oapd.conf", "openapi.yaml", "oap-kiosk.openapi.yaml",
                 "messages.cddl", "LICENSE"):
        assert one(prefix, name).parent == \
            prefix / "share/doc/one-asia-pass", name


UNITS = [("oapd.service", "oapd"), ("oap-kiosk@.service", "oap-kiosk")]


@pytest.mark.parametrize("name, program", UNITS)
def test_the_unit_starts_what_was_installed_with_it(prefix, name, program):
    unit = one(prefix, name)
    start = re.search(r"^ExecStart=(.*)$", unit.read_text(), re.M)[1]
    assert shlex.split(start)[0] == str(one(prefix, program))


@pytest.mark.parametrize("name, program", UNITS)
@pytest.mark.skipif(shutil.which("systemd-analyze") is None,
                    reason="systemd-analyze: not installed (package systemd)")
def test_systemd_takes_the_unit_and_finds_it_confined(prefix, name, program):
    unit = one(prefix, name)
    told = run("systemd-analyze", "verify", "--man=no", unit)
    assert told.stderr == ""
    run("systemd-analyze", "security", "--offline=true", "--threshold=25",
        unit)


def test_the_sample_is_a_configuration_that_the_daemon_takes(prefix):
    told = run(one(prefix, "oapd"), "--check", "--config",
               one(prefix, "oapd.conf"))
    assert "data_dir = /var/lib/oapd\n" in told.stdout


def test_a_program_of_another_maker_needs_the_header_and_pkg_config(
        prefix, tmp_path):
    """The one in oap(3), as it is printed there."""
    text = re.search(r"^\.Bd -literal\n(.*?)^\.Ed", page(prefix,
                     "man3/oap.3"), re.S | re.M)[1].replace("\\e", "\\")
    (tmp_path / "till.c").write_text(text)
    run("cc", "-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror",
        *SANITIZERS.get(os.environ.get("OAP_PRESET"), []),
        tmp_path / "till.c", "-o", tmp_path / "till",
        *flags_of(prefix, "--cflags", "--libs"))
    env = dict(os.environ,
               LD_LIBRARY_PATH=str(one(prefix, "liboap.so").parent))
    nowhere = tmp_path / "door"
    told = run(tmp_path / "till", nowhere, "OAP1:", status=4, env=env)
    assert str(nowhere) in told.stderr and told.stderr.count("\n") == 1


def test_the_header_compiles_alone_as_c11(prefix, tmp_path):
    (tmp_path / "alone.c").write_text(
        "#include <oap.h>\nstruct oap_told told;\n")
    run("cc", "-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-c",
        *flags_of(prefix, "--cflags"), tmp_path / "alone.c", "-o",
        tmp_path / "alone.o")


def test_the_library_shows_what_the_header_declares_and_nothing_else(prefix):
    library = one(prefix, "liboap.so.0")
    header = (prefix / "include/oap.h").read_text()
    code = re.sub(r"/\*.*?\*/", "", header, flags=re.S)
    declared = set(re.findall(r"\b(oap_\w+)\(", code))
    assert len(declared) > 15
    shown = {line.split()[-1].split("@")[0] for line in run(
        "nm", "-D", "--defined-only", library).stdout.splitlines()
        if line.split()[-2] in "TBDR"}
    assert shown == declared
    assert "liboap.so.0" in run("objdump", "-p", library).stdout


def test_the_manual_names_each_function_and_each_result(prefix):
    header = (prefix / "include/oap.h").read_text()
    text = page(prefix, "man3/oap.3")
    code = re.sub(r"/\*.*?\*/", "", header, flags=re.S)
    for name in set(re.findall(r"\b(oap_\w+)\(", code)):
        assert ".Fn %s" % name in text, name
    results = re.search(r"enum oap_result {(.*?)}", code, re.S)[1]
    classes = re.search(r"enum oap_class {(.*?)}", code, re.S)[1]
    for name in re.findall(r"\bOAP_\w+", results + classes):
        assert re.search(r"Dv %s\b" % name, text), name


def test_the_manual_names_each_command_and_option_of_the_kiosk(prefix):
    kiosk = one(prefix, "oap-kiosk")
    text = page(prefix, "man1/oap-kiosk.1")
    commands = re.findall(r"^  ([a-z]+)", run(kiosk, "--help").stdout, re.M)
    assert len(commands) > 5
    for command in commands:
        assert re.search(r"^\.It Cm %s$" % command, text, re.M), command
        for option in re.findall(r"--([a-z]+)",
                                 run(kiosk, command, "--help").stdout):
            assert re.search(r"^\.It Fl -%s\b" % option, text, re.M), option


def test_no_help_has_a_line_that_ends_in_a_space(prefix):
    kiosk = one(prefix, "oap-kiosk")
    commands = re.findall(r"^  ([a-z]+)", run(kiosk, "--help").stdout, re.M)
    for command in [[one(prefix, name)] for name in PROGRAMS] + \
            [[kiosk, name] for name in commands]:
        said = run(*command, "--help").stdout
        assert said and not re.search(r"[ \t]$", said, re.M), command
