"""Kinds of what one meets: rivers, towns, people, animals, plants, teams."""

from __future__ import annotations

from demo_model.corpus import names, values
from demo_model.corpus.draw import Draw
from demo_model.corpus.properties import Kind
from demo_model.corpus.properties import counted as _count
from demo_model.corpus.properties import noted as _p
from demo_model.corpus.shared_properties import ADDRESS, AGE, BUILT, COLOUR, FOOD, HEIGHT, MADE, OPENS, OWNER, WEIGHT
from demo_model.corpus.values import amount, price


def _person(draw: Draw) -> str:
    return values.person(draw).text


def _place(draw: Draw) -> str:
    return values.place(draw).text


MET: tuple[Kind, ...] = (
    Kind(
        "river",
        ("the {}", "the river {}", "the {} river"),
        names.invented,
        (
            _p("length", amount(8, 990, "km", "miles"), "is {v} long; stretches over {v}; measures {v}", "how long/is"),
            _p("width", amount(3, 900, "metres", "feet"), "is {v} wide; spreads over {v}", "how wide/is"),
            _p("depth", amount(2, 90, "metres", "feet"), "is {v} deep; goes down {v}", "how deep/is"),
            _p(
                "source",
                values.place,
                "rises in {v}; begins in {v}; starts in {v}",
                "where/does/rise; where/does/begin",
            ),
            _p("mouth", values.place, "ends in {v}; reaches the sea in {v}", "where/does/end"),
            _p("main fish", values.called, "is full of the fish {v}", "what fish/is/full of"),
            _count("bridges", 2, 60, "has {v}; is crossed by {v}"),
            _count("locks", 2, 60),
        ),
    ),
    Kind(
        "town",
        ("{}", "the town of {}", "the town {}"),
        _place,
        (
            _p("*number of people", amount(90, 9900, "people"), "has {v}; counts {v}", "how many people/does/have"),
            _p("mayor", values.person, "is led by {v}; has chosen {v} as its mayor", "who/-/leads; who/is/led by"),
            _p("market day", values.weekday, "holds its market {v}; has its market {v}", "when/does/hold its market"),
            _p("river", values.called, "lies on the river {v}; stands on the river {v}", "on which river/does/lie"),
            _p("*founding year", values.year, "was founded {v}", "when/was/founded; in which year/was/founded"),
            _p("founder", values.person, "was founded by {v}", "who/-/founded; by whom/was/founded"),
            _p("best known dish", values.dish, "is known for {v}; is famous for {v}", "what/is/known for"),
            _count("churches", 2, 40),
            _count("schools", 2, 40),
        ),
    ),
    Kind(
        "mountain",
        ("{}", "Mount {}", "the mountain {}"),
        names.invented,
        (
            _p("height", amount(300, 8900, "metres", "feet"), "is {v} high; rises to {v}", "how high/is; how tall/is"),
            _p("country", values.place, "lies in {v}; stands in {v}", "where/does/lie; in which country/does/lie"),
            _p("first climber", values.person, "was first climbed by {v}", "who/-/first climbed"),
            _p("*year of the first climb", values.year, "was first climbed {v}", "when/was/first climbed"),
            _p("hut", values.called, "has a hut called {v}", "what hut/does/have"),
            _p("best month", values.month, "is best climbed {v}", "when/is/best climbed"),
            _count("paths", 2, 30, "can be climbed on {v}; has {v}"),
        ),
    ),
    Kind(
        "lake",
        ("{}", "Lake {}", "the lake {}"),
        names.invented,
        (
            _p("depth", amount(3, 400, "metres", "feet"), "is {v} deep; goes down {v}", "how deep/is"),
            _p("area; size", amount(3, 900, "square km", "acres"), "covers {v}; is {v} large", "how large/is"),
            _p("island", values.called, "has an island called {v}", "what island/does/have"),
            _p("monster", values.called, "hides a monster called {v}", "what monster/does/hide"),
            _p("temperature", amount(2, 30, "degrees"), "has {v}; is {v} warm", "how warm/is"),
            _count("boats", 3, 90, "has {v}; carries {v}"),
            COLOUR,
        ),
    ),
    Kind(
        "person",
        ("{}",),
        _person,
        (
            AGE,
            _p(
                "job; trade",
                values.trade,
                "works as {v}; is {v} by trade; is {v}",
                "what/does/work as; what/is/by trade",
            ),
            _p(
                "home town",
                values.place,
                "lives in {v}; has a house in {v}",
                "where/does/live; in which town/does/live",
            ),
            _p(
                "place of birth",
                values.place,
                "was born in {v}; comes from {v}",
                "where/was/born; where/does/come from",
            ),
            _p("birthday", values.date, "has a birthday {v}; turns a year older {v}", "when/does/have a birthday"),
            _p("pet", values.animal, "keeps {v}; has {v} as a pet", "what animal/does/keep; what pet/does/have"),
            _p(
                "hobby",
                values.sport,
                "likes {v}; enjoys {v}; loves {v}",
                "what/does/like; what/does/enjoy; what/does/love",
            ),
            _p(
                "favourite dish",
                values.dish,
                "eats {v} best of all; dines on {v}",
                "what/does/eat best of all; what/does/dine on",
            ),
            _p(
                "best friend",
                values.person,
                "has a best friend named {v}; is best friends with {v}",
                "who/is/friends with",
            ),
            _p("husband or wife; partner", values.person, "is married to {v}", "who/is/married to"),
            _p("car", values.thing, "owns {v}; has bought {v}", "what/does/own; what/has/bought"),
            _p(
                "language", values.language, "speaks {v}; is learning {v}", "what language/does/speak; what/is/learning"
            ),
            _p("salary", price(300, 9900), "earns {v}; is paid {v}", "how much/does/earn; how much/is/paid"),
            _p("character", values.quality, "is very {v}; is known to be {v}", ""),
            _p("shoe size", values.number, "wears shoes of size {v}; takes size {v}", "what shoe size/does/wear"),
            _p("employer", values.called, "works for {v}; has a job at {v}", "who/does/work for"),
            _count("children", 2, 12),
        ),
        person=True,
    ),
    Kind(
        "animal",
        ("{}", "the {sort} {}"),
        names.invented,
        (
            *(AGE, WEIGHT, COLOUR, FOOD, OWNER),
            _p(
                "sleeping place; bed",
                values.spot,
                "sleeps {v}; has a bed {v}",
                "where/does/sleep; where/does/have a bed",
            ),
            _p(
                "friend",
                values.animal,
                "plays with {v}; is friends with {v}",
                "who/does/play with; who/is/friends with",
            ),
            _p(
                "favourite toy; toy",
                values.thing,
                "carries about {v}; loves {v}",
                "what/does/carry about/carries about; what/does/love",
            ),
            _p("fear", values.animal, "is afraid of {v}; fears {v}", "what/is/afraid of; what/does/fear"),
            _p("character", values.quality, "is very {v}; is known to be {v}", ""),
            _p("doctor; vet", values.person, "is treated by {v}", "who/-/treats; who/is/treated by"),
        ),
        sorts=("dog", "cat", "horse", "cow", "parrot", "donkey", "goat", "rabbit"),
    ),
    Kind(
        "school",
        ("{}", "the school {}", "{} School"),
        names.invented,
        (
            *(OPENS, ADDRESS, BUILT),
            _p("head", values.person, "is headed by {v}; is led by {v}", "who/-/heads; who/-/leads; who/is/headed by"),
            _p("best subject", values.sport, "teaches {v}; is good at {v}", "what/does/teach; what/is/good at"),
            _p("fee", price(9, 990), "takes a fee of {v}", "how much/does/take"),
            _p("animal on the flag; flag", values.animal, "has {v} on its flag", "what animal/does/have on its flag"),
            _count("pupils", 9, 990, "has {v}; teaches {v}"),
            _count("teachers", 2, 90),
        ),
    ),
    Kind(
        "plant",
        ("the {}", "the plant {}", "the flower {}"),
        lambda draw: names.lower(draw),
        (
            *(HEIGHT, COLOUR),
            _p("flowering time", values.month, "flowers {v}; blooms {v}", "when/does/flower; when/does/bloom"),
            _p("home", values.place, "grows in {v}; is found in {v}", "where/does/grow; where/is/found"),
            _p("use", values.dish, "is used for {v}; is good for {v}", "what/is/used for; what/is/good for"),
            _p("finder", values.person, "was found by {v}; was first seen by {v}", "who/-/found; who/-/first saw"),
            _p("water; need of water", amount(2, 90, "litres", "drops", "cups"), "needs {v}", "how much/does/need"),
            _count("leaves", 2, 90),
        ),
    ),
    Kind(
        "planet",
        ("{}", "the planet {}"),
        names.invented,
        (
            _p("distance", amount(9, 990, "light years", "million km"), "is {v} away", "how far away/is"),
            _p("diameter", amount(200, 9900, "km", "miles"), "is {v} across", "how far across/is"),
            _p("day", amount(3, 900, "hours", "days"), "turns once in {v}", "in what time/does/turn once"),
            _p(
                "finder; discoverer",
                values.person,
                "was found by {v}; was seen by {v}",
                "who/-/found; who/was/found by",
            ),
            _p(
                "*year of discovery",
                values.year,
                "was found {v}; was discovered {v}",
                "when/was/found; when/was/discovered",
            ),
            _p("temperature", amount(30, 900, "degrees"), "is {v} hot", "how hot/is"),
            *(COLOUR, MADE),
            _count("moons", 2, 90),
            _count("rings", 2, 30),
        ),
    ),
    Kind(
        "team",
        ("{}", "the team {}", "the {} team", "the club {}"),
        names.invented,
        (
            _p("trainer", values.person, "is trained by {v}; is coached by {v}", "who/-/trains; who/is/trained by"),
            _p("sport", values.sport, "plays {v}; is good at {v}", "what/does/play; what sport/does/play"),
            _p("home", values.place, "comes from {v}; plays in {v}", "where/does/come from; where/does/play"),
            _p(
                "training day",
                values.day,
                "trains {v}; meets {v}",
                "when/does/train; when/does/meet; on what day/does/train",
            ),
            _p("rival", values.called, "lost to {v}; was beaten by {v}", "who/did/lose to/lost to; who/was/beaten by"),
            _p("mascot", values.animal, "has {v} as its mascot", "what mascot/does/have"),
            _p("score", values.number, "has a score of {v}", "what score/does/have"),
            *(COLOUR,),
            _count("players", 5, 90),
            _count("cups", 2, 60, "has won {v}", "win"),
        ),
    ),
)
