"""Everyday words: people's names, trades, likings, animals, relatives, things and colours, with their articles."""

from __future__ import annotations

from demo_model.corpus import names
from demo_model.corpus.draw import Draw
from demo_model.corpus.ways import ways

FIRST_NAMES = (
    "Tom", "Anna", "Peter", "Maria", "John", "Lisa", "Paul", "Emma", "Max", "Julia", "Mark", "Laura", "David", "Sara",
    "Jack", "Nina", "Leo", "Eva", "Ben", "Mia", "Sam", "Clara", "Adam", "Ruth", "Karl", "Helen", "Otto", "Rosa",
    "Simon", "Vera", "Felix", "Ida", "Oscar", "Lena", "Hugo", "Alice", "Victor", "Nora", "Frank", "Olga", "Martin",
    "Irene", "Robert", "Jane", "George", "Kate", "Henry", "Lucy", "Harry", "Ella", "Daniel", "Grace", "Oliver", "Zoe",
    "Luke", "Amy", "Noah", "Ivy", "Arthur", "May", "Walter", "Rita", "Bruno", "Tina", "Pablo", "Carmen", "Ali",
    "Fatima", "Omar", "Leila", "Yusuf", "Amina", "Kenji", "Yuki", "Ravi", "Priya", "Ivan", "Natasha", "Lars",
    "Ingrid", "Erik", "Astrid", "Pierre", "Marie", "Luigi", "Chiara", "Diego", "Lucia", "Chen", "Mei", "Kwame", "Ama",
    "Jonas", "Hanna", "Philip", "Judith", "Rachel", "Aaron", "Edith", "Ralph", "Agnes", "Albert", "Bella", "Colin",
    "Daisy", "Edgar", "Fiona", "Gustav", "Heidi", "Igor", "Jenny", "Kevin", "Linda", "Miles", "Nadia", "Owen",
    "Paula", "Quentin", "Rose", "Stefan", "Thea", "Ursula", "Vincent", "Wendy", "Xavier", "Yvonne", "Zack",
)  # fmt: skip
TRADES = (
    "baker", "teacher", "geography teacher", "doctor", "farmer", "gardener", "painter", "sailor", "cook", "tailor",
    "nurse", "pilot", "singer", "writer", "carpenter", "fisherman", "postman", "librarian", "waiter", "dentist",
    "engineer", "lawyer", "judge", "driver", "bus driver", "history teacher", "music teacher", "shoemaker",
    "blacksmith", "watchmaker", "photographer", "journalist", "actor", "dancer", "plumber", "electrician", "mechanic",
    "butcher", "florist", "hairdresser", "chemist", "tour guide", "detective", "police officer", "soldier", "clown",
    "magician", "shepherd", "miner", "builder", "architect", "biologist", "astronaut", "translator", "secretary",
    "shopkeeper", "beekeeper", "bookseller", "potter", "weaver", "zookeeper", "park ranger", "train driver",
    "ship captain", "vet", "maths teacher", "swimming coach", "football coach", "night watchman", "lighthouse keeper",
    "piano tuner", "travel agent", "film director", "wizard", "pirate", "knight", "robot", "dragon", "talking cat",
    "space pilot",
)  # fmt: skip
LIKINGS = (
    "soup", "chess", "climbing", "old maps", "strong coffee", "green tea", "long walks", "jazz", "football", "cooking",
    "swimming", "roses", "rain", "snow", "books", "old films", "cheese", "apples", "chocolate", "dancing", "singing",
    "fishing", "cycling", "running", "painting", "trains", "ships", "stars", "poems", "puzzles", "card games", "honey",
    "bread", "spicy food", "mountains", "the sea", "gardens", "birds", "horses", "wine", "lemon cake", "pancakes",
    "folk music", "drums", "violins", "skiing", "sailing", "knitting", "crosswords", "mushrooms", "camping", "tennis",
    "quiet evenings", "loud music", "hot weather", "ice cream", "riddles", "photography", "pottery", "museums",
)  # fmt: skip
ANIMALS = (
    "cat", "dog", "horse", "parrot", "hamster", "rabbit", "goldfish", "turtle", "snake", "mouse", "pony", "goat",
    "duck", "hen", "cow", "donkey", "pig", "sheep", "lizard", "canary", "ferret", "frog", "budgie", "goose", "rat",
    "spider", "llama", "owl",
)  # fmt: skip
RELATIVES = (
    "sister", "brother", "mother", "father", "wife", "husband", "son", "daughter", "uncle", "aunt", "cousin", "friend",
    "best friend", "boss", "teacher", "neighbour", "doctor", "grandmother", "grandfather", "nephew", "niece",
    "colleague", "landlord", "dentist", "coach", "partner", "flatmate", "grandson", "godson", "hairdresser",
)  # fmt: skip
THINGS = (
    "car", "bicycle", "house", "coat", "hat", "bag", "cup", "umbrella", "sofa", "front door", "boat", "tent", "scarf",
    "lamp", "phone", "suitcase", "kitchen", "shirt", "jacket", "chair", "carpet", "guitar", "pen", "notebook", "van",
    "motorbike", "sledge", "kite", "desk", "wallet", "camera", "laptop", "blanket", "ball", "violin", "toothbrush",
)  # fmt: skip
COLOURS = (
    "red", "blue", "green", "yellow", "black", "white", "brown", "grey", "purple", "orange", "pink", "silver",
    "golden", "violet", "turquoise", "beige",
)  # fmt: skip
FAVOURITES = (
    "colour", "food", "drink", "animal", "book", "film", "song", "city", "game", "sport", "fruit", "flower", "writer",
    "tree", "band", "dish", "cake", "tea", "country", "island", "painter", "team", "hobby", "word", "toy", "place",
)  # fmt: skip
NUMBERED = (
    "room number", "shoe size", "lucky number", "house number", "locker number", "bus number", "seat number",
    "customer number", "table number", "ticket number", "order number", "telephone number", "postcode", "badge number",
    "desk number", "member number", "door code", "flight number", "account number", "parking space",
)  # fmt: skip
PLACES_FOR_THINGS = ways(
    "in the <drawer|kitchen|garage|cellar|garden|hall|attic|office|shed|car|bathroom|bedroom|cupboard|red box|big box>",
    "on the <table|shelf|sofa|bed|desk|window sill|chair|floor|roof|red box|stairs|oven>", "in my <bag|room|pocket>",
    "under the <bed|table|stairs|sofa|desk|chair|tree|lamp|bench>", "behind the <door|sofa|house|shed|lamp|tree|desk>",
    "<next to|near|beside> the <lamp|door|oven|gate|window|sofa|bed|stairs|fridge>",
)  # fmt: skip
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


def person(draw: Draw) -> str:
    """A first name, more often an invented one than a known one, of this draw's split."""
    return draw.phrase(FIRST_NAMES) if draw.chance(0.4) else names.invented(draw)


def liking(draw: Draw) -> str:
    """Something to like, of this draw's split: soup, or a thing from a place or a game nobody knows."""
    kind = draw.number(0, 9)
    if kind == 0:
        return f"the music of {names.invented(draw)}"
    if kind == 1:
        return f"{names.place(draw)} cheese"
    return names.invented(draw) if kind == 2 else draw.phrase(LIKINGS)


_FAVOURED: dict[str, tuple[str, ...]] = {
    "drink": ("tea", "coffee", "milk", "water", "apple juice", "orange juice", "lemonade", "cocoa", "red wine", "cider",
              "beer", "green tea", "black tea", "tomato juice", "iced tea", "hot chocolate"),
    "sport": ("football", "tennis", "chess", "swimming", "running", "cycling", "skiing", "rowing", "sailing", "boxing",
              "golf", "hockey", "rugby", "climbing", "judo", "volleyball", "handball", "skating", "surfing", "archery"),
    "fruit": ("the apple", "the pear", "the plum", "the cherry", "the banana", "the orange", "the lemon", "the melon",
              "the grape", "the peach", "the mango", "the kiwi", "the fig", "the apricot", "the lime", "the papaya"),
    "flower": ("the rose", "the tulip", "the lily", "the daisy", "the violet", "the poppy", "the iris", "the lotus",
               "the orchid", "the daffodil", "the sunflower", "the lilac", "the crocus", "the snowdrop", "the aster"),
    "tree": ("the oak", "the beech", "the birch", "the pine", "the elm", "the ash", "the maple", "the willow",
             "the lime tree", "the cedar", "the palm", "the chestnut", "the larch", "the fir", "the olive tree"),
    "dish": ("tomato soup", "fried rice", "pancakes", "pea soup", "fish and chips", "noodles", "roast beef", "curry",
             "pizza", "lasagne", "goulash", "risotto", "onion soup", "baked potatoes", "apple pie", "fried eggs"),
    "cake": ("apple cake", "lemon cake", "carrot cake", "chocolate cake", "plum cake", "cherry cake", "nut cake",
             "cheese cake", "honey cake", "orange cake", "banana cake", "poppy cake", "sponge cake", "coffee cake"),
    "tea": ("green tea", "black tea", "mint tea", "ginger tea", "lemon tea", "herb tea", "white tea", "rose tea",
            "apple tea", "cherry tea", "nettle tea", "camomile tea", "fennel tea", "jasmine tea"),
    "colour": COLOURS,
}  # fmt: skip


def favourite(draw: Draw, key: str) -> str:
    """What somebody's favourite of that key may be, of this draw's split."""
    if key == "animal":
        return f"the {draw.phrase(ANIMALS)}"
    if key in ("food", "hobby"):
        return liking(draw)
    if key in ("city", "place", "country", "island"):
        return names.place(draw)
    return draw.phrase(_FAVOURED[key]) if key in _FAVOURED and draw.chance(0.8) else names.invented(draw)


def with_article(noun: str) -> str:
    """A baker, an actor."""
    return f"{'an' if noun[0] in 'aeiouAEIOU' else 'a'} {noun}"


def filled(template: str, **words: str) -> str:
    """A template with its words in place, and `an` before those that need it."""
    if " a {" in template:
        for key, word in words.items():
            if word and word[0] in "aeiouAEIOU":
                template = template.replace(f" a {{{key}}}", f" an {{{key}}}")
    return template.format(**words)
