from tfmoe.core.seeds import derive_seed, generator


def test_a_seed_is_the_same_everywhere():
    assert derive_seed(1, "negatives", "CTCF_K562") == 6171085740058782901


def test_seeds_of_different_purposes_differ():
    seeds = {derive_seed(1, "a", 1), derive_seed(1, "a", 2), derive_seed(2, "a", 1), derive_seed(1)}
    assert len(seeds) == 4


def test_purposes_are_joined_with_a_separator():
    assert derive_seed(1, "ab", "c") != derive_seed(1, "a", "bc")


def test_generators_repeat_themselves():
    draws = [generator(3, "shuffle").integers(1000, size=5).tolist() for _ in range(2)]
    assert draws[0] == draws[1]
