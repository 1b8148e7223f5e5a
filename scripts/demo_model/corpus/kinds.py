"""Kinds of things with their properties: what may be stated of a river, a shop or a person, and how it is asked."""

from __future__ import annotations

from collections.abc import Callable

from demo_model.corpus import names, values
from demo_model.corpus.draw import Draw
from demo_model.corpus.properties import Kind
from demo_model.corpus.properties import counted as _count
from demo_model.corpus.properties import noted as _p
from demo_model.corpus.values import amount, price


def _person(draw: Draw) -> str:
    return values.person(draw).text


def _place(draw: Draw) -> str:
    return values.place(draw).text


def _code(draw: Draw) -> str:
    return values.code(draw).text


def _one_of(words: str) -> Callable[[Draw], str]:
    choices = tuple(words.split())
    return lambda draw: draw.one(choices)


_BUILT = _p("*year of building", values.year, "was built {v}; was finished {v}", "when/was/built; when/was/finished")
_BY = _p("architect; designer", values.person, "was designed by {v}", "who/-/designed; who/is/designed by")
_OWNER = _p("owner", values.person, "belongs to {v}; is owned by {v}", "who/-/owns; who/does/belong to")
_COLOUR = _p("colour", values.colour, "is {v}; is painted {v}", "what colour/is; what colour/does/have")
_PRICE = _p("price; cost", price(2, 900), "costs {v}; is sold for {v}", "how much/does/cost; how much/is")
_WEIGHT = _p("weight", amount(2, 900, "kg", "tons", "grams"), "weighs {v}", "how much/does/weigh; how heavy/is")
_HEIGHT = _p("height", amount(2, 300, "metres", "feet"), "is {v} high; rises {v}", "how high/is; how tall/is")
_LENGTH = _p("length", amount(2, 900, "metres", "cm", "feet"), "is {v} long; measures {v}", "how long/is")
_MADE = _p("material", values.material, "is made of {v}; consists of {v}", "what/is/made of; what/does/consist of")
_OPENS = _p("opening time", values.time, "opens {v}; is open from {v}", "when/does/open; at what time/does/open")
_CLOSES = _p("closing time", values.time, "closes {v}; shuts {v}", "when/does/close; at what time/does/close")
_CLOSED = _p("rest day", values.day, "has its day off {v}; rests {v}", "when/does/rest; on which day/does/rest")
_WHERE = _p("place; location", values.spot, "stands {v}; can be found {v}; is {v}", "where/is; where/does/stand")
_ADDRESS = _p("address", values.street, "has the address {v}; is at {v}", "what address/does/have")
_PHONE = _p("phone number", values.phone, "can be called on {v}", "on which number/can/be called")
_SPEED = _p("top speed", amount(5, 400, "km an hour", "miles an hour", "knots"), "goes {v}", "how fast/is")
_AGE = _p("age", amount(2, 95, "years", "years", "months"), "is {v} old", "how old/is")
_FOOD = _p("favourite food", values.food, "eats {v}; lives on {v}", "what/does/eat; what/does/live on")
_CODE = _p("code; number", values.code, "has the code {v}; is listed as {v}", "what code/does/have")
_LEADS_TO = _p("end", values.place, "leads to {v}; ends in {v}", "where/does/lead to; where/does/end")
_COMES = _p("origin", values.place, "comes from {v}; has come from {v}", "where/does/come from; where/is/from")
_GUESTS = _count("guests", 3, 900, "takes {v}; has {v}")

KINDS: tuple[Kind, ...] = (
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
            _p("market day", values.day, "holds its market {v}; has its market {v}", "when/does/hold its market"),
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
            _COLOUR,
        ),
    ),
    Kind(
        "person",
        ("{}",),
        _person,
        (
            _AGE,
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
            _p("favourite dish", values.dish, "eats {v} best of all; likes to eat {v}", "what/does/like to eat"),
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
        "shop",
        ("{}", "the shop {}", "the {} shop"),
        names.invented,
        (
            *(_OPENS, _CLOSES, _OWNER, _ADDRESS, _PHONE, _CLOSED),
            _p("main product", values.food, "sells {v}; deals in {v}", "what/does/sell; what/does/deal in"),
            _p("*founding year", values.year, "was founded {v}; was started {v}", "when/was/founded; when/was/started"),
            _p("discount", amount(3, 70, "percent"), "gives {v} off", "how much/does/give off"),
            _count("workers", 2, 90, "employs {v}; has {v}", "employ"),
        ),
    ),
    Kind(
        "ship",
        ("the {}", "the ship {}"),
        names.invented,
        (
            *(_LENGTH, _SPEED, _COLOUR),
            _p("captain", values.person, "sails under {v}; is commanded by {v}", "who/-/commands; who/is/commanded by"),
            _p("cargo; load", values.food, "carries {v}; is loaded with {v}", "what/does/carry; what/is/loaded with"),
            _p("home port", values.place, "has its port in {v}; is at home in {v}", "where/is/at home"),
            _p("departure", values.day, "leaves {v}; sets sail {v}", "when/does/leave; when/does/set sail"),
            _p(
                "destination; goal",
                values.place,
                "sails to {v}; is bound for {v}",
                "where/does/sail to; where/is/bound for",
            ),
            _count("cabins", 3, 400),
            _count("sailors", 3, 90, "needs {v}; has {v}"),
        ),
    ),
    Kind(
        "train",
        ("{}", "the train {}", "train {}"),
        _code,
        (
            _p("departure time", values.time, "leaves {v}; departs {v}", "when/does/leave; when/does/depart"),
            _p("arrival time", values.time, "arrives {v}; gets in {v}", "when/does/arrive; at what time/does/arrive"),
            _p(
                "destination",
                values.place,
                "goes to {v}; runs to {v}",
                "where/does/go to; where/does/run to; where/does/go",
            ),
            _p("track", values.number, "leaves from track {v}; stands on track {v}", "from which track/does/leave"),
            _p("delay", amount(3, 90, "minutes"), "is {v} late; is late by {v}", "how late/is"),
            _p("driver", values.person, "is driven by {v}", "who/-/drives; who/is/driven by"),
            _p("ticket price", price(3, 200), "costs {v}", "how much/does/cost"),
            _count("coaches", 3, 30),
        ),
    ),
    Kind(
        "animal",
        ("{}", *(f"the {animal} {{}}" for animal in ("dog", "cat", "horse", "cow", "parrot", "donkey"))),
        names.invented,
        (
            *(_AGE, _WEIGHT, _COLOUR, _FOOD, _OWNER),
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
                "plays best with {v}; loves {v}",
                "what/does/play best with; what/does/love",
            ),
            _p("fear", values.animal, "is afraid of {v}; fears {v}", "what/is/afraid of; what/does/fear"),
            _p("character", values.quality, "is very {v}; is known to be {v}", ""),
            _p("doctor; vet", values.person, "is treated by {v}", "who/-/treats; who/is/treated by"),
        ),
    ),
    Kind(
        "machine",
        ("{}", "the machine {}", "the {}", "the {} machine"),
        names.invented,
        (
            *(_WEIGHT, _PRICE, _CODE, _MADE, _COLOUR),
            _p("maker", values.called, "is made by {v}; is built by {v}", "who/-/makes; who/-/builds; who/is/made by"),
            _p(
                "power", amount(10, 9900, "watts"), "uses {v}; needs {v}", "how much power/does/use; how much/does/need"
            ),
            _p("inventor", values.person, "was invented by {v}", "who/-/invented; by whom/was/invented"),
            _p("*year of the invention", values.year, "was invented {v}", "when/was/invented"),
            _p("product", values.food, "produces {v}; turns out {v}", "what/does/produce; what/does/turn out"),
            _p("fuel", values.food, "runs on {v}; burns {v}", "what/does/run on; what/does/burn"),
            _p(
                "guarantee",
                amount(2, 30, "years", "months"),
                "has a guarantee of {v}",
                "how long a guarantee/does/have",
            ),
            _count("wheels", 2, 40),
            _count("buttons", 2, 90),
        ),
    ),
    Kind(
        "event",
        ("{}", "the event {}", "the {} festival"),
        names.invented,
        (
            _p(
                "start",
                values.time,
                "starts {v}; begins {v}",
                "when/does/start; when/does/begin; at what time/does/start",
            ),
            _p("day", values.day, "takes place {v}; is held {v}; is {v}", "when/does/take place; on what day/is/held"),
            _p("place", values.place, "is held in {v}; takes place in {v}", "where/is/held; where/does/take place"),
            _p(
                "host; speaker",
                values.person,
                "is opened by {v}; is led by {v}",
                "who/-/opens; who/-/leads; who/is/led by",
            ),
            _p("entrance fee; ticket price", price(2, 90), "costs {v}", "how much/does/cost; what/does/cost"),
            _p(
                "duration; length",
                amount(2, 300, "minutes", "hours", "days"),
                "lasts {v}; goes on for {v}",
                "how long/does/last",
            ),
            _p("main prize", values.thing, "gives {v} as the main prize", "what main prize/does/give"),
            _p("food", values.dish, "offers {v}; serves {v}", "what food/does/offer; what/does/serve"),
            _GUESTS,
        ),
    ),
    Kind(
        "book",
        ("{}", "the book {}", '"{}"'),
        names.invented,
        (
            _p("author; writer", values.person, "was written by {v}; is by {v}", "who/-/wrote; who/was/written by"),
            _p(
                "*year of printing",
                values.year,
                "was printed {v}; appeared {v}",
                "when/was/printed; when/did/appear/appeared",
            ),
            _p("subject; topic", values.topic, "is about {v}; deals with {v}", "what/is/about; what/does/deal with"),
            _p("hero", values.person, "tells of {v}; has a hero named {v}", "who/does/tell of; what hero/does/have"),
            _p("publisher", values.called, "was published by {v}", "who/-/published; who/was/published by"),
            _p("language", values.language, "is written in {v}", "in what language/is/written"),
            *(_PRICE, _COLOUR, _CODE),
            _count("pages", 20, 990, "has {v}; is {v} long"),
            _count("chapters", 2, 90),
        ),
    ),
    Kind(
        "office",
        ("{}", "the office {}", "the {} office", "the firm {}", "the company {}"),
        names.invented,
        (
            *(_OPENS, _CLOSES, _ADDRESS, _PHONE),
            _p(
                "head; manager",
                values.person,
                "is run by {v}; is managed by {v}",
                "who/-/runs; who/-/manages; who/is/run by",
            ),
            _p("e-mail address", values.mail, "can be written to at {v}", "at which e-mail address/can/be written to"),
            _p("rent", price(90, 9900), "pays a rent of {v}; pays {v} in rent", "how much rent/does/pay"),
            _p("product", values.thing, "makes {v}; designs {v}", "what/does/make; what/does/design"),
            _p("holiday", values.month, "closes for the holidays {v}", "when/does/close for the holidays"),
            _p("profit", price(90, 9900), "made a profit of {v}; earned {v}", "how much profit/did/make/made"),
            _count("clerks", 2, 90, "employs {v}; has {v}", "employ"),
        ),
    ),
    Kind(
        "room",
        ("the {} room",),
        _one_of("red blue green yellow white grey upper lower front back north south east west small large old new"),
        (
            _p("area; size", amount(6, 90, "square metres"), "has {v}; measures {v}; is {v} large", "how large/is"),
            _p("temperature", amount(4, 30, "degrees"), "is {v} warm; has {v}", "how warm/is"),
            _p("use; user", values.person, "is used by {v}; is kept for {v}", "who/-/uses; who/is/used by"),
            _p("key", values.code, "opens with the key {v}", "with which key/does/open"),
            _p("floor", values.material, "has a floor of {v}", ""),
            _p("picture", values.animal, "has a picture of {v}", "what picture/does/have"),
            _p(
                "cleaning day",
                values.day,
                "is cleaned {v}; gets cleaned {v}",
                "when/is/cleaned; on what day/is/cleaned",
            ),
            _p("view", values.spot, "has a window {v}", "where/does/have a window"),
            _COLOUR,
            _count("seats", 2, 300, "has {v}; holds {v}"),
            _count("lamps", 2, 30),
        ),
    ),
    Kind(
        "house",
        ("{}", "the house {}", "{} House"),
        names.invented,
        (
            *(_HEIGHT, _COLOUR, _BUILT, _BY, _OWNER, _ADDRESS, _PRICE, _MADE),
            _count("rooms", 2, 90),
            _count("windows", 2, 90),
            _count("floors", 2, 60),
        ),
    ),
    Kind(
        "bridge",
        ("the {} Bridge", "the bridge {}"),
        names.invented,
        (
            *(_LENGTH, _HEIGHT, _BUILT, _BY, _MADE),
            _p(
                "river", values.called, "crosses the {v}; goes over the {v}", "what/does/cross; what river/does/go over"
            ),
            _p("toll", price(1, 30), "costs {v} to cross", "how much toll/does/cost"),
            _p("*reason for closing", values.cause, "was closed {v}; is shut {v}", "why/was/closed; why/is/shut"),
        ),
    ),
    Kind(
        "road",
        ("the {} road", "{} Road", "the road {}"),
        names.invented,
        (
            _p("length", amount(2, 990, "km", "miles"), "is {v} long; runs for {v}", "how long/is"),
            _LEADS_TO,
            _p("start", values.place, "begins in {v}; starts in {v}", "where/does/begin; where/does/start"),
            _p(
                "speed limit", amount(10, 120, "km an hour", "miles an hour"), "allows {v}", "how much speed/does/allow"
            ),
            _p("*reason for closing", values.cause, "is closed {v}; was closed {v}", "why/is/closed; why/was/closed"),
            _p("toll", price(1, 30), "takes a toll of {v}", "how much toll/does/take"),
            _count("lanes", 2, 12),
        ),
    ),
    Kind(
        "school",
        ("{}", "the school {}", "{} School"),
        names.invented,
        (
            *(_OPENS, _ADDRESS, _BUILT),
            _p("head", values.person, "is headed by {v}; is led by {v}", "who/-/heads; who/-/leads; who/is/headed by"),
            _p("best subject", values.sport, "teaches {v}; is good at {v}", "what/does/teach; what/is/good at"),
            _p("fee", price(9, 990), "takes a fee of {v}", "how much/does/take"),
            _p("animal on the flag; flag", values.animal, "has {v} on its flag", "what animal/does/have on its flag"),
            _count("pupils", 9, 990, "has {v}; teaches {v}"),
            _count("teachers", 2, 90),
        ),
    ),
    Kind(
        "restaurant",
        ("{}", "the restaurant {}", "the {}"),
        names.invented,
        (
            *(_OPENS, _CLOSES, _ADDRESS, _PHONE, _CLOSED),
            _p("cook", values.person, "has a cook called {v}", "what cook/does/have"),
            _p(
                "dish of the day", values.dish, "serves {v} today; offers {v}", "what/does/serve today; what/does/offer"
            ),
            _p("price of a meal", price(4, 90), "asks {v} for a meal", "how much/does/ask for a meal"),
            _count("tables", 2, 90),
        ),
    ),
    Kind(
        "plant",
        ("the {}", "the plant {}", "the flower {}"),
        lambda draw: names.lower(draw),
        (
            *(_HEIGHT, _COLOUR),
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
            *(_COLOUR, _MADE),
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
            *(_COLOUR,),
            _count("players", 5, 90),
            _count("cups", 2, 60, "has won {v}", "win"),
        ),
    ),
    Kind(
        "project",
        ("{}", "the project {}", "project {}"),
        names.invented,
        (
            _p("deadline", values.date, "is due {v}; must be ready {v}", "when/is/due; when/does/need to be ready"),
            _p("budget", price(90, 9900), "has a budget of {v}; may cost {v}", "how much/can/cost"),
            _p(
                "leader; manager",
                values.person,
                "is led by {v}; is managed by {v}",
                "who/-/leads; who/-/manages; who/is/led by",
            ),
            _p("goal", values.thing, "wants to build {v}; aims at {v}", "what/does/want to build; what/does/aim at"),
            _p(
                "client; customer",
                values.called,
                "is done for {v}; was ordered by {v}",
                "who/-/ordered; who/was/ordered by",
            ),
            _p("*reason for the delay", values.cause, "is late {v}; was delayed {v}", "why/is/late; why/was/delayed"),
            _p(
                "meeting day; meeting",
                values.day,
                "has its meeting {v}; meets {v}",
                "when/does/meet; when/does/have its meeting",
            ),
            _p("version", values.code, "is at version {v}", "at which version/is"),
            *(_CODE,),
            _count("members", 2, 60),
        ),
    ),
    Kind(
        "object",
        ("the {}",),
        lambda draw: values.thing(draw).text.partition(" ")[2],
        (
            *(_PRICE, _WEIGHT, _LENGTH, _MADE, _AGE, _WHERE, _OWNER, _COMES),
            _p("maker", values.person, "was made by {v}; was built by {v}", "who/-/made; who/-/built; who/was/made by"),
            _p(
                "gift; giver",
                values.person,
                "was a gift from {v}; was given by {v}",
                "who/was/a gift from; who/was/given by",
            ),
        ),
    ),
    Kind(
        "product",
        ("{}", "the {}", "the product {}"),
        names.invented,
        (
            *(_PRICE, _WEIGHT, _MADE, _CODE, _COLOUR),
            _p(
                "battery life",
                amount(2, 90, "hours", "days"),
                "runs for {v}; lasts {v}",
                "how long/does/run; how long/does/last",
            ),
            _p("delivery time", amount(2, 30, "days", "weeks"), "is delivered in {v}", "in what time/is/delivered"),
            _p("maker; brand", values.called, "comes from the firm {v}; is made by {v}", "who/-/makes; who/is/made by"),
            _p(
                "guarantee; warranty",
                amount(2, 30, "years", "months"),
                "has a guarantee of {v}",
                "how long a guarantee/does/have",
            ),
            _p("*day of sale", values.date, "is on sale {v}; comes out {v}", "when/does/come out; when/is/on sale"),
            _p("memory", amount(2, 990, "megabytes", "gigabytes"), "has {v} of memory", "how much memory/does/have"),
        ),
    ),
)
"""All kinds. No two properties of a kind follow from each other, so that what is not stated is not known."""
