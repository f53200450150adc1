import inspect
import random

from pipelines.privacy.identifiers import key_looks_like_sql, key_may_look_sql
from pipelines.warehouse import open_calculator
from tests.deliveries.clinics import key
from tests.privacy import people

MAKERS = [
    make
    for name, make in inspect.getmembers(people, inspect.isfunction)
    if make.__module__ == people.__name__ and list(inspect.signature(make).parameters) == ["rng"]
]


def test_whatever_looks_like_an_identifier_is_among_the_suspects() -> None:
    """The short question may only leave out what the long one leaves out: every kind of identifier, alone and in a key."""
    rng = random.Random(7)
    made = [make(rng) for make in MAKERS for _ in range(20)]
    texts = [
        *made,
        *(f"mrn{text}" for text in made),
        *(f"k-{text}" for text in made),
        *(key(number) for number in range(50)),
    ]
    with open_calculator() as con:
        rows = con.execute(
            f"select {key_looks_like_sql('said')} is not null, {key_may_look_sql('said')} "
            "from (select unnest($texts) as said)",
            {"texts": texts},
        ).fetchall()
    assert len(MAKERS) >= 20
    assert sum(looks for looks, _ in rows) > len(made) / 2
    assert not [text for text, (looks, may) in zip(texts, rows, strict=True) if looks and not may]
    assert not any(may for _, may in rows[-50:]), "keys as clinics make them cost nothing"


def test_no_hash_that_was_cut_short_looks_like_an_identifier() -> None:
    """What `key_may_look_sql` passes over without asking: the long question must say the same of it."""
    rng = random.Random(8)
    digits = ("0123456789" + "abcdef" * letters for letters in (1, 1, 2))
    made = ["".join(rng.choices(alphabet, k=rng.randint(20, 31))) for alphabet in digits for _ in range(20_000)]
    with open_calculator() as con:
        passed, found = con.execute(
            f"select count(*) filter (not {key_may_look_sql('said')}), "
            f"count(*) filter (not {key_may_look_sql('said')} and {key_looks_like_sql('said')} is not null) "
            "from (select unnest($texts) as said)",
            {"texts": made},
        ).fetchall()[0]
    assert passed > 0.9 * len(made)
    assert found == 0
