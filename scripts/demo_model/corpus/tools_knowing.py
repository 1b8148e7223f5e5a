"""Tools that know about the world: weather, time, prices, routes.

The phrases of each share a word with its tools' names or descriptions: what a request is for can be told by its words.
"""

from __future__ import annotations

from demo_model.corpus.tool_family import Family, Slot

_CITY = Slot("city", "city,place,location,town,city_name,where,name", "place")

KNOWING = (
    Family(
        "weather",
        tools="get weather,weather,fetch weather,weather lookup,current weather,check weather,weather "
        "report,city weather,weather forecast,read weather,weather info,get current weather",
        descriptions="Get the weather in a city. / Current weather for a place. / Returns the weather and the "
        "temperature of a city. / Looks up the weather forecast. / Tells how the weather is. / "
        "Weather of a location. / Fetches the current weather. / Find out the weather somewhere.",
        slots=(
            _CITY,
            Slot("unit", "unit,units,scale", "celsius|fahrenheit", " in {value} / , in {value} /  ({value})"),
            Slot("day", "day,date,when", "day", " for {value} / , {value}"),
        ),
        things="the weather in {city} / the weather for {city} / the current weather in {city} / the weather"
        " forecast for {city} / today's weather in {city} / the weather of {city} / the weather "
        "around {city} / the weather near {city}",
        asks="How is the weather in {city}? / What is the weather like in {city}? / How does the weather "
        "look in {city}? / Is the weather in {city} good? / Will the weather be nice in {city}? / I "
        "am going to {city}. How will the weather be there? / Is it raining in {city}? / How warm is "
        "it in {city}? / Do I need an umbrella in {city}? Check the weather. / I will visit {city}, "
        "so tell me about the weather. / Weather in {city}? / {city}: how is the weather?",
        outcome="weather:sky,temperature:degrees",
        kin="weather",
    ),
    Family(
        "time in a city",
        tools="get time,time,clock,current time,local time,time in city,fetch time,time lookup,world clock",
        descriptions="Get the time in a city. / The current time in a place. / Tells what time it is somewhere. / "
        "Returns the local time of a city. / Local time for a location. / Look up the time of a town."
        " / What time it is in a city. / Time now in a place.",
        slots=(_CITY,),
        things="the time in {city} / the current time in {city} / the local time in {city} / the exact time "
        "in {city} / the time now in {city} / the time for {city} / the time of {city} / the right "
        "time in {city}",
        asks="What time is it in {city}? / What time do they have in {city}? / Tell me what time it is in "
        "{city}. / Can you say what time it is in {city}? / How late is it in {city}? I need the "
        "time. / I have a friend in {city}. What time is it there? / What time is it now in {city}? /"
        " Which time do clocks show in {city}?",
        outcome="time:clock",
        kin="time",
    ),
    Family(
        "calculator",
        tools="calculate,calculator,calc,compute,evaluate,do math,solve,math,arithmetic",
        descriptions="Calculate an expression. / Computes the result of a calculation. / Calculator for numbers. /"
        " Evaluate a mathematical expression. / Works out what an expression is. / Does a "
        "calculation. / Solve a calculation. / Compute a sum, a difference or a product.",
        slots=(Slot("sum", "expression,input,formula,query,text,calculation", "sum"),),
        things="the result of {sum} / the value of {sum} / the answer to {sum} / {sum}",
        deeds="calculate {sum} / compute {sum} / work out {sum} / evaluate {sum} / solve {sum}",
        asks="How much is {sum}? / What does {sum} make? / {sum} = ? / What do you get for {sum}? / {sum} "
        "is how much? / What is the calculation {sum} equal to? / Use the calculator for {sum}. / I "
        "have to calculate {sum}.",
        outcome="result:many",
        kin="numbers",
    ),
    Family(
        "stock price",
        tools="get stock price,stock price,stock quote,fetch stock,stock lookup,share price,quote,get stock",
        descriptions="Get the stock price of a company. / Returns the price of a stock. / Current share price of a"
        " company's stock. / Stock price by symbol. / Looks up what a stock costs. / Price of one "
        "share on the stock market. / Finds the stock price. / Quote for a stock: its share price.",
        slots=(
            Slot("company", "company,symbol,ticker,stock,name,firm", "name"),
            Slot("currency", "currency,money", "currency", " in {value} / , in {value}"),
        ),
        things="the stock price of {company} / the share price of {company} / the price of {company} stock /"
        " the current stock price of {company} / the {company} stock price / the {company} share "
        "price / today's stock price of {company} / the price of one {company} share",
        asks="How much is the stock of {company}? / What does a share of {company} cost? The stock price, "
        "please. / How is the {company} stock doing? / At what price is the stock of {company}? / I "
        "own {company} stock. What is its price? / How high is the stock price of {company}? / What "
        "are shares of {company} worth on the stock market? / {company} stock price?",
        outcome="price:price",
    ),
    Family(
        "currency conversion",
        tools="convert currency,currency converter,exchange,exchange money,currency exchange,convert "
        "money,change currency,currency",
        descriptions="Convert an amount of money to another currency. / Currency conversion. / Changes money from "
        "one currency to another. / Converts between currencies. / Exchange an amount of one currency"
        " for another. / Money converter for currencies. / How much money that is in another "
        "currency. Converts it. / Convert and exchange currencies.",
        slots=(
            Slot("amount", "amount,value,sum,quantity", "many"),
            Slot("source", "from,from_currency,source,base,from_code", "currency"),
            Slot("target", "to,to_currency,target,quote,to_code", "currency"),
        ),
        deeds="convert {amount} {source} to {target} / change {amount} {source} to {target} / exchange "
        "{amount} {source} for {target} / convert {amount} {source} into {target} / turn the currency"
        " from {source} to {target} for {amount} / convert the amount {amount} from {source} to "
        "{target} / exchange {amount} from {source} to {target} / change the money, {amount} {source}"
        " to {target}",
        asks="How much is {amount} {source} in {target}? / What are {amount} {source} in {target}? / How "
        "many {target} do I get for {amount} {source}? / {amount} {source} in {target}? / I have "
        "{amount} {source}. Exchange it to {target}. / How much money is {amount} {source} in "
        "{target}? / What do I get in {target} if I exchange {amount} {source}? / I want to convert "
        "my {amount} {source} to {target}.",
        outcome="amount:many",
        kin="conversion",
    ),
    Family(
        "unit conversion",
        tools="convert units,unit converter,convert unit,units,convert,unit conversion,change unit,convert measure",
        descriptions="Convert a number to another unit. / Unit conversion. / Converts units of length, weight and "
        "time. / Changes a value from one unit to another. / Converter for units. / Convert a measure"
        " from one unit to another unit. / Units: convert one into the other. / Converts a value "
        "between two units.",
        slots=(
            Slot("value", "value,amount,number,quantity", "number"),
            Slot("source", "from,from_unit,source,unit,unit_from", "unit"),
            Slot("target", "to,to_unit,target,into,unit_to", "unit"),
        ),
        deeds="convert {value} {source} to {target} / convert {value} {source} into {target} / change the "
        "unit of {value} {source} to {target} / convert the value {value} from {source} to {target} /"
        " convert {value} from {source} into {target} / convert units: {value} {source} to {target} /"
        " do a unit conversion of {value} {source} to {target} / change {value} {source} to the unit "
        "{target}",
        asks="How many {target} are {value} {source}? / How much is {value} {source} in {target}? / What "
        "is {value} {source} in {target}? / {value} {source} in {target}? / I need to convert {value}"
        " {source} to {target}. / How many {target} do {value} {source} make? / My rope is {value} "
        "{source}. Convert it to {target}. / What are {value} {source} in the unit {target}?",
        outcome="value:many",
        kin="conversion",
    ),
    Family(
        "search",
        tools="search,web search,search web,google,search internet,find online,internet search,query web",
        descriptions="Search the web. / Searches the internet for pages. / Web search. / Find pages on the "
        "internet. / Search for something online. / Looks something up on the web. / Internet search "
        "for a query. / Runs a search and returns pages.",
        slots=(
            Slot("query", "query,q,text,search,terms,keywords,question", "topic"),
            Slot("count", "count,limit,results,n,max_results", "few", ", {value} results /  with {value} results"),
        ),
        deeds="search for {query} / search the web for {query} / search the internet for {query} / do a web"
        " search for {query} / search online for {query} / run a search for {query} / find pages "
        "about {query} / look on the internet for {query}",
        asks="What does the web say about {query}? / What can you find on the internet about {query}? / Is"
        " there a page on the web about {query}? / I want to search for {query}. / Web search: "
        "{query} / Search: {query} / Can you search {query}? / Are there pages on the internet about "
        "{query}?",
        outcome="title:title,page:link",
        kin="search",
    ),
    Family(
        "dictionary",
        tools="define,dictionary,define word,word meaning,lookup word,get definition,definition,meaning",
        descriptions="Define a word. / The meaning of a word. / Dictionary: definition and meaning of a word. / "
        "Looks up a word's meaning in the dictionary. / Returns the definition of a word. / Tells "
        "what a word means. / Find the definition of a word. / Word meanings from a dictionary.",
        slots=(Slot("word", "word,term,text,entry,name", "word"),),
        things="the meaning of the word {word} / the definition of the word {word} / the meaning of {word} /"
        " the definition of {word} / the dictionary meaning of the word {word} / the dictionary entry"
        " for the word {word} / the meaning that the word {word} has / the meaning of this word: "
        "{word}",
        deeds="define {word} / define the word {word} / look up the word {word} / explain the word {word}",
        asks="What does the word {word} mean? / What does {word} mean? / What is meant by the word {word}?"
        " / I do not know the word {word}. What does it mean? / What is the word {word} defined as? /"
        " How does the dictionary define the word {word}? / Which meaning does the word {word} have? "
        "/ The word {word}, what does it mean?",
        outcome="meaning:words",
        kin="search",
    ),
    Family(
        "news",
        tools="get news,news,latest news,fetch news,news search,headlines,top news,read news",
        descriptions="Get the news about a topic. / Latest news and headlines. / News on a topic. / Fetches news "
        "headlines. / Returns the newest news. / Looks for news about something. / Today's news. / "
        "Find the latest news on a topic.",
        slots=(
            Slot("topic", "topic,query,subject,about,category", "topic"),
            Slot("count", "count,limit,number,max_items", "few", ", {value} items / , at most {value}"),
        ),
        things="the news about {topic} / the latest news about {topic} / the newest news on {topic} / "
        "today's news about {topic} / some news about {topic} / the news on {topic} / the top news "
        "about {topic} / the news headlines about {topic}",
        asks="Is there any news about {topic}? / Are there news on {topic}? / What do the news say about "
        "{topic}? / Have you got news about {topic}? / I want to read the news about {topic}. / Any "
        "news on {topic}? / What is new in the news about {topic}? / News about {topic}?",
        outcome="headline:title",
        kin="search",
    ),
    Family(
        "route",
        tools="get route,route,directions,find route,plan route,get directions,route planner,navigate",
        descriptions="Find the route between two places. / Directions from one place to another. / Plans a route. "
        "/ Route from a start to an end. / Get directions and the route to a place. / Navigation: the"
        " route between places. / Returns the best route. / Shows the route and the directions.",
        slots=(
            Slot("start", "from,start,origin,from_city,source,departure", "place"),
            Slot("end", "to,end,destination,to_city,target,goal", "place"),
            Slot("mode", "mode,by,travel_mode,vehicle", "car|bus|bike|train", " by {value} / , by {value}"),
        ),
        things="the route from {start} to {end} / the directions from {start} to {end} / the best route from"
        " {start} to {end} / a route from {start} to {end} / the shortest route from {start} to {end}"
        " / the route to {end} from {start} / directions from {start} to {end} / a good route from "
        "{start} to {end}",
        deeds="plan a route from {start} to {end} / find the route from {start} to {end}",
        asks="How do I get from {start} to {end}? I need the route. / Which route goes from {start} to "
        "{end}? / I am in {start} and need directions to {end}. / Which is the best route from "
        "{start} to {end}? / I want to drive from {start} to {end}. Which route is best? / What route"
        " do I take from {start} to {end}? / Is there a route from {start} to {end}? / Route from "
        "{start} to {end}?",
        outcome="road:code,minutes:number",
        kin="travel",
    ),
    Family(
        "distance",
        tools="get distance,distance,distance between,how far,measure distance,compute distance,distance "
        "lookup,city distance",
        descriptions="Get the distance between two places. / How far one place is from another: the distance. / "
        "Distance from one city to another. / Returns the distance in km. / Measures how far it is, "
        "the distance. / Computes the distance between cities. / Tells the distance. / Distance of "
        "two towns, how far.",
        slots=(
            Slot("start", "from,start,origin,a,first,city_a", "place"),
            Slot("end", "to,end,destination,b,second,city_b", "place"),
            Slot("unit", "unit,units", "km|miles", " in {value} / , in {value}"),
        ),
        things="the distance from {start} to {end} / the distance between {start} and {end} / the exact "
        "distance from {start} to {end} / the distance of {start} and {end} / the distance to {end} "
        "from {start} / the distance by road from {start} to {end} / the travel distance from {start}"
        " to {end} / the road distance between {start} and {end}",
        asks="How far is it from {start} to {end}? / How far is {start} from {end}? / What distance is it "
        "from {start} to {end}? / How far away from {start} is {end}? / How great is the distance "
        "from {start} to {end}? / Is it far from {start} to {end}? / I live in {start}. How far is "
        "{end}? / Distance from {start} to {end}?",
        outcome="distance:number",
        kin="travel",
    ),
    Family(
        "flight status",
        tools="flight status,get flight,check flight,track flight,flight info,flight lookup,fetch flight status,flight",
        descriptions="Status of a flight. / Checks a flight. / Tells whether a flight is on time. / Get the status"
        " of a flight by its number. / Flight information. / Looks up a flight. / Returns when a "
        "flight lands. / Track a flight.",
        slots=(Slot("flight", "flight,flight_number,number,code,flight_id", "code"),),
        things="the status of flight {flight} / the flight status of {flight} / the status of the flight "
        "{flight} / the gate of flight {flight} / the state of flight {flight} / the landing time of "
        "flight {flight} / the flight information for {flight} / information on flight {flight}",
        asks="Is flight {flight} on time? / Is the flight {flight} late? / When does flight {flight} land?"
        " / Has flight {flight} landed? / My mother is on flight {flight}. Is it on time? / Where is "
        "flight {flight} now? / How is flight {flight} doing? / When does the flight {flight} arrive?",
        outcome="status:on time|late|landed|boarding,gate:code",
        kin="flight",
    ),
    Family(
        "train times",
        tools="train times,get trains,next train,train timetable,find train,trains,train schedule,search trains",
        descriptions="Find the next train. / Train times between two stations. / Timetable of trains. / Returns "
        "the trains from one place to another. / Looks up a train. / Train schedule. / When the next "
        "train leaves. / Get trains from a station to another.",
        slots=(
            Slot("start", "from,start,origin,from_station,departure", "place"),
            Slot("end", "to,end,destination,to_station,arrival", "place"),
            Slot("time", "time,at,after", "clock", " at {value} / after {value} / , at {value}"),
        ),
        things="the next train from {start} to {end} / the train times from {start} to {end} / the trains "
        "from {start} to {end} / the first train from {start} to {end} / a train from {start} to "
        "{end} / the last train from {start} to {end} / the timetable of the train from {start} to "
        "{end} / the train to {end} from {start}",
        asks="When does the next train from {start} to {end} leave? / When is there a train from {start} "
        "to {end}? / Which train goes from {start} to {end}? / Is there a train from {start} to "
        "{end}? / I want to take the train from {start} to {end}. / I am in {start}. Which train goes"
        " to {end}? / What train can I take from {start} to {end}? / Next train from {start} to "
        "{end}?",
        outcome="departure:clock,platform:few",
        kin="travel",
    ),
)
