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
