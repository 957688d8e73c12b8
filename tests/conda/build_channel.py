"""Build a local conda channel with the packages that the environment files pin.

PyPI is reachable on more machines than conda's channels. Each pin of an environment becomes a
conda package made from the wheel of that version, with all its requirements. A pin without a wheel
is an error, unless ``unverified.tsv`` lists its substitute. This tests the project's files and
Snakemake's handling of them, not the builds of conda-forge.

    build_channel.py CHANNEL PROJECT_PYTHON ENV.yaml...
"""

from __future__ import annotations

import argparse
import configparser
import csv
import hashlib
import importlib.metadata
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterable
from email.parser import Parser
from pathlib import Path

import yaml
from packaging.requirements import Requirement

HERE = Path(__file__).resolve().parent
MINOR = f"{sys.version_info[0]}.{sys.version_info[1]}"
SITE = Path("lib") / f"python{MINOR}" / "site-packages"
BUILD = f"py{MINOR.replace('.', '')}_local"
# names of packages on PyPI and in conda, where they differ
CONDA_NAMES = {"torch": "pytorch", "matplotlib": "matplotlib-base"}
REGISTRY_NAMES = {conda: name for name, conda in CONDA_NAMES.items()}
# conda replaces this path by that of the environment
PLACEHOLDER = "/opt/placeholder" + "_of_the_prefix" * 15


def read_unverified() -> dict[str, str]:
    """Read the substitutes of the pins that PyPI lacks; `-` means that the pin is skipped."""
    with (HERE / "unverified.tsv").open() as lines:
        return {row["pin"]: row["taken"] for row in csv.DictReader(lines, delimiter="\t")}


def pins_of(env: Path) -> list[str]:
    """Return the conda pins of an environment, without its pip section."""
    return [pin for pin in yaml.safe_load(env.read_text())["dependencies"] if isinstance(pin, str)]


def conda_name(name: str) -> str:
    """Return the conda name of a PyPI package."""
    plain = re.sub(r"[-_.]+", "-", name).lower()
    return CONDA_NAMES.get(plain, plain)


def conda_dependencies(requirements: Iterable[str]) -> list[str]:
    """Return the requirements of a wheel in conda's notation."""
    found = []
    for line in requirements:
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            specifier = re.sub(
                r"~=\s*(\d+)\.[\d.]+", r">=\g<1>.0,<\g<1>.999", str(requirement.specifier)
            )
            found.append(f"{conda_name(requirement.name)} {specifier}".strip())
    return found


def write_package(channel: Path, stage: Path, name: str, version: str, needs: list[str]) -> None:
    """Write a folder, laid out like an environment, as a conda package."""
    paths = []
    for path in sorted(path for path in stage.rglob("*") if path.is_symlink() or path.is_file()):
        content = str(path.readlink()).encode() if path.is_symlink() else path.read_bytes()
        entry: dict[str, object] = {
            "_path": str(path.relative_to(stage)),
            "path_type": "softlink" if path.is_symlink() else "hardlink",
            "sha256": hashlib.sha256(content).hexdigest(),
            "size_in_bytes": 0 if path.is_symlink() else len(content),
        }
        if PLACEHOLDER.encode() in content:
            entry |= {"prefix_placeholder": PLACEHOLDER, "file_mode": "text"}
        paths.append(entry)
    index: dict[str, object] = {"name": name, "version": version, "build": BUILD, "build_number": 0}
    index |= {"subdir": "linux-64", "arch": "x86_64", "platform": "linux", "depends": sorted(needs)}
    (stage / "info").mkdir()
    (stage / "info/index.json").write_text(json.dumps(index))
    (stage / "info/paths.json").write_text(json.dumps({"paths": paths, "paths_version": 1}))
    with tarfile.open(channel / f"linux-64/{name}-{version}-{BUILD}.tar.bz2", "w:bz2") as archive:
        for path in sorted(
            path for path in stage.rglob("*") if path.is_symlink() or path.is_file()
        ):
            archive.add(path, arcname=str(path.relative_to(stage)))


def write_index(part: Path) -> None:
    """Write the list of the packages in a channel's folder for a platform."""
    packages = {}
    for path in sorted(part.glob("*.tar.bz2")):
        content = path.read_bytes()
        with tarfile.open(path) as archive:
            index = json.load(archive.extractfile("info/index.json"))  # type: ignore[arg-type]
        digest = hashlib.sha256(content).hexdigest()
        packages[path.name] = index | {"sha256": digest, "size": len(content)}
    listed = {"info": {"subdir": part.name}, "packages": packages, "repodata_version": 1}
    (part / "repodata.json").write_text(json.dumps(listed))


def package_python(channel: Path) -> None:
    """Package this Python as a link, isolated by the layout of a virtual environment."""
    with tempfile.TemporaryDirectory() as folder:
        stage = Path(folder)
        (stage / "bin").mkdir()
        (stage / SITE).mkdir(parents=True)
        (stage / SITE / "README.txt").write_text("packages\n")
        home = Path(sys.base_prefix) / "bin"
        (stage / "pyvenv.cfg").write_text(f"home = {home}\ninclude-system-site-packages = false\n")
        (stage / "bin/python").symlink_to(home / f"python{MINOR}")
        for name in ("python3", f"python{MINOR}"):
            (stage / "bin" / name).symlink_to("python")
        version = "{}.{}.{}".format(*sys.version_info)
        write_package(channel, stage, "python", version, [])


def package_wheel(channel: Path, wheel: Path, unpacked: Path) -> None:
    """Package a wheel as links to its unpacked files; copies would take minutes and gigabytes."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(unpacked)
    for data in unpacked.glob("*.data"):
        for kind in ("purelib", "platlib"):
            if (data / kind).is_dir():
                shutil.copytree(data / kind, unpacked, dirs_exist_ok=True)
    about = next(unpacked.glob("*.dist-info"))
    metadata = Parser().parsestr((about / "METADATA").read_text())
    needs = [f"python {MINOR}.*", *conda_dependencies(metadata.get_all("Requires-Dist") or [])]
    with tempfile.TemporaryDirectory() as folder:
        stage = Path(folder)
        link_modules(stage, unpacked.iterdir())
        write_commands(stage, about / "entry_points.txt")
        write_package(channel, stage, conda_name(metadata["Name"]), metadata["Version"], needs)


def link_modules(stage: Path, found: Iterable[Path]) -> None:
    """Link modules and folders into the site-packages of an environment."""
    (stage / SITE).mkdir(parents=True)
    for path in found:
        if path.suffix != ".data":
            (stage / SITE / path.name).symlink_to(path)


def write_commands(stage: Path, entry_points: Path) -> None:
    """Write the commands that a wheel declares."""
    declared = configparser.ConfigParser(delimiters=("=",))
    declared.read(entry_points)
    (stage / "bin").mkdir()
    for name, target in (
        declared["console_scripts"].items() if "console_scripts" in declared else ()
    ):
        module, _, function = target.split("[")[0].strip().partition(":")
        (stage / "bin" / name).write_text(
            f"#!{PLACEHOLDER}/bin/python\nimport sys\nfrom {module} import {function}\n"
            f"sys.exit({function}())\n"
        )
        (stage / "bin" / name).chmod(0o755)


def package_bedtools(channel: Path) -> None:
    """Package the machine's bedtools as a link."""
    program = shutil.which("bedtools")
    if program is None:
        sys.exit("build_channel: bedtools was not found")
    told = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    with tempfile.TemporaryDirectory() as folder:
        stage = Path(folder)
        (stage / "bin").mkdir()
        (stage / "bin/bedtools").symlink_to(program)
        write_package(channel, stage, "bedtools", told.split("v")[-1].strip(), [])


def package_torch(channel: Path, project_python: str) -> list[str]:
    """Package the torch of the project's environment as links; return its requirements."""
    command = "import sysconfig; print(sysconfig.get_path('purelib'))"
    told = subprocess.run(
        [project_python, "-c", command], capture_output=True, text=True, check=True
    )
    packages = Path(told.stdout.strip())
    found = next(importlib.metadata.distributions(name="torch", path=[str(packages)]))
    requirements = [line for line in found.requires or [] if "extra" not in line]
    needs = conda_dependencies(requirements)
    with tempfile.TemporaryDirectory() as folder:
        stage = Path(folder)
        names = ["torch", "torchgen", "functorch", f"torch-{found.version}.dist-info"]
        link_modules(stage, [packages / name for name in names])
        version = found.version.split("+")[0]
        write_package(channel, stage, "pytorch", version, [f"python {MINOR}.*", *needs])
    return requirements


def registry_pin(pin: str) -> str:
    """Return a conda pin in PyPI's notation."""
    name, version = pin.split(" =")
    return f"{REGISTRY_NAMES.get(name, name)}=={version}"


def collect_wheels(target: Path, requirements: Iterable[str]) -> None:
    """Download, or build, the wheels of the requirements and of their dependencies, as one set."""
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--wheel-dir", str(target)]
    subprocess.run([*command, *sorted(set(requirements))], check=True)


def fill_channels(channel: Path, project_python: str, envs: list[Path]) -> None:
    """Fill the channels with the pinned packages and all their dependencies."""
    unverified, forge = read_unverified(), channel / "conda-forge"
    required: list[str] = []
    for env in envs:
        pins = pins_of(env)
        missing = [pin for pin in pins if unverified.get(pin) == "-"]
        if missing:
            print(f"{env.name}: not exercised, for {', '.join(missing)}")
            continue
        required += [registry_pin(pin) for pin in pins if pin not in unverified]
        names = {pin.split(" =")[0] for pin in pins}
        if "pip" in names:
            required.append("pip")
        if "bedtools" in names:
            package_bedtools(channel / "bioconda")
        if "pytorch" in names:
            required += package_torch(forge, project_python)
    package_python(forge)
    wheels = channel.parent / "wheels"
    collect_wheels(wheels, required)
    for wheel in sorted(wheels.glob("*.whl")):
        package_wheel(forge, wheel, channel.parent / "unpacked" / wheel.stem)
    for part in channel.glob("*/*"):
        write_index(part)


def main() -> None:
    """Build the channels."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("channel", type=Path)
    parser.add_argument("project_python")
    parser.add_argument("envs", type=Path, nargs="+")
    arguments = parser.parse_args()
    shutil.rmtree(arguments.channel, ignore_errors=True)
    for name in ("conda-forge", "bioconda"):
        for part in ("linux-64", "noarch"):
            (arguments.channel / name / part).mkdir(parents=True)
    fill_channels(arguments.channel.resolve(), arguments.project_python, arguments.envs)


if __name__ == "__main__":
    main()
