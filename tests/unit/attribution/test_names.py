import subprocess
import sys

import pytest

from tfmoe.attribution.names import Method, check_methods, parse_method
from tfmoe.core.errors import ConfigError


@pytest.mark.parametrize(
    ("name", "method"),
    [
        ("gradient", Method("gradient", 0, False)),
        ("gradient_corrected", Method("gradient", 0, True)),
        ("shiftsmooth_n5", Method("shiftsmooth", 5, False)),
        ("shiftsmooth_n0_corrected", Method("shiftsmooth", 0, True)),
        ("shiftsmooth_n12_corrected", Method("shiftsmooth", 12, True)),
        ("ism", Method("ism", 0, True)),
    ],
)
def test_a_name_is_read(name: str, method: Method) -> None:
    assert parse_method(name) == method


def test_a_map_and_its_corrected_form_share_a_pass() -> None:
    assert parse_method("gradient_corrected").uncorrected == parse_method("gradient")
    assert parse_method("ism").uncorrected == parse_method("ism")


@pytest.mark.parametrize(
    "name",
    [
        "",
        "gradients",
        "Gradient",
        "_corrected",
        "gradient_corrected_corrected",
        "ism_corrected",
        "shiftsmooth",
        "shiftsmooth_n",
        "shiftsmooth_n05",
        "shiftsmooth_n-1",
        "shiftsmooth_n5 ",
        "shiftsmooth_n٣",
    ],
)
def test_an_unknown_name_lists_those_that_exist(name: str) -> None:
    with pytest.raises(ConfigError) as error:
        parse_method(name)
    message = str(error.value)
    assert f"no method `{name}`" in message
    assert "gradient, gradient_corrected, shiftsmooth_n<k>" in message


def test_a_shift_needs_its_flank() -> None:
    check_methods(["gradient", "shiftsmooth_n5", "ism"], flank=5)
    with pytest.raises(ConfigError, match="`shiftsmooth_n6_corrected` shifts by up to 6 bases"):
        check_methods(["gradient", "shiftsmooth_n6_corrected"], flank=5)
    with pytest.raises(ConfigError, match="no method `smoothgrad`"):
        check_methods(["smoothgrad"], flank=5)


def test_names_are_checked_without_torch() -> None:
    code = (
        "import sys; import tfmoe.attribution.names, tfmoe.attribution.maps, "
        "tfmoe.attribution.gather; assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": ":".join(sys.path)})
