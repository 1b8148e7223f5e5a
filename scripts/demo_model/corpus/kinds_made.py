"""Kinds of what people make and run: shops, ships, books, offices, roads, projects."""

from __future__ import annotations

from collections.abc import Callable

from demo_model.corpus import names, values
from demo_model.corpus.draw import Draw
from demo_model.corpus.properties import Kind
from demo_model.corpus.properties import counted as _count
from demo_model.corpus.properties import noted as _p
from demo_model.corpus.shared_properties import (
    ADDRESS,
    AGE,
    BUILT,
    BY,
    CLOSED,
    CLOSES,
    CODE,
    COLOUR,
    COMES,
    GUESTS,
    HEIGHT,
    LEADS_TO,
    LENGTH,
    MADE,
    OPENS,
    OWNER,
    PHONE,
    PRICE,
    SPEED,
    STRETCH,
    WEIGHT,
    WHERE,
)
from demo_model.corpus.values import amount, price


def _code(draw: Draw) -> str:
    return values.code(draw).text


def _one_of(words: str) -> Callable[[Draw], str]:
    choices = tuple(words.split())
    return lambda draw: draw.one(choices)


MADE_THINGS: tuple[Kind, ...] = (
    Kind(
        "shop",
        ("{}", "the shop {}", "the {} shop"),
        names.invented,
        (
            *(OPENS, CLOSES, OWNER, ADDRESS, PHONE, CLOSED),
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
            *(STRETCH, SPEED, COLOUR),
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
        "machine",
        ("{}", "the machine {}", "the {}", "the {} machine"),
        names.invented,
        (
            *(WEIGHT, PRICE, CODE, MADE, COLOUR),
            _p("maker", values.called, "is made by {v}; is built by {v}", "who/-/makes; who/-/builds; who/is/made by"),
            _p(
                "power", amount(10, 9900, "watts"), "uses {v}; needs {v}", "how much power/does/use; how much/does/need"
            ),
            _p("inventor", values.person, "was invented by {v}", "who/-/invented; by whom/was/invented"),
            _p("*year of the invention", values.year, "was invented {v}", "when/was/invented"),
            _p("product", values.food, "produces {v}; turns out {v}", "what/does/produce; what/does/turn out"),
            _p("fuel", values.fuel, "runs on {v}; burns {v}", "what/does/run on; what/does/burn"),
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
            _p(
                "day",
                values.weekday,
                "takes place {v}; is held {v}; is {v}",
                "when/does/take place; on what day/is/held",
            ),
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
            GUESTS,
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
            *(PRICE, COLOUR, CODE),
            _count("pages", 20, 990, "has {v}; is {v} long"),
            _count("chapters", 2, 90),
        ),
    ),
    Kind(
        "office",
        ("{}", "the office {}", "the {} office", "the firm {}", "the company {}"),
        names.invented,
        (
            *(OPENS, CLOSES, ADDRESS, PHONE),
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
                values.weekday,
                "is cleaned {v}; gets cleaned {v}",
                "when/is/cleaned; on what day/is/cleaned",
            ),
            _p("view", values.spot, "has a window {v}", "where/does/have a window"),
            COLOUR,
            _count("seats", 2, 300, "has {v}; holds {v}"),
            _count("lamps", 2, 30),
        ),
    ),
    Kind(
        "house",
        ("{}", "the house {}", "{} House"),
        names.invented,
        (
            *(HEIGHT, COLOUR, BUILT, BY, OWNER, ADDRESS, PRICE, MADE),
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
            *(STRETCH, HEIGHT, BUILT, BY, MADE),
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
            LEADS_TO,
            _p(
                "start",
                values.place,
                "begins in {v}; starts in {v}; comes from {v}",
                "where/does/begin; where/does/start",
            ),
            _p(
                "speed limit", amount(10, 120, "km an hour", "miles an hour"), "allows {v}", "how much speed/does/allow"
            ),
            _p("*reason for closing", values.cause, "is closed {v}; was closed {v}", "why/is/closed; why/was/closed"),
            _p("toll", price(1, 30), "takes a toll of {v}", "how much toll/does/take"),
            _count("lanes", 2, 12),
        ),
    ),
    Kind(
        "restaurant",
        ("{}", "the restaurant {}", "the {}"),
        names.invented,
        (
            *(OPENS, CLOSES, ADDRESS, PHONE, CLOSED),
            _p("cook", values.person, "has a cook called {v}", "what cook/does/have"),
            _p(
                "dish of the day", values.dish, "serves {v} today; offers {v}", "what/does/serve today; what/does/offer"
            ),
            _p("price of a meal", price(4, 90), "asks {v} for a meal", "how much/does/ask for a meal"),
            _count("tables", 2, 90),
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
            *(CODE,),
            _count("members", 2, 60),
        ),
    ),
    Kind(
        "object",
        ("the {}",),
        lambda draw: values.thing(draw).text.partition(" ")[2],
        (
            *(PRICE, WEIGHT, LENGTH, MADE, AGE, WHERE, OWNER, COMES),
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
            *(PRICE, WEIGHT, MADE, CODE, COLOUR),
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
