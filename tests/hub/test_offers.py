"""What a repository's files offer, and which one is meant."""

from __future__ import annotations

import pytest

from server.errors import BadRequest, NotFound
from server.hub.offers import Offer, RemoteFile, choose, offers, projector_for

FILES = [
    RemoteFile("README.md", 100),
    RemoteFile("Big-Q4_K_M.gguf", 4_000),
    RemoteFile("Big-Q8_0.gguf", 8_000),
    RemoteFile("Big-IQ2_XXS.gguf", 2_000),
    RemoteFile("F16/Big-F16-00001-of-00002.gguf", 9_000),
    RemoteFile("F16/Big-F16-00002-of-00002.gguf", 7_000),
    RemoteFile("Lame-F16-00001-of-00002.gguf", 9_000),
    RemoteFile("mmproj-Big-F16.gguf", 500),
    RemoteFile("mmproj-Big-F32.gguf", 900),
    RemoteFile("../../etc/Evil-Q4_0.gguf", 1),
    RemoteFile("/Root-Q4_0.gguf", 1),
]
FOUND = offers(FILES)


def test_files_become_offers_the_smallest_first_and_parts_one() -> None:
    assert [(offer.name, offer.quant, offer.size, len(offer.files)) for offer in FOUND] == [
        ("mmproj-Big-F16", "F16", 500, 1),
        ("mmproj-Big-F32", "F32", 900, 1),
        ("Big-IQ2_XXS", "IQ2_XXS", 2_000, 1),
        ("Big-Q4_K_M", "Q4_K_M", 4_000, 1),
        ("Big-Q8_0", "Q8_0", 8_000, 1),
        ("Big-F16", "F16", 16_000, 2),
    ]


@pytest.mark.parametrize(
    ("wanted", "path"),
    [
        (None, "Big-Q4_K_M.gguf"),
        ("Q8_0", "Big-Q8_0.gguf"),
        ("q8_0", "Big-Q8_0.gguf"),
        ("Big-IQ2_XXS.gguf", "Big-IQ2_XXS.gguf"),
        ("big-iq2_xxs", "Big-IQ2_XXS.gguf"),
        ("F16", "F16/Big-F16-00001-of-00002.gguf"),
        ("F16/Big-F16-00002-of-00002.gguf", "F16/Big-F16-00001-of-00002.gguf"),
        ("Big-F16", "F16/Big-F16-00001-of-00002.gguf"),
    ],
)
def test_a_wish_becomes_an_offer(wanted: str | None, path: str) -> None:
    assert choose(FOUND, wanted, "a/b").path == path


def test_what_is_not_there_or_not_clear_is_told() -> None:
    with pytest.raises(NotFound, match=r"'Q5_K_M'.*There are: IQ2_XXS, Q4_K_M, Q8_0, F16"):
        choose(FOUND, "Q5_K_M", "a/b")
    two = offers([RemoteFile("one/A-Q8_0.gguf", 1), RemoteFile("two/A-Q8_0.gguf", 2)])
    with pytest.raises(BadRequest, match=r"one/A-Q8_0.gguf, two/A-Q8_0.gguf"):
        choose(two, "Q8_0", "a/b")
    with pytest.raises(NotFound, match="no model"):
        choose(offers([RemoteFile("mmproj-x.gguf", 1)]), None, "a/b")


def test_the_projector_in_half_precision_goes_along() -> None:
    projector = projector_for(FOUND)
    assert projector is not None
    assert projector.path == "mmproj-Big-F16.gguf"
    assert projector_for(FOUND[2:]) is None


def test_an_offer_fits_or_not() -> None:
    offer = Offer((RemoteFile("x-Q8_0.gguf", 1000),))
    assert not offer.fits(1000)
    assert offer.fits(1150)
