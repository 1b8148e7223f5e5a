"""Tools that arrange something with others: messages, bookings, orders, payments.

The phrases of each share a word with its tools' names or descriptions: what a request is for can be told by its words.
"""

from __future__ import annotations

from demo_model.corpus.tool_family import Family, Slot

ARRANGING = (
    Family(
        "email",
        tools="send email,email,send mail,mail,write email,compose email,email send,post mail",
        descriptions="Send an email. / Sends mail to an address. / Email to a person. / Writes and sends an email."
        " / Send mail. / Emails a text to someone. / Sends an email with a text. / Mail sender for "
        "email.",
        slots=(
            Slot("to", "to,address,recipient,email,to_address", "email"),
            Slot("text", "text,body,message,content", "quoted"),
            Slot("subject", "subject,title,about", "word", " with the subject {value} / , subject {value}"),
        ),
        deeds="send an email to {to} that says {text} / email {text} to {to} / send {text} by email to {to}"
        " / mail {text} to {to} / write an email to {to} with the text {text} / send {to} an email "
        "saying {text} / send mail to {to}: {text} / send an email with the text {text} to {to}",
        asks="I want to email {text} to {to}. / Email to {to}: {text} / The address is {to}. Send an email"
        " with {text}. / Write {text} and send it by email to {to}. / An email for {to}: {text} / I "
        "need to send an email to {to}. The text is {text}. / The mail to {to} should say {text}. / "
        "Mail to {to} with the text {text}.",
        kin="message",
    ),
    Family(
        "message",
        tools="send message,message,send sms,text message,sms,send text,write message,message send",
        descriptions="Send a message to a person. / Sends a text message. / Message for someone. / SMS to a "
        "person: a short message. / Writes a message to a contact. / Send a short message. / Sends an"
        " SMS message. / Text messages to people.",
        slots=(
            Slot("to", "to,person,recipient,name,contact", "name"),
            Slot("text", "text,message,body,content", "quoted"),
        ),
        deeds="send {text} to {to} / send a message to {to}: {text} / send {to} the message {text} / "
        "message {to} {text} / send the message {text} to {to} / write {text} to {to} / send {to} a "
        "message that says {text} / text {to} {text}",
        asks="Message to {to}: {text} / I want to send {text} to {to}. / Tell {to} in a message: {text} / "
        "{to} should get the message {text}. / Write a message to {to} with {text}. / Please let {to}"
        " have the message {text}. / I have a message for {to}: {text} / Send a short message, "
        "{text}, to {to}.",
        kin="message",
    ),
    Family(
        "calendar entry",
        tools="add event,create event,new event,calendar add,schedule,add appointment,schedule meeting,make"
        " appointment",
        descriptions="Add an event to the calendar. / Creates a calendar event. / New appointment or event in the "
        "calendar. / Puts an event into the calendar on a date. / Schedule an event. / Adds an "
        "appointment, an event with a date. / Makes a calendar entry for an event. / Calendar: a new "
        "event.",
        slots=(
            Slot("title", "title,name,event,what,summary", "title"),
            Slot("date", "date,day,on,when", "date"),
            Slot("time", "time,at,start,start_time", "clock", " at {value}"),
        ),
        deeds="add the event {title} on {date} / create an event {title} on {date} / put the event {title} "
        "into my calendar on {date} / schedule the event {title} for {date} / add {title} to my "
        "calendar on {date} / make a calendar event {title} for {date} / enter the event {title} on "
        "{date} / add an event called {title} on {date}",
        asks="I have an event on {date}: {title}. Add it. / On {date} there is the event {title}. Put it "
        "into my calendar. / The event {title} is on {date}. Add it. / New event on {date}: {title} /"
        " I need a calendar entry on {date}: {title} / My calendar needs the event {title} on {date}."
        " / Event: {title}, on {date} / There should be an event {title} in my calendar on {date}.",
        kin="calendar",
    ),
    Family(
        "food order",
        tools="order food,food order,order meal,order,place order,food delivery,order dish,buy food",
        descriptions="Order food. / Orders a dish from a restaurant. / Food delivery: order a meal. / Place an "
        "order for food. / Orders a meal. / Order something to eat. / Makes a food order. / Order "
        "dishes.",
        slots=(
            Slot("count", "count,quantity,number,amount,how_many", "few"),
            Slot("dish", "dish,food,item,meal,name", "food"),
            Slot("notes", "notes,extra,wish", "words", " with the wish {value}"),
        ),
        deeds="order {count} {dish} / order {count} times {dish} / order {count} portions of {dish} / place"
        " an order of {count} {dish} / order us {count} {dish} / make an order for {count} {dish} / "
        "order me {count} {dish} / order for dinner {count} {dish}",
        asks="I want to order {count} {dish}. / We are hungry. Order {count} {dish}. / I would like to "
        "order {count} portions of {dish}. / Food order: {count} {dish} / My order is {count} {dish}."
        " / An order of {count} {dish}, please. / Can I order {count} {dish}? / For lunch we order "
        "{count} {dish}.",
        outcome="order:code",
        kin="shop",
    ),
    Family(
        "table",
        tools="book table,reserve table,table booking,restaurant booking,table,make "
        "reservation,reserve,book restaurant",
        descriptions="Book a table in a restaurant. / Reserves a table. / Table booking for some people. / "
        "Restaurant table reservation. / Makes a reservation of a table. / Book a restaurant. / "
        "Reserve a table for guests. / Books tables in restaurants.",
        slots=(
            Slot("restaurant", "restaurant,place,name,where,venue", "name"),
            Slot("people", "people,guests,persons,party_size,seats", "few"),
            Slot("time", "time,at,hour", "clock", " at {value}"),
            Slot("day", "day,date,on", "day", " on {value}"),
        ),
        deeds="book a table for {people} at {restaurant} / reserve a table for {people} at {restaurant} / "
        "book a table at {restaurant} for {people} people / reserve a table for {people} people in "
        "{restaurant} / book a table for {people} guests at {restaurant} / book me a table at "
        "{restaurant} for {people} / get a table for {people} at {restaurant} / make a table "
        "reservation for {people} at {restaurant}",
        asks="I need a table for {people} at {restaurant}. / We are {people} people and want a table at "
        "{restaurant}. / Can I have a table for {people} at {restaurant}? / I want to book a table at"
        " {restaurant}, we are {people}. / A table at {restaurant} for {people}, please. / {people} "
        "of us want to eat at {restaurant}. Book a table. / Is there a table for {people} at "
        "{restaurant}? / Table for {people}, restaurant {restaurant}.",
        outcome="booking:code",
        kin="booking",
    ),
    Family(
        "hotel",
        tools="book hotel,hotel,hotel booking,reserve hotel,book room,find hotel,hotel reservation,hotel search",
        descriptions="Book a hotel. / Hotel in a city for some nights. / Reserves a hotel room. / Finds and books "
        "a hotel. / Hotel booking. / Books nights in a hotel. / Hotel room reservation in a city. / "
        "Gets a hotel for so many nights.",
        slots=(
            Slot("city", "city,place,location,town,where", "place"),
            Slot("nights", "nights,days,duration,number_of_nights", "few"),
            Slot("stars", "stars,rating,min_stars", "few", " with {value} stars"),
            Slot("breakfast", "breakfast,with_breakfast", "yes_no", " with breakfast / without breakfast"),
        ),
        deeds="book a hotel in {city} for {nights} nights / reserve a hotel in {city} for {nights} nights /"
        " find a hotel in {city} for {nights} nights / book {nights} nights in a hotel in {city} / "
        "get a hotel for {nights} nights in {city} / book me a hotel for {nights} nights in {city} / "
        "reserve {nights} hotel nights in {city} / make a hotel booking in {city} for {nights} nights",
        asks="I need a hotel in {city} for {nights} nights. / I stay {nights} nights in {city} and need a "
        "hotel. / Hotel in {city}, {nights} nights. / I want to spend {nights} nights in a hotel in "
        "{city}. / Is there a hotel in {city} for {nights} nights? / We need a hotel for {nights} "
        "nights in {city}. / I am going to {city} for {nights} nights. Book a hotel. / Where is a "
        "hotel in {city}? We stay {nights} nights.",
        outcome="hotel:title,price:many",
        kin="booking",
    ),
    Family(
        "flight booking",
        tools="book flight,flight booking,find flight,buy flight,reserve flight,search flights,get flight,fly",
        descriptions="Book a flight. / Flight from one city to another. / Books flights. / Finds and books a "
        "flight on a date. / Flight booking. / Buys a flight ticket. / Reserves a seat on a flight. /"
        " Flights between cities.",
        slots=(
            Slot("start", "from,start,origin,from_city,departure", "place"),
            Slot("end", "to,end,destination,to_city,arrival", "place"),
            Slot("date", "date,day,on,when", "date", " on {value} / for {value}"),
            Slot("window", "window,window_seat,at_window", "yes_no", " with window seat / without window seat"),
        ),
        deeds="book a flight from {start} to {end} / book me a flight from {start} to {end} / find a flight"
        " from {start} to {end} / buy a flight from {start} to {end} / reserve a flight from {start} "
        "to {end} / get a flight to {end} from {start} / book the flight from {start} to {end} / get "
        "me a flight from {start} to {end}",
        asks="I need a flight from {start} to {end}. / I want to book a flight from {start} to {end}. / Is"
        " there a flight from {start} to {end}? / We want a flight from {start} to {end}. / Flight "
        "from {start} to {end}, please. / I live in {start} and need a flight to {end}. / Can I get a"
        " flight from {start} to {end}? / I would like a flight from {start} to {end}.",
        outcome="flight:code,price:many",
        kin="flight",
    ),
    Family(
        "shopping list",
        tools="add item,shopping list,add to list,list add,buy list,add shopping item,grocery list,put on list",
        descriptions="Add an item to the shopping list. / Shopping list: adds something to buy. / Puts an item on "
        "the list. / Adds items to the shopping list. / The shopping list. / Something to buy goes on"
        " the list. / Adds to the shopping list. / Item for the shopping list.",
        slots=(
            Slot("item", "item,product,name,thing,what", "words"),
            Slot("count", "count,quantity,number", "few", ", {value} times / , {value} pieces"),
        ),
        deeds="add {item} to the shopping list / put {item} on the shopping list / put {item} on my list / "
        "add {item} to my shopping list / add {item} to the list / write {item} on the shopping list "
        "/ add the item {item} to the shopping list / set {item} on the shopping list",
        asks="I need {item} on the shopping list. / {item} on the shopping list, please. / We have to buy "
        "{item}, put it on the list. / The shopping list needs {item}. / The item {item} is missing "
        "on the shopping list. / Can you put {item} on the list? / I must buy {item}. Add it to the "
        "shopping list. / My shopping list should have {item}.",
        kin="shop",
    ),
    Family(
        "phone call",
        tools="call,phone call,make call,phone,dial,call person,start call,call contact",
        descriptions="Call a person by phone. / Makes a phone call. / Phone call to someone. / Calls a contact. / "
        "Dials and calls a person. / Start a call. / Phones a person: a call. / Call someone.",
        slots=(
            Slot("person", "person,name,who,contact,to", "person"),
            Slot("video", "video,with_video", "yes_no", " with video / without video"),
        ),
        deeds="call {person} / phone {person} / call my friend {person} / make a call to {person} / make a "
        "phone call to {person} / start a call with {person} / call {person} on the phone / place a "
        "call to {person}",
        asks="I want to call {person}. / I need to call {person}. / I would like a call with {person}. / I"
        " have to phone {person}. / Call: {person} / Let us call {person}. / I must talk to {person}."
        " Make a call. / A phone call to {person}, please.",
        kin="people",
    ),
    Family(
        "taxi",
        tools="order taxi,call taxi,taxi,book taxi,get taxi,taxi order,book ride,request ride",
        descriptions="Order a taxi. / Taxi from one place to another. / Books a taxi ride. / Calls a taxi. / Gets "
        "a taxi to a place. / Taxi ride to a destination. / A taxi that takes you somewhere. / "
        "Request a taxi ride.",
        slots=(
            Slot("end", "to,destination,end,where,target", "place"),
            Slot("start", "from,start,pickup,origin", "place", " from {value}"),
            Slot("time", "time,at,pickup_time", "clock", " at {value}"),
        ),
        deeds="order a taxi to {end} / call a taxi to {end} / book a taxi to {end} / get me a taxi to {end}"
        " / order me a taxi to {end} / find a taxi to {end} / send for a taxi to {end} / book a taxi "
        "ride to {end}",
        asks="I need a taxi to {end}. / A taxi to {end}, please. / Can I get a taxi to {end}? / I want to "
        "take a taxi to {end}. / I must go to {end}. Order a taxi. / We want a taxi ride to {end}. / "
        "Taxi to {end}! / I would like a taxi to {end}.",
        outcome="minutes:few",
        kin="travel",
    ),
    Family(
        "printing",
        tools="print,print document,print file,printer,send to printer,document print,make print,print copies",
        descriptions="Print a document. / Prints a file on paper. / Printer: prints copies of a document. / Prints"
        " copies. / Sends a file to the printer. / Print a file. / Prints a document so many times. /"
        " Printing of files.",
        slots=(
            Slot("path", "path,file,document,name,filename", "path"),
            Slot("copies", "copies,count,number,times", "few", ", {value} copies / in {value} copies"),
            Slot("colour", "colour,color,in_colour", "yes_no", " with colour / without colour"),
        ),
        deeds="print {path} / print the file {path} / print the document {path} / print out {path} / print "
        "out the file {path} / send {path} to the printer / print me the file {path} / print my "
        "document {path}",
        asks="I need {path} on paper. Print it. / I want to print {path}. / The printer should print "
        "{path}. / Can I have a print of {path}? / Print: {path} / I would like to print the document"
        " {path}. / Could the document {path} be printed? / I need a print of the file {path}.",
        kin="file",
    ),
    Family(
        "transfer",
        tools="transfer money,send money,pay,bank transfer,money transfer,transfer,make payment,pay person",
        descriptions="Send money to a person. / Transfers money. / Bank transfer of an amount of money. / Pays "
        "money to someone. / Pay a person. / Money transfer to a person. / Sends an amount of money. "
        "/ Makes a payment, a money transfer.",
        slots=(
            Slot("amount", "amount,sum,value,money", "many"),
            Slot("currency", "currency,unit,money_type", "euros|dollars|pounds|francs"),
            Slot("person", "person,to,recipient,name,receiver", "person"),
        ),
        deeds="send {amount} {currency} to {person} / pay {person} {amount} {currency} / transfer {amount} "
        "{currency} to {person} / pay {amount} {currency} to {person} / transfer the money, {amount} "
        "{currency}, to {person} / send {person} {amount} {currency} / make a payment of {amount} "
        "{currency} to {person} / send the money to {person}: {amount} {currency}",
        asks="I owe {person} {amount} {currency}. Pay it. / I want to pay {person} {amount} {currency}. / "
        "{person} should get {amount} {currency}. Transfer it. / Money to {person}: {amount} "
        "{currency} / I have to transfer {amount} {currency} to {person}. / Payment of {amount} "
        "{currency} to {person}. / {person} wants {amount} {currency} from me. Send the money. / I "
        "would like to send {amount} {currency} to {person}.",
        outcome="payment:code",
        kin="money",
    ),
    Family(
        "translation",
        tools="translate,translate text,translator,translation,text translate,get translation,translate "
        "to,language translate",
        descriptions="Translate a text. / Translates text to another language. / Translation into a language. / "
        "Translator. / Translate words into a language. / Translates a sentence into a language. / "
        "Gives the translation of a text. / Text translation.",
        slots=(
            Slot("text", "text,sentence,input,phrase,content", "quoted"),
            Slot("language", "language,to,target,target_language,lang", "language"),
        ),
        things="the translation of {text} into {language} / the translation of {text} to {language} / the "
        "{language} translation of {text}",
        deeds="translate {text} to {language} / translate {text} into {language} / translate the text "
        "{text} to {language} / translate to {language}: {text} / translate into {language}: {text} /"
        " translate the sentence {text} into {language} / put {text} into {language}, a translation /"
        " make a {language} translation of {text}",
        asks="How do I say {text} in {language}? A translation, please. / I need {text} translated into "
        "{language}. / What is the translation of {text} in {language}? / What is {text} in "
        "{language}? Translate it. / {text} in {language}: translate! / Please give a translation of "
        "{text} in {language}. / I do not speak {language}. Translate {text}. / I want a {language} "
        "translation of {text}.",
        outcome="translation:line",
    ),
)
