from pathlib import Path

from tfmoe.workflow.fingerprint import STAGES, stage_hash


def package(folder: Path) -> Path:
    for stage in STAGES:
        (folder / stage).mkdir(parents=True)
        (folder / stage / "module.py").write_text(f"# {stage}\n")
    return folder


def test_an_edit_changes_its_stage_and_those_after_it_only(tmp_path: Path):
    before, after = package(tmp_path / "before"), package(tmp_path / "after")
    (after / "models" / "module.py").write_text("# edited\n")
    changed = [stage for stage in STAGES if stage_hash(stage, before) != stage_hash(stage, after)]
    assert changed == list(STAGES[STAGES.index("models") :])


def test_a_new_file_counts_and_compiled_code_does_not(tmp_path: Path):
    plain, compiled, added = (package(tmp_path / name) for name in ("plain", "compiled", "added"))
    (compiled / "core" / "__pycache__").mkdir()
    (compiled / "core" / "__pycache__" / "module.pyc").write_bytes(b"x")
    (added / "core" / "other.py").write_text("")
    assert stage_hash("core", plain) == stage_hash("core", compiled)
    assert stage_hash("core", plain) != stage_hash("core", added)


def test_the_stages_are_the_package_s_folders(root: Path):
    folders = {path.parent.name for path in (root / "scripts/tfmoe").glob("*/__init__.py")}
    assert folders == set(STAGES)
