"""Each way to install gives a broker that runs anywhere and takes no name but its own."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tarfile
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

EVERY_MODULE = """
import pkgutil, sys, kafkapy
for module in pkgutil.walk_packages(kafkapy.__path__, "kafkapy."):
    if not module.name.endswith("__main__"):
        __import__(module.name)
print(kafkapy.__file__)
print(*sorted({"wire", "storage"} & set(sys.modules)))
"""

SERVE_ONE = """
import asyncio, socket, sys
from kafkapy import __main__ as command

real_print = print
def ready(line, **_):
    address = line.rpartition(" ")[2].rpartition(":")
    with socket.create_connection((address[0], int(address[2])), 10) as sock:
        real_print("served", sorted({"wire", "storage"} & set(sys.modules)))
    raise KeyboardInterrupt
command.print = ready
command.main(["--port", "0", "--memory"])
"""


def hatch(source: Path, target: str, folder: Path) -> Path:
    """Build one distribution of `source` into `folder`."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(folder)]
    subprocess.run(command, cwd=source, check=True, capture_output=True, timeout=60)
    (built,) = folder.iterdir()
    return built


def build_wheel(scratch: Path) -> Path:
    return hatch(ROOT, "wheel", scratch / "wheel")


def build_from_sdist(scratch: Path) -> Path:
    with tarfile.open(hatch(ROOT, "sdist", scratch / "sdist")) as archive:
        # As an argument it is not known before Python 3.11.4.
        archive.extraction_filter = getattr(tarfile, "data_filter", None)
        archive.extractall(scratch / "source")
    (source,) = (scratch / "source").iterdir()
    return hatch(source, "wheel", scratch / "wheel")


def build_editable(scratch: Path) -> Path:
    return hatch(ROOT, "wheel:editable", scratch / "wheel")


@pytest.fixture(
    scope="module",
    params=[build_wheel, build_from_sdist, build_editable],
    ids=["wheel", "sdist", "editable"],
)
def python(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the interpreter of a new environment that has this distribution of kafkapy.

    The packages that kafkapy needs are those of the environment that runs the test, so that no
    network is needed; kafkapy itself is found in the new environment first.
    """
    pytest.importorskip("hatchling")
    scratch = tmp_path_factory.mktemp("install")
    wheel = request.param(scratch)
    home = scratch / "venv"
    venv.create(home, with_pip=False, symlinks=os.name != "nt")
    interpreter = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    pip = [sys.executable, "-m", "pip", "--python", str(interpreter), "install"]
    options = ["--quiet", "--no-index", "--no-deps", "--no-compile"]
    subprocess.run([*pip, *options, str(wheel)], check=True, capture_output=True, timeout=60)
    packages = sysconfig.get_path("purelib", "venv", {"base": str(home)})
    Path(packages, "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return interpreter


@pytest.fixture
def users_folder(tmp_path: Path) -> Path:
    """A folder with modules of a user whose names are those of our top-level folders."""
    for name in ("wire.py", "storage.py"):
        (tmp_path / name).write_text("raise RuntimeError('this is the module of a user')\n")
    return tmp_path


def run(python: Path, program: str, folder: Path) -> list[str]:
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(
        [str(python), "-c", program],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split("\n")


def test_every_module_imports_beside_a_users_own_wire_and_storage(
    python: Path, users_folder: Path, request: pytest.FixtureRequest
) -> None:
    where, taken, *_ = run(python, EVERY_MODULE, users_folder)
    assert taken == ""
    installed_here = not Path(where).is_relative_to(ROOT)
    assert installed_here == ("editable" not in request.node.callspec.id)


def test_the_broker_serves_from_a_folder_with_a_users_own_wire_and_storage(
    python: Path, users_folder: Path
) -> None:
    assert run(python, SERVE_ONE, users_folder)[0] == "served []"


def test_the_command_is_installed(python: Path, users_folder: Path) -> None:
    import kafkapy

    command = python.with_name("kafkapy.exe" if os.name == "nt" else "kafkapy")
    done = subprocess.run(
        [command, "--version"], cwd=users_folder, capture_output=True, text=True, timeout=60
    )
    assert done.stdout == f"kafkapy {kafkapy.__version__}\n"
