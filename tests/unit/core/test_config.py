from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml

from tfmoe.attribution.localisation import LocalisationSettings
from tfmoe.core.config import (
    SCHEMAS,
    load_schema,
    quick_settings,
    schema_defaults,
    validate_config,
    validation_messages,
)
from tfmoe.core.config_file import read_config_file
from tfmoe.core.errors import ConfigError
from tfmoe.core.schema_docs import removed_keys, render, schema_keys
from tfmoe.data.simulation.simulate import SimulationSettings
from tfmoe.evaluation.settings import EvaluationSettings
from tfmoe.motifs.settings import MatchSettings, MotifSettings

SCHEMA = SCHEMAS / "config.schema.yaml"


def minimal() -> dict[str, Any]:
    return {
        "run": "test",
        "experiments": "experiments.tsv",
        "genome": {"assembly": "toy", "fasta": "genome.fa"},
        "splits": {"test": ["chr1"], "validation": ["chr2"], "gate": ["chr3"]},
    }


def fault(**changes: Any) -> str:
    with pytest.raises(ConfigError) as error:
        validate_config(minimal() | changes, SCHEMA, "config.yaml")
    return str(error.value)


def test_defaults_are_filled_in_and_the_original_is_left_alone():
    config = minimal()
    filled = validate_config(config, SCHEMA, "config.yaml")
    assert filled["seed"] == 1
    assert filled["windows"]["length"] == 101
    assert "seed" not in config


def test_a_section_without_content_has_its_defaults():
    filled = validate_config(minimal() | {"windows": None}, SCHEMA, "config.yaml")
    assert filled["windows"] == schema_defaults("windows")


def test_a_key_without_a_value_has_its_default_unless_it_may_be_null():
    written = {"seed": None, "attribution": {"max_sequences": None}}
    filled = validate_config(minimal() | written, SCHEMA, "config.yaml")
    assert filled["seed"] == 1
    assert filled["attribution"]["max_sequences"] is None


def test_quick_replaces_the_defaults_of_keys_that_are_not_set():
    filled = validate_config(minimal() | {"quick": True}, SCHEMA, "config.yaml")
    assert filled["training"]["seeds"] == 1
    assert filled["windows"]["max_peaks"] == 10_000
    assert filled["adaptation"]["all_peaks"] is False
    assert filled["attribution"]["study"]["seeds"] == 1
    slow = validate_config(minimal(), SCHEMA, "config.yaml")
    changed = quick_settings(filled)
    assert changed["training.seeds"] == (1, 3)
    assert changed["windows.max_peaks"] == (10_000, None)
    assert _changed(slow, filled) == {*changed, "quick"}


def test_a_key_that_is_set_keeps_its_value_in_a_quick_run():
    own = {"quick": "true", "training": {"seeds": 5}, "windows": {"max_peaks": None}}
    filled = validate_config(minimal() | own, SCHEMA, "config.yaml")
    assert (filled["training"]["seeds"], filled["windows"]["max_peaks"]) == (5, None)
    changed = quick_settings(filled)
    assert changed["adaptation.draws"] == (1, 3)
    assert not {"training.seeds", "windows.max_peaks"} & set(changed)
    # of some sections, those of these
    few = {key: filled[key] for key in ("quick", "gkm")}
    assert quick_settings(few) == {"gkm.most_examples": (10_000, 20_000)}


def test_a_run_that_is_not_quick_has_no_quick_settings():
    own = {"training": {"seeds": 1}, "quick": False}
    assert quick_settings(validate_config(minimal() | own, SCHEMA, "config.yaml")) == {}


def test_quick_is_true_or_false():
    assert fault(quick="fast") == "config.yaml: quick: found 'fast', expected boolean"


def _changed(first: Any, second: Any, prefix: str = "") -> set[str]:
    """Return the full names of the keys whose values differ."""
    found = set()
    for key in first:
        if isinstance(first[key], dict):
            found |= _changed(first[key], second[key], f"{prefix}{key}.")
        elif first[key] != second[key]:
            found.add(f"{prefix}{key}")
    return found


def test_an_unknown_key_is_named_with_the_most_similar_one():
    message = fault(windows={"lenght": 101})
    assert message.startswith("config.yaml: windows.lenght: unknown key")
    assert message.endswith("`length`?")


def test_an_unknown_key_without_a_similar_one_is_answered_with_all_keys():
    message = fault(windows={"zzz": 1})
    assert message.startswith("config.yaml: windows.zzz: unknown key")
    assert message.endswith("flank, length, max_n_share, max_peaks, merge_distance")


def test_a_removed_key_is_one_error_with_its_replacement():
    message = fault(attribution={"bootstrap": 500})
    assert message.startswith("config.yaml: attribution.bootstrap: this key was removed")
    assert "`evaluation.bootstrap_resamples`" in message
    assert len(message.splitlines()) == 1


@pytest.mark.parametrize(("name", "remedy"), list(removed_keys(load_schema(SCHEMA))))
def test_every_removed_key_is_refused(name, remedy):
    config = minimal()
    section = config
    *path, key = name.split(".")
    for part in path:
        section = section.setdefault(part, {})
    section[key] = 1
    with pytest.raises(ConfigError) as error:
        validate_config(config, SCHEMA, "config.yaml")
    assert str(error.value) == f"config.yaml: {name}: this key was removed; {remedy}"


def test_removed_keys_and_the_constants_that_replace_them():
    remedies = dict(removed_keys(load_schema(SCHEMA)))
    assert len(remedies) == 23
    constants = {
        "simulation": SimulationSettings,
        "motifs": MotifSettings,
        "evaluation": EvaluationSettings,
        "attribution.localisation": LocalisationSettings,
    }
    for name, remedy in remedies.items():
        section, _, key = name.rpartition(".")
        if section not in constants:
            continue
        known = [
            *fields(constants[section]),
            *(fields(MatchSettings) if section == "motifs" else ()),
        ]
        default = next(field.default for field in known if field.name == key)
        words = {0.1: "a tenth", 1.0: "one"} if section == "motifs" or key == "decoys" else {}
        assert words.get(default, f"{default:g}") in remedy, name


def test_a_wrong_type_and_a_value_out_of_bounds_are_both_reported():
    message = fault(seed="one", windows={"length": -5})
    assert "config.yaml: seed: found 'one', expected integer" in message
    assert "config.yaml: windows.length: found -5, expected at least" in message


@pytest.mark.parametrize("section", ["recipes", "ablations"])
@pytest.mark.parametrize(("name", "shown"), [(1, "'1'"), ("1", "'1'"), (1.5, "'1.5'")])
def test_recipes_named_by_a_number(section, name, shown):
    message = fault(**{section: {name: {"training": {"epochs": 3}}}})
    assert message.startswith(f"config.yaml: {section}: found the name {shown}, expected")
    assert "^[a-z][a-z0-9_]*$" in message and "letter" in message


def test_quotes_are_not_suggested_where_they_would_not_help():
    assert fault(training={"backbone": 3}) == (
        "config.yaml: training.backbone: found 3, expected string of the form ^[a-z][a-z0-9_]*$"
    )


def test_an_unknown_key_that_is_a_number():
    with pytest.raises(ConfigError, match=r"config\.yaml: windows\.7: unknown key"):
        validate_config(minimal() | {"windows": {7: 1}}, SCHEMA, "config.yaml")


def test_names_that_are_numbers_and_lists_of_one():
    message = fault(splits={"test": [10], "validation": "5"}).splitlines()
    assert message[0].startswith("config.yaml: splits.test.0: found 10, expected string")
    assert message[0].endswith('in quotes: "10"')
    assert message[1].startswith(
        "config.yaml: splits.validation: found '5', expected array or null"
    )
    assert message[1].endswith('in brackets: ["5"]')
    assert fault(run="my run").endswith("*$, without white space")


def test_a_repeated_key(tmp_path: Path):
    path = tmp_path / "config.yaml"
    path.write_text("run: a\nsplits:\n  test: [x]\n  gate: [y]\n  test: [z]\nrun: b\n")
    with pytest.raises(ConfigError) as error:
        read_config_file(path)
    first, second = str(error.value).splitlines()
    assert first.startswith(f"{path}, line 5: splits.test is already set in line 3")
    assert second.startswith(f"{path}, line 6: run is already set in line 1")
    for valid in ("run: a\nsplits: {test: [x]}\nwindows:\n", '{"run": "a"}'):
        path.write_text(valid)
        read_config_file(path)


def test_a_missing_key_is_named():
    config = minimal()
    del config["run"]
    with pytest.raises(ConfigError, match=r"config\.yaml: run: this key is missing"):
        validate_config(config, SCHEMA, "config.yaml")


def test_several_missing_keys_are_named_once_each():
    schema = {"type": "object", "required": ["run", "experiments"]}
    assert validation_messages({}, schema) == [
        f"{key}: this key is missing and has no default" for key in ("run", "experiments")
    ]


def test_every_key_has_a_description_and_every_optional_one_a_default():
    def walk(section: str, part: dict[str, Any]) -> None:
        # false, or a schema for names that users choose
        assert part.get("additionalProperties", True) is not True, section
        for key, child in part["properties"].items():
            name = f"{section}.{key}"
            assert child.get("description"), f"{name} has no description"
            if "properties" in child:
                walk(name, child)
            else:
                assert "type" in child or "enum" in child, f"{name} has no type"
                given = "default" in child or key in part.get("required", [])
                assert given, f"{name} has no default and is not required"

    walk("config", yaml.safe_load(SCHEMA.read_text()))


def is_set(name: str, config: Any) -> bool:
    for part in name.split("."):
        if not isinstance(config, dict) or part not in config:
            return False
        config = config[part]
    return True


def test_a_key_that_no_shipped_config_sets_is_advanced(root: Path):
    paths = [root / "config/config.yaml", *(root / "config").glob("*/config.yaml")]
    configs = [yaml.safe_load(path.read_text()) for path in paths]
    for key in schema_keys(load_schema(SCHEMA)):
        known = key.section == "compute" or any(is_set(key.name, config) for config in configs)
        assert known or key.advanced, f"mark {key.name} with `x-advanced: true`"


def test_the_reference_starts_with_the_keys_that_users_change():
    keys = [key.name for key in schema_keys(load_schema(SCHEMA)) if not key.advanced]
    sections = [name if name.startswith("training.") else name.split(".")[0] for name in keys]
    assert list(dict.fromkeys(sections))[:7] == [
        *("run", "experiments", "quick", "genome", "splits", "training.backbone", "training.seeds"),
    ]
    further = [section for section in sections if not section.startswith("training.")]
    assert list(dict.fromkeys(further))[5] == "compute"
    assert len(keys) <= 30


def test_the_documentation_of_the_config_is_up_to_date(root: Path):
    assert (root / "config/README.md").read_text() == render(), "run `make docs`"


def test_strings_of_a_section_on_the_command_line_are_converted():
    given = {
        "run": "x",
        "experiments": "x.tsv",
        "genome": "null",
        "splits": {"by": "rank", "held_out_ranks": "50"},
        "background": {"fasta": "5", "md5": "null", "peaks": [{"file": "x.bed", "md5": "null"}]},
        "gkm": {"fit": "false", "strengths": ["0.5", "2"]},
    }
    config = validate_config(given, SCHEMAS / "config.schema.yaml", "config.yaml")
    assert config["genome"] is None
    assert config["splits"]["held_out_ranks"] == 50
    assert config["background"]["fasta"] == "5", "a name may look like a number"
    assert config["background"]["md5"] is config["background"]["peaks"][0]["md5"] is None
    assert config["gkm"]["fit"] is False
    assert config["gkm"]["strengths"] == [0.5, 2]
