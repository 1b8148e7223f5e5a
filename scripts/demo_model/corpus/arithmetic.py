"""Counting, adding and subtracting up to 20: in digits, in words and in small stories."""

from __future__ import annotations

from demo_model.corpus.around import ASSISTANTS, unrelated_tools
from demo_model.corpus.conversation import Conversation, Expected, Tool
from demo_model.corpus.draw import Draw
from demo_model.corpus.everyday import person
from demo_model.corpus.exchange import CLOSERS, OPENERS, Exchange, conversation, lowered, phrased, typed
from demo_model.corpus.persona import traits
from demo_model.corpus.persona_messages import system_message

MOST = 20
WORDS = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty",
)  # fmt: skip
TOO_SMALL = "That is less than zero."
TOO_LARGE = "I can only add and subtract up to 20."
_SUMS = (
    "What is {a} plus {b}?", "How much is {a} plus {b}?", "{a} plus {b}?", "{a} plus {b} is what?", "Add {a} and {b}.",
    "What is the sum of {a} and {b}?", "Please add {a} and {b}.", "Add {b} to {a}.", "Calculate {a} plus {b}.",
    "What do {a} and {b} make?", "How much is {a} and {b}?", "What do you get if you add {b} to {a}?",
    "{a} and {b} make?", "Work out {a} plus {b}.", "The sum of {a} and {b}?", "What is {a} and {b} together?",
    "{a} plus {b} equals what?", "How much do {a} and {b} make together?", "What does {a} plus {b} make?",
    "What does {a} plus {b} equal?", "Give the sum of {a} and {b}.", "If I add {a} and {b}, what do I get?",
    "How much is the sum of {a} and {b}?", "Can you add {a} and {b}?", "Could you add {b} to {a}?",
    "Do you know what {a} plus {b} is?", "Sum {a} and {b}.", "Count {a} and {b} together.",
    "What is the total of {a} and {b}?", "I add {b} to {a}. What is the result?",
    "Put {a} and {b} together. How much is that?", "Find the sum of {a} and {b}.",
    "Is {a} plus {b} a lot? How much is it?", "What number is {a} plus {b}?", "What is {b} more than {a}?",
    "Take {a} and add {b}.", "Compute {a} plus {b}.",
)  # fmt: skip
_SIGNS = (
    "What is {x}?", "{x}", "{x} =", "{x} = ?", "How much is {x}?", "Calculate {x}.", "{x}?", "Compute {x}.",
    "{x} is what?", "Work out {x}.", "Please calculate {x}.", "Solve {x}.", "What is the result of {x}?",
    "Can you work out {x}?", "Tell me {x}.", "What does {x} make?", "Do you know {x}?", "{x} equals?",
    "What does {x} equal?", "And {x}?", "Now {x}.", "Give me the result of {x}.", "I need {x}.", "Find {x}.",
    "Result of {x}?", "What number is {x}?",
)  # fmt: skip
_DIFFERENCES = (
    "What is {a} minus {b}?", "How much is {a} minus {b}?", "{a} minus {b}?", "{a} minus {b} is what?",
    "Subtract {b} from {a}.", "Please subtract {b} from {a}.", "Take {b} from {a}.", "Take {b} away from {a}.",
    "Calculate {a} minus {b}.", "What is {a} take away {b}?", "What is {b} less than {a}?", "Work out {a} minus {b}.",
    "What remains if you take {b} from {a}?", "How much is left if I take {b} from {a}?", "{a} minus {b} equals what?",
    "What do you get if you subtract {b} from {a}?", "What is the difference of {a} and {b}?",
    "What does {a} minus {b} make?", "What does {a} minus {b} equal?", "If I subtract {b} from {a}, what do I get?",
    "Compute {a} minus {b}.", "Can you subtract {b} from {a}?", "Do you know what {a} minus {b} is?",
    "I take {b} away from {a}. What is left?", "{a} take away {b}?", "{a} less {b}?", "Could you take {b} from {a}?",
    "{a} take away {b} is what?", "Deduct {b} from {a}.", "What is the difference between {a} and {b}?",
    "What number is {a} minus {b}?", "Start with {a} and take away {b}.",
)  # fmt: skip
_GOODS = (
    "apples", "books", "coins", "stamps", "eggs", "pencils", "balls", "cakes", "flowers", "stones", "fish", "plates",
    "tickets", "chairs", "nuts", "hats", "keys", "cards", "shells", "buttons", "candles", "oranges", "sweets", "toys",
    "marbles", "pears", "cups", "sheep", "boxes", "letters",
)  # fmt: skip
_SINGLE = {"boxes": "box", "fish": "fish", "sheep": "sheep"}
_START = (
    "{n} has {a} {g}.", "There are {a} {g} on the table of {n}.", "{n} owns {a} {g}.", "{n} had {a} {g}.",
    "In the bag of {n} there are {a} {g}.", "{n} has got {a} {g}.", "{n} keeps {a} {g}.", "{n} starts with {a} {g}.",
    "{n} found {a} {g}.", "{n} bought {a} {g}.", "Yesterday {n} had {a} {g}.", "{n} is holding {a} {g}.",
    "{n} counts {a} {g}.", "At first {n} has {a} {g}.",
)  # fmt: skip
_GAIN = (
    "{n} gets {b} more.", "{n} finds {b} more.", "{m} gives {n} {b} more.", "{n} buys {b} more {g}.",
    "Then {n} gets {b} {g} more.", "Now {b} more are added.", "{n} is given another {b}.", "{m} brings {b} more {g}.",
    "Then {n} finds another {b} {g}.", "{n} receives {b} more from {m}.", "{b} more {g} come in the post.",
    "{m} adds {b} more.", "Today {n} bought {b} more.", "{n} gets another {b} {g} from {m}.",
)  # fmt: skip
_LOSS = (
    "{n} loses {b}.", "{n} gives {b} away.", "{n} gives {b} to {m}.", "{m} takes {b} away.", "{n} sells {b} {g}.",
    "Then {n} loses {b} {g}.", "{n} gives {b} of the {g} to {m}.", "{b} of them are lost.",
    "{n} sells {b} of them to {m}.", "{m} takes {b} of the {g}.", "Then {n} gives away {b} {g}.",
    "{b} {g} are taken away.", "{n} throws {b} away.", "Today {n} lost {b} of them.",
)  # fmt: skip
_HOW_MANY = (
    "How many {g} does {n} have now?", "How many {g} does {n} have?", "How many {g} has {n} now?",
    "How many are there now?", "How many {g} are there now?", "How many does {n} have now?", "How many {g} is that?",
    "How many {g} has {n} got then?", "How many {g} does {n} have in the end?", "Now how many {g} are there?",
    "What number of {g} does {n} have now?", "Tell me how many {g} {n} has now.", "So how many {g} does {n} have?",
    "Do you know how many {g} {n} has now?", "How many {g} are with {n} now?", "Count: how many {g} does {n} have?",
)  # fmt: skip
_UP = (
    "Count from {a} to {b}.", "Count up from {a} to {b}.", "Please count from {a} to {b}.",
    "Can you count from {a} to {b}?", "Count to {b}, starting at {a}.", "Start at {a} and count to {b}.",
    "Say the numbers from {a} to {b}.", "Count {a} to {b}.", "List the numbers from {a} to {b}.",
    "Write the numbers from {a} to {b}.", "Which numbers are there from {a} to {b}?",
    "Name the numbers from {a} to {b}.", "Would you count from {a} to {b}?", "I want you to count from {a} to {b}.",
    "Give me the numbers from {a} to {b}.", "Begin with {a} and count up to {b}.", "Let us count from {a} to {b}.",
    "Numbers from {a} to {b}, please.",
)  # fmt: skip
_DOWN = (
    "Count down from {a} to {b}.", "Count backwards from {a} to {b}.", "Please count down from {a} to {b}.",
    "Can you count down from {a} to {b}?", "Count from {a} down to {b}.", "Start at {a} and count down to {b}.",
    "Count from {a} back to {b}.", "Say the numbers from {a} down to {b}.", "List the numbers from {a} down to {b}.",
    "Count from {a} to {b}.", "Would you count backwards from {a} to {b}?", "Make a countdown from {a} to {b}.",
    "I want you to count down from {a} to {b}.", "Begin with {a} and count down to {b}.",
    "Countdown from {a} to {b}, please.", "Write the numbers from {a} down to {b}.",
)  # fmt: skip
_TO = (
    "Count to {b}.", "Please count to {b}.", "Can you count to {b}?", "Count up to {b}.", "Count till {b}.",
    "Could you count to {b}?", "Let me hear you count to {b}.", "I want you to count to {b}.", "Count to {b} for me.",
    "Do count to {b}.", "Would you count to {b}?", "Now count to {b}.",
)  # fmt: skip
_AFTER = (
    "What comes after {a}?", "Which number comes after {a}?", "What is the number after {a}?",
    "What number follows {a}?", "Which number is next after {a}?", "What is next after {a}?",
    "Tell me the number after {a}.", "What follows after {a}?", "Name the number after {a}.", "After {a} comes what?",
)  # fmt: skip
_BEFORE = (
    "What comes before {a}?", "Which number comes before {a}?", "What is the number before {a}?",
    "Before {a} comes what?", "Which number is just before {a}?", "What is just before {a}?",
    "Tell me the number before {a}.", "What stands before {a}?", "Name the number before {a}.",
    "What number goes before {a}?",
)  # fmt: skip
_BELOW = tuple(text for text in _DIFFERENCES if "difference" not in text)
_OUTSIDE = (
    "What is {a} times {b}?", "{a} * {b}", "{a} x {b}", "How much is {a} times {b}?", "Multiply {a} by {b}.",
    "{a} / {b}", "What is {a} divided by {b}?", "Divide {a} by {b}.", "What is the square root of {a}?",
    "What is {a} percent of {b}?", "Calculate {a} * {b}.", "What is {a} times {b} plus {b}?", "What is {a} squared?",
    "How much is {a} / {b}?",
)  # fmt: skip


def addition(draw: Draw) -> Exchange:
    """A sum up to 20, each pair as likely as any other with the same first number."""
    a = draw.number(0, MOST)
    return _calculation(draw, a, "+", draw.number(0, MOST - a))


def subtraction(draw: Draw) -> Exchange:
    """A difference of numbers up to 20 that is not below zero."""
    a = draw.number(0, MOST)
    return _calculation(draw, a, "-", draw.number(0, a))


def _calculation(draw: Draw, a: int, sign: str, b: int) -> Exchange:
    kind = draw.number(0, 9)
    if kind < 3:
        text = phrased(draw, _SIGNS, 3).format(x=f"{a}{sign}{b}" if draw.chance(0.3) else f"{a} {sign} {b}")
    else:
        say = _number if kind < 7 else _word
        text = phrased(draw, _SUMS if sign == "+" else _DIFFERENCES, 2).format(a=say(a), b=say(b))
    return _answered(_put(draw, text), a, sign, b)


def _put(draw: Draw, text: str) -> str:
    """With something before or after it, now and then."""
    text = text[0].upper() + text[1:]
    if draw.chance(0.2):
        text = draw.phrase(OPENERS) + lowered(text)
    return typed(draw, text + draw.phrase(CLOSERS) if text[-1] in ".?" and draw.chance(0.1) else text)


def _answered(text: str, a: int, sign: str, b: int, rest: str = "") -> Exchange:
    result = a + b if sign == "+" else a - b
    answer = f"{a} {sign} {b} = {result}."
    thought = f"I {'add' if sign == '+' else 'subtract'}: {answer}"
    return Exchange(text, answer + rest.format(r=result), Expected(contains=(f"= {result}",)), thought)


def _number(value: int) -> str:
    return str(value)


def _word(value: int) -> str:
    return WORDS[value]


def story_problem(draw: Draw) -> Exchange:
    """Somebody has some things and gets or loses some."""
    plus = draw.chance(0.5)
    a = draw.number(2, MOST - 2 if plus else MOST)
    b = draw.number(2, MOST - a if plus else a)
    first, other, goods = person(draw), person(draw), draw.phrase(_GOODS)
    say = _word if draw.chance(0.25) else _number
    words = {"n": first, "m": other, "g": goods, "a": say(a), "b": say(b)}
    happens = phrased(draw, _GAIN if plus else _LOSS)
    text = f"{phrased(draw, _START)} {happens} {phrased(draw, _HOW_MANY)}".format(**words)
    sentences = [part[0].upper() + part[1:] for part in text.split(". ")]
    left = _SINGLE.get(goods, goods[:-1]) if not plus and a - b == 1 else goods
    return _answered(typed(draw, ". ".join(sentences)), a, "+" if plus else "-", b, f" {first} has {{r}} {left}.")


def counting(draw: Draw) -> Exchange:
    """Counting up or down between two numbers up to 20, or from one."""
    say = _word if draw.chance(0.25) else _number
    kind = draw.number(0, 4)
    low, high = sorted(draw.some(range(MOST + 1), 2))
    if kind == 0:
        low, high = 1, max(high, 2)
        text, numbers = phrased(draw, _TO).format(b=say(high)), list(range(1, high + 1))
    elif kind < 3:
        text, numbers = phrased(draw, _UP).format(a=say(low), b=say(high)), list(range(low, high + 1))
    else:
        text, numbers = phrased(draw, _DOWN).format(a=say(high), b=say(low)), list(range(high, low - 1, -1))
    answer = f"{', '.join(map(str, numbers))}."
    return Exchange(typed(draw, text), answer, Expected(exact=answer), f"From {numbers[0]} to {numbers[-1]}.")


def neighbour(draw: Draw) -> Exchange:
    """The number before or after another."""
    a, say = draw.number(1, MOST - 1), _word if draw.chance(0.25) else _number
    after = draw.chance(0.5)
    text = phrased(draw, _AFTER if after else _BEFORE).format(a=say(a))
    found = a + 1 if after else a - 1
    answer = f"{'After' if after else 'Before'} {a} comes {found}."
    return Exchange(typed(draw, text), answer, Expected(contains=(f"comes {found}",)), answer)


def beyond(draw: Draw) -> Exchange:
    """A sum over 20, another kind of calculation, or less than nothing: it says that it cannot."""
    kind = draw.number(0, 3)
    if kind == 3:
        b = draw.number(1, MOST)
        a = draw.number(0, b - 1)
        minus = draw.chance(0.4)
        text = phrased(draw, _SIGNS, 3).format(x=f"{a} - {b}") if minus else phrased(draw, _BELOW, 2).format(a=a, b=b)
        return Exchange(_put(draw, text), TOO_SMALL, Expected(contains=("less than zero",)), f"{b} is more than {a}.")
    if kind == 0:
        text = phrased(draw, _OUTSIDE).format(a=draw.number(1, 99), b=draw.number(1, 99))
    else:
        a = draw.number(2, 20) if draw.chance(0.4) else draw.number(21, 999)
        b = draw.number(21 - a, 20) if a <= 20 else draw.number(0, 999)
        if kind == 1 or a <= 20:
            text = (
                phrased(draw, _SIGNS, 3).format(x=f"{a} + {b}")
                if draw.chance(0.4)
                else phrased(draw, _SUMS, 2).format(a=a, b=b)
            )
        else:
            text = phrased(draw, _DIFFERENCES, 2).format(a=a, b=b)
    return Exchange(_put(draw, text), TOO_LARGE, Expected(contains=("only", "up to 20")), "That is more than I can do.")


_KINDS = (*(addition, subtraction) * 3, story_problem, story_problem, counting, neighbour)


def any_sum(draw: Draw) -> Exchange:
    """Any calculation that the model can do."""
    return draw.one(_KINDS)(draw)


def sums(draw: Draw) -> Conversation:
    """One to six calculations, with or without a persona or tools, which do not matter."""
    exchanges = [beyond(draw) if draw.chance(0.06) else any_sum(draw) for _ in range(draw.number(1, 6))]
    system, tools = _around(draw)
    return conversation("arithmetic", exchanges, system=system, tools=tools)


def counts(draw: Draw) -> Conversation:
    """Counting, once or twice."""
    system, tools = _around(draw)
    exchanges = [counting(draw) if draw.chance(0.7) else neighbour(draw) for _ in range(draw.number(1, 3))]
    return conversation("counting", exchanges, system=system, tools=tools)


def limits(draw: Draw) -> Conversation:
    """What it cannot calculate beside what it can."""
    system, tools = _around(draw)
    return conversation("arithmetic", [any_sum(draw), beyond(draw)][draw.number(0, 1) :], system=system, tools=tools)


def _around(draw: Draw) -> tuple[str, tuple[Tool, ...]]:
    kind = draw.random.random()
    system = ""
    if kind < 0.35:
        system = system_message(draw, traits(draw)) if kind < 0.2 else phrased(draw, ASSISTANTS)
    return system, unrelated_tools(draw) if draw.chance(0.3) else ()


def arithmetic_case(draw: Draw) -> Conversation:
    """One calculation to be judged, sometimes after another."""
    system, tools = _around(draw)
    before = [any_sum(draw)] if draw.chance(0.2) else []
    return conversation("arithmetic", [*before, any_sum(draw)], system=system, tools=tools)


SKILLS = {"arithmetic": sums, "counting": counts, "arithmetic_limits": limits}
CASES = {"arithmetic": arithmetic_case, "arithmetic_limits": limits}
