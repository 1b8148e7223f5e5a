"""Tools that find something out about one thing: a shop, a parcel, a file, a person.

The phrases of each share a word with its tools' names or descriptions: what a request is for can be told by its words.
"""

from __future__ import annotations

from demo_model.corpus.tool_family import Family, Slot

_CITY = Slot("city", "city,place,location,town,city_name,where,name", "place")

FINDING = (
    Family(
        "opening hours",
        tools="opening hours,get opening hours,hours,shop hours,store hours,open times,business hours,check hours",
        descriptions="Opening hours of a shop. / Tells when a shop is open. / Get the opening hours of a place. / "
        "Returns when a place opens and closes. / Hours of business: when it is open. / Looks up the "
        "opening times. / Checks whether a store is open. / When something is open, its hours.",
        slots=(
            Slot("shop", "shop,store,name,place,business", "title"),
            Slot("day", "day,date,on", "day", " on {value}"),
        ),
        things="the opening hours of {shop} / the hours of {shop} / the opening times of {shop} / the hours "
        "of the shop {shop} / the opening hours for {shop} / the shop hours of {shop} / the usual "
        "opening hours of {shop} / the opening hours of the store {shop}",
        asks="When is {shop} open? / When does {shop} open? / Is {shop} open now? / At what hours is "
        "{shop} open? / Until when is {shop} open? / How long is the shop {shop} open? / I want to go"
        " to {shop}. When is it open? / Which opening hours does {shop} have?",
        outcome="opening_time:clock,closing_time:clock",
    ),
    Family(
        "population",
        tools="get population,population,city population,count people,inhabitants,population lookup,people "
        "count,fetch population",
        descriptions="Get the population of a place. / How many people live in a city: its population. / "
        "Population by city. / Returns the number of people in a place. / Number of people of a town,"
        " its population. / Looks up a population. / Counts the people of a place. / The population "
        "of a country or a city.",
        slots=(Slot("city", "city,place,country,town,name,region", "place"),),
        things="the population of {city} / the number of people in {city} / the current population of {city}"
        " / the population in {city} / the number of people who live in {city} / the total population"
        " of {city} / the size of the population of {city} / today's population of {city}",
        asks="How many people live in {city}? / How many people are there in {city}? / How large is the "
        "population of {city}? / How big is the population of {city}? / Do many people live in "
        "{city}? / Which population does {city} have? / I live in {city}. How many people live here? "
        "/ Population of {city}?",
        outcome="population:many",
    ),
    Family(
        "match score",
        tools="get score,score,match score,sports score,game score,fetch score,team score,latest score",
        descriptions="Get the score of a team's match. / Score of the latest game. / Sports scores of teams. / "
        "Returns the score of a match. / Looks up how a team's game ended, its score. / Latest match "
        "score. / Tells the score. / Scores of games and matches.",
        slots=(
            Slot("team", "team,club,name,team_name,side", "name"),
            Slot("sport", "sport,kind,game", "football|hockey|tennis|rugby", " in {value}"),
        ),
        things="the score of {team} / the score of the {team} match / the last score of {team} / the {team} "
        "score / the match score of {team} / the score of the game of {team} / the final score of "
        "{team} / the score of team {team}",
        asks="How did the match of {team} end? / How did team {team} play? What is the score? / Did {team}"
        " win the match? / What score did {team} get? / Is {team} winning the game? Check the score. "
        "/ How high is the score of {team}? / I missed the game of {team}. What was the score? / "
        "{team} score?",
        outcome="score:few",
    ),
    Family(
        "film facts",
        tools="get movie,movie info,film info,find movie,movie,film lookup,movie details,search movie",
        descriptions="Get facts about a movie. / Movie information. / Looks up a film or movie. / Details of a "
        "movie by its title. / Information on a film, a movie. / Finds a movie and its year. / "
        "Returns who made a movie, or film. / Movie and film facts.",
        slots=(
            Slot("title", "title,movie,film,name,movie_title", "title"),
            Slot("year", "year,released,made_in", "many", " of the year {value} / , year {value}"),
        ),
        things="the facts about the movie {title} / information about the movie {title} / the details of the"
        " film {title} / the year of the movie {title} / the director of the movie {title} / "
        "information on the film {title} / some facts about the film {title} / the details of the "
        "movie {title}",
        asks="Who made the movie {title}? / When was the film {title} made? / What is the movie {title} "
        "about? / How long is the film {title}? / I want to see the movie {title}. What is it about? "
        "/ Is the movie {title} any good? / Who plays in the film {title}? / What do you have on the "
        "movie {title}?",
        outcome="director:name,year:many",
    ),
    Family(
        "parcel",
        tools="track parcel,parcel status,track package,package status,tracking,find parcel,track order,parcel lookup",
        descriptions="Track a parcel. / Where a package, or parcel, is. / Status of a parcel by its number. / "
        "Tracks a package or parcel. / Tells where a parcel is now. / Parcel tracking. / Looks up a "
        "package: a parcel's place. / Follow a parcel.",
        slots=(Slot("parcel", "parcel,tracking_number,number,code,package_id,id", "code"),),
        things="the status of parcel {parcel} / the place of parcel {parcel} / the status of the package "
        "{parcel} / the parcel status of {parcel} / the tracking status of parcel {parcel} / the "
        "state of the parcel {parcel} / the day when parcel {parcel} comes / the delivery day of "
        "parcel {parcel}",
        deeds="track parcel {parcel} / track the package {parcel} / track the parcel with the number "
        "{parcel} / find the parcel {parcel}",
        asks="Where is my parcel {parcel}? / Where is the package {parcel}? / When will the parcel "
        "{parcel} come? / Has parcel {parcel} arrived? / I am waiting for the parcel {parcel}. Where "
        "is it? / Is the package {parcel} on its way? / My parcel has the number {parcel}. Where is "
        "it now? / Parcel {parcel}: where is it?",
        outcome="status:sent|on its way|delivered|lost,city:place",
    ),
    Family(
        "air",
        tools="air quality,get air quality,air,check air,air report,pollution,air index,fetch air quality",
        descriptions="Get the air quality of a place. / Air pollution in a city. / How clean the air is. / Returns"
        " the quality of the air. / Air quality index. / Measures the air in a town. / Tells about "
        "the air of a city. / Checks the air.",
        slots=(_CITY,),
        things="the air quality in {city} / the quality of the air in {city} / the current air quality in "
        "{city} / the air pollution in {city} / the state of the air in {city} / the air quality "
        "index of {city} / today's air quality in {city} / the air quality of {city}",
        asks="How clean is the air in {city}? / How good is the air in {city}? / Is the air in {city} "
        "clean? / How is the air in {city}? / Can I breathe the air in {city}? / Is the air bad in "
        "{city}? / I am going to {city}. How is the air there? / What is the air like in {city}?",
        outcome="index:number,quality:good|fair|bad",
        kin="weather",
    ),
    Family(
        "file reading",
        tools="read file,open file,get file,file content,load file,show file,view file,cat file",
        descriptions="Read a file. / Returns the content of a file. / Opens a file and shows its text. / The text "
        "of a file. / Loads a file. / Read what is in a file. / Shows a file by its path. / File "
        "reader.",
        slots=(Slot("path", "path,file,filename,file_path,name", "path"),),
        things="the content of the file {path} / the text of the file {path} / the content of {path} / all "
        "text in the file {path} / the lines of the file {path} / the whole file {path} / the file "
        "{path} / the full text of the file {path}",
        deeds="read {path} / read the file {path} / open the file {path} / show the file {path} / load the file {path}",
        asks="What is in the file {path}? / What does the file {path} say? / What stands in {path}? Read "
        "it. / I cannot open the file {path}. What is in it? / Is there text in the file {path}? / "
        "Have a look at the file {path}. / Can you read me the file {path}? / Which lines are in the "
        "file {path}?",
        outcome="length:few,text:line",
        kin="file",
    ),
    Family(
        "dice",
        tools="roll dice,random number,dice,roll,throw dice,random,pick number,roll die",
        descriptions="Roll dice. / Random number by dice. / Throws dice and tells the number. / Rolls a die with "
        "so many sides. / Random dice. / Throw a die. / A random number from a die. / Dice with any "
        "number of sides.",
        slots=(Slot("sides", "sides,faces,max,n,size", "few"),),
        deeds="roll a die with {sides} sides / throw a die with {sides} sides / roll the dice with {sides} "
        "sides / roll a die of {sides} sides / throw the dice with {sides} sides / roll dice that "
        "have {sides} sides / throw dice of {sides} sides / roll a {sides} sided die",
        asks="What does a die with {sides} sides show? / I want to roll a die with {sides} sides. / Let "
        "the dice with {sides} sides roll. / Give me a random roll of a die with {sides} sides. / "
        "Which number does a die of {sides} sides give? / Dice with {sides} sides, roll! / I need a "
        "dice roll, {sides} sides. / We play a game: throw a die with {sides} sides.",
        outcome="number:few",
        kin="numbers",
    ),
    Family(
        "contacts",
        tools="get contact,find contact,contact,phone book,lookup contact,contacts,get phone number,search contacts",
        descriptions="Find a contact. / Phone number and address of a person. / Looks a person up in the phone "
        "book. / Contact data of a person. / The phone number of a contact. / Returns a contact by "
        "name. / Searches the contacts for a person. / Address book with phone numbers.",
        slots=(
            Slot("name", "name,person,contact,who,full_name", "person"),
            Slot("field", "field,what,kind", "phone|email|address", " ({value} only) / , the {value}"),
        ),
        things="the phone number of {name} / the contact of {name} / the contact data of {name} / the phone "
        "number of my friend {name} / the contact {name} / the number of {name} from the phone book /"
        " the contact named {name} / the address and phone number of {name}",
        asks="Which phone number does {name} have? / How can I contact {name}? / Is {name} in my phone "
        "book? / What number in the phone book is {name}? / Under which phone number do I reach "
        "{name}? / Have I got the contact of {name}? / I lost the phone number of {name}. / Do you "
        "have a contact for {name}?",
        outcome="phone:phone,email:email",
        kin="people",
    ),
    Family(
        "sunrise",
        tools="get sunrise,sunrise,sun times,sunset,sunrise time,sun,fetch sun times,day length",
        descriptions="Sunrise and sunset in a city. / Get when the sun rises. / Times of the sun: sunrise and "
        "sunset. / When the sun goes up and down. / Sunrise by place. / Returns the sunrise of a "
        "city. / The sun in a place: when it rises and sets. / Looks up sunrise and sunset.",
        slots=(
            _CITY,
            Slot("day", "day,date,on", "date", " on {value}"),
        ),
        things="the sunrise in {city} / the time of the sunrise in {city} / the sunset in {city} / the "
        "sunrise time for {city} / the time of sunset in {city} / today's sunrise in {city} / the sun"
        " times for {city} / the sunrise and sunset in {city}",
        asks="When does the sun rise in {city}? / When is sunrise in {city}? / When does the sun set in "
        "{city}? / When is sunset in {city}? / When does the sun go down in {city}? / When does the "
        "sun come up in {city}? / How early is the sunrise in {city}? / I am in {city}. When will the"
        " sun rise?",
        outcome="sunrise:clock,sunset:clock",
        kin="time",
    ),
    Family(
        "recipe",
        tools="get recipe,recipe,find recipe,recipe search,cook,recipes,search recipes,cooking help",
        descriptions="Find a recipe for a dish. / Recipes. / How to cook a dish. / Returns a recipe. / Recipe "
        "search by dish. / Cooking: a recipe for something to eat. / Looks up how to cook something. "
        "/ Get a recipe to cook.",
        slots=(
            Slot("dish", "dish,food,name,meal,query", "food"),
            Slot("people", "people,persons,servings,guests", "few", " for {value} people / , {value} people"),
        ),
        things="a recipe for {dish} / the recipe for {dish} / a good recipe for {dish} / an easy recipe for "
        "{dish} / the best recipe for {dish} / some recipe for {dish} / recipes for {dish} / a simple"
        " recipe for {dish}",
        asks="How do I cook {dish}? / Is there a recipe for {dish}? / How can I cook {dish}? / I want to "
        "cook {dish}. / Do you have a recipe for {dish}? / I need help to cook {dish}. / Which recipe"
        " is there for {dish}? / Tonight I cook {dish}. Find the recipe.",
        outcome="minutes:number",
    ),
    Family(
        "calendar reading",
        tools="list events,get calendar,calendar,read calendar,show appointments,events,get events,agenda",
        descriptions="List the events in the calendar. / Calendar events of a day. / Shows the appointments in the"
        " calendar. / Reads the calendar. / Returns events of a date. / What is in the calendar. / "
        "Appointments and events on a date. / The events of one day.",
        slots=(Slot("date", "date,day,on,when", "date"),),
        things="the events on {date} / my calendar for {date} / the appointments on {date} / my events for "
        "{date} / the calendar events on {date} / the calendar of {date} / my appointments for {date}"
        " / all events on {date}",
        asks="What is in my calendar on {date}? / Which events are there on {date}? / Do I have "
        "appointments on {date}? / What events do I have on {date}? / Am I free on {date}? Look at "
        "the calendar. / Is there anything in the calendar on {date}? / How many appointments are "
        "there on {date}? / What does my calendar say for {date}?",
        outcome="event:title,time:clock",
        kin="calendar",
    ),
)
