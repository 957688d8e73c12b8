from tests.lint.licences import faults, licence_of, main


def test_the_packages_of_the_lock_have_licences_that_may_be_used() -> None:
    assert main() == 0


def test_a_licence_is_read_from_the_package() -> None:
    assert licence_of("numpy") is not None
    assert licence_of("no-such-package") is None


def test_each_part_of_a_licence_has_to_be_allowed() -> None:
    licences = {"a": "MIT", "b": "MIT AND GPL-3.0", "c": "BSD License; MIT", "d": "not stated"}
    found = faults(licences, {"MIT", "BSD License"}, {"d": "MIT in its repository", "e": "gone"})
    assert [line.split(":")[0] for line in found] == ["b", "e"]
    assert found[0].startswith("b: found the licence MIT AND GPL-3.0, expected one of")
