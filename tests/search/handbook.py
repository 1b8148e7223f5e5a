"""A handbook of an office that does not exist, with questions whose answers stand in it once."""

from __future__ import annotations

from typing import NamedTuple


class Question(NamedTuple):
    """`answer` must be in what the model says, and in the passage that is cited, which stands under `heading`."""

    text: str
    answer: str
    heading: str


SECTIONS = {
    "Kitchen": (
        "The coffee machine is blue. The fridge is emptied on Friday.",
        "Please wash your own cup. The cups stand on the shelf by the window.",
    ),
    "Keys": ("The keeper of the spare keys is Marlene Voss. A lost key costs 40 euros.",),
    "Holidays": ("Every worker has 27 days of holiday. Holidays are planned in January.",),
    "Printer": ("The printer is called Otto. The printer stands on the third floor.",),
    "Library": ("The library has 850 books. The librarian is Edgar Lind.",),
    "Garden": ("The garden is behind the house. The gardener is Runa Belk.",),
    "Parking": ("The car park has 12 places. The car park closes at 9 o'clock.",),
    "Meetings": ("The weekly meeting is on Tuesday. The meeting room is called Harbour.",),
    "Canteen": ("The cook of the canteen is Tilda Moss. Lunch costs 6 euros.",),
    "Travel": ("The travel agent of the company is Joris Palm. Tickets are booked by phone.",),
    "Post": ("The post arrives at 10 o'clock. Parcels are kept in the cellar.",),
}

QUESTIONS = (
    Question("What colour is the coffee machine?", "blue", "Kitchen"),
    Question("Who is the keeper of the spare keys?", "Marlene Voss", "Keys"),
    Question("How many days of holiday does every worker have?", "27", "Holidays"),
    Question("What is the printer called?", "Otto", "Printer"),
    Question("Who is the librarian?", "Edgar Lind", "Library"),
    Question("Who is the gardener?", "Runa Belk", "Garden"),
    Question("How many places does the car park have?", "12", "Parking"),
    Question("When is the weekly meeting?", "Tuesday", "Meetings"),
    Question("Who is the cook of the canteen?", "Tilda Moss", "Canteen"),
    Question("What is the meeting room called?", "Harbour", "Meetings"),
)


def handbook() -> bytes:
    """As Markdown."""
    sections = (f"## {title}\n\n" + "\n\n".join(paragraphs) for title, paragraphs in SECTIONS.items())
    return ("# Office handbook\n\n" + "\n\n".join(sections) + "\n").encode()
