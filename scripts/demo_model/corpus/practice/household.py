"""Tools of the household: garden, kitchen, health, family, school, hobbies, pets, clothes, sports, dates, comparing."""

from __future__ import annotations

from demo_model.corpus.tool_family import Family, Slot, does, finds

_CHILD = Slot("child", "child,kid,pupil,name", "name")
_PET = Slot("pet", "pet,animal,pet_name,which_pet", "name")
_MINUTES = Slot("minutes", "minutes,duration,length,how_long", "number")
_PERSON = Slot("person", "person,who,whom,family_member", "name")
_GIVER = Slot("giver", "from,giver,from_person,old_owner", "name")
_TAKER = Slot("taker", "to,receiver,to_person,new_owner", "name")
_SUBJECT = Slot("subject", "subject,lesson,school_subject", "maths|history|biology|music|art")
_DATE = Slot("date", "date,day,on,when", "date")

FAMILIES: tuple[Family, ...] = (
    Family("plant watering", "water plant,plant water,give water,pour water,watering,wet bed", "[Waters|Gives water "
        "to] a plant[| with some litres]. / Watering of [plants|one plant] in the garden.", (Slot("plant",
        "plant,flower,bed,target", "word"), Slot("litres", "litres,amount,water_litres,volume", "few")),
        deeds="water the {plant} with {litres} litres / give {litres} litres of water to the {plant} / pour {litres} "
        "litres [of water on|over] the plant {plant}", asks="The {plant} [looks|is] dry. [Give it|It gets] {litres} "
        "litres of water. / {litres} litres of water [for|on|to] the {plant}. / Water: {litres} litres, plant: "
        "{plant}. / Plant {plant}: {litres} litres. / Is the {plant} still thirsty? {litres} litres of water then."),
    Family("seeds sown", "sow seeds,sow,plant seeds,seed row,new sowing,put seeds", "[Sows|Plants|Puts] seeds in a "
        "row[| of the garden]. / Sowing: which seeds in which row.", (Slot("seed", "seed,crop,kind,what",
        "carrots|beans|peas|spinach|radishes"), Slot("row", "row,bed_row,row_number,where", "few"), Slot("depth",
        "depth,centimetres,cm,how_deep", "few", ", {value} centimetres deep / , depth {value}")), deeds="[sow|plant] "
        "{seed} in row {row} / put seeds of {seed} into row {row} / [use|take] row {row} for sowing {seed} / sow row "
        "{row} with {seed}", asks="It is spring. [Sow|Plant] {seed} in row {row}. / Row {row} is [empty|free]. Sow "
        "{seed} there. / I [want|would like] {seed} this year, so sow them in row {row}. / Row: {row}, seeds: {seed}. "
        "/ {seed} into row {row}, sow them."),
    Family("harvest record", "record harvest,log harvest,harvest,add harvest,note crop", "[Records|Logs|Notes] how "
        "many kilos were harvested. / Adds a crop [with its weight |]to the harvest.", (Slot("crop",
        "crop,fruit,vegetable,what", "apples|plums|tomatoes|potatoes|pumpkins"), Slot("kilos", "kilos,weight,kg,amount",
        "number"), Slot("date", "date,day,harvested_on", "date", " on {value} / , date {value}")), deeds="[record|log] "
        "a harvest of {kilos} kilos of {crop} / add {kilos} kilos of {crop} to the harvest / note for the {crop} a "
        "harvest of {kilos} kilos", asks="We [picked|harvested] {kilos} kilos of {crop}, record it. / The {crop} are "
        "in: a harvest of {kilos} kilos. / Harvest: {crop}, {kilos} kg. / {kilos} kilos of {crop} [came|are] out of "
        "the garden, log the harvest."),
    Family("lawn mower", "start mower,mow lawn,mow,robot mower,cut grass,mower run", "[Starts|Runs] the robot mower. / "
        "[Mows the lawn|Cuts the grass] in a zone[| for some minutes].", (Slot("zone", "zone,area,lawn,part",
        "front|back|orchard|playground"), _MINUTES, Slot("height", "height,cut_height,grass_height", "few",
        ", grass height {value} / , cut at {value} centimetres")), deeds="mow the {zone} lawn for {minutes} minutes / "
        "[start|run] the mower for {minutes} minutes in zone {zone} / cut the grass of the {zone} area for {minutes} "
        "minutes", asks="Long grass in zone {zone}. [Mow|Cut] it for {minutes} minutes. / {minutes} minutes of mowing "
        "[for|on] the {zone} lawn. / Mower: {zone}, {minutes} minutes. / Zone {zone} [needs|gets] the mower, {minutes} "
        "minutes."),
    Family("blood pressure", "log blood pressure,blood pressure,save pressure,pressure entry,add pressure reading",
        "[Saves|Logs|Keeps] a blood pressure reading[| of two numbers]. / Records the upper and the lower blood "
        "pressure.", (Slot("upper", "upper,systolic,high,top_value", "many"), Slot("lower",
        "lower,diastolic,low,bottom_value", "number"), Slot("arm", "arm,side,measured_on", "left|right",
        " on the {value} arm / , {value} arm")), deeds="[log|save] a blood pressure of {upper} over {lower} / note "
        "{lower} as the lower and {upper} as the upper blood pressure / log blood pressure, low {lower}, high {upper}",
        asks="My blood pressure is {upper} over {lower}. / [Upper|Top] {upper}, [lower|bottom] {lower}, that is my "
        "blood pressure. / Blood pressure [today|tonight]: the lower one {lower}, the upper one {upper}. / Lower "
        "pressure {lower}, upper pressure {upper}, save [both|them]. / Blood pressure: {upper}/{lower}"),
    Family("medicine dose", "log medicine,log dose,medicine taken,dose entry,save dose", "[Logs|Notes] that a medicine "
        "was taken. / Saves a dose of [a |]medicine[| in milligrams].", (Slot("medicine", "medicine,drug,remedy,what",
        "name"), Slot("dose", "dose,milligrams,mg,amount", "many"), Slot("time", "time,taken_at,at", "clock",
        " at {value} / , taken at {value}")), deeds="[log|save] {dose} milligrams of the medicine {medicine} / note "
        "for the medicine {medicine} a dose of {dose} mg", asks="I [took|have taken] the medicine {medicine}, {dose} "
        "mg. / {dose} milligrams of [the|my] medicine {medicine} are down. / I just had {medicine}. Log a dose of "
        "{dose} milligrams. / Medicine: {medicine}, dose: {dose}[, please|]. / Dose {dose} mg, medicine {medicine}."),
    Family("pill plan", "plan pills,pill plan,set pills,add pills,plan tablets", "[Sets|Plans] how many pills a person "
        "takes a day. / Pill plan [for|of] a person. / Daily tablets of someone.", (_PERSON, Slot("pills",
        "pills,per_day,tablets_per_day,daily", "few"), Slot("days", "days,for_days,length", "number", " for {value} "
        "days / , over {value} days")), deeds="plan {pills} pills a day for {person} / set the pill plan of {person} "
        "to {pills} a day / give {person} {pills} pills [daily|every day] in the plan", asks="{person} [has to "
        "take|needs|takes] {pills} pills a day. / The doctor said {pills} pills a day for {person}. / Pill plan for "
        "{person}: {pills} per day. / {pills} tablets [daily|per day], that is the plan for {person}. / Can you plan "
        "the pills of {person}? It is {pills} [a|per] day."),
    finds("vaccination", "vaccination|vaccination date", "of {person} against {illness}", "of a person against an "
        "illness", _PERSON, Slot("illness", "illness,against,disease,what", "flu|measles|tetanus|mumps|polio"),
        asks="[Has|Did] {person} [had|get] the vaccination against {illness}? / When was the vaccination against "
        "{illness} that {person} got? / Is there a {illness} vaccination for {person}? / Vaccination: {illness}, for "
        "{person}. / I worry about {illness}. Which vaccination does {person} have?", outcome="date:date,valid:date"),
    Family("allergy check", "check allergy,may eat,food allergy,allergy check,is food safe,allergic to",
        "[Checks|Tells] whether a person may eat [something|a food]. / Allergy check of food for a guest.", (_PERSON,
        Slot("food", "food,dish,meal,what", "food")), things="the allergies of {person} [to|against] {food} / the "
        "allergy check for {person}: {food} / an allergy check of {person} and {food}", asks="[May|Can] {person} eat "
        "{food}? / Is {person} allergic to {food}? / Is it safe to give {person} {food}? / {person} has an allergy. "
        "[Look up|Check] {food}. / We cook for {person}. Any allergy against {food}? / Allergy check, guest {person}, "
        "food {food}.", outcome="safe:yes|no,cause:word"),
    Family("sick note", "report sick,sick note,absence note,excuse pupil,tell school", "[Reports to|Tells] the school "
        "that a child is sick. / [Sends a sick note|Excuses a pupil] for some days.", (Slot("child",
        "child,pupil,student,who", "person"), Slot("days", "days,absent_days,duration,how_many_days", "few"),
        Slot("reason", "reason,because,illness", "fever|cough|flu|headache", " because of {value} / , reason {value}")),
        deeds="excuse {child} from school for {days} days / report {child} sick for {days} days / send a sick note for "
        "{days} days for {child} / tell the school of {days} days without {child}", asks="{child} is [ill|sick]. "
        "[Let|Please let] the school know, it takes {days} days. / {child} [cannot go|will not come] to school for "
        "{days} days. / {days} days of absence for {child}, tell the school. / I need a sick note over {days} days, it "
        "is for {child}. / Sick note: {child}, {days} days.", kin="school absence"),
    Family("homework entry", "add homework,homework,note homework,save homework,homework entry", "[Notes|Adds|Saves] "
        "homework for a subject. / Homework [with the day when it is due|list: a new entry].", (_SUBJECT, Slot("page",
        "page,book_page,page_number", "number"), Slot("due", "due,due_date,until,for_day", "date")),
        deeds="add {subject} homework, page {page}, due {due} / note homework for {due}: page {page} in {subject} / "
        "save page {page} as {subject} homework for {due}", asks="Homework in {subject}: page {page}, due {due}. / For "
        "{due} we have to do page {page} as homework in {subject}. / Our {subject} teacher gave us homework, page "
        "{page}, due {due}. / Until {due}: {subject}, page {page}, [note it as|that is] homework. / Page {page} is "
        "homework for {due}[ in|, subject] {subject}. / On {due} we show our {subject} homework, page {page}.",
        kin="homework"),
    finds("homework look-up", "homework|school homework", "in {subject} for class {klass}", "of a class in a subject",
        _SUBJECT, Slot("klass", "class,class_code,group,school_class", "code"), asks="What is the homework for class "
        "{klass} in {subject}? / [Does|Did] class {klass} [have|get] any homework in {subject}? / I was not there. "
        "[Which|What] {subject} homework does class {klass} have? / {subject} homework, class {klass}[, please|]. / "
        "Class {klass}, subject {subject}: what homework is there?", outcome="page:number,due:date", kin="homework"),
    Family("vocabulary card", "add vocabulary,add card,word card,flash card,learn word", "[Makes|Adds] a card to learn "
        "a new word. / Vocabulary card with [front and back|word and meaning].", (Slot("word",
        "word,front,new_word,term", "name"), Slot("meaning", "meaning,back,means,answer", "word"), Slot("language",
        "language,lang,in_language", "language", " in {value} / , language {value}")), deeds="[make|add] a vocabulary "
        "card: {word} means {meaning} / add {meaning} as the meaning of the word {word} / make a card, back {meaning}, "
        "front {word}", asks="I want to learn that {word} means {meaning}. / A new word: {word}, [that is|it means] "
        "{meaning}. / The meaning is {meaning}, the word is {word}, [make a card|save it]. / New vocabulary: {word} = "
        "{meaning} / {meaning} is what {word} means, put it on a card. / Card, back: {meaning}, front: {word}.",
        kin="vocabulary"),
    Family("vocabulary quiz", "start quiz,quiz me,vocabulary test,word quiz,test words,practise words", "Starts a quiz "
        "of [some |learned |]words. / [Tests|Asks] vocabulary in a language.", (Slot("language",
        "language,tongue,in,lang", "language"), Slot("count", "questions,count,words,how_many", "few"), Slot("level",
        "level,difficulty,how_hard", "easy|medium|hard", ", level {value} / , make it {value}")),
        deeds="start my {language} quiz with {count} words / test me on {count} words in {language} / quiz me on "
        "{count} {language} words", asks="My {language} test is [near|tomorrow]. Quiz me with {count} words. / "
        "[Give|Ask] me {count} {language} words to practise. / {count} questions, {language}, quiz. / Do I know my "
        "{language} words? [Test|Ask] me {count} of them. / Quiz: {language}, {count} words."),
    Family("points given", "add points,give points,score points,points,player points,award points",
        "[Gives|Adds|Awards] points to a player. / Counts points for a player[| in a game].", (Slot("player",
        "player,to_player,who,gets", "name"), Slot("points", "points,score,how_many,plus", "number"), Slot("round",
        "round,game_round,in_round", "few", " in round {value} / , round {value}")), deeds="give {points} points to "
        "{player} / [give|award] {player} {points} points / add {points} points for {player}",
        asks="{player} [made|scored|won] {points} points. / {points} points [for|go to] {player}. / {player}: plus "
        "{points} points / Well played, {player}! That makes {points} points. / The player {player} found it and gets "
        "{points} points.", kin="points"),
    Family("points moved", "move points,swap points,points from to,take points,pass points,trade points",
        "[Moves|Passes] points from one player to another. / Takes points from a player [for|and gives them to] "
        "another.", (_GIVER, Slot("points", "points,how_many,amount,number_of_points", "number"), _TAKER),
        deeds="move {points} points from {giver} to {taker} / take {points} points from {giver} and give them to "
        "{taker} / give {taker} {points} of the points of {giver} / pass to {taker} {points} points from {giver}",
        asks="{giver} [owes|has to give] {taker} {points} points. / {giver} lost against {taker}, [move|pass] {points} "
        "points. / From {giver} to {taker}: {points} points. / To {taker}, from {giver}, {points} points. / {points} "
        "points go to {taker}, and {giver} loses them.", kin="points"),
    Family("board move", "move piece,board move,make move,play move,piece to field,game move", "Moves a piece [on the "
        "board|from one field to another]. / [Plays|Makes] a move in a board game.", (Slot("piece",
        "piece,figure,colour,which_piece", "red|green|blue|yellow"), Slot("start", "from,from_field,start,old_field",
        "few"), Slot("goal", "to,to_field,target,new_field", "few")), deeds="move {piece} from {start} to {goal} / put "
        "the {piece} piece on field {goal}, away from field {start} / make a move to {goal} from {start} with {piece}",
        asks="I [move|play] {piece} from field {start} to {goal}. / [My|Our] piece is {piece}. It goes to field {goal} "
        "from field {start}. / {piece}: field {start} to field {goal}[, please|]. / To field {goal}, from field "
        "{start}, with the {piece} piece. / The {piece} piece stands on field {start}, move it to {goal}."),
    finds("high score", "high score|record score|best score", "[in|of] the game {game} [by|of] {player}", "of a player "
        "in a game", Slot("game", "game,title,in_game,which_game", "title"), Slot("player",
        "player,of_player,gamer,who", "name"), asks="How [high|good] is the score of {player} in the game {game}? / "
        "[What is|Which is] {player}'s best score in {game}? / In the game {game}, what score did {player} reach? / "
        "{game}: best score of {player}? / Did {player} set a high score in {game}?", outcome="score:many,rank:few"),
    Family("team draw", "draw teams,make teams,split players,random teams,divide players,team maker",
        "[Splits|Divides] players into teams. / [Draws|Makes] teams [by chance|for a game].", (Slot("players",
        "players,people,player_count,kids", "number"), Slot("teams", "teams,groups,team_count,sides", "few")),
        deeds="[split|divide] {players} players into {teams} teams / [make|draw] {teams} teams of {players} players / "
        "make {teams} teams out of {players} children", asks="We are {players} players and [need|want] {teams} teams. "
        "/ {teams} teams, please, we are {players} people. / There are {players} kids here, [split|divide] them into "
        "{teams} teams. / Players: {players}, teams: {teams}[, please|]. / How do we get {teams} teams from {players} "
        "players?", outcome="first_team:few"),
    does("instrument tuning", "tune", "an instrument", "[my|the|our] instrument, a {instrument}, to {pitch} hertz",
        "to a pitch", Slot("instrument", "instrument,which,type,what", "violin|guitar|harp|cello|piano"), Slot("pitch",
        "pitch,hertz,hz,frequency", "many"), asks="My {instrument} sounds [wrong|flat]. Tune it to {pitch} hertz. / "
        "Tune to {pitch} hertz, it is a {instrument}[, please|]. / {pitch} hertz for the {instrument}, tune it. / The "
        "{instrument} [should|must] be tuned to {pitch} hertz. / Tune: {instrument}, {pitch} Hz."),
    Family("metronome", "start metronome,metronome,set tempo,beat,click track,keep time", "[Starts|Sets] a metronome[| "
        "with beats a minute and beats a bar]. / Clicks a beat [for musicians|at a tempo].", (Slot("tempo",
        "tempo,bpm,speed,beats_per_minute", "many"), Slot("bar", "bar,beats_per_bar,measure,count_to", "few")),
        deeds="start the metronome at {tempo} beats a minute and {bar} beats a bar / set the metronome to {bar} beats "
        "a bar at tempo {tempo} / [let it click|beat] with {tempo} a minute, {bar} in a bar", asks="I [practise|play] "
        "at tempo {tempo}, {bar} beats in the bar. / Metronome: {bar} beats per bar, {tempo} per minute. / Metronome, "
        "tempo {tempo}, bar {bar}[, please|]. / I lose the beat. {bar} to a bar, tempo {tempo}[, please|]."),
    Family("choir rehearsal", "plan rehearsal,choir rehearsal,rehearse,add rehearsal,choir practice,rehearsal",
        "[Plans|Adds] a rehearsal of the choir. / Choir rehearsal [of a song|with date and song].", (Slot("song",
        "song,piece,title,what", "title"), _DATE, Slot("voice", "voice,part,only_voice", "soprano|alto|tenor|bass",
        ", voice {value} / , only the {value}")), deeds="plan a choir rehearsal of {song} on {date} / plan for {date} "
        "a rehearsal with {song} / rehearse {song} with the choir on {date}", asks="The choir [sings|should practise] "
        "{song} on {date}. / On {date} the choir [rehearses|practises] {song}. / Rehearsal on {date}, song: {song}[, "
        "please|]. / Choir: {song}, {date}[, please|]."),
    Family("music practice", "log practice,practice log,save practice,music practice,practice time", "[Logs|Saves] how "
        "long somebody practised [an instrument|music]. / [Adds|Notes] minutes of practice.", (Slot("instrument",
        "instrument,on,played,what", "flute|drums|trumpet|piano|fiddle"), _MINUTES, Slot("piece", "piece,song,title",
        "title", " with the piece {value} / , piece {value}")), deeds="log {minutes} minutes of {instrument} practice "
        "/ add practice on the {instrument}, {minutes} minutes / note that I practised the {instrument} for {minutes} "
        "minutes", asks="I [practised|have practised] the {instrument} for {minutes} minutes. / {minutes} minutes of "
        "practice on the {instrument} [are|were] done. / [Practice|Music]: {instrument}, {minutes} min. / Today I did "
        "{minutes} minutes of practice, {instrument}. / For my {instrument} teacher: I practised {minutes} minutes."),
    Family("pet feeding", "feed pet,pet food,feed animal,give food,feeding", "[Feeds|Gives food to] a pet. / Feeding "
        "of [a pet|an animal] with some grams.", (_PET, Slot("grams", "grams,food_grams,weight,amount", "many")),
        deeds="feed my pet {pet} with {grams} grams / give {grams} grams of food to the pet {pet} / give the pet {pet} "
        "{grams} grams to eat", asks="{pet} is hungry. Feed {grams} grams. / {grams} grams for the pet {pet}. / {pet} "
        "[gets|needs] {grams} grams, feed [it|the pet]. / Pet: {pet}, {grams} grams. / Feeding time for {pet}: {grams} "
        "grams. / Has anyone fed my pet {pet}? It gets {grams} grams."),
    Family("dog walk", "plan dog walk,walk dog,dog walk,dog walker,walk out with dog", "[Plans|Tells] who walks a dog. "
        "/ Sends [a person|somebody] out [for a walk |]with the dog.", (Slot("dog", "dog,dog_name,which_dog,animal",
        "name"), Slot("walker", "walker,person,by,who_walks", "person"), Slot("minutes",
        "minutes,walk_minutes,how_long", "number", " for {value} minutes / , {value} minutes")), deeds="plan a walk "
        "for the dog {dog} with {walker} / send {walker} out with the dog {dog} / let {walker} walk the dog {dog} / "
        "let the dog {dog} go for a walk with {walker}", asks="{walker} [walks|will walk] the dog {dog}. / The dog "
        "{dog} goes for a walk with {walker}. / Dog: {dog}, walker: {walker}. / Walker {walker}, dog {dog}. / "
        "[Can|Could] {walker} walk my dog {dog}? / My dog {dog} must go out, and {walker} has time for a walk."),
    finds("pet weight", "body weight|weight", "of [the pet|my pet|our pet] {pet} on {date} / the weight on {date} of "
        "my pet {pet}", "of a pet on a date", _PET, _DATE, asks="How [heavy|big] was the weight of {pet} on {date}? / "
        "On {date}, what was the weight of my pet {pet}? / Did {pet} gain weight on {date}? / Pet {pet}, weight on "
        "{date}? / We weighed {pet} on {date}. What weight was it?", outcome="grams:many"),
    does("recipe for more people", "scale|change|convert", "the recipe size", "[a|the|my] recipe size from {old} to "
        "{new} people / scale the recipe for {new} people out of one for {old} people", "from a number of people to "
        "another", Slot("old", "from,old_people,recipe_for,servings_now", "few"), Slot("new",
        "to,new_people,eaters,servings_wanted", "few"), Slot("dish", "dish,recipe,food,what", "food", ", dish: {value} "
        "/ , it is {value}"), asks="The recipe is for {old}, but we are {new} people. / We will be {new} people, the "
        "recipe is for {old}. / My recipe feeds {old} people and [should|must] feed {new}. / Recipe[:| for] {old} "
        "people, wanted: {new}. / How [do|can] I get {new} portions from a recipe for {old} people?",
        outcome="factor:price"),
    finds("ingredient substitute", "substitute|kitchen substitute", "for {ingredient} in {dish} / a substitute in the "
        "kitchen that is like {ingredient} for {dish}", "for an ingredient in a dish", Slot("ingredient",
        "ingredient,missing,instead_of,without", "butter|eggs|milk|flour|yeast"), Slot("dish", "dish,food,cooking,meal",
        "food"), asks="I have no {ingredient}. What is a substitute for {dish}? / [We make|I cook] {dish}. What is the "
        "substitute for {ingredient}? / What is a substitute for {ingredient} in {dish}? / Is there [a|any] substitute "
        "for {ingredient} when I cook {dish}? / No {ingredient} left, find a substitute for {dish}.",
        outcome="use:word,grams:many"),
    Family("freezer stock", "freeze,freezer add,fill freezer,freezer,freezer entry", "[Notes|Lists] what goes into the "
        "freezer. / [Puts|Freezes] boxes in a drawer of the freezer.", (Slot("item", "item,what,food,content",
        "peas|bread|fish|soup|berries"), Slot("count", "boxes,count,bags,how_many", "few"), Slot("drawer",
        "drawer,drawer_number,shelf,in", "few")), deeds="freeze {count} boxes of {item} in drawer {drawer} / use "
        "drawer {drawer} of the freezer for {count} boxes of {item} / note for the freezer: {item}, {count} boxes, "
        "drawer {drawer}", asks="{count} boxes of {item} [are|go] in drawer {drawer} of the freezer. / I [froze|put in "
        "the freezer] {item}, {count} boxes, in drawer {drawer}. / [Freezer drawer|Freezer, drawer] {drawer}: {count} "
        "boxes of {item}. / Drawer {drawer} has room, freeze {item}, {count} boxes. / Can drawer {drawer} of the "
        "freezer take {count} boxes of {item}?"),
    does("cleaning turn", "plan|enter|add", "a cleaning turn", "[a|the|one] cleaning turn for {person} on {date} in "
        "the {room} / let {person} do the cleaning on {date} in the {room} / put {person} on the cleaning plan of "
        "{date} for the {room}", "for a person in a room", _PERSON, _DATE, Slot("room", "room,area,where,space",
        "room"), asks="{person} [cleans|should clean] on {date} in the {room}. / On {date} {person} does the cleaning, "
        "namely in the {room}. / Cleaning on {date}: {person}, {room} / Cleaning turn: {person}, {date}, {room} / It "
        "is {person}'s turn of cleaning on {date}, room: {room}. / [Can|Could] {person} clean on {date}? It is the "
        "{room}."),
    does("dishwasher", "start|run", "the dishwasher", "[the|our] dishwasher with program {program} in {hours} hours / "
        "let the dishwasher start in {hours} hours, {program} program", "with a program after some hours",
        Slot("program", "program,mode,cycle,wash", "quick|eco|glass|strong"), Slot("hours",
        "hours,delay,start_in,wait_hours", "few"), asks="The dishwasher is full. Start it in {hours} hours, program "
        "{program}[, please|]. / [Dishwasher|The dishwasher]: {program}, in {hours} hours. / In {hours} hours the "
        "dishwasher [should|can] run on {program}. / {program} program for the dishwasher, {hours} hours from now. / "
        "Could the dishwasher wait {hours} hours and then do {program}?"),
    finds("stain remedy", "stain remedy|remedy", "for a {stain} stain on {fabric} / the remedy on {fabric} for stains "
        "of {stain}", "for a stain on a fabric", Slot("stain", "stain,spot,dirt,what", "grass|wine|mud|blood|grease"),
        Slot("fabric", "fabric,cloth,material,on", "cotton|wool|silk|linen|leather"), asks="How [do|can] I get a "
        "{stain} stain out of {fabric}? / There is a {stain} stain on my {fabric} shirt. / [My|Our] {fabric} coat has "
        "a stain, it is {stain}. / What is the remedy for {stain} on {fabric}? / Stain: {stain}, fabric: {fabric}. / "
        "On {fabric}, which remedy works against {stain}?", outcome="remedy:word,minutes:few"),
    finds("outfit", "outfit|outfit idea", "for {occasion} [at|with] {degrees} degrees / an outfit at {degrees} degrees "
        "for {occasion}", "for an occasion and a temperature", Slot("occasion", "occasion,for,event,where_to",
        "school|work|hiking|dancing|skating"), Slot("degrees", "degrees,temperature,celsius,outside", "degrees"),
        asks="What [outfit should I wear|do I wear as an outfit] for {occasion} at {degrees} degrees? / It is "
        "{degrees} degrees and I [am off|go] to {occasion}. Which outfit? / Outfit for {occasion}, {degrees} degrees. "
        "/ At {degrees} degrees, which outfit is good for {occasion}? / I am going {occasion}, it has {degrees} "
        "degrees. Pick an outfit.", outcome="outfit:words"),
    finds("clothes size", "clothes size|size", "{size} from {start} to {goal} sizes / a size in {goal} that is {size} "
        "in {start}", "of one land in that of another", Slot("size", "size,number,label,value", "number"), Slot("start",
        "from,from_system,bought_in,size_of", "British|Italian|Japanese"), Slot("goal", "to,to_system,wanted,sizes_of",
        "American|French|German"), asks="[My|Our] {start} size is {size}. What is that in {goal} sizes? / Which {goal} "
        "size is the {start} {size}? / The coat has the {start} size {size}, I need to know the {goal} one. / In "
        "{goal} sizes, what is size {size} from a {start} shop? / Size {size}, {start} to {goal}[, please|]. / I need "
        "the {goal} size. In {start} it is {size}.", outcome="size:number"),
    finds("gift idea", "gift idea|present idea", "for {person} [under|up to] {budget} euros / an idea of a gift under "
        "{budget} euros for {person}", "for a person within a budget", _PERSON, Slot("budget",
        "budget,max_price,limit,euros", "number"), Slot("age", "age,years,how_old", "number", ", age {value} / , who "
        "is {value} years old"), asks="[What|Which] gift [can|do] I buy {person} for {budget} euros? / I have {budget} "
        "euros and need a gift idea for {person}. / {person} gets a gift from me, up to {budget} euros. / Gift for "
        "{person}, {budget} euros. / {budget} euros, {person}: any gift idea?", outcome="idea:word,price:number",
        kin="gift"),
    Family("gift record", "gift record,note gift,record gift,gift given,gift book,save present", "[Notes|Records] who "
        "gave which gift to whom. / Gift book: [giver, gift and receiver|a new gift].", (_GIVER, _TAKER, Slot("gift",
        "gift,present,what,item", "word")), deeds="note that {giver} gave a gift to {taker}, the {gift} / note that "
        "{taker} got a gift from {giver}, the {gift} / record the {gift} as a gift of {giver} to {taker} / record a "
        "gift to {taker} from {giver}, it is the {gift}", asks="{giver} gave {taker} a gift, [the|one] {gift}. / "
        "{taker} [got|has] the {gift} as a gift from {giver}. / Gift: {gift}, from {giver}, to {taker}. / To {taker}, "
        "from {giver}: the gift is the {gift}. / The {gift} was the gift, {giver} [gave|sent] it to {taker}."),
    Family("habit tick", "tick habit,mark habit,habit done,check off habit", "[Ticks|Marks] a habit as done. / Notes "
        "[a habit|which habit was done] on a date.", (Slot("habit", "habit,habit_name,routine,what",
        "stretching|reading|flossing|walking|singing"), _DATE), deeds="tick the habit {habit} on {date} / note for "
        "{date} the habit {habit} / mark {habit} as a habit done on {date}", asks="I [did|kept] my habit {habit} on "
        "{date}. / On {date} the habit {habit} [was done|worked well]. / Habit {habit}: done on {date}. / {date}: "
        "habit {habit} is done. / [Can|Could] you tick {habit} on {date} in my habits?", kin="habit"),
    finds("habit streak", "habit streak|streak", "of {person} [in|with] {habit} / a streak in {habit} by {person}",
        "of a person in a habit", _PERSON, Slot("habit", "habit,routine,activity,in",
        "yoga|reading|jogging|tidying|drawing"), asks="How [long|good] is the {habit} streak of {person}? / How many "
        "days has the streak of {person} in {habit}? / In {habit}, what streak [does|did] {person} have? / Streak: "
        "{habit}, {person}? / [Does|Did] {person} still keep the {habit} streak?", outcome="days:number", kin="habit"),
    does("training plan", "make|build|write", "a training plan", "[a|my|our] training plan for {sport}, {weeks} weeks, "
        "{times} times a week / plan {sport} training {times} times a week for {weeks} weeks", "for a sport",
        Slot("sport", "sport,discipline,for,kind", "rowing|boxing|tennis|judo|cycling"), Slot("weeks",
        "weeks,length,duration_weeks,for_weeks", "few"), Slot("times", "times,per_week,sessions,weekly", "few"),
        asks="I [want|need] a {sport} training plan: {times} times a week, {weeks} weeks. / In {weeks} weeks I have a "
        "{sport} match. Make a training plan, {times} times weekly. / Training: {sport}, {weeks} weeks, {times} a "
        "week. / {times} trainings per week [over|for] {weeks} weeks, for {sport}. / [Can|Could] I train {sport} "
        "{times} times a week for {weeks} weeks?"),
    does("run record", "log|save|record", "a run", "[a|my|the] run of {km} km in {minutes} minutes / note {minutes} "
        "minutes for a run of {km} km", "with kilometres and minutes", Slot("km", "km,kilometres,run_distance,how_far",
        "few"), _MINUTES, Slot("shoes", "shoes,with_shoes,pair", "name", " with the shoes {value} / , shoes {value}"),
        asks="I [ran|did a run of] {km} km in {minutes} minutes. / [My|Our] run took {minutes} minutes for {km} km. / "
        "Run: {km} km, {minutes} min. / Run: {minutes} minutes, {km} kilometres. / {minutes} minutes and {km} km, that "
        "was my run. / In {minutes} minutes I got {km} km far on my run."),
    does("exercise sets", "log|add|note", "an exercise", "an exercise: {sets} sets of {times} {exercise} / note the "
        "exercise {exercise}, {times} times in {sets} sets / save {times} {exercise} each in {sets} sets as an "
        "exercise", "with sets and repeats", Slot("exercise", "exercise,movement,name,what",
        "squats|lunges|planks|jumps"), Slot("sets", "sets,set_count,series,rounds", "few"), Slot("times",
        "repeats,reps,times_per_set,each", "number"), asks="I [did|made] {sets} sets of {times} {exercise} as an "
        "exercise. / {exercise}: {sets} sets with {times} repeats. / [My|Today's] exercise was {exercise}, {times} "
        "repeats, {sets} sets. / {times} repeats in each of {sets} sets, exercise {exercise}[, please|]. / Exercise: "
        "{exercise}, sets: {sets}, repeats: {times}."),
    Family("diet of a person", "set diet,change diet,diet,diet plan,eats now", "[Sets|Changes] the diet of a person. / "
        "Notes [how somebody eats|a diet for someone].", (_PERSON, Slot("diet", "diet,eats,food_style,kind",
        "vegan|vegetarian|normal|light")), deeds="change the diet of {person} to {diet} / note {diet} as the diet of "
        "{person} / set the diet, {diet}, for {person}", asks="{person} is on a {diet} diet now. / The diet of "
        "{person} is {diet} from now on. / Diet: {diet}, person: {person}[, please|]. / {diet} is the new diet of "
        "{person}[, please|]. / {person} changed the diet, it is {diet} now. / Could {person} have the {diet} diet?"),
    does("sleep record", "log|save|note", "the sleep", "[the|my] sleep from {bed} to {wake} / note that I woke at "
        "{wake} after going to sleep at {bed}", "with bed time and wake time", Slot("bed",
        "from,bed_time,asleep_at,start", "clock"), Slot("wake", "to,wake_time,awake_at,end", "clock"),
        asks="I [went to sleep|began to sleep] at {bed} and woke up at {wake}. / I woke up at {wake}, my sleep began "
        "at {bed}. / Sleep: {bed} to {wake}. / Sleep until {wake}, from {bed}. / Up at {wake}, in bed at {bed}, log "
        "that sleep. / [My|Our] sleep lasted from {bed} until {wake}.", kin="sleep"),
    finds("sleep score", "sleep score|sleep quality|sleep", "of {person} on {date} / the sleep on {date} of {person}",
        "of a person on a date", _PERSON, _DATE, asks="How [well|badly|long] did {person} sleep on {date}? / On "
        "{date}, how good was the sleep of {person}? / Did {person} sleep well on {date}? / Sleep of {person}, {date}? "
        "/ {person} looks tired. How was the sleep on {date}?", outcome="score:number,hours:few", kin="sleep"),
    does("toy loan", "lend|loan|pass on", "a toy", "a toy, the {toy}, from {giver} to {taker} / let {taker} have a toy "
        "of {giver}, the {toy} / lend {taker} the toy {toy} of {giver}", "from a child to another child", Slot("toy",
        "toy,what,thing,plaything", "word"), _GIVER, _TAKER, asks="{taker} wants to borrow a toy, the {toy} of "
        "{giver}. / {giver} lends {taker} a toy, the {toy}. / [Toy|A toy]: {toy}, from {giver} to {taker}. / The toy "
        "{toy} [goes|went] to {taker} and belongs to {giver}. / May {taker} have the {toy}, a toy of {giver}?"),
    does("bedtime story", "tell|invent|make up", "a bedtime story", "a bedtime story of {minutes} minutes about the "
        "{hero} {name} / tell the story of {name}, a {hero}, in {minutes} minutes", "about an animal with a name",
        Slot("hero", "hero,animal,about,kind", "fox|bear|mouse|dragon|hedgehog"), Slot("name",
        "name,hero_name,called,character", "name"), _MINUTES, asks="My child cannot sleep. A story of {minutes} "
        "minutes about {name} the {hero}, please. / [A bedtime|Bedtime] story: {hero}, called {name}, {minutes} "
        "minutes. / The story [should|must] be about a {hero} called {name}, {minutes} minutes long. / {minutes} "
        "minutes of story time, with a {hero}, {name}. / Is there [a|any] story about {name}, the {hero}, of {minutes} "
        "minutes?"),
    finds("age at date", "age|exact age", "on {day} of somebody born on {birth} / the age of a person born on {birth}, "
        "on {day}", "of a person on a date by the date of birth", Slot("birth", "birth,born,date_of_birth,birth_date",
        "date"), Slot("day", "date,on,at_date,then", "date"), asks="How old on {day} is someone born on {birth}? What "
        "is the age? / I was born on {birth}. What age will I [have|reach] on {day}? / On {day}, what is the age of a "
        "child born on {birth}? / [Born|Birth]: {birth}, age on {day}? / My [gran|aunt] was born on {birth}. Tell me "
        "her age on {day}.", outcome="age:number", kin="dates"),
    finds("days between", "days|number of days", "from {start} [to|until] {end} / the days between {start} and {end} / "
        "the days until {end} from {start}", "from a date to another date", Slot("start", "start,from_date,first,since",
        "date"), Slot("end", "end,to_date,last,until", "date"), asks="How many days [are there|are] from {start} to "
        "{end}? / We leave on {start} and return on {end}. How many days is that? / Until {end}, starting on {start}, "
        "how many days? / Days: {start} to {end}[, please|]. / It ends on {end} and starts on {start}. Count the days.",
        outcome="days:many", kin="dates"),
    Family("person compare", "compare people,compare persons,person compare,compare two people", "Compares [two "
        "people|two persons|a person with another]. / [Tells|Finds] who has more, when two people are compared.",
        (Slot("first", "first,person_a,one,left", "name"), Slot("second", "second,person_b,other,right", "name"),
        Slot("what", "what,by,feature,in", "age|height|weight|speed")), deeds="compare {first} with {second} by {what} "
        "/ compare the {what} of {first} and {second} / compare by {what} {first} and {second}", asks="Compare {what}: "
        "{first} and {second}. / [Two people|Two persons], {first} and {second}. Compare their {what}. / How "
        "[does|did] {first} compare with {second} in {what}? / Is {first} ahead of {second} when we compare the "
        "{what}? / By {what}, [please|can you] compare {first} to {second}", outcome="ahead:name"),
    does("fridge", "set|cool|adjust", "the fridge", "the fridge to {degrees} degrees in the {part} / set {part} in the "
        "fridge to {degrees} degrees / have {degrees} degrees in the {part} of the fridge", "to a temperature in one "
        "part", Slot("part", "part,zone,compartment,where", "top|middle|bottom|door"), Slot("degrees",
        "degrees,temperature,cold,celsius", "few"), asks="The [milk|butter] is warm. Set the {part} of the fridge to "
        "{degrees} degrees. / Fridge, {part}: {degrees} degrees. / {degrees} degrees for the fridge {part}. / The "
        "{part} of the fridge [should|must] be at {degrees} degrees. / I want {degrees} degrees in the fridge {part}."),
    Family("mixer", "run mixer,start mixer,mix,mixer,knead", "[Starts|Runs] the mixer[| at a speed]. / [Mixes|Stirs] "
        "for some seconds with the mixer.", (Slot("speed", "speed,level,step,power", "few"), Slot("seconds",
        "seconds,duration,time,secs", "number")), deeds="run the mixer at speed {speed} for {seconds} seconds / mix "
        "for {seconds} seconds at speed {speed} / start the mixer, {seconds} seconds, speed {speed}", asks="The mixer "
        "[should|must] run {seconds} seconds at speed {speed}. / Mixer: speed {speed}, {seconds} seconds. / Mix it for "
        "{seconds} seconds, speed {speed}. / At speed {speed}, the mixer [needs|gets] {seconds} seconds. / [Can|Could] "
        "the mixer go at speed {speed} for {seconds} seconds?"),
    does("pocket money", "pay|give", "the pocket money", "[the|some] pocket money to {child}, {amount} {currency} / "
        "give {child} {amount} {currency} of pocket money", "of a child", _CHILD, Slot("amount",
        "amount,sum,money,how_much", "number"), Slot("currency", "currency,coin,unit,in", "euros|dollars|pounds"),
        asks="{child} [gets|should get] {amount} {currency} of pocket money. / It is [Friday|Sunday]. Pocket money for "
        "{child}: {amount} {currency}. / {amount} {currency} pocket money for {child}[, please|]. / {child} got no "
        "pocket money, pay {amount} {currency}. / Is {amount} {currency} of pocket money fine for {child}? Pay it."),
    does("babysitter", "book|find|hire", "a babysitter", "[a|our] babysitter on {date} from {start} to {end} / get a "
        "babysitter from {start} until {end} on {date}", "for an evening", _DATE, Slot("start",
        "start,from,begin,comes_at", "clock"), Slot("end", "end,until,to,goes_at", "clock"), asks="We [go out|are "
        "away] on {date}. We need a babysitter from {start} to {end}. / Babysitter until {end}, from {start}, on "
        "{date}. / [A|One] babysitter on {date}, {start} to {end}. / The babysitter should stay until {end} on {date} "
        "and come at {start}. / [Can|Could] a babysitter come at {start} on {date} and stay until {end}?",
        outcome="sitter:name,price:number"),
    Family("school pick-up", "pick up child,school pickup,fetch child,plan pickup,collect child,school run",
        "[Plans|Tells the school|Arranges] who picks up a child. / Pick up of a child by an adult[| after school].",
        (_CHILD, Slot("adult", "adult,by,picked_up_by,fetched_by", "person"), Slot("time", "time,at,pickup_time,when",
        "clock")), deeds="let {adult} pick up {child} at {time} / plan for {child} a pick up by {adult} at {time} / "
        "have {child} fetched at {time} by {adult} / note that at {time} {adult} will pick up {child}",
        asks="{adult} picks up {child} at {time}. / {child} is picked up by {adult} at {time}. / At {time} {child} "
        "[will|can] be collected by {adult}. / I am late. Let {adult} fetch {child} at {time}. / Pick up: child "
        "{child}, adult {adult}, {time}. / [Can|Could] {adult} collect {child} at {time}?"),
    does("hobby collection", "add|enter", "a collection piece", "a collection piece: {item} from the year {year} / put "
        "the {item} of {year} into my collection", "with its year", Slot("item", "item,piece,object,what",
        "coin|stamp|badge|shell|marble"), Slot("year", "year,made_in,from_year,age_year", "many"), Slot("price",
        "price,paid,cost", "number", " for {value} euros / , price {value} euros"), asks="I [have|bought] a new {item} "
        "from {year} for my collection. / [My|Our] collection grows: a {item}, year {year}. / Collection: {item}, "
        "{year} / [From|Of] the year {year}, a {item} for the collection. / This {item} of {year}: to the collection."),
)  # fmt: skip
