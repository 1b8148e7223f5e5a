"""Tools that do something at home or on a computer: timers, lights, music, files.

The phrases of each share a word with its tools' names or descriptions: what a request is for can be told by its words.
"""

from __future__ import annotations

from demo_model.corpus.tool_family import Family, Slot

DOING = (
    Family(
        "timer",
        tools="set timer,timer,start timer,create timer,countdown,new timer,add timer,timer start",
        descriptions="Set a timer. / Starts a timer for some minutes. / Timer. / Countdown timer in minutes. / "
        "Start a timer. / A timer that rings after some minutes. / Sets a kitchen timer. / Runs a "
        "timer.",
        slots=(
            Slot("minutes", "minutes,duration,length,time,mins,duration_minutes", "number"),
            Slot("label", "label,name,title", "word", " with the label {value} / , label {value}"),
        ),
        deeds="set a timer for {minutes} minutes / start a timer for {minutes} minutes / set the timer to "
        "{minutes} minutes / make a timer for {minutes} minutes / start a {minutes} minute timer / "
        "run a timer for {minutes} minutes / set a timer of {minutes} minutes / set a {minutes} "
        "minutes timer",
        asks="I need a timer for {minutes} minutes. / Timer for {minutes} minutes. / I want a timer of "
        "{minutes} minutes. / My eggs need {minutes} minutes. Set a timer. / {minutes} minutes on the"
        " timer. / The bread bakes {minutes} minutes, start the timer. / A timer for {minutes} "
        "minutes would be good. / The timer should ring in {minutes} minutes.",
        kin="clock",
    ),
    Family(
        "reminder",
        tools="set reminder,reminder,remind,create reminder,add reminder,remind me,new reminder,reminders add",
        descriptions="Set a reminder. / Reminds the user of a task. / Creates a reminder. / Adds a reminder for "
        "something to do. / Reminder of a task. / Remind me of something. / Make a new reminder. / "
        "Keeps a reminder.",
        slots=(
            Slot("task", "task,text,what,title,message,about", "task"),
            Slot("time", "time,at,when", "clock", " at {value}"),
        ),
        deeds="remind me to {task} / set a reminder to {task} / add a reminder to {task} / create a "
        "reminder to {task} / make a reminder to {task} / set me a reminder to {task} / give me a "
        "reminder to {task} / put in a reminder to {task}",
        asks="I need a reminder to {task}. / Do not let me forget to {task}: set a reminder. / I must not "
        "forget to {task}. Remind me. / I want a reminder to {task}. / Reminder: {task} / New "
        "reminder: {task} / A reminder to {task} would help. / I always forget things. Remind me to "
        "{task}.",
        kin="notes",
    ),
    Family(
        "music",
        tools="play music,play song,music,play,start music,song,music player,play track",
        descriptions="Play a song. / Plays music. / Music player: plays a song. / Start a song. / Plays a song by "
        "its title. / Play music in the house. / Starts the music. / Song and music player.",
        slots=(
            Slot("song", "song,title,track,name,query,song_title", "title"),
            Slot("artist", "artist,by,singer,band", "name", " by {value} / , by {value}"),
            Slot("room", "room,where,speaker", "kitchen|bedroom|hall|office", " in the {value}"),
        ),
        deeds="play {song} / play the song {song} / play the music {song} / start the song {song} / put on "
        "the song {song} / play me {song} / play me the song {song} / start to play {song}",
        asks="I want to hear the song {song}. / I would like to hear the music {song}. / Let me hear the "
        "song {song}. / I am in the mood for the song {song}. / Can we have the song {song}? / My "
        "favourite song is {song}. Play it. / Music please: {song} / How about the song {song}?",
        outcome="song:title",
    ),
    Family(
        "lights",
        tools="set lights,lights,switch light,light,turn lights,control lights,lamp,light switch",
        descriptions="Switch the lights in a room. / Lights on and off. / Turns the light in a room on or off. / "
        "Controls the lights. / Light switch of a room. / Set the lights. / Switches a light. / "
        "Lights of the house.",
        slots=(
            Slot("state", "state,on_off,action,power", "on|off"),
            Slot("room", "room,where,place,area", "room"),
        ),
        deeds="turn {state} the lights in the {room} / switch {state} the lights in the {room} / turn "
        "{state} the light in the {room} / switch {state} the light in the {room} / turn the {room} "
        "lights {state} / switch the lights in the {room} {state} / turn the lights {state} in the "
        "{room} / put the light {state} in the {room}",
        asks="Lights {state} in the {room}. / Light {state} in the {room}! / The lights in the {room} "
        "should be {state}. / I want the lights {state} in the {room}. / I would like the light in "
        "the {room} to be {state}. / Make the {room} lights go {state}. / The light in the {room} "
        "must be {state}. / Can the lights in the {room} be {state}?",
        kin="home",
    ),
    Family(
        "heating",
        tools="set temperature,thermostat,set thermostat,heating,heat,set heating,room temperature,change temperature",
        descriptions="Set the temperature of a room. / Thermostat. / Heating: sets the temperature in degrees. / "
        "Sets the thermostat. / Changes the temperature of the heating. / Heats a room to a "
        "temperature. / Set how warm a room is, its temperature. / Room temperature and heating.",
        slots=(
            Slot("degrees", "degrees,temperature,value,target,temp", "warmth"),
            Slot("room", "room,where,zone,place", "room", " in the {value}"),
        ),
        deeds="set the temperature to {degrees} degrees / set the thermostat to {degrees} degrees / set the"
        " heating to {degrees} degrees / change the temperature to {degrees} degrees / turn the "
        "heating to {degrees} degrees / set the temperature at {degrees} degrees / put the thermostat"
        " on {degrees} degrees / heat to a temperature of {degrees} degrees",
        asks="I want a temperature of {degrees} degrees. / Heating to {degrees} degrees. / The temperature"
        " should be {degrees} degrees. / It is cold. Set a temperature of {degrees} degrees. / Make "
        "the temperature {degrees} degrees. / Temperature {degrees} degrees. / The thermostat should "
        "stand at {degrees} degrees. / I like a temperature of {degrees} degrees.",
        kin="home",
    ),
    Family(
        "notes",
        tools="add note,note,save note,create note,write note,new note,notes add,take note",
        descriptions="Save a note. / Writes a note. / Adds a note with a text. / Note taking. / Keeps a note. / "
        "Creates a new note. / Take a note of something. / Notes: save one.",
        slots=(
            Slot("text", "text,note,content,body,message", "quoted"),
            Slot("tag", "tag,label,folder", "word", " with the tag {value} / , tag {value}"),
        ),
        deeds="save the note {text} / make a note: {text} / write a note that says {text} / add the note "
        "{text} / take a note: {text} / create a note with {text} / note down {text} / add a new note"
        " with the text {text}",
        asks="Note: {text} / New note: {text} / I want to save a note: {text} / I need a note that says "
        "{text}. / My note is {text}. / A note, please: {text} / Keep this note: {text} / Please put "
        "{text} in a note.",
        kin="notes",
    ),
    Family(
        "alarm",
        tools="set alarm,alarm,alarm clock,create alarm,wake up,add alarm,new alarm,alarm set",
        descriptions="Set an alarm. / Alarm clock. / Wakes the user with an alarm at a time. / Sets the alarm "
        "clock. / Creates an alarm for a time. / Alarm to wake up. / New alarm. / Rings an alarm at a"
        " time.",
        slots=(
            Slot("time", "time,at,when,hour,wake_time", "clock"),
            Slot("repeat", "repeat,every_day,daily", "yes_no", " with repeat / without repeat"),
        ),
        deeds="set an alarm for {time} / set the alarm to {time} / set the alarm clock to {time} / make an "
        "alarm for {time} / set an alarm at {time} / create an alarm for {time} / wake me with an "
        "alarm at {time} / add an alarm at {time}",
        asks="I need an alarm at {time}. / Alarm at {time}. / The alarm should ring at {time}. / I have to"
        " get up at {time}. Set the alarm. / I want an alarm for {time}. / Let the alarm clock ring "
        "at {time}. / My alarm must be at {time}. / New alarm: {time}",
        kin="clock",
    ),
    Family(
        "app",
        tools="open app,launch app,start app,app,run app,open program,launch,start program",
        descriptions="Open an app. / Launches an app. / Starts an app or a program. / App launcher. / Runs an app "
        "by name. / Open a program, an app. / Starts apps. / Launch a program or app.",
        slots=(Slot("app", "app,name,program,app_name,application", "name"),),
        deeds="open the app {app} / open {app} / start the app {app} / launch {app} / launch the app {app} "
        "/ start the program {app} / run the app {app} / open my app {app}",
        asks="I want to use the app {app}. / I need the app {app}. Open it. / The app {app}, please. / "
        "Where is the app {app}? Open it. / App: {app} / I would like to open {app}. / Could the app "
        "{app} be opened? / The program {app} should start.",
        kin="computer",
    ),
    Family(
        "file writing",
        tools="write file,save file,create file,file write,store file,make file,save text,new file",
        descriptions="Write a text to a file. / Saves text in a file. / Creates a file with a text. / File writer."
        " / Stores a text in a file. / Makes a new file. / Save to a file. / Writes a file.",
        slots=(
            Slot("path", "path,file,filename,file_path,name", "path"),
            Slot("text", "text,content,data,body", "quoted"),
        ),
        deeds="write {text} to the file {path} / save {text} in the file {path} / write {text} into {path} "
        "/ create a file {path} with the text {text} / store {text} in the file {path} / save {text} "
        "to {path} / make a file {path} with {text} in it / put {text} into the file {path}",
        asks="I want {text} in the file {path}. / The file {path} should say {text}. / File {path}: {text}"
        " / I need a file {path} with the text {text}. / A new file {path}, please, with {text}. / "
        "The text {text} should be saved in {path}. / Make it so that the file {path} says {text}. / "
        "There should be a file {path} with {text}.",
        kin="file",
    ),
    Family(
        "file removal",
        tools="delete file,remove file,file delete,rm,erase file,delete,remove,drop file",
        descriptions="Delete a file. / Removes a file. / Deletes the file at a path. / Erase a file: delete it. / "
        "File removal: deletes a file. / Remove a file from the disk. / Deletes files. / Delete or "
        "remove a file.",
        slots=(Slot("path", "path,file,filename,file_path,target", "path"),),
        deeds="delete {path} / delete the file {path} / remove the file {path} / remove {path} / delete my "
        "file {path} / delete the old file {path} / remove the file named {path} / delete the file at"
        " {path}",
        asks="I do not need the file {path}. Delete it. / The file {path} must be deleted. / I want to "
        "delete the file {path}. / File {path}: remove it. / The file {path} should be removed. / "
        "Could the file {path} be deleted? / I want the file {path} removed. / Away with the file "
        "{path}, delete it!",
        kin="file",
    ),
    Family(
        "volume",
        tools="set volume,volume,change volume,sound volume,adjust volume,loudness,volume control,set sound",
        descriptions="Set the volume. / Volume of the sound. / Changes the sound volume. / Sets how loud the sound"
        " is, the volume. / Volume control from 0 to 100. / Adjusts the volume. / Sound volume in "
        "percent. / Volume of the speaker.",
        slots=(
            Slot("level", "level,volume,value,percent,to", "number"),
            Slot("device", "device,speaker,target", "tv|radio|phone|speaker", " of the {value} / on the {value}"),
        ),
        deeds="set the volume to {level} / change the volume to {level} / put the volume at {level} / turn "
        "the volume to {level} / set the sound volume to {level} / set the volume at {level} percent "
        "/ bring the volume to {level} / adjust the volume to {level}",
        asks="Volume {level}. / Volume to {level}. / The volume should be {level}. / I want the volume at "
        "{level}. / It is too loud. Set the volume to {level}. / Can the volume be {level}? / Make "
        "the volume {level}. / A volume of {level} would be fine.",
        kin="home",
    ),
    Family(
        "door",
        tools="lock door,door,set door,door lock,control door,lock,door control,smart lock",
        descriptions="Lock or unlock a door. / Door control. / Locks and unlocks doors. / Door lock. / Opens and "
        "locks a door of the house. / Controls the lock of a door. / Door: lock and unlock. / Smart "
        "lock for a door.",
        slots=(
            Slot("action", "action,do,command,state", "lock|unlock"),
            Slot("room", "door,name,which,room", "room"),
        ),
        deeds="{action} the door of the {room} / {action} the {room} door / {action} the door in the {room}"
        " / {action} the door to the {room}",
        asks="I want you to {action} the door of the {room}. / The door of the {room}: {action} it. / Did "
        "I {action} the door of the {room}? Do it now. / I forgot to {action} the {room} door. / I "
        "cannot {action} the door of the {room}. You do it. / You may {action} the {room} door. / Now"
        " {action} the door of the {room}. / It is time to {action} the door to the {room}.",
        kin="home",
    ),
    Family(
        "vacuum",
        tools="start vacuum,vacuum,clean room,robot vacuum,vacuum robot,clean,cleaning robot,run vacuum",
        descriptions="Clean a room with the vacuum robot. / Vacuum robot. / Starts the vacuum to clean a room. / "
        "Cleans the floor of a room. / Robot that can clean rooms. / Sends the vacuum to a room. / "
        "Clean the floor with the vacuum. / Runs the cleaning robot to clean.",
        slots=(Slot("room", "room,where,area,place", "room"),),
        deeds="clean the {room} / vacuum the {room} / clean the floor of the {room} / start the vacuum in "
        "the {room} / let the vacuum clean the {room} / let the robot clean the {room} / clean up the"
        " {room} / run the vacuum in the {room}",
        asks="The {room} is dirty. Clean it. / I want the {room} clean. / The vacuum should clean the "
        "{room}. / Can the robot clean the {room}? / The vacuum is needed in the {room}. / There is "
        "dust in the {room}. Vacuum it. / We need the {room} clean. / My {room} needs to be clean.",
        outcome="minutes:number",
        kin="home",
    ),
    Family(
        "website",
        tools="open website,open page,browse,open url,visit page,load page,go to page,website",
        descriptions="Open a website. / Opens a page in the browser. / Loads a website or page. / Browser: opens a"
        " page. / Visit a website. / Goes to a page. / Open a website by its address. / Shows a page,"
        " a website.",
        slots=(Slot("link", "url,link,address,page,website,href", "link"),),
        deeds="open {link} / open the website {link} / open the page {link} / go to the page {link} / visit"
        " the website {link} / load the page {link} / show the website {link} / go to the website "
        "{link}",
        asks="I want to see the website {link}. / The page {link}, please. / Let me see the page {link}. /"
        " I would like to visit the website {link}. / Website: {link} / What is on the page {link}? "
        "Open it. / Could you get the website {link} on the screen? / I need the page {link}.",
        outcome="title:title",
        kin="computer",
    ),
)
