"""Pseudonyms are stable, change with the secret, and do not meet."""

import subprocess
import sys

import pytest

from pipelines.privacy.pseudonyms import pseudonym

SECRET = bytes(range(32))


def test_the_same_secret_and_number_give_the_same_pseudonym_in_every_run() -> None:
    """R-P5: stable over runs; 64 hex digits keep all 256 bits."""
    code = "from pipelines.privacy.pseudonyms import pseudonym; print(pseudonym(bytes(range(32)), 'patient', '4711'))"
    runs = {
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        for _ in range(3)
    }
    assert runs == {pseudonym(SECRET, "patient", "4711") + "\n"}


def test_the_pseudonym_is_the_hmac_of_the_standard() -> None:
    """R-P5: RFC 4231's construction, checked against a value computed with OpenSSL (`openssl dgst -sha256 -hmac`)."""
    assert pseudonym(b"key", "patient", "4711") == "e21d9ff9f062da42d1f8ba52c2617c46dbbea72dbb0a3afb6550f04bac211b6c"


def test_another_secret_or_purpose_changes_every_pseudonym() -> None:
    """R-P5: a new secret is a new key space."""
    ids = [str(number) for number in range(2000)]
    first = [pseudonym(SECRET, "patient", one) for one in ids]
    assert not set(first) & {pseudonym(b"another", "patient", one) for one in ids}
    assert not set(first) & {pseudonym(SECRET, "episode", one) for one in ids}


@pytest.mark.ci
def test_a_million_numbers_have_a_million_pseudonyms() -> None:
    """R-P5: 0 collisions among 10^6."""
    assert len({pseudonym(SECRET, "patient", str(number)) for number in range(1_000_000)}) == 1_000_000
