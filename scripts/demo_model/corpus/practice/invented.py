"""More words of which invented tools are made, and pairs of things that they lead from one to another."""

from __future__ import annotations

from dataclasses import dataclass

from demo_model.corpus.tool_family import Slot, ways, words

GETTING = words("tell report query request load retrieve see view print return ask compute lookup inspect")
SEEKING = words("discover spot trace seek show")
LISTING = words("collect print read view load enumerate")
DOING = words(
    "photograph wrap trim oil hang mend sort scan empty refill mount hire plant water dry stop start fold carry "
    "lend borrow replace assemble park fill seal burn freeze heat cool mark tag mix cut dig push pull drop store "
    "restore archive publish approve reject confirm close assign attach detach mail ship swap join split merge tune "
    "inspect protect release catch feed train teach host film record dust sweep decorate invite"
)
ATTRIBUTES = words(
    "quality origin owner keeper maker model brand smell taste sound shape pattern strength origin state mood budget "
    "deadline schedule route map photo recipe rule reason result winner visitor guest sponsor supplier buyer seller "
    "tax fee fine bill sum average maximum minimum share rent discount profit loss damage danger risk noise light heat "
    "pressure power energy time hour season grade mark label version password summary text note comment"
)
PLACES = words(
    "bar cafe hotel farm mill church harbour gym studio factory depot garage clinic lab gallery inn court zoo pier"
)
ABOUTS: tuple[tuple[str, str, str, str, str], ...] = (
    ("shelf", "code", "on", "shelf |the shelf ", "shelf shelf_id place"),
    ("street", "place", "in", "the street |", "street road street_name"),
    ("hotel", "title", "at", "the hotel |", "hotel hotel_name house"),
    ("teacher", "person", "of", "|the teacher |teacher ", "teacher tutor teacher_name"),
    ("class", "code", "of", "class |the class ", "class group class_id"),
    ("website", "link", "on", "|the website |the page ", "website url site page"),
    ("phone number", "phone", "for", "|the number |the phone number ", "phone number tel phone_number"),
    ("book", "title", "from", "|the book ", "book book_title volume"),
    ("album", "title", "from", "the album |the record ", "album record album_name"),
    ("language", "language", "in", "", "language tongue lang"),
    ("time", "clock", "at", "", "time hour when at"),
    ("day", "day", "for", "", "day on when weekday"),
    ("country", "place", "from", "", "country land nation"),
    ("bus", "code", "on", "bus |the bus |line ", "bus line bus_number"),
    ("animal", "name", "for", "the animal |the pet |", "animal pet animal_name"),
    ("doctor", "person", "from", "|doctor |the doctor ", "doctor doctor_name by"),
    ("ticket", "code", "on", "ticket |the ticket ", "ticket ticket_id ref"),
    ("currency", "currency", "in", "", "currency unit money"),
    ("village", "place", "near", "|the village ", "village near town_name"),
    ("guest", "person", "for", "|the guest |our guest ", "guest visitor guest_name"),
    ("player", "name", "of", "|the player ", "player player_name who"),
    ("band", "title", "of", "the band |", "band group artist"),
    ("address", "email", "for", "|the address ", "address mail contact e_mail"),
    ("folder", "word", "in", "the folder |folder ", "folder dir directory"),
    ("number", "number", "with", "the number |number ", "number no index position"),
    ("planet", "name", "on", "the planet |planet ", "planet world planet_name"),
    ("contract", "code", "under", "contract |the contract ", "contract contract_no file_number"),
    ("device", "code", "on", "device |the device ", "device device_id serial"),
)
EXTRAS = (
    Slot("x", "since,from_date,after", "date", " since {value} / after {value}"),
    Slot("x", "until,deadline,before", "date", " until {value} / by {value} / before {value}"),
    Slot("x", "phone,contact", "phone", " and call {value} / , phone {value}"),
    Slot("x", "limit,max_results,top", "few", " , at most {value} / , not more than {value}"),
    Slot("x", "speed,pace", "slow|normal|fast", " at {value} speed / , speed {value}"),
    Slot("x", "owner,on_behalf_of,sender", "name", " on behalf of {value} / in the name of {value}"),
    Slot("x", "label,tag", "word", " with the label {value} / under the label {value} / , labelled {value}"),
    Slot("x", "page,page_number", "number", " on page {value} / , page {value}"),
    Slot("x", "weight,kilos", "number", " of {value} kilos / , {value} kilos"),
    Slot("x", "material", "wood|steel|glass|paper", " made of {value} / of {value}"),
    Slot("x", "urgent,express", "yes_no", " with haste / without haste"),
    Slot("x", "insured,insurance", "yes_no", " with insurance / without insurance"),
    Slot("x", "gift,as_gift", "yes_no", " with a bow / without a bow"),
    Slot("x", "reference,ref", "code", " with the reference {value} / , reference {value}"),
    Slot("x", "link,url,source", "link", " with the link {value} / , see {value}"),
    Slot("x", "row,shelf", "few", " in row {value} / from row {value}"),
)


@dataclass(frozen=True, slots=True)
class Relation:
    """What a tool leads from one to another: the words before both in a request, the pairs of names that their
    parameters may have, and the pairs of kinds of their values.
    """

    verbs: tuple[str, ...]
    leads: tuple[str, str]
    names: tuple[tuple[str, str], ...]
    kinds: tuple[tuple[str, str], ...]


def _relation(verbs: str, leads: str, names: str, kinds: str) -> Relation:
    first, _, second = leads.partition("|")
    pairs = [tuple(pair.split("|")) for pair in names.split()]
    both = [tuple((kind, kind) if "+" not in kind else kind.split("+")) for kind in kinds.split()]
    return Relation(words(verbs), (first, second), tuple((a, b) for a, b in pairs), tuple((a, b) for a, b in both))


RELATIONS: tuple[Relation, ...] = (
    _relation("send bring carry move ship deliver drive transport", "from|to",
              "from|to source|target start|end origin|destination from_place|to_place pickup|dropoff here|there a|b",
              "place place place code name"),
    _relation("give hand pass lend send transfer return mail", "from|to",
              "from|to sender|receiver giver|taker from_person|to_person owner|recipient from_whom|to_whom",
              "person name email person+email name"),
    _relation("move copy shift rename swap change", "from|to",
              "from|to old|new source|target old_name|new_name before|after path|new_path src|dst",
              "word path code number few"),
    _relation("book hold block reserve plan show list count check", "from|to",
              "from|to start|end since|until begin|finish first_day|last_day from_time|to_time",
              "date clock date clock number"),
    _relation("find list count show search pick", "between|and",
              "low|high min|max from|to minimum|maximum lower|upper first|last",
              "number few many date"),
    _relation("compare join merge match mix link swap pair", "of|with",
              "first|second a|b left|right one|other item|partner name|other_name mine|yours",
              "name place person code"),
    _relation("order buy rent book make get prepare deliver", "for|by",
              "person|date for|by customer|deadline who|when guest|time name|day",
              "person+date name+date person+clock"),
    _relation("register enter enrol add sign remove drop", "of|at",
              "name|place person|town who|where student|school member|club patient|clinic", "person+place name+place"),
    _relation("get check find report show read tell", "of|in",
              "name|place item|city person|town of|where code|place", "name+place person+place code+place"),
    _relation("get check find report show compute", "of|on",
              "name|date person|day who|when order|date machine|date", "name+date person+date code+date"),
    _relation("replace swap exchange change", "of|by",
              "old|new from|to current|next before|after previous|replacement", "name code word person"),
    _relation("store save record file note measure", "of|as",
              "source|name file|title path|label from|called original|copy", "path+word code+name link+word"),
    _relation("lend sell rent give offer show", "to|for",
              "customer|price who|amount buyer|cost person|days name|price recipient|hours", "person+many name+number"),
    _relation("set cut raise build draw fix", "at|with",
              "height|width x|y row|column length|depth top|left size|weight", "few number number"),
)  # fmt: skip

RELATED = ways(
    "{verb} [the|my|our|this|that|a] [|new |old |small |big ]{thing} {lead} {main} {other_lead} {other} / {verb} "
    "[the|my|our|this] [|new |old ]{thing} {other_lead} {other} {lead} {main}"
)
RELATED_ALIKE = ways(
    "{verb} [the|my|our|this|that] [|new |old |small |big ]{thing} {lead} {main} {other_lead} {other} / {verb} "
    "[the|my|our] {thing}: {name} {main}, {other_name} {other} / {verb} [the|our] {thing}, {other_name} {other}, "
    "{name} {main}"
)
"""For words before both that do not tell which is which unless they stand in their order."""
RELATED_ASKS = ways(
    "{Name}: {main}, {other_name}: {other}. [Please {verb}|{Verb}|I want to {verb}|We need to {verb}] the "
    "{thing}. / {Other_name}: {other}, {name}: {main}. [Please {verb}|{Verb}|Can you {verb}] the {thing}[.|, "
    "please.] / [The|Our|My] {thing}: {name} is {main}, {other_name} is {other}. {Verb} it. / [The {other_name} "
    "is|{Other_name} is] {other}, the {name} is {main}. [Now {verb}|{Verb}] the {thing}. / {verb} {thing}, "
    "{name} {main}, {other_name} {other} / {verb} {thing} {name}={main} {other_name}={other} / I [want|need|"
    "would like|have] to {verb} the {thing}. The {name} is {main}, the {other_name} is {other}. / [It is about|"
    "This is about] the {thing}. {Verb} it with {name} {main} and {other_name} {other}. / Use {other} as "
    "{other_name} and {main} as {name} and {verb} the {thing}. / {Verb} the {thing} with {main} as the {name} "
    "and {other} as the {other_name}."
)
RELATED_DESCRIPTIONS = ways(
    "{Verb} the {thing}[| {lead} one {other_lead} another]. / {Verb} a {thing} with its {name} and {other_name}. "
    "/ [Use this to|A tool to|Can|Lets you|Helps to] {verb} [the|a] {thing}. / [Needs|Takes] the {name} and the "
    "{other_name}: {verb} a {thing}. / For the {thing}: {verb} it. / Tool for a {thing}, to {verb} it."
)
DESCRIPTIONS = ways(
    "[For|About|Handles|Service for|Endpoint for|Everything about|Works with|Access to] [the |a ]{thing} "
    "{about}. / {thing} {about}. / [Call this to|Will|Should be used to|Function to|Command to] {verb} [the |a "
    "]{thing} {about}. / [When the user wants to|If somebody wants to|In order to] {verb} a {thing}. / {Verb} "
    "{thing}."
)
GOT = ways(
    "[this|that|any] {thing} {at} {main} / [the] [correct|complete|final|first|general|true|old|new|best|next] "
    "{thing} {at} {main} / {thing} {at} {main}"
)
GOT_ASKS = ways(
    "{At} {main}: [which|what] {thing}? / [How about|What do you know of|What can you find of] the {thing} {at} "
    "{main}? / [Give me|Show me|Tell me] the {thing}, I mean the one {at} {main}. / [Somebody|My mother|The boss|"
    "A friend|The teacher] [needs|wants|asked me for|is after] the {thing} {at} {main}. / [Do we have|Do you "
    "have|Have you got] the {thing} {at} {main}? / Now to {main}: [what is the {thing}|the {thing}, please|check "
    "the {thing}]."
)
DONE = ways(
    "{verb} [every|each|some|one|another] {thing} {at} {main} / {verb} [the|my] [red|heavy|broken|first|second|"
    "last|whole|clean] {thing} {at} {main}"
)
