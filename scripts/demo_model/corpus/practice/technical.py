"""Small tools of technical work: data, servers, versions, files, pictures, machines, laboratories, numbers, boards."""

from __future__ import annotations

from demo_model.corpus.tool_family import Family, Slot, does, finds

_TABLE = Slot("table", "table,table_name,in_table,data_table", "word")
_COLUMN = Slot("column", "column,column_name,field,col", "word")
_ROW = Slot("row", "row,row_id,record,key", "code")
_PATH = Slot("path", "path,file,file_path,filename", "path")
_PICTURE = Slot("path", "picture,image,image_path,path", "path")
_SOUND = Slot("path", "sound_file,audio,track,path", "path")
_SERVER = Slot("server", "server,host,machine,server_name", "name")
_USER = Slot("user", "user,person,username,account_of", "person")
_X = Slot("x", "x,x_position,pos_x,x_value", "degrees")
_Y = Slot("y", "y,y_position,pos_y,y_value", "degrees")
_SAMPLE = Slot("sample", "sample,sample_id,probe,tube", "code")

FAMILIES: tuple[Family, ...] = (
    finds("row count", "row count|number of rows", "[of|in|for] the table {table} [of|in] [the |]database {base}",
        "in a table of a database", _TABLE, Slot("base", "database,db,database_name,base", "name"),
        asks="How many rows [are in|has] the table {table} of [the |]database {base}? / In the database {base}, how "
        "many rows has the table {table}? / Database {base}, table {table}: how many rows? / Count the rows in the "
        "table {table}. The database is {base}.", outcome="rows:many", kin="rows"),
    Family("row insert", "insert row,add row,new row,row insert", "Inserts a row into a table. / Adds a new row "
        "with one value. / Puts a value into a column of a new row. / New table row.", (_TABLE, _COLUMN, Slot("value",
        "value,content,entry,cell_value", "name")), deeds="[insert|add] a row [to|into] the table {table} with "
        "{value} in the column {column} / [add|append] a row with {value} as {column} to the table {table} / put "
        "{value} into the column {column} of a new row in the table {table}", asks="New row for the table {table}: "
        "{column} is {value}. / The table {table} [needs|lacks] a row that has {value} [in the column|as its] "
        "{column}. / Column {column}, value {value}. Add this as a row to the table {table}. / [We have a new "
        "record|I have a new row]. Its {column} is {value}, and it belongs in the table {table}."),
    Family("cell update", "update cell,set cell,change cell,update row", "Changes one cell of a row. / Updates the "
        "value of a column in a row. / Sets a cell to a new value. / Edit what a row has in a column.", (_ROW, _COLUMN,
        Slot("value", "value,new_value,content,to", "name"), Slot("table", "table,table_name,sheet", "word",
        " in the table {value} / , table {value}")), deeds="[change|update|set] the column {column} of row {row} to "
        "{value} / in row {row}, update the value of {column} to {value} / write {value} into the cell {column} of "
        "row {row}", asks="Row {row} has a wrong value in the column {column}. It should be {value}. / {value} is "
        "the new value for {column} [in|of] row {row}. / Update: row {row}, column {column}, value {value}. / Row "
        "{row} [must|should] [get|have] {value} as its {column}, so change the cell."),
    Family("row deletion", "delete row,remove row,drop row,row delete,erase record", "Deletes a row from a table. / "
        "Removes a record by its key. / Drop one row of a table. / Erases a row, a record of the data.", (_ROW,
        _TABLE), deeds="[delete|remove|erase|drop] [the |]row {row} [from|in] the table {table} / [delete|remove] "
        "from the table {table} the row {row} / [take|throw] the record {row} out of the table {table}",
        asks="Row {row} is no longer needed in the table {table}. Delete it. / The table {table} [should|must] not "
        "have the row {row} any more. / In the table {table} there is a wrong record, {row}. Remove it. / Table "
        "{table}: delete record {row}. / [Away with|Out with] row {row} of the table {table}."),
    Family("table sorting", "sort table,sort rows,order rows,table sort,sort by column", "Sorts a table by a "
        "column. / Puts rows in order. / Orders the rows of a table. / Sort data by one of its columns.", (_TABLE,
        Slot("column", "sort_column,by,key", "word"), Slot("way", "direction,sort_order,way", "ascending|descending",
        ", {value} / , in {value} order")), deeds="sort [the |]table {table} by [|the column ]{column} / "
        "[order|arrange] the rows of {table} by {column} / use the column {column} to sort the table {table}",
        asks="The rows of {table} [should|must] be [sorted|in order] by {column}. / The column {column} should "
        "give the order of rows in the table {table}. / Table {table}, sorted by {column}. / Can I have the table "
        "{table} sorted by {column}? / My table {table} is a mess. Sort it by {column}."),
    Family("column addition", "add column,new column,create column,column add", "Adds a column to a table. / "
        "Creates a new column of a type. / New column with a name and a type. / Makes one more column.",
        (Slot("column", "column,column_name,new_column,called", "word"), _TABLE, Slot("sort", "type,data_type,kind",
        "text|number|date|boolean", " of type {value} / , type {value}")), deeds="[add|make|create] [the|a new] "
        "column {column} [in|for] the table {table} / give the table {table} a [new |]column [called|named] "
        "{column} / [add|insert] into the table {table} a column {column}", asks="The table {table} [needs|should "
        "have|still lacks] a column called {column}. / We want to keep the {column} in the table {table}. Add a "
        "column. / New column {column} in the table {table}. / A column for {column} is missing in the table "
        "{table}. [Create|Add] it. / Table: {table}, new column: {column}."),
    Family("table join", "join tables,table join,combine tables,link tables,connect tables,merge tables",
        "Joins two tables on a column. / Combines the left and the right table. / Links tables by a column that "
        "both have.", (Slot("left", "left,left_table,first_table,table_a", "word"), Slot("right",
        "right,right_table,second_table,table_b", "word"), Slot("key", "on,key,join_column,by_column", "word")),
        deeds="join {left} on the left with {right} on the right by [|the column ]{key} / [combine|link] the left "
        "table {left} and the right table {right} on {key} / on the column {key}, join {left} as the left table and "
        "{right} as the right one", asks="Both tables have {key}: join them, {left} [on the|to the] left, {right} "
        "[on the|to the] right. / Join on {key}: the right table is {right}, the left one {left}. / The tables to "
        "combine are {left} on the left and {right} on the right, by {key}.", outcome="rows:many"),
    Family("ping", "ping host,ping,ping server,send ping,ping address,test connection", "Pings an address. / Sends "
        "some pings to a host. / Tests the connection to a host by ping. / Ping a server so many times.", (Slot("host",
        "host,address,target,url", "link"), Slot("count", "count,times,packets,tries", "few")),
        deeds="send {count} pings to {host} / [test|check] the connection to {host} with {count} pings / use "
        "{count} pings on {host}", asks="Does {host} answer? Ping it {count} times. / {count} pings to {host}[, "
        "please|]. / [Can|Could] you reach {host}? Send {count} pings. / Ping: {host}, {count} times. / The "
        "connection to {host} is slow. Test it with {count} pings.", outcome="time:number,lost:few", kin="network"),
    Family("firewall", "firewall rule,set port,add firewall rule,port rule", "Sets a firewall rule for a port. / "
        "Opens or closes a port. / Allows or denies a port on a server. / Firewall: what a port may do.", (Slot("port",
        "port,port_number,on_port", "many"), Slot("action", "action,rule,decision,do", "allow|deny"), _SERVER),
        deeds="{action} on the server {server} the port {port} / set the firewall of {server} to {action} port "
        "{port} / add a firewall rule to {action} port {port} on {server}", asks="Firewall of {server}: {action} "
        "port {port}. / The [|firewall ]rule for port {port} on {server} [should|must] be {action}. / On {server}, "
        "the firewall must {action} port {port}. / Port {port}, server {server}, rule {action}."),
    Family("web redirect", "redirect,add redirect,forward address,set redirect,redirect url,forward visitors",
        "Redirects a web address to another one. / Forwards visitors from one address to another. / Sets where an "
        "address leads to. / Redirect from old to new.", (Slot("old", "from,source,old_url", "link"), Slot("new",
        "to,target,new_url", "link")), deeds="redirect {old} to {new} / [forward|redirect|send] visitors [of|from] "
        "{old} to {new} / redirect to {new} all visitors of {old}", asks="Who goes to {old} [should|must] land on "
        "{new}. [Make|Create] a redirect. / {new} is our new address, so redirect {old} [there|to it]. / Redirect: "
        "from {old} to {new}. / The old address is {old}, the new one {new}. Forward visitors.", kin="redirect"),
    finds("certificate", "certificate expiry|certificate end date", "[of|for] {link}", "of a website", Slot("link",
        "site,url,website,domain", "link"), asks="When does the certificate of {link} [end|expire|run out]? / How "
        "long is the certificate of {link} [good|valid]? / Is the certificate of {link} still valid? / Until when "
        "has {link} a certificate?", outcome="expires:date"),
    Family("port scan", "scan ports,port scan,find open ports,check ports,list open ports,probe ports",
        "Scans the ports of a server. / Finds open ports between two numbers. / Port scan from the first to the "
        "last port.", (_SERVER, Slot("first", "first_port,from,start,low", "number"), Slot("last",
        "last_port,to,stop,high", "many")), things="the open ports [of|on] {server} [from {first} to|between "
        "{first} and] {last}", deeds="scan the ports {first} to {last} [of|on] {server} / scan {server}, ports from "
        "{first} to {last} / scan {server} up to port {last}, beginning with {first}",
        asks="[Which|What] ports between {first} and {last} are open on [|the server ]{server}? / Are there open "
        "ports on {server} from {first} up to {last}? / Port scan of {server}: begin at {first}, stop at {last}. / "
        "The last port is {last}, the first is {first}. Scan {server}.", outcome="open:few", kin="network"),
    Family("branch", "create branch,new branch,make branch,start branch,branch off", "Creates a branch from another "
        "one. / Starts a new branch on a base. / Branch off from an existing branch. / Makes a branch in the code.",
        (Slot("name", "name,new_branch,branch,branch_name", "word"), Slot("base", "base,from,source", "word")),
        deeds="[create|make|start] the branch {name} from {base} / branch {name} off from {base} / take {base} as "
        "the base of a new branch {name}", asks="I want to work on {name}. Make a branch of that name from {base}. "
        "/ [New branch|Branch] {name}, based on {base}. / The base is {base}, the new branch is {name}. / A [|new "
        "]branch called {name} should start at {base}. / Starting from {base} we need a branch for {name}."),
    does("branch merge", "merge", "a branch", "{source} into {target} / merge [into|to] {target} the branch "
        "{source} / bring the branch {source} into the branch {target}", "into another one", Slot("source",
        "source,from,merge_from,feature", "word"), Slot("target", "target,into,base,receiver", "word"), Slot("note",
        "message,comment,note", "quoted", ", message {value} / with the comment {value}"),
        asks="The branch {source} is [ready|done]. Merge it into {target}. / {target} should get all that the "
        "branch {source} has[|, so merge|: merge]. / Into {target} I want to merge {source}. / Merge: {source} goes "
        "into {target}. / {target} still lacks the work of the branch {source}.", outcome="conflicts:few"),
    Family("commit", "commit,commit changes,make commit,commit file,save version,record changes",
        "Commits a file with a message. / Records changes of a file as a version. / Makes a commit. / Saves a "
        "version with a note on what has changed.", (_PATH, Slot("text", "message,commit_message,note,comment",
        "quoted")), deeds="commit {path} with the message {text} / commit with the message {text} the file {path} / "
        "save a version of {path} that says {text}", asks="The file {path} has changes. Commit them with {text}. / "
        "Commit message: {text}, file: {path}. / I have changed {path}. The commit [should|must] say {text}. / "
        "With the note {text}, commit {path}. / {text}: [use|take] this as the message and commit {path}."),
    finds("version comparison", "changes|code changes", "[between|from] [version |]{old} [and|to] {new} / the "
        "changes that came [to|into] {new} since {old}", "between two versions of the code", Slot("old",
        "old,from,base_version,before", "code"), Slot("new", "new,to,new_version,after", "code"),
        asks="[What|Which] changes [are there|were made] from {old} to {new}? / What is new in {new}, when {old} "
        "was the old version? Show the changes. / [Which|What] changes made {new} out of {old}? / Show the changes "
        "to get to version {new} from {old}.", outcome="lines:number", kin="compare versions"),
    does("issue assignment", "assign|hand|give", "an issue", "the issue {code} to {person} / make {person} "
        "responsible for the issue {code} / let {person} [have|take|solve] the issue {code}", "to a developer",
        Slot("code", "issue,bug,issue_id,number", "code"), Slot("person", "assignee,developer,person,to", "person"),
        Slot("level", "priority,urgency,level", "low|medium|high", ", priority {value} / with {value} priority"),
        asks="{person} should [work on|look at|solve|close|fix] the issue {code}. / The issue {code} is for "
        "{person}. / Who has time for the issue {code}? I think {person}. / {person} has time: the issue {code}, "
        "please.", kin="issue"),
    Family("queue message", "queue message,push to queue,enqueue,add to queue", "Puts a message into a queue. / "
        "Pushes a text to the queue. / Adds a message at the end of a queue. / Enqueue a message for the workers.",
        (Slot("queue", "queue,queue_name,channel,into", "word"), Slot("text", "message,payload,body,text", "quoted"),
        Slot("wait", "delay,delay_seconds,wait", "number", " with a delay of {value} seconds / , delay {value}")),
        deeds="[push|add] to the queue {queue} the message {text} / add {text} to the {queue} queue / enqueue "
        "{text} in {queue}", asks="The queue {queue} [should|must] get {text}. / Queue {queue}, message {text}. / "
        "The workers on the queue {queue} wait for {text}. / {text} must go into the queue {queue}. / Message "
        "{text}, for the queue {queue}. / Next in the queue {queue} is {text}.", outcome="id:code", kin="queue"),
    finds("queue length", "queue length|queue size", "[of|in|for] {queue}", "of waiting messages", Slot("queue",
        "queue,queue_name,name", "word"), asks="How [long|full] is the queue {queue}? / How many [messages|jobs] "
        "wait in the queue {queue}? / Is the queue {queue} [empty|long|full]? / Is there much in the queue {queue}?",
        outcome="waiting:many", kin="queue"),
    does("service scaling", "scale|resize", "a service", "the service {name} to {count} [copies|instances] / run "
        "{count} copies of the service {name} / give the service {name} {count} copies", "to a number of copies",
        Slot("name", "service,service_name,deployment", "name"), Slot("count", "replicas,copies,instances", "few"),
        Slot("region", "region,zone,data_centre", "north|south|east|west", " in region {value} / , region {value}"),
        asks="The service {name} [is slow|is busy|has many users]. It needs {count} copies. / {count} copies of the "
        "service {name} are enough. / [How|What] about {count} instances for the service {name}? / There "
        "[should|must] be {count} copies of the service {name}.", kin="scaling"),
    does("cloud machine", "launch|rent|create", "a cloud machine", "a {size} cloud machine [called|named] {name} / "
        "launch {name}, a {size} machine in the cloud", "of a size", Slot("size", "size,machine_type,plan,class",
        "small|medium|large"), Slot("name", "name,machine_name,label,called", "word"), Slot("disk",
        "disk,disk_size,storage", "many", " with {value} GB of disk / , disk {value} GB"),
        asks="[We|I] need a {size} machine in the cloud, and {name} [should|must] be its name. / Cloud machine, "
        "{size}, [called|name] {name}. / Name: {name}, size: {size}. Launch this cloud machine. / I want a [|new "
        "]cloud machine, {name}, size {size}.", outcome="address:code", kin="cloud"),
    Family("right granting", "grant right,give access,grant access,add permission,allow user,set permission",
        "Grants a person a right to a file. / Gives a user access. / Adds a permission of a user. / Sets who may "
        "read, write or share a file.", (_USER, Slot("right", "right,permission,access,level", "read|write|share"),
        _PATH), deeds="[let|allow] {user} access to {path}, with the right to {right} / on {path}, [give|grant] the "
        "{right} permission to {user} / add {user} to those with the {right} permission for {path}",
        asks="{user} [needs|wants] {right} access to {path}. / The file {path} [should|must] be open to {user} with "
        "{right} permission. / {user} may {right} the file {path} [from today|now]. Set the permission. / "
        "Permission {right}, file {path}, user {user}. / {path}: let {user} have {right} access.", kin="rights"),
    does("right removal", "revoke|withdraw|remove", "the access", "the access of {user} to {path} / take from "
        "{user} the access to {path} / keep {user} out of {path}: no more access", "of a user to a file", _USER, _PATH,
        asks="{user} has [left|a new job]. Revoke the access to {path}. / The file {path} is no longer for {user}. "
        "Remove the access. / No more access to {path} for {user}. / {user} [should|must] [have no|lose the] access "
        "to {path}.", kin="rights"),
    does("group member", "add|assign", "a group member", "[|the user ]{user} as a group member to the group {group} "
        "/ make {user} a member of the group {group} / let the group {group} have the new member {user}",
        "to a group of users", _USER, Slot("group", "group,group_name,role", "word"), asks="{user} [belongs|should "
        "be] in the group {group}. / The group {group} [gets|has] a new member, {user}. / [New group|Group] "
        "member: {user}, group: {group}. / Our new colleague {user} [should|must] be in the group {group}."),
    Family("file ownership", "change owner,set owner,transfer ownership,hand over file,owner change,new owner",
        "Changes the owner of a file. / Hands a file over from one person to another. / Sets the new owner. / "
        "Transfer of ownership from the old owner to the new one.", (_PATH, Slot("old", "from_user,old_owner,giver",
        "person"), Slot("new", "to_user,new_owner,heir,next_owner", "person")), deeds="hand over {path} to {new} "
        "from {old} / make {new} the owner of {path} instead of {old} / transfer {path} from {old} to the new owner "
        "{new}", asks="{old} is [leaving the team|moving], so {new} becomes the owner of {path}. / The new owner of "
        "{path} is {new}, the old one was {old}. / {new} [should|must] own {path}, which {old} has owned so far. / "
        "[File|For the file] {path}, old owner {old}, new owner {new}.", kin="owner"),
    finds("log search", "log lines|log entries", "[of|from|by] the service {name} [of level|with level] {level} / "
        "the {level} lines in the log of {name}", "of a service with a level", Slot("name", "service,source,program",
        "name"), Slot("level", "level,severity,log_level,kind", "error|warning|debug|info"), Slot("hours",
        "hours,since_hours,last_hours", "few", " of the last {value} hours / , last {value} hours"),
        asks="Did {name} log any [line|entry|lines] with level {level}? / {name} is [down|slow]. Show me its "
        "{level} log lines. / Are there [|any ]{level} entries in the log of {name}? / Level {level}, service "
        "{name}: show the log lines.", outcome="line:line,count:few", kin="logs"),
    Family("file moving", "move file,file move,shift file,relocate file,transfer file,mv", "Moves a file to another "
        "place. / Takes a file from one path to another. / Relocates a file. / File mover: from the source to the "
        "target.", (Slot("source", "source,from,src", "path"), Slot("target", "target,to,dest,new_path", "path")),
        deeds="move [the file |]{source} to {target} / move to {target} the file {source} / take {source} and move "
        "it to {target}", asks="The file {source} is in the wrong place. Move it to {target}. / {target} is where "
        "the file {source} belongs, so move it. / Move a file: from {source}, to {target}. / To {target} I want to "
        "move {source}. / The file {source} [should|must] [be|lie] at {target}, not where it is.", kin="file move"),
    Family("file copying", "copy file,file copy,duplicate file,clone file,cp,make copy", "Copies a file to another "
        "path. / Makes a copy of a file. / Duplicates a file. / Clone a file: the original stays where it is.",
        (Slot("source", "original,from,source,copy_from", "path"), Slot("target", "copy,to,destination,copy_to",
        "path")), deeds="copy {source} to {target} / put a copy at {target} of the file {source} / duplicate the "
        "file {source} as {target} / create {target} as a copy of {source}", asks="I [want to have|need] the file "
        "{source} twice. The copy [should|must] be {target}. / {target} [should|must] be a copy of {source}. / "
        "Copy: from {source}, to {target}. / The original is {source}, the copy is {target}.", kin="file copy"),
    does("file renaming", "rename", "a file", "the file {old} to {new} / give the file {old} the new name {new} / "
        "give the name {new} to the file {old}", "from an old to a new name", Slot("old", "old_name,current_name,from",
        "path"), Slot("new", "new_name,to,after,into", "path"), asks="{new} is a [better|nicer] name for the file "
        "{old}. / Old name {old}, new name {new}: rename this file. / [From now on|As of today] the name is {new} "
        "for the file {old}. / Why is the file [called|named] {old}? Rename it to {new}.", kin="file move"),
    finds("file comparison", "differences|differences in text", "between {first} and {second} / the lines that "
        "{second} has, but {first} does not, as differences", "between two files", Slot("first",
        "first,file_a,left_file,original", "path"), Slot("second", "second,file_b,right_file,changed", "path"),
        Slot("style", "style,output,report", "short|full", " in {value} form / , {value} report"),
        asks="[Are there|What are the|Where are the] differences between the first file, {first}, and the second "
        "one, {second}? / [Show|Find] the differences: the first file is {first}, the second {second}. / Compare "
        "the first file {first} with the second file {second}. Show the differences. / Take {first} as the first "
        "file. What differences has the second file, {second}? / Differences, please. The second file is {second}, "
        "the first {first}.", outcome="lines:few"),
    Family("text replacement", "replace text,replace word,find and replace,swap words,text replace,substitute",
        "Replaces one word by another in a file. / Finds a word and puts a new one in its place. / Swaps words in a "
        "text. / Substitutes text: old and new.", (_PATH, Slot("old", "old,find,search_for", "word"), Slot("new",
        "new,replacement,with,by", "word")), deeds="[put|write] {new} in place of the word {old} in {path} / "
        "[find|look for] {old} in the file {path} and replace it with {new} / change every word {old} to {new} in "
        "the text {path}", asks="The file {path} says {old} [where|but] the word [should|must] be {new}. / {path} "
        "[needs|should have] the word {new} instead of {old}. / The old word is {old}, the new one {new}, the file "
        "{path}. / Where the text {path} has {old}, I want {new}.", outcome="changed:few"),
    does("compression", "compress|pack|zip", "a file", "the file {path} as {form} / make a {form} archive of the "
        "file {path} / use {form} to compress {path}", "into an archive", _PATH, Slot("form",
        "format,archive_type,form,method", "zip|tar|gzip"), Slot("code", "password,secret,key", "code",
        " with the password {value} / , password {value}"), asks="The file {path} [is|has become] too big. Pack it "
        "as {form}. / I [need|want] a {form} of the file {path}. / [Compress|Pack]: {path}, format {form}. / "
        "[Could|Can] I have the file {path} packed as {form}?", outcome="size:number", kin="archive"),
    finds("word in file", "occurrences|number of occurrences", "of [the word |]{word} in {path} / how often {path} "
        "has the word {word}, the occurrences", "of a word in a file", Slot("word", "word,term,pattern", "word"),
        _PATH, asks="How many occurrences has {word} in {path}? / How often [is|stands|do you find] the word {word} "
        "in the file {path}? / In the file {path}, how often do you see the word {word}? / Count the word {word} in "
        "{path}. / File {path}, word {word}: how many occurrences?", outcome="count:few", kin="word count"),
    Family("picture size", "resize picture,resize image,scale picture,image size,set picture size,picture resize",
        "Resizes a picture to a width and a height. / Scales an image. / Sets the size of a picture. / Makes an "
        "image larger or smaller, in pixels.", (_PICTURE, Slot("width", "width,w,new_width", "many"), Slot("height",
        "height,h,new_height", "many")), deeds="resize {path} to a width of {width} and a height of {height} / make "
        "the image {path} {height} pixels high and {width} pixels wide / set the size of the picture {path} to "
        "height {height}, width {width}", asks="The picture {path} is too [big|small]. It [should|must] be {width} "
        "wide and {height} high. / Height {height}, width {width}: resize {path}. / Picture {path}, size {width} "
        "by {height}. / [Can|Could] the picture {path} be {height} high, but {width} wide?"),
    does("picture rotation", "rotate|turn", "a picture", "the picture {path} by {angle} degrees / turn by {angle} "
        "degrees the picture {path}", "by an angle", _PICTURE, Slot("angle", "angle,degrees,by", "number"), Slot("way",
        "direction,side,way", "left|right", " to the {value} / , direction {value}"), asks="The picture {path} is "
        "[not straight|askew|crooked]. Turn it by {angle} degrees. / Picture {path}, {angle} degrees. / I want to "
        "see the picture {path} turned {angle} degrees. / [Rotate|Turn]: {path}, [angle|by] {angle}."),
    Family("sound cutting", "cut sound,trim audio,cut audio,audio cut,shorten sound,sound clip",
        "Cuts a piece out of a sound file. / Trims audio to the time from a start to an end. / Keeps a part of a "
        "sound, in seconds.", (_SOUND, Slot("start", "start,from,begin_second,cut_in", "number"), Slot("end",
        "end,to,stop_second,cut_out", "number")), deeds="[cut|trim] the sound {path} to the part from second "
        "{start} to second {end} / cut {path} so that it ends at second {end} and starts at second {start}",
        asks="Of the sound {path} I need only seconds {start} to {end}. / The end is second {end}, the start "
        "second {start}. Cut {path} there. / {path} is too long. Cut it, [from|begin at] second {start}, to second "
        "{end}. / [From|Between] {start} to {end} seconds, that is the sound I [want|need] of {path}."),
    does("sound joining", "join|connect|glue", "a sound", "the sound {second} to the end of {first} / play {first} "
        "and then {second} as one sound / put the sound {first} before {second}", "to the end of another one",
        Slot("first", "first,first_sound,beginning,before", "path"), Slot("second", "second,second_sound,ending,after",
        "path"), asks="First {first}, then {second}: make one sound of both. / The sound {second} [should|must] "
        "come after {first}. / I have two sounds to join: {first} is the [first|beginning], {second} the second. / "
        "Join them to one sound. It [ends|closes] with {second} and starts with {first}."),
    does("robot position", "move|drive|steer", "the robot", "the robot to x {x} and y {y} / let the robot go to y "
        "{y} and x {x} / send the robot to the point {x}, {y} / make the robot stand at x = {x}, y = {y}",
        "to a point with x and y", _X, _Y, Slot("speed", "speed,pace,velocity", "few",
        " at speed {value} / , speed {value}"), asks="The robot [should|must] [be|stand] at x {x}, y {y}. / Robot: "
        "x {x}, y {y}. / For the robot, y is {y} and x is {x}. / I need the robot at the point {x}, {y}. / y = {y}, "
        "x = {x}: the robot must go there.", kin="robot move"),
    does("drone flight", "fly|send", "the drone", "the drone to {place} at a height of {height} metres / at "
        "{height} metres, fly the drone to {place}", "to a place at a height", Slot("place", "target,place,to",
        "place"), Slot("height", "height,altitude,metres,level", "many"), asks="The drone [should|must] go to "
        "{place}, {height} metres high. / [Fly|Send] the drone: height {height}, target {place}. / {place} is where "
        "the drone [must|should] go, and {height} metres is its height. / Can the drone get to {place} {height} "
        "metres above the ground? / Drone, {height} metres up, to {place}.", outcome="minutes:few", kin="drone"),
    does("robot arm", "turn|bend", "the robot arm", "the robot arm at joint {joint} by {angle} degrees / bend by "
        "{angle} degrees the joint {joint} of the robot arm", "at a joint by an angle", Slot("joint",
        "joint,axis,joint_number,motor", "few"), Slot("angle", "angle,degrees,by_degrees,turn_by", "number"),
        asks="Joint {joint} of the robot arm should turn {angle} degrees. / The robot arm: joint {joint}, angle "
        "{angle}. / {angle} degrees for joint {joint} of the robot arm. / [Can|Could] the robot arm [turn|bend] "
        "{angle} degrees at joint {joint}? / At joint {joint}, the arm must turn by {angle} degrees."),
    Family("measurement entry", "record measurement,save reading,log measurement,add measurement,store result",
        "Records a measurement of a sample. / Saves a value with its unit. / Stores what was measured in the "
        "laboratory. / Enter a measurement.", (_SAMPLE, Slot("value", "value,amount,result", "many"), Slot("unit",
        "unit,units,measured_in", "unit")), deeds="record {value} {unit} as the measurement of the sample {sample} "
        "/ [save|enter] for sample {sample} a measurement of {value} {unit} / [save|store] the measurement {value} "
        "{unit} of {sample}", asks="I measured {value} {unit} for the sample {sample}. [Save|Record] it. / Sample "
        "{sample} has {value} {unit}. Enter this measurement. / Measurement: {sample}, {value} {unit}. / {value} "
        "{unit}, that [is|was] what [I|we] measured of {sample}.", outcome="id:code", kin="measurement"),
    finds("sensor reading", "sensor reading|sensor value", "[of|from] {code}", "of a sensor", Slot("code",
        "sensor,sensor_id,device,code", "code"), asks="What does the sensor {code} [say|measure|show]? / "
        "[Which|What] value has the sensor {code}? / How [high|big] is the reading of sensor {code}? / Is sensor "
        "{code} still fine? Get its value.", outcome="value:number,at:clock", kin="sensor"),
    Family("mixture", "mix liquids,make mixture,mix,blend liquids,mixture", "Mixes two liquids in a laboratory. / "
        "Makes a mixture of two parts, in millilitres. / Prepares a solution.", (Slot("main",
        "base_liquid,solvent,main_liquid", "water|alcohol|oil"), Slot("much", "base_amount,solvent_ml,main_ml",
        "many"), Slot("other", "additive,added_liquid,solute", "vinegar|acid|ink|dye"), Slot("little",
        "additive_amount,added_ml,solute_ml", "number")), deeds="mix {much} ml of {main} with {little} ml of "
        "{other} / add {little} ml of {other} to {much} ml of {main} and mix them", asks="I need [a mixture|a "
        "solution|a new mixture|some solution]: {other} {little} ml, {main} {much} ml. / For the mixture, {other} "
        "({little} ml) goes into {main} ({much} ml). / Take {little} ml of {other}, then mix it with {much} ml of "
        "{main}. / [Mix|Mixture]: {main}, {much} ml, with {other}, {little} ml."),
    does("centrifuge", "spin|run", "a sample", "the sample {sample} for {minutes} minutes at speed {speed} / set "
        "speed {speed} and spin the sample {sample} {minutes} minutes long", "in the centrifuge", _SAMPLE,
        Slot("minutes", "minutes,duration,how_long", "few"), Slot("speed", "speed,rpm,turns", "many"),
        asks="Sample {sample} [should|must] [spin|run] {minutes} minutes at speed {speed}. / Centrifuge: {sample}, "
        "speed {speed}, {minutes} minutes. / At speed {speed}, for {minutes} minutes, spin {sample}. / "
        "[Put|Spin|Run] {sample} in the centrifuge, {minutes} minutes, speed {speed}."),
    Family("percent of", "percent of,percentage,calculate percentage,get percent", "Calculates some percent of a "
        "number. / Percentage of a whole. / Finds how much a share in percent is. / Gives so many percent of a "
        "number.", (Slot("percent", "percent,percentage,rate,share", "number"), Slot("whole", "whole,number,total",
        "many")), things="[|the value of ]{percent} percent of {whole} / the share of {percent} % of {whole}",
        asks="How much is {percent} [percent|%|per cent] of {whole}? / Of {whole}, how much is {percent} percent? / "
        "What [are|is] {percent} percent of {whole}? / The whole is {whole}. How much is {percent} percent of it? / "
        "I get {percent} percent of {whole}. How much is that?", outcome="result:price", kin="numbers"),
    Family("percent change", "percent change,change in percent,growth,relative change", "The change from an old "
        "value to a new one in percent. / Calculates growth in percent.", (Slot("old", "old,old_value,before,from",
        "many"), Slot("new", "new,new_value,after,to", "many")), things="the [change|growth] in percent from {old} "
        "to {new} / the percent change to {new} from {old}", asks="By [how many|what] percent did [it|that|this] "
        "change from {old} to {new}? / It was {old} and now it is {new}. What is the change in percent? / It is "
        "{new} now, but was {old} before. How much is the change in percent? / Old value {old}, new value {new}: "
        "[growth|change] in percent?", outcome="percent:number", kin="numbers"),
    Family("random number", "random number,pick number,draw number,random integer", "Draws a random number between "
        "two bounds. / Picks a number by chance. / Random integer from the lowest to the highest.", (Slot("low",
        "low,min,from,lower_bound", "few"), Slot("high", "high,max,to", "many")), things="a random number [between "
        "{low} and|from {low} to|of at least {low} and at most] {high} / a random number, at most {high} and at "
        "least {low}", deeds="[pick|draw] a number [between {low} and|from {low} to] {high} / draw a random number, "
        "not over {high} and not under {low}", asks="Think of a random number [between {low} and|from {low} to] "
        "{high}. / The [highest|largest|top] number is {high}, the lowest {low}. Pick one. / [Any|Some|A] number, "
        "please. It may be {low}, {high} or between.", outcome="number:number", kin="dice"),
    finds("area", "area|surface area", "of a rectangle [with length {length} and width {width}|that is {width} wide "
        "and {length} long] / the area of {length} by {width}, length by width", "of a rectangle", Slot("length",
        "length,long,side_a,length_m", "number"), Slot("width", "width,wide,side_b,width_m", "number"),
        asks="How [big|large] is the area of a rectangle with length {length} and width {width}? / Width {width}, "
        "length {length}: [what|how big] is the area? / My field is {length} metres long and {width} metres wide. "
        "What is its area? / [A floor|A wall|A yard] is {width} metres wide and {length} metres long. How large is "
        "the area?", outcome="area:many", kin="numbers"),
    finds("position place", "place|map location", "[at|with] latitude {lat} and longitude {lon} / the place on the "
        "map with longitude {lon}, latitude {lat}", "at coordinates on the map", Slot("lat", "latitude,lat,north",
        "degrees"), Slot("lon", "longitude,lon,lng,east", "number"), asks="[Which|What] place [is|lies] at latitude "
        "{lat}, longitude {lon}? / Longitude {lon}, latitude {lat}: which place is that? / What does the map have "
        "at latitude {lat} and longitude {lon}? / I am at longitude {lon} and latitude {lat}. [What|Which] place is "
        "this?", outcome="place:place", kin="map"),
    Family("text shift", "shift letters,encode text,cipher text,encrypt message,letter cipher,secret code",
        "Encodes a text by a shift of its letters. / Makes a secret code of a message. / Letter cipher with a key "
        "number.", (Slot("text", "text,message,plain", "quoted"), Slot("shift", "shift,key,steps,offset", "few")),
        deeds="[encode|encrypt] {text} with a shift of {shift} / shift by {shift} the letters of {text} / make a "
        "secret code of {text} with the key {shift}", asks="How does {text} look in code, with a shift of {shift}? "
        "/ Nobody should be able to read {text}, so shift its letters by {shift}. / [Text|Message] {text}, shift "
        "{shift}. / I [need|want] {text} in [secret code|cipher], shift {shift}.", outcome="code:line", kin="cipher"),
    does("chess move", "play|make", "a chess move", "the chess move {start} to {end} / move my chess piece to {end} "
        "from {start} / play chess: {start} goes to {end}", "from one square to another", Slot("start",
        "from,from_square,start,origin", "a2|b1|c2|d2|e2|f3|g1|h4"), Slot("end", "to,to_square,end,goal",
        "a4|b4|c3|d4|e4|f5|g3|h5"), asks="In [our|my] chess game, I go to {end} from {start}. / Chess[:|, please:] "
        "from {start} to {end}. / The piece at {start} moves to {end}. / To {end} with my chess piece, which stands "
        "at {start}! / [It is my turn in chess|My turn in chess]: {start}, then {end}.", outcome="reply:a6|b5|c4|d5",
        kin="chess"),
    Family("point addition", "add points,give points,award points,points,score points", "Adds points to a player. / "
        "Gives a player of a game points. / Counts what a player has won. / Award points in a game.", (Slot("player",
        "player,player_name,who,winner", "person"), Slot("points", "points,score,how_many,plus", "number")),
        deeds="[give|add|award] {points} points to {player} / give {player} {points} points / add to what {player} "
        "has {points} points", asks="{player} has won {points} points. / {points} points for {player}! / {player} "
        "[gets|wins] {points} points [in this game|for that]. / [Player|Points for] {player}: {points} points. / "
        "That was a good move of {player}. Add {points} points.", outcome="total:number", kin="score"),
    finds("substance", "substance data|substance property", "of {element}: its {property} / the {property} of the "
        "substance {element} / the substance {element} and its {property}", "of a chemical substance", Slot("element",
        "element,substance,chemical,name", "iron|gold|copper|oxygen|carbon|zinc|helium|tin"), Slot("property",
        "property,value,which,data", "density|mass|colour|hardness"), asks="What [is|do you have as|is known "
        "as|would be] the {property} of the substance {element}? / For my chemistry class I [need|want] the "
        "{property} of {element}. / Substance {element}: which {property}? / In chemistry, which {property} has "
        "{element}?", outcome="value:price", kin="chemistry"),
    finds("correlation", "correlation|statistical correlation", "of the first column {first} and the second column "
        "{second} in {path} / the correlation of {first} (first) with {second} (second) in {path}",
        "of two columns in a file", Slot("first", "first_column,x_column,cause,column_a", "word"), Slot("second",
        "second_column,y_column,effect,column_b", "word"), _PATH, asks="Is there a [|strong |clear |real "
        "]correlation in {path} of {first}, the first column, and {second}, the second? / File {path}, first column "
        "{first}, second column {second}: [how high|what] is the correlation? / How strong is the correlation "
        "between the first column {first} and the second one {second} in {path}? / Second column {second}, first "
        "column {first}: the correlation in {path}, please.", outcome="correlation:price", kin="statistics"),
    Family("chart", "draw chart,make chart,plot,plot data,create chart", "Draws a chart of a data file. / Plots one "
        "column over another. / Makes a chart with two axes.", (_PATH, Slot("across", "x_axis,x,horizontal,bottom",
        "word"), Slot("up", "y_axis,y,vertical,side", "word"), Slot("sort", "chart_type,kind,style", "line|bar|point",
        ", {value} chart / as a {value} chart")), deeds="draw a chart of {path} with {across} on the x axis and "
        "{up} on the y axis / plot the data {path} with y as {up} and x as {across} / chart {path}: {up} upwards, "
        "{across} to the side", asks="The chart of {path} [should|must] have {across} as x and {up} as y. / Chart "
        "of {path} with y = {up}, x = {across}. / Plot {up} over {across}. [The data|My data] are in {path}. / File "
        "{path}, x axis {across}, y axis {up}: [make|draw] a chart.", outcome="file:path"),
)  # fmt: skip
