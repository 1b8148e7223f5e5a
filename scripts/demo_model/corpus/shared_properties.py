"""Properties that several kinds of things have."""

from __future__ import annotations

from demo_model.corpus import values
from demo_model.corpus.properties import counted as _count
from demo_model.corpus.properties import noted as _p
from demo_model.corpus.values import amount, price

BUILT = _p("*year of building", values.year, "was built {v}; was finished {v}", "when/was/built; when/was/finished")
BY = _p("architect; designer", values.person, "was designed by {v}", "who/-/designed; who/is/designed by")
OWNER = _p("owner", values.person, "belongs to {v}; is owned by {v}", "who/-/owns; who/does/belong to")
COLOUR = _p("colour", values.colour, "is {v}; is painted {v}", "what colour/is; what colour/does/have")
PRICE = _p("price; cost", price(2, 900), "costs {v}; is sold for {v}", "how much/does/cost; how much/is")
WEIGHT = _p("weight", amount(2, 900, "kg", "tons", "grams"), "weighs {v}", "how much/does/weigh; how heavy/is")
HEIGHT = _p("height", amount(2, 300, "metres", "feet"), "is {v} high; rises {v}", "how high/is; how tall/is")
LENGTH = _p("length", amount(2, 900, "metres", "cm", "feet"), "is {v} long; measures {v}", "how long/is")
STRETCH = _p("length", amount(20, 900, "metres", "feet"), "is {v} long; measures {v}", "how long/is")
MADE = _p("material", values.material, "is made of {v}; consists of {v}", "what/is/made of; what/does/consist of")
OPENS = _p("opening time", values.time, "opens {v}; opens its doors {v}", "when/does/open; at what time/does/open")
CLOSES = _p("closing time", values.time, "closes {v}; shuts {v}", "when/does/close; at what time/does/close")
CLOSED = _p(
    "closing day; day off", values.weekday, "is closed {v}; stays closed {v}", "when/is/closed; on which day/is/closed"
)
WHERE = _p("place; location", values.spot, "stands {v}; can be found {v}; is {v}", "where/is; where/does/stand")
ADDRESS = _p("address", values.street, "has the address {v}; is at {v}", "what address/does/have; at which address/is")
PHONE = _p("phone number", values.phone, "can be called on {v}", "on which number/can/be called")
SPEED = _p(
    "top speed",
    amount(5, 400, "km an hour", "miles an hour", "knots"),
    "goes {v}; reaches {v}",
    "how fast/is; how fast/does/go",
)
AGE = _p("age", amount(2, 95, "years", "years", "months"), "is {v} old", "how old/is")
FOOD = _p("favourite food", values.feed, "eats {v}; lives on {v}", "what/does/eat; what/does/live on")
CODE = _p("code; number", values.code, "has the code {v}; is listed as {v}", "what code/does/have")
LEADS_TO = _p("end", values.place, "leads to {v}; ends in {v}", "where/does/lead to; where/does/end")
COMES = _p("origin", values.place, "comes from {v}; has come from {v}", "where/does/come from; where/is/from")
GUESTS = _count("guests", 3, 900, "takes {v}; has {v}")
