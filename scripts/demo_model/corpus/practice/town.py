"""Practice families of the town: travel, offices, clubs, farms, the sea, museums, neighbours and odd measurements."""

from __future__ import annotations

from demo_model.corpus.tool_family import Family, Slot, does, finds

_FROM = Slot("a", "from,origin,start,from_place,departure", "place")
_TO = Slot("b", "to,destination,end,to_place,arrival", "place")
_PLACE = Slot("loc", "place,town,location,where", "place")
_DATE = Slot("day", "date,day,on,when", "date")

FAMILIES: tuple[Family, ...] = (
    finds("road toll", "road toll|toll fee", "[for a {car} from {a} to {b}|from {a} to {b} for a {car}|to {b} from {a} "
        "by {car}]", "of a vehicle between two places", _FROM, _TO, Slot("car", "vehicle,type,vehicle_class",
        "car|lorry|bus|motorbike"), asks="[What|How high] is the toll from {a} to {b} for a {car}? / How much toll "
        "does a {car} pay to {b} from {a}? / Toll for a {car}. From: {a}. To: {b}. / We leave {a} by {car} and want to "
        "get to {b}. [What toll must we pay|Is there a toll]? / [Going to|On the way to] {b} from {a} with a {car}, "
        "what does the toll cost?", outcome="toll:price", kin="travel"),
    Family("visa rules", tools="visa rules,check visa,visa check,need visa,visa requirement",
        descriptions="[Tells|Find out] whether a traveller needs a visa. / Check the visa rules between two countries. "
        "/ Entry rules: is a visa needed?", slots=(Slot("a", "citizen_of,nationality,home_country", "place"), Slot("b",
        "destination,to,travel_to", "place"), Slot("days", "days,stay,length_of_stay", "number", "for {value} days / , "
        "staying {value} days")), things="the visa rules [for people from {a} in {b}|in {b} for people from {a}] / the "
        "entry rules of {b} for a citizen of {a}", asks="[Does|Would] a citizen of {a} need a visa for {b}? / For a "
        "trip to {b}, must somebody from {a} have a visa? / My passport is from {a}. Do I [need|have to get] a visa in "
        "{b}? / Visa check: nationality {a}, destination {b}. / [Can|Could] people from {a} go to {b} without a visa?",
        outcome="visa:needed|free"),
    Family("luggage storage", tools="store luggage,luggage storage,leave bags,bag storage,left luggage",
        descriptions="Store luggage for a while. / Leave bags in a town until later. / Left luggage: a place that "
        "keeps your bags. / Books storage for a number of bags.", slots=(Slot("n", "bags,pieces,number_of_bags", "few"),
        Slot("loc", "station,place,town", "place")), deeds="store {n} bags in {loc} / book luggage storage in {loc} "
        "for {n} bags", asks="In {loc} we want to get rid of our luggage, {n} pieces. / [Our|These] bags are heavy. "
        "[Store|Leave] all {n} in {loc}. / Left luggage: {loc}, {n} bags. / [Can|Could] you find storage in {loc} for "
        "{n} bags? / Could {n} bags stay at the station of {loc}?", outcome="locker:code,price:few"),
    Family("lift share", tools="offer lift,share ride,offer ride,ride share,lift offer", descriptions="Offer a lift in "
        "your car to others. / Share a ride between two places. / Puts up a lift with free seats. / Ride share: who "
        "drives where.", slots=(_FROM, _TO, Slot("seats", "seats,free_seats,places", "few"), Slot("day",
        "day,date,leaving", "day", "on {value} / , day {value}")), deeds="offer a lift from {a} to {b} with {seats} "
        "free seats / put up a ride for {seats} people from {a} to {b}", asks="[I drive|We drive] from {a} to {b} and "
        "can give {seats} people a lift. / I have {seats} free seats to {b}. The ride starts in {a}. / [Who wants|Who "
        "needs] a lift to {b}? I leave from {a} with {seats} seats. / Ride share, {seats} seats. From: {a}, to: {b}. / "
        "My car goes to {b} from {a}. I can [share|offer] {seats} seats.", outcome="lift:code"),
    does("night train bed", "book|reserve|get", "a night train bed", "[from {a} to {b}|to {b} from {a}]", "for a night "
        "between two towns", _FROM, _TO, Slot("berth", "bed,level,berth", "upper|middle|lower", ", bed {value} / , "
        "{value} bed"), asks="I [want|wish] to sleep on the train from {a} to {b}. / [To {b} by night train|Overnight "
        "by train to {b}], please, and I board in {a}. / Is a bed free in the night train from {a} to {b}? / Night "
        "train to {b}[|, please], [starting|I get on] at {a}. / Night train. Start: {a}. Destination: {b}.",
        outcome="berth:code,price:many", kin="booking"),
    finds("ship position", "ship position|position of the ship", "{ship}[|,] [at {at}|as of {at}]", "at a time", Slot(
        "ship", "ship,vessel,ship_name", "title"), Slot("at", "time,at,hour", "clock"), asks="Where [was|sailed] the "
        "ship {ship} at {at}? / At {at}, where did the ship {ship} sail? / What was the position of {ship} at {at}? / "
        "The ship is called {ship}. [Give|Tell] me its position at {at}. / Position at {at}, please. [Vessel|Ship]: "
        "{ship}.", outcome="north:number,west:number"),
    does("harbour berth", "book|reserve|request", "a harbour berth", "[in {port} for the ship {ship} for {n} "
        "nights|for {n} nights in {port} for the ship {ship}]", "for a ship", Slot("ship", "ship,boat,vessel", "title"),
        Slot("port", "harbour,port,marina", "place"), Slot("n", "nights,stay,number_of_nights", "few"), asks="Our boat "
        "{ship} [needs|wants] a berth in {port} for {n} nights. / [Is there|Do you have] a berth for {n} nights in "
        "{port}? The boat is {ship}. / Berth wanted: {ship}, harbour {port}, {n} nights. / For {n} nights {ship} "
        "[wants|wishes] to lie in the harbour of {port}. / Ask {port} for a berth, {n} nights, boat {ship}.",
        outcome="berth:code", kin="booking"),
    does("cargo", "ship|send|load", "cargo", "a cargo of {what} [from {a} to {b}|to {b} from {a}]", "by sea from port "
        "to port", Slot("what", "goods,cargo,load", "word"), Slot("a", "from_port,port_of_loading,origin", "place"),
        Slot("b", "to_port,port_of_discharge,destination", "place"), asks="We have {what} as cargo in {a}. It "
        "[must|has to] go by sea to {b}. / The port of {b} waits for {what}. [Ship|Load] the cargo from {a}. / Cargo: "
        "{what}. From port: {a}. To port: {b}. / Cargo to {b}, loaded at {a}: {what}. / To {b}, from {a}, we "
        "[ship|send] this cargo: {what}.", outcome="freight:code"),
    does("catch report", "send|write|file", "a catch report", "[of {kg} kilos of {fish}|on {fish}, {kg} kilos]",
        "about fish", Slot("fish", "fish,species,kind", "cod|herring|tuna|salmon|mackerel|trout"), Slot("kg",
        "kilos,weight,kg", "many"), asks="[We|Our boats] caught {kg} kilos of fish: {fish}. / Today's catch was "
        "{fish}, {kg} kg. / {kg} kilos of {fish} were [caught|in the net]. Report the catch. / [For|Into] the catch "
        "report: {fish}, weight {kg}. / Fish on board: {kg} kilos {fish}."),
    does("sea rescue", "call|alert|send", "a sea rescue", "[to the ship {ship} with {n} people|for {n} people on the "
        "ship {ship}]", "to a ship in danger", Slot("ship", "ship,vessel,ship_in_danger", "title"), Slot("n",
        "people,on_board,persons", "few"), Slot("port", "near,close_to,coast", "place", "near {value}"),
        asks="There are {n} people on the ship {ship} and it burns. We [need|want] rescue. / {n} sailors need rescue "
        "from {ship}. / Mayday, {ship}, {n} on board. Rescue us. / The [engine|rudder] of {ship} is dead. Rescue all "
        "{n} people. / {n} people are in the sea near [their ship|the ship] {ship}.", outcome="boat:code"),
    Family("change address", tools="change address,new address,report move,address change,update residence",
        descriptions="Tell the town office about a new address. / Change of address after a move. / [Registers|Notes] "
        "that a person has moved.", slots=(Slot("who", "citizen,person,name", "person"), Slot("a",
        "old_town,from,old_residence", "place"), Slot("b", "new_town,to,new_residence", "place")), deeds="register the "
        "move of {who} to {b} from {a} / report that {who} moved from {a} to {b}", asks="{who} moved from {a} to {b}. "
        "[Tell the office the new address|Register it]. / {who} now lives in {b}, no longer in {a}. Change the "
        "address. / [Change of address|New address] for {who}. Old town: {a}, new town: {b}. / The new residence of "
        "{who} is {b}. Before, it was {a}. / [Say goodbye to|Forget] {a}: the new address of {who} is in {b}.",
        kin="move"),
    Family("wedding registration", tools="register marriage,wedding registration,book wedding,marry,register office",
        descriptions="Register a marriage at the town hall. / Book a date for a wedding of two people. / The register "
        "office marries a couple. / Marriage of two partners.", slots=(Slot("a", "partner_one,bride,first_partner",
        "name"), Slot("b", "partner_two,groom,second_partner", "name"), Slot("day", "date,wedding_day,on", "date")),
        deeds="register the marriage of {a} and {b} on {day} / book a wedding on {day} for {a} and {b}", asks="{a} and "
        "{b} [want|wish] to marry on {day}. / On {day} {a} will marry {b}. [Register it|Tell the town hall]. / Wedding "
        "at the register office: {a} with {b}, {day}. / {a} said yes to {b}! [Book|Plan] the wedding for {day}. / Is "
        "{day} free for the marriage of {a} to {b}? Register it.", outcome="certificate:code"),
    does("dog licence", "get|request|buy", "a dog licence", "[for {dog} and the owner {who}|for the owner {who} of the "
        "dog {dog}]", "for a dog and its owner", Slot("dog", "dog,dog_name,pet_name", "name"), Slot("who",
        "owner,keeper,belongs_to", "person"), Slot("breed", "breed,type,race", "poodle|terrier|beagle",
        ", breed {value}"), asks="{who} has a new dog called {dog}. / My dog is {dog} and I am {who}. [I need a "
        "licence|Which licence do I need]? / Dog licence. Owner: {who}. Dog: {dog}. / {who} [must|has to] pay dog tax "
        "for {dog}. / Our dog {dog} [needs|wants] a tag. The owner is {who}.", outcome="tag:code"),
    Family("street damage", tools="report pothole,street damage,report road hole,road damage report,fix road",
        descriptions="Report damage to a road in town. / Tell the town about a hole in a street. / Street damage, such "
        "as a [crack|hole].", slots=(Slot("st", "street,road,where", "name"), Slot("kind", "damage,problem,type",
        "hole|crack|bump|puddle"), Slot("size", "width,size,centimetres", "number", ", {value} centimetres wide / , "
        "size {value}")), deeds="report a road damage, {kind}, in {st} street / report street {st} because of a {kind}",
        asks="[There is|I saw] a {kind} in {st} street. [Report the damage|Tell the town]. / {st} street is damaged: "
        "{kind}. / Road damage in the [street|road] {st}, type {kind}. / Who repairs {st} street? The damage is a "
        "{kind}. / Street damage: {kind}. Street: {st}.", outcome="report:code"),
    does("market stall", "book|rent|reserve", "a market stall", "[on {day} for {what}|for {what} on {day}]",
        "to sell goods", Slot("what", "goods,selling,wares", "word"), Slot("day", "market_day,date,on", "date"),
        asks="I [want|wish] to sell {what} at the market on {day}. / On {day} I [need|want] a stall for {what}. / "
        "Market stall, please: {day}, {what}. / We [make|grow] {what} and want a stall on {day}. / My wares are "
        "{what}. Is a stall free on {day}?", outcome="stall:code,fee:number"),
    finds("bin day", "bin day|bin collection day", "[for {bin} in {st} street|of the {bin} bin in {st} street]",
        "of a kind of rubbish in a street", Slot("bin", "bin,rubbish,waste", "paper|glass|garden|plastic|metal"), Slot(
        "st", "street,road,lives_in", "name"), asks="When [is the {bin} bin emptied|do they empty the {bin} bin] in "
        "{st} street? / I live in {st} street. When [must|should] the {bin} bin go out? / In {st} street, on what day "
        "do they collect {bin} from the bin? / Which day is {bin} bin day in {st} street? / [The|Our] {bin} bin is "
        "full. When does {st} street get its collection?", outcome="day:date"),
    does("bulky waste", "collect|pick up|take away", "bulky waste", "bulky waste on {day}[: {n} pieces, {it}|, {n} "
        "pieces, type {it}]", "from a house", Slot("it", "item,thing,furniture", "word"), Slot("n",
        "pieces,count,how_many", "few"), _DATE, asks="We have {n} pieces of bulky waste, type {it}. [Pick them up|Take "
        "them] on {day}. / Bulky waste: {it}, {n} times, {day}. / On {day} please [take away|collect] our bulky waste, "
        "{n} pieces: {it}. / I [must|want to] get rid of {n} bulky things on {day}. It is this: {it}. / Pickup of "
        "rubbish on {day}. Item: {it}. Pieces: {n}."),
    does("noise complaint", "file|make|write", "a noise complaint", "[about {who} from {a} until {b}|until {b}, from "
        "{a} on, about {who}]", "about a neighbour", Slot("who", "neighbour,noisy_person,who", "person"), Slot("a",
        "from,began,start_time", "clock"), Slot("b", "until,ended,end_time", "clock"), asks="Until {b} I could not "
        "sleep. The [noise|loud noise] by {who} began at {a}. / Noise complaint: neighbour {who}, from {a} to {b}. / "
        "The noise started at {a} and ended at {b}. The neighbour is {who}. / [My|Our] neighbour {who} made noise "
        "between {a} and {b}. / [There was noise|We had noise] until {b}, from {a} on, by {who}."),
    Family("lend thing", tools="lend thing,lending log,note loan,lend out,borrowed things", descriptions="Note who "
        "lends what to whom. / Lends a thing to another person. / Log of [borrowed|lent] things.", slots=(Slot("it",
        "thing,item,object", "word"), Slot("a", "lender,owner,from", "name"), Slot("b", "borrower,to,whom", "name")),
        deeds="note that {a} lends the {it} to {b} / lend the {it} of {a} to {b}", asks="{a} lends {b} the {it}. / {b} "
        "borrowed the {it} from {a}. [Note|Log] it. / The owner of the {it} is {a}, and {b} [wants|wishes] to borrow "
        "it. / [Lent|Thing]: {it}. Borrower: {b}. Lender: {a}. / {b} may borrow a thing from {a}: {it}."),
    Family("plant sitter", tools="water plants,plant sitter,ask plant sitter,holiday plant care,neighbour watering",
        descriptions="Ask a neighbour to water the plants. / Plant sitter while you are away. / Plant [care|watering] "
        "for the holidays.", slots=(Slot("who", "neighbour,sitter,helper", "person"), Slot("a",
        "first_day,from,away_from", "date"), Slot("b", "last_day,until,away_until", "date")), deeds="ask {who} to "
        "water the plants from {a} to {b} / let {who} care for our plants until {b}, starting {a}", asks="We are away "
        "from {a} to {b}. {who} [should|shall] water the plants. / Until {b} nobody is home, and we leave on {a}. "
        "Could {who} water the plants? / [Plant care|Plant sitter]: {who}, first day {a}, last day {b}. / [The|Our] "
        "plants need {who} from {a} to {b}. / Will {who} look after the plants? We come back on {b} and leave on {a}."),
    Family("match result", tools="record result,match result,enter final score,log match,save result",
        descriptions="Record the result of a match. / Enters the goals of the home team and the guests. / Match result "
        "for the league table. / Saves the final result of two teams.", slots=(Slot("a", "home_team,home,hosts",
        "name"), Slot("b", "away_team,guests,visitors", "name"), Slot("x", "home_goals,goals_home,hosts_score", "few"),
        Slot("y", "away_goals,goals_away,guests_score", "few")), deeds="record the result {a} {x}, {b} {y} / report "
        "that {a} had {x} goals at home and {b} {y}", asks="[Match|Game] at {a}: {x} goals for the hosts and {y} for "
        "{b}. / The guests {b} scored {y} and the home team {a} {x}. [Record|Save] it. / Final result: {a} against "
        "{b}, {x} to {y}. / [Enter|Record] this match: {a} {x} at home, {b} {y}. / Goals of the guests from {b}: {y}. "
        "Goals of the home team {a}: {x}."),
    does("player transfer", "arrange|make|note", "a player transfer", "[of {who} from {a} to {b}|to {b} from {a}, "
        "player {who}]", "from club to club", Slot("who", "player,athlete,sportsman", "person"), Slot("a",
        "old_club,from_club,leaves", "name"), Slot("b", "new_club,to_club,joins", "name"), Slot("fee",
        "fee,costs,transfer_fee", "many", "for {value} euros / , fee {value}"), asks="{who} [leaves|quits] the club "
        "{a} and joins {b}. / The player {who} [goes|changes] to {b}, coming from {a}. / {b} wants {who}, a player of "
        "{a}. [Arrange|Note] the transfer. / The new club of {who} is {b}. It was {a}. / {a} lets {who} go, so {b} can "
        "sign the player."),
    does("club membership", "start|open|get", "a club membership", "[for {who} in the club {club}|in the club {club} "
        "for {who}]", "for a person in a sports club", Slot("who", "member,person,applicant", "person"), Slot("club",
        "club,club_name,sports_club", "name"), asks="{who} [wants|wishes] to join the club {club}. / The club {club} "
        "has a new member: {who}. / Make {who} a [|new ]member of the club {club}. / [Can|Could] {who} become a member "
        "of {club}? / Sports club: {club}. New member: {who}.", outcome="member:code", kin="member"),
    Family("run log", tools="log run,record run,run log,save run,training run", descriptions="Record a run of a "
        "runner. / Logs how far and how long someone ran. / Run log with kilometres and minutes. / Saves a training "
        "run.", slots=(Slot("who", "runner,person,athlete", "name"), Slot("far", "kilometres,distance,km", "few"), Slot(
        "min", "minutes,took,run_time", "number")), deeds="log a run of {far} kilometres in {min} minutes for {who} / "
        "save {who}'s run, {min} minutes for {far} km", asks="[Today|Yesterday] {who} ran {far} kilometres in {min} "
        "minutes. / Run of {who}: {far} km, {min} minutes. / In {min} minutes {who} ran {far} km. [Save|Log] that. / "
        "{min} minutes, {far} kilometres: log this run for {who}. / The runner {who} [needed|took] {min} minutes for "
        "{far} km."),
    Family("team training", tools="plan training,team training,set practice,training time,schedule practice",
        descriptions="Plan a training of a sports team. / Sets the day and time of practice. / Team training in the "
        "gym or on the field. / When a team trains.", slots=(Slot("team", "team,squad,players", "name"), Slot("day",
        "day,weekday,on", "day"), Slot("at", "time,starts,at", "clock")), deeds="plan training for the team {team} on "
        "{day} at {at} / set practice at {at} on {day} for the team {team}", asks="The team {team} [trains|practises] "
        "on {day} at {at}. / On {day} at {at} [there is|we plan] training for {team}. / Training of {team}: {at}, "
        "{day}. / Our team {team} [wants|wishes] to train at {at} on {day}. / At {at} on {day} the squad {team} meets "
        "for training.", kin="training"),
    Family("stage slot", tools="stage slot,book stage,add band,festival plan,line up", descriptions="Put a band on a "
        "stage of the festival. / Festival plan: which band plays on which stage. / Gives a stage slot to a band. / "
        "Line up of the festival.", slots=(Slot("band", "band,act,artist", "title"), Slot("stage",
        "stage,platform,stage_name", "main|forest|river|tent|night"), Slot("at", "slot,time,begins", "clock")),
        deeds="put the band {band} on the {stage} stage at {at} / book the {stage} stage at {at} for {band}",
        asks="{band} [plays|is] at {at} on the {stage} stage. / On the {stage} stage we [want|have] {band} at {at}. / "
        "Stage: {stage}. Band: {band}. Time: {at}. / The festival [opens|ends] at {at} with {band} on the {stage} "
        "stage. / Line up: {at}, {stage} stage, {band}."),
    Family("seating plan", tools="seating plan,seat guest,place guest,sit together,seat beside",
        descriptions="Seat a guest beside another one. / Seating plan for a feast. / Who sits next to whom at a table. "
        "/ Places guests at tables.", slots=(Slot("a", "guest,who,seated", "name"), Slot("b",
        "beside,next_to,neighbour_at_table", "name"), Slot("table", "table,table_number,at_table", "few")),
        deeds="seat {a} next to {b} at table {table} / place beside {b}, at table {table}, the guest {a}",
        asks="{a} [should|shall] sit next to {b} at table {table}. / At table {table} there is a seat beside {b}. [It "
        "is for|Let us seat] {a}. / {b} sits at table {table}. Place {a} beside. / Table {table}: {a} beside {b}. / "
        "Beside {b} a [chair|seat] is free. {a} can sit there, at table {table}."),
    Family("volunteer duty", tools="sign up helper,volunteer,add volunteer,helper list,give duty",
        descriptions="Sign up a volunteer for the street fair. / List of helpers and their duties. / Gives a volunteer "
        "something to do. / Who helps with what at the fair.", slots=(Slot("who", "volunteer,helper,person", "person"),
        Slot("task", "duty,job,helps_with", "task"), Slot("at", "shift_start,at,from", "clock", ", at {value} / , from "
        "{value}")), deeds="sign up {who} as a volunteer to {task} / add the volunteer {who}, duty: {task}",
        asks="{who} is a volunteer and will {task}. / {who} [helps|will help] at the fair. The duty is: {task} / [Who "
        "helps|Who volunteers] to {task}? It is {who}. / The fair [needs|wants] {who} as a helper to {task}. / "
        "Volunteer: {who}. Duty: {task}."),
    does("vet visit", "book|arrange|plan", "a vet visit", "[for the {kind} {pet} on {day}|on {day} for {pet} the "
        "{kind}]", "for a sick animal", Slot("pet", "pet,patient,animal_name", "name"), Slot("kind",
        "animal,species,kind_of_animal", "cat|dog|rabbit|parrot|pony|hamster"), Slot("day", "date,visit_day,on",
        "date"), Slot("why", "reason,problem,trouble", "cough|limp|checkup|teeth", ", reason {value} / because of "
        "{value}"), asks="My {kind} {pet} is [ill|limping]. Book the vet for {day}. / On {day} the vet [should|shall] "
        "see {pet}, our {kind}. / Vet visit: {pet}, {kind}, {day}. / [Can|Could] the vet look at my {kind} on {day}? "
        "The name is {pet}. / The animal doctor must see {pet} on {day}. It is a {kind}."),
    Family("adopt animal", tools="adopt animal,adopt pet,animal shelter,shelter adoption,adoption request",
        descriptions="Adopt an animal from the shelter. / A new home for an animal. / Shelter adoption request. / "
        "Someone takes an animal from the shelter home.", slots=(Slot("pet", "animal,pet,kind",
        "cat|dog|donkey|rabbit|goat|tortoise"), Slot("who", "new_owner,adopter,family", "person"), Slot("age",
        "age,years,max_age", "few", ", {value} years old at most / , age up to {value}")), deeds="adopt a {pet} for "
        "{who} / let {who} adopt a {pet}", asks="{who} [wants|wishes] to adopt a {pet}. / A {pet} from the shelter "
        "[should|shall] go to {who}. / Is there a {pet} in the shelter for {who}? / {who} has a [big garden|warm home] "
        "and would adopt a {pet}. / Adoption: {pet}, new owner {who}.", outcome="animal:name"),
    Family("feed animals", tools="feed animals,give feed,feeding,feed the herd,animal feed", descriptions="Feed the "
        "animals on the farm. / Gives some kilos of feed to the animals. / Fills the trough with feed. / Feeding of "
        "cows and others.", slots=(Slot("pet", "animals,herd,which_animals", "cows|pigs|hens|goats|horses|sheep"), Slot(
        "feed", "feed,fodder,feed_type", "hay|oats|barley|maize|turnips"), Slot("kg", "kilos,weight,kg", "number")),
        deeds="feed the {pet} {kg} kilos of {feed} / feed {kg} kilos of {feed} to the {pet}", asks="{kg} kilos of "
        "{feed} [go|belong] into the trough of the {pet}. / Feeding time: {pet}, {feed}, {kg} kilos. / We have "
        "[some|enough] {feed}, so feed {kg} kilos to the {pet}. / [Let|Make] the {pet} have a feed of {kg} kilos, all "
        "{feed}. / Feed: {feed}, {kg} kg. Animals: {pet}."),
    Family("move herd", tools="move herd,drive sheep,change pasture,herd move,new pasture", descriptions="Move a herd "
        "from one pasture to another. / Drives sheep to a new pasture. / Change the pasture of the animals. / Leads a "
        "herd to other grass.", slots=(Slot("n", "animals,head,sheep", "many"), Slot("a",
        "old_pasture,from_pasture,from", "name"), Slot("b", "new_pasture,to_pasture,to", "name")), deeds="drive the "
        "herd of {n} to pasture {b} from {a} / lead {n} animals from the pasture {a} to {b}", asks="The grass at {a} "
        "is [gone|too short]. Move the herd of {n} to {b}. / The new pasture for {n} animals is {b}, the old one {a}. "
        "/ [Herd|Sheep herd] of {n}: from {a} to {b}. / At {b} the grass is high, so move {n} sheep there from {a}. / "
        "[Can|Could] the herd change from pasture {a} to {b}? It has {n} animals."),
    Family("sow field", tools="sow field,sow seeds,plan sowing,seed field,plant crop", descriptions="Sow a crop on a "
        "field. / Puts seeds into the ground. / Sowing plan of the farm. / Sow so many kilos of seeds.", slots=(Slot(
        "crop", "crop,seed,grain", "wheat|barley|rye|oats|maize|clover"), Slot("on", "field,plot,land", "name"), Slot(
        "kg", "kilos,seed_weight,amount", "many")), deeds="sow field {on} with {kg} kilos of {crop} / plan sowing of "
        "{crop} on {on}, {kg} kilos", asks="The field {on} is for {crop}. Sow {kg} kilos. / We [want|wish] to sow "
        "{crop}, {kg} kilos, on field {on}. / Sowing: {crop}. Field: {on}. Kilos: {kg}. / {kg} kilos of {crop} seeds "
        "[go|belong] on the field {on}. / It is spring. [Can|Could] the field {on} get {kg} kilos of {crop} seeds?"),
    finds("soil moisture", "soil moisture|soil water", "[{cm} centimetres deep in the field {on}|in the field {on} at "
        "a depth of {cm} centimetres]", "in a field at a depth", Slot("on", "field,plot,acre", "name"), Slot("cm",
        "depth,centimetres,how_deep", "few"), asks="How wet is the soil in field {on}, {cm} centimetres down? / Is the "
        "soil of {on} dry at {cm} centimetres? / I [want|wish] to know the soil moisture. Field: {on}, depth: {cm}. / "
        "{cm} centimetres down, does the soil in {on} [have|hold] water? / [Check|Measure] the soil, {cm} centimetres "
        "deep, field {on}.", outcome="moisture:number"),
    Family("bird sighting", tools="report bird,bird sighting,bird count,log bird,add sighting",
        descriptions="Report birds that you have seen. / Bird sighting with number and place. / Count birds for the "
        "nature club. / Logs which bird was seen where.", slots=(Slot("bird", "bird,species,which_bird",
        "heron|swan|robin|stork|owl|kite"), Slot("n", "seen,how_many,birds", "few"), Slot("loc", "where,place,spot",
        "place")), deeds="report {n} birds in {loc}, kind {bird} / log a sighting in {loc}: {bird}, {n} birds",
        asks="I [saw|spotted] {n} birds in {loc}. They were of the kind {bird}. / In {loc} there [was|flew] a group of "
        "{n}, bird: {bird}. / Bird count: {bird}, {n}, {loc}. / [Near|Close to] {loc} we have seen a bird, the {bird}, "
        "{n} of them. / {bird} sighting with {n} birds at {loc}."),
    finds("ice thickness", "ice thickness|thickness of the ice", "[on lake {of} on {day}|on {day} on lake {of}]",
        "of a frozen lake on a day", Slot("of", "lake,frozen_lake,pond", "name"), _DATE, asks="How thick is the ice on "
        "lake {of} on {day}? / On {day}, [will|does] the ice of lake {of} carry us? / We [want|hope] to skate on {of} "
        "on {day}. Is the ice thick? / Ice[| thickness] on {day}, lake {of}? / Is the ice on lake {of} [safe|thick] on "
        "{day}?", outcome="centimetres:few", kin="weather"),
    finds("pollen", "pollen count|pollen level", "[of {of} in {loc}|in {loc} for {of}]", "of a plant in a place", Slot(
        "of", "plant,pollen_of,allergy", "birch|grass|hazel|ragweed|oak"), _PLACE, asks="How [much|strong] is the {of} "
        "pollen in the air of {loc}? / I [sneeze|cough] in {loc}. Is there {of} pollen? / Is the pollen of {of} bad in "
        "{loc}? / In {loc}, is there [much|any] {of} pollen? / Pollen for {loc}, plant {of}?",
        outcome="level:low|middle|high", kin="weather"),
    finds("lightning", "lightning count|lightning strikes", "[in {loc} between {a} and {b}|between {a} and {b} in "
        "{loc}]", "in a place between two times", _PLACE, Slot("a", "since,from,first_hour", "clock"), Slot("b",
        "until,to,last_hour", "clock"), asks="How often did lightning [strike|flash] in {loc} between {a} and {b}? / "
        "From {a} to {b}, how many lightning strikes were there in {loc}? / Until {b}, how much lightning did {loc} "
        "have since {a}? / [Count|Check] the lightning: {loc}, from {a}, until {b}. / [Was there|Did they see] "
        "lightning in {loc} from {a} to {b}?", outcome="strikes:many", kin="weather"),
    Family("planet gap", tools="planet gap,planet distance,how far planets,gap between planets,space distance",
        descriptions="How far one planet is from another. / [The gap|Kilometres] between two planets. / Distance in "
        "space.", slots=(Slot("a", "planet_a,first_planet,from", "Mars|Venus|Mercury|Earth"), Slot("b",
        "planet_b,second_planet,to", "Jupiter|Saturn|Neptune|Uranus")), things="the [gap|distance] between the planets "
        "{a} and {b} / the space distance from {a} to {b} / the gap to {b} from the planet {a}", asks="[How far|How "
        "many kilometres] is the planet {b} from {a}? / I fly through space from {a} to {b}. [How far is it|What "
        "distance is that]? / To reach {b} from planet {a}, how much space [must I cross|lies between]? / Planet gap: "
        "from {a}, to {b}. / Is it far from the planet {a} to {b}?", outcome="kilometres:many", kin="distance"),
    Family("furniture gap", tools="measure gap,gap between things,measure between,space between,furniture gap",
        descriptions="Measure the gap between two things at home. / Tape measure for a gap. / The [space|gap] from one "
        "thing to another.", slots=(Slot("a", "first_thing,from_thing,measure_from", "word"), Slot("b",
        "second_thing,to_thing,measure_to", "word"), Slot("unit", "unit,scale,measured_in", "centimetres|inches|hands",
        "in {value}")), deeds="measure from the {a} to the {b} / measure how far the {b} stands from the {a}",
        asks="How [wide|big] is the gap from the {a} to the {b}? / Is there [|much ]space between the {a} and the {b}? "
        "Measure it. / Between the {a} and the {b}, how big is the gap? / Gap, please. First: {a}. Second: {b}. / I "
        "[want|wish] to measure to the {b}, starting from the {a}.", outcome="gap:number"),
    does("moving van", "book|order|hire", "a moving van", "[from {a} to {b} on {day}|on {day} to {b} from {a}]",
        "to move house", Slot("a", "old_home,moving_from,from", "place"), Slot("b", "new_home,moving_to,to", "place"),
        _DATE, Slot("n", "helpers,movers,carriers", "few", "with {value} helpers"), asks="We move house from {a} to "
        "{b} on {day}. / On {day} we move to {b}. Our old home is in {a}. [Get|Order] a van. / Moving van, please. "
        "From: {a}. To: {b}. Date: {day}. / I found a flat in {b} and leave {a} on {day}. I [need|want] movers. / Our "
        "move to {b} is on {day}, and the van [should|shall] come to {a}.", outcome="price:many", kin="move"),
    Family("moving box", tools="label box,moving box,packed box,box list,pack list", descriptions="Note what is in a "
        "moving box. / List of packed boxes by number. / Label a box with what is packed in it. / Moving boxes and the "
        "rooms they go to.", slots=(Slot("no", "box,box_number,carton", "number"), Slot("it", "contents,packed,inside",
        "word"), Slot("room", "goes_to,target_room,unload_in", "room", ", for the {value} / , room: {value}")),
        deeds="label box {no} with {it} / put {it} on the box list for box {no}", asks="[I|We] packed the {it} into "
        "box {no}. / Box {no} has the {it} in it. [Note|Log] it. / The {it} [is|lies] in the moving box {no}. / Moving "
        "box: {no}. Inside: {it}. / In box {no} there is now the {it}."),
    Family("meter reading", tools="meter reading,send meter reading,report meter,enter meter,read meter",
        descriptions="Send the reading of a meter. / Report what the gas, water or power meter shows. / Meter reading "
        "for the town works. / Enter the number on a meter.", slots=(Slot("kind", "meter,meter_type,supply",
        "gas|water|power|heat"), Slot("value", "reading,value,shows", "many"), Slot("day", "read_on,date,reading_day",
        "date", "on {value} / , read on {value}")), deeds="send the {kind} meter reading {value} / report {value} for "
        "the {kind} meter", asks="The {kind} meter [shows|says] {value}. / I read {value} on the {kind} meter. "
        "[Send|Pass] it in. / Meter reading: {kind}, {value}. / {value} is what our {kind} meter says. / [We moved "
        "out|It is winter] and the {kind} meter stood at {value}."),
    Family("lost item", tools="report lost item,lost item,lost property,i lost something,file loss",
        descriptions="Report something that you lost. / Lost property office: file a lost thing. / Tells the office "
        "what is missing and where it was lost. / Loss report for a bag, a coat or such.", slots=(Slot("loc",
        "lost_in,last_seen,lost_at", "place"), Slot("it", "lost_thing,item,missing", "words"), Slot("phone",
        "phone,call_back,contact_number", "phone", ", my phone is {value} / , phone {value}")), deeds="report a lost "
        "item in {loc}: {it} / file a loss in {loc}, {it}", asks="I [lost|left] something in {loc}. It was my {it}. / "
        "[Somewhere|Today] in {loc} I lost this: {it}. / [Since|After] {loc} I am missing a thing: {it}. / Lost item: "
        "{it}. Place: {loc}. / Has someone seen my {it}? Lost in {loc}.", outcome="report:code", kin="lost"),
    Family("found item", tools="hand in find,found item,found property,report find,bring found thing",
        descriptions="Hand in a thing that was found. / Found property office takes finds. / Report a find and who "
        "found it. / For honest finders of things.", slots=(Slot("who", "finder,found_by,honest_person", "person"),
        Slot("it", "found_thing,find,object", "word"), Slot("loc", "found_in,spot,found_at", "place")), deeds="hand in "
        "the {it} that {who} found in {loc} / report that {who} found the {it} in {loc}", asks="[Yesterday|Today] "
        "{who} found the {it} in {loc}. / In {loc} the {it} was found by {who}. / Found: {it}. Where: {loc}. Finder: "
        "{who}. / {who} [wants|wishes] to hand in the {it} found in {loc}. / [Somebody|A child] left the {it} in "
        "{loc}, and {who} found it.", outcome="receipt:code", kin="lost"),
    does("mail hold", "request|start|set", "a mail hold", "[for {who} from {a} to {b}|until {b}, from {a} on, for "
        "{who}]", "at the post office", Slot("who", "addressee,person,mail_of", "person"), Slot("a",
        "hold_from,first_day,starting", "date"), Slot("b", "hold_until,last_day,ending", "date"), asks="{who} is away "
        "from {a} to {b}. Hold the mail. / No [mail|post] for {who} from {a} until {b}, please. / Until {b} the post "
        "office [should|shall] keep the mail of {who}, from {a} on. / {who} comes back on {b} and leaves on {a}. "
        "[Keep|Hold] the mail. / From {a} to {b} I want no post. I am {who}."),
    finds("postage", "postage|postage cost", "[for {g} grams to {loc}|to {loc} for {g} grams]", "by weight and country",
        Slot("g", "grams,weight,letter_weight", "many"), Slot("loc", "country,send_to,destination", "place"),
        asks="How much postage does a letter of {g} grams to {loc} need? / What is the postage to {loc}? [The|Our] "
        "letter has {g} grams. / My letter weighs {g} grams and goes to {loc}. What postage? / To {loc}, {g} grams: "
        "[which|how much] postage? / How many grams? {g}. Where to? {loc}. [What|How much] is the postage?",
        outcome="postage:price"),
    does("theft report", "file|make|write", "a theft report", "[on the {it} of {who}|for {who}, whose {it} is gone]",
        "for the police", Slot("it", "stolen,stolen_thing,loot", "word"), Slot("who", "victim,stolen_from,owner",
        "person"), Slot("loc", "scene,stolen_in,crime_place", "place", "in {value} / , scene {value}"),
        asks="[Somebody|A thief] stole the {it} of {who}. Tell the police. / A thief took {who}'s {it}. [Write it "
        "up|File it] for the police. / {who} was the victim of a theft: {it}. / [Theft|Theft report]: the {it} was "
        "[stolen|taken] from {who}. / Police report. Stolen: {it}. Victim: {who}.", outcome="case:code", kin="lost"),
    Family("witness", tools="witness statement,add statement,record witness,police statement,note witness",
        descriptions="Record what a witness says. / Witness statement in a police case. / Adds a statement to a case. "
        "/ Police note of a witness.", slots=(Slot("who", "witness,person,speaker", "person"), Slot("no",
        "case,case_number,file", "code"), Slot("text", "statement,says,words", "quoted")), deeds="record the witness "
        "{who} in case {no}: {text} / note {text} as statement of {who} in case {no}", asks="The witness {who} "
        "[says|told us] {text}. The case is {no}. / In case {no}, {who} [made|gave] this statement: {text} / Case "
        "{no}. Witness: {who}. Statement: {text} / {text} is the statement of {who} for case {no}. / [We heard|I spoke "
        "to] {who} as a witness. Put {text} into case {no}."),
    Family("fire alarm", tools="report fire,fire report,call fire brigade,fire brigade,house fire",
        descriptions="Report a fire to the fire brigade. / Call the fire brigade to a burning house. / It burns: the "
        "firemen come. / Fire report with place and floor.", slots=(Slot("loc", "burning_in,town,fire_place", "place"),
        Slot("n", "floor,storey,level", "few"), Slot("hurt", "hurt,injured,people_hurt", "few", "with {value} people "
        "hurt / , {value} are hurt")), deeds="report a fire in {loc} on floor {n} / call the fire brigade to floor {n} "
        "of a house in {loc}", asks="[Fire|A fire] in {loc}, floor {n}! / [It burns|Something burns] on floor {n} of a "
        "house in {loc}. / [We have|There is] a fire in {loc}. It is on floor {n}. / Firemen needed: {loc}, floor {n}. "
        "/ Quick, {loc}! A fire on floor {n}!", outcome="engine:code"),
    does("cat rescue", "start|order|send", "a cat rescue", "[for the cat {cat} from a {high}|from a {high} for the cat "
        "{cat}]", "for a cat that sits too high", Slot("cat", "cat,cat_name,kitty", "name"), Slot("high",
        "stuck_on,sits_on,down_from", "tree|roof|pole|chimney|wall"), asks="The cat {cat} sits on a {high} and cannot "
        "come down. / [My|Our] cat {cat} is stuck on a {high}. Rescue it. / On a {high} sits a cat called {cat}. [Send "
        "the firemen|Come] to rescue it. / Cat: {cat}. Stuck on: {high}. / There is a {high} and my cat {cat} is on "
        "it. [Rescue|Save] the cat."),
    Family("theatre role", tools="cast role,theatre cast,cast actor,set role,role list", descriptions="Cast an actor "
        "in a play. / Gives a role on the stage to an actor. / Theatre cast: who plays which role. / Role list of a "
        "theatre play.", slots=(Slot("who", "actor,player,performer", "person"), Slot("role", "role,part,character",
        "king|queen|ghost|servant|thief|doctor"), Slot("play", "play,drama,piece", "title")), deeds="cast {who} as the "
        "{role} in {play} / cast the {role} of the play {play} with {who}", asks="{who} plays the {role} in {play}. "
        "[Put|Note] it on the role list. / In the play {play}, the {role} is {who}. / For {play} [I|we] cast {who} as "
        "{role}. / Role: {role}. Play: {play}. Actor: {who}. / The theatre wants {who} in {play}, as [the|our] "
        "{role}."),
    Family("stage prop", tools="stage prop,order prop,prop list,need prop,add prop", descriptions="Put a prop on the "
        "list of the theatre. / Props that a scene needs on stage. / Stage prop for a scene. / Which thing must lie on "
        "the stage in which scene.", slots=(Slot("prop", "prop,stage_thing,requisite", "word"), Slot("act",
        "act,act_number,in_act", "few"), Slot("scene", "scene,scene_number,in_scene", "few")), deeds="order the {prop} "
        "as a prop for scene {scene} of act {act} / add a prop to act {act}, scene {scene}: {prop}",
        asks="In act {act}, scene {scene}, we need the {prop} as a prop. / Scene {scene} of act {act} [needs|wants] a "
        "prop: {prop}. / The {prop} [must|should] be on stage in scene {scene} of act {act}. / Prop: {prop}. Act: "
        "{act}. Scene: {scene}. / Act {act} has no {prop}. [It is|We need it as] a prop for scene {scene}."),
    does("exhibit loan", "arrange|request|plan", "an exhibit loan", "[of {it} from {a} to {b}|to {b} from {a} of {it}]",
        "from museum to museum", Slot("it", "exhibit,artwork,treasure", "title"), Slot("a",
        "lending_museum,from_museum,from", "place"), Slot("b", "receiving_museum,to_museum,to", "place"), Slot("n",
        "months,loan_months,time_away", "few", "for {value} months"), asks="The museum of {a} [lends|sends] {it} to "
        "the museum of {b}. / Exhibit: {it}. From: {a}. To: {b}. / Our museum in {b} would like {it} as a loan from "
        "{a}. / The exhibit {it} [leaves|quits] {a} and goes to {b}. / [Can|Could] {a} send {it} to {b}? The museum "
        "there asks for this loan."),
    does("guided tour", "book|reserve|arrange", "a guided tour", "[of {title} for {n} people at {at}|at {at} for {n} "
        "people in {title}]", "of a museum", Slot("title", "museum,house,tour_of", "title"), Slot("n",
        "visitors,group_size,people", "few"), Slot("at", "tour_time,start,at", "clock"), Slot("language",
        "language,tour_language,spoken", "language", "in {value}"), asks="We are {n} [people|visitors] and want a tour "
        "of {title} at {at}. / At {at} a guide [should|shall] show {title} to {n} visitors. / Guided tour: {title}, "
        "{at}, group of {n}. / Is a guide free at {at} for {n} people? We visit {title}. / [Our|A] group of {n} comes "
        "to {title} at {at} for a tour.", kin="booking"),
)  # fmt: skip
