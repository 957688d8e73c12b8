from tfmoe.core.config import schema_defaults
from tfmoe.models.mixture_settings import FineTuning, MixtureSettings
from tfmoe.models.moe import HeadOptions


def test_the_section_is_taken_apart_and_recorded() -> None:
    section = {**schema_defaults("mixture"), "top_k": 3}
    settings = MixtureSettings.from_section(section)
    assert settings.head == HeadOptions("embeddings", "embeddings", False, 1.0, 3)
    assert settings.fine_tune == FineTuning(0, 0.0001)
    of_head = {"combines", "gate_reads", "normalise", "temperature", "top_k"}
    of_pool = {"experts", "backbones", "generalists"}
    expected = {key: value for key, value in section.items() if key not in of_head | of_pool}
    assert settings.without_head() == expected | {"name": "default"}
