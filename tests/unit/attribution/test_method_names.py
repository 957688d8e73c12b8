import subprocess
import sys

import pytest

from tfmoe.attribution.method_names import KNOWN, Method, check_methods, parse_method
from tfmoe.core.errors import ConfigError


@pytest.mark.parametrize(
    ("name", "method"),
    [
        ("gradient", Method("gradient")),
        ("gradient_corrected", Method("gradient", corrected=True)),
        ("gradient_x_input", Method("gradient_x_input")),
        ("smoothgrad_n10", Method("smoothgrad", 10)),
        ("shiftsmooth_n5", Method("shiftsmooth", 5)),
        ("shiftsmooth_n0_corrected", Method("shiftsmooth", 0, corrected=True)),
        ("shiftsmooth_n12_padded", Method("shiftsmooth", 12, fill="padded")),
        ("shiftsmooth_n3_triangular", Method("shiftsmooth", 3, triangular=True)),
        (
            "shiftsmooth_n5_rolled_triangular_both_strands_gated_corrected",
            Method("shiftsmooth", 5, "rolled", True, 0, True, True, True),
        ),
        (
            "integrated_gradients_n50_uniform",
            Method("integrated_gradients", 50, corrected=True),
        ),
        (
            "integrated_gradients_n20_shuffles5_both_strands",
            Method("integrated_gradients", 20, shuffles=5, both_strands=True),
        ),
        ("deeplift_uniform_gated", Method("deeplift", gated=True, corrected=True)),
        ("deeplift_shuffles20_corrected", Method("deeplift", shuffles=20, corrected=True)),
        ("ism", Method("ism", corrected=True)),
        ("ism_both_strands", Method("ism", both_strands=True, corrected=True)),
    ],
)
def test_a_name_is_read(name: str, method: Method) -> None:
    assert parse_method(name) == method


def test_a_map_and_its_corrected_form_share_a_pass() -> None:
    assert parse_method("gradient_corrected").uncorrected == parse_method("gradient")
    assert parse_method("ism").uncorrected == parse_method("ism")


def test_only_shiftsmooth_shifts() -> None:
    assert parse_method("shiftsmooth_n4_rolled").shifts == 4
    assert parse_method("smoothgrad_n4").shifts == 0


@pytest.mark.parametrize(
    "name",
    [
        "",
        "gradients",
        "Gradient",
        "_corrected",
        "gradient_corrected_corrected",
        "gradient_corrected_both_strands",
        "gradient_rolled",
        "shiftsmooth",
        "shiftsmooth_n",
        "shiftsmooth_n05",
        "shiftsmooth_n-1",
        "shiftsmooth_n5 ",
        "shiftsmooth_n\u0663",
        "shiftsmooth_n5_triangular_rolled",
        "shiftsmooth_n5_flank",
        "smoothgrad",
        "smoothgrad_n0",
        "integrated_gradients_n20",
        "integrated_gradients_n0_uniform",
        "integrated_gradients_uniform",
        "deeplift",
        "deeplift_shuffles",
        "deeplift_shuffles0",
        "ism_n5",
    ],
)
def test_an_unknown_name_lists_those_that_exist(name: str) -> None:
    with pytest.raises(ConfigError) as error:
        parse_method(name)
    message = str(error.value)
    assert f"no method `{name}`" in message
    assert ", ".join(KNOWN) in message
    assert "_both_strands, _gated and _corrected, in this order" in message


@pytest.mark.parametrize(
    "name", ["ism", "deeplift_uniform_gated", "integrated_gradients_n5_uniform"]
)
def test_a_map_that_sums_to_zero_is_not_corrected_again(name: str) -> None:
    assert parse_method(name).centred
    with pytest.raises(ConfigError, match=f"without a correction; write `{name}`"):
        parse_method(f"{name}_corrected")


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("gradient", "gradient"),
        ("gradient_corrected", "gradient (corrected)"),
        ("gradient_x_input", "gradient x input"),
        ("shiftsmooth_n0", "ShiftSmooth (n = 0)"),
        (
            "shiftsmooth_n5_rolled_triangular_both_strands_gated_corrected",
            "ShiftSmooth (n = 5, rolled, triangular, both strands, gated, corrected)",
        ),
        ("smoothgrad_n50", "SmoothGrad (n = 50)"),
        ("integrated_gradients_n8_uniform", "integrated gradients (n = 8, uniform reference)"),
        ("deeplift_shuffles10_corrected", "DeepLIFT (10 shuffles, corrected)"),
        ("ism", "in-silico mutagenesis"),
        ("ism_both_strands", "in-silico mutagenesis (both strands)"),
    ],
)
def test_the_title_of_a_method_is_in_words(name: str, title: str) -> None:
    assert parse_method(name).title == title


def test_a_shift_needs_its_flank() -> None:
    check_methods(["gradient", "shiftsmooth_n5", "ism"], flank=5)
    check_methods(["shiftsmooth_n6_padded", "shiftsmooth_n6_rolled", "smoothgrad_n6"], flank=5)
    with pytest.raises(ConfigError, match="`shiftsmooth_n6_corrected` shifts by up to 6 bases"):
        check_methods(["gradient", "shiftsmooth_n6_corrected"], flank=5)
    with pytest.raises(ConfigError, match="no method `saliency`"):
        check_methods(["saliency"], flank=5)


def test_deeplift_and_the_backbone_without_a_rule() -> None:
    check_methods(["deeplift_uniform"], 5, ["convnet", "legnet"])
    check_methods(["ism"], 5, ["danq"])
    with pytest.raises(ConfigError, match="`deeplift_uniform` has no rule for its LSTM"):
        check_methods(["ism", "deeplift_uniform"], 5, ["convnet", "danq"])


def test_names_are_checked_without_torch() -> None:
    code = (
        "import sys; import tfmoe.attribution.method_names, tfmoe.attribution.maps, "
        "tfmoe.attribution.gather; assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": ":".join(sys.path)})
