from pathlib import Path
from typing import Any

import pytest
import yaml

from tfmoe.core.config import (
    SCHEMAS,
    check_keys_once,
    schema_defaults,
    validate_config,
    validation_messages,
)
from tfmoe.core.errors import ConfigError

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


def test_an_unknown_key_is_named_with_the_one_most_like_it():
    message = fault(windows={"lenght": 101})
    assert message == "config.yaml: windows.lenght: unknown key; did you mean `length`?"


def test_an_unknown_key_like_none_is_answered_with_the_known_ones():
    assert "the keys here are" in fault(zzz=1)


def test_a_wrong_type_and_a_value_out_of_bounds_are_both_told():
    message = fault(seed="one", windows={"length": -5})
    assert "config.yaml: seed: found 'one', expected integer" in message
    assert "config.yaml: windows.length: found -5, expected at least" in message


@pytest.mark.parametrize("section", ["recipes", "ablations"])
@pytest.mark.parametrize(("name", "shown"), [(1, "'1'"), ("1", "'1'"), (1.5, "'1.5'")])
def test_recipes_named_by_a_number(section, name, shown):
    assert fault(**{section: {name: {"training": {"epochs": 3}}}}) == (
        f"config.yaml: {section}: found the name {shown}, expected a value of the form "
        "^[a-z][a-z0-9_]*$; a name begins with a letter"
    )


def test_a_recipe_that_cannot_be_named_by_a_number_is_not_told_to_be_put_in_quotes():
    assert fault(training={"recipe": 3}) == (
        "config.yaml: training.recipe: found 3, expected string of the form ^[a-z][a-z0-9_]*$"
    )


def test_an_unknown_key_that_is_a_number():
    with pytest.raises(ConfigError, match=r"config\.yaml: windows\.7: unknown key; the keys here"):
        validate_config(minimal() | {"windows": {7: 1}}, SCHEMA, "config.yaml")


def test_names_that_are_numbers_and_lists_of_one():
    message = fault(splits={"test": [10], "validation": "5"}).splitlines()
    assert message == [
        "config.yaml: splits.test.0: found 10, expected string; a name that is a number is written "
        'in quotes: "10"',
        "config.yaml: splits.validation: found '5', expected array or null; a list is written in "
        'brackets: ["5"]',
    ]
    assert fault(run="my run").endswith("*$, in which no white space stands")


def test_a_key_that_stands_twice(tmp_path: Path):
    path = tmp_path / "config.yaml"
    path.write_text("run: a\nsplits:\n  test: [x]\n  gate: [y]\n  test: [z]\nrun: b\n")
    with pytest.raises(ConfigError) as error:
        check_keys_once(path)
    assert str(error.value).splitlines() == [
        f"{path}, line 5: splits.test stands in line 3 already; write it once",
        f"{path}, line 6: run stands in line 1 already; write it once",
    ]
    for sound in ("", "run: a\nsplits: {test: [x]}\nwindows:\n", '{"run": "a"}'):
        path.write_text(sound)
        check_keys_once(path)


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
    def walk(place: str, part: dict[str, Any]) -> None:
        # false, or a schema for the names that a user may choose
        assert part.get("additionalProperties", True) is not True, place
        for key, child in part["properties"].items():
            name = f"{place}.{key}"
            assert child.get("description"), f"{name} has no description"
            if "properties" in child:
                walk(name, child)
            else:
                assert "type" in child or "enum" in child, f"{name} has no type"
                given = "default" in child or key in part.get("required", [])
                assert given, f"{name} has no default and is not required"

    walk("config", yaml.safe_load(SCHEMA.read_text()))


def test_the_documentation_of_the_config_is_up_to_date(root: Path):
    from tfmoe.core.schema_docs import render

    assert (root / "config/README.md").read_text() == render(), "run `make docs`"


def test_a_section_on_the_command_line_is_text_and_read_as_what_it_says():
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
