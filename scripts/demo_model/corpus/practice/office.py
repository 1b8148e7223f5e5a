"""Families of tools for offices, shops, stores, factories, building sites and banks, for practice alone."""

from __future__ import annotations

from dataclasses import replace

from demo_model.corpus.tool_family import Family, Slot, does, finds

_DATE = Slot("date", "date,day,on_date,when", "date")
_COUNT = Slot("count", "count,quantity,pieces,how_many,number_of_pieces", "many")
_ITEM = Slot("item", "item,article,product,goods", "word")
_PERSON = Slot("person", "employee,person,worker,staff_member,name", "person")
_CUSTOMER = Slot("customer", "customer,client,customer_name,buyer", "name")


def _family(
    name: str, tools: str, said: str, deeds: str, asks: str, *slots: Slot, kin: str = "", outcome: str = ""
) -> Family:  # fmt: skip
    return Family(name, tools, said, slots, "", deeds, asks, outcome, kin)


def _labelled(family: Family) -> Family:
    """A family that may also be asked for with a label before each value, in either order."""
    asks, first = family.asks, family.ways.tools[0].capitalize()
    labels = [f"{slot.choices[0].replace('_', ' ')}@ {{{slot.role}}}" for slot in family.slots if not slot.mentions]
    for parts in (labels, labels[::-1]):
        asks += f" / {first}: {', '.join(parts).replace('@', '')}"
        asks += f" / {first}. {'. '.join(map(str.capitalize, parts)).replace('@', ':')}."
    return replace(family, asks=asks)


FAMILIES: tuple[Family, ...] = tuple(map(_labelled, (
    _family("open project", "open project,create project,start project,project setup,launch project",
        "[Opens|Starts] a project that is due on a day. / [Sets up|Creates] a project with a deadline.",
        "[open|create|set up] a project [called {name} that is due on {due}|due on {due} called {name}]",
        "We [won|got] the job. [Open|Create] a project {name} due on {due}. / From today we work on {name}, due {due}, "
        "so start the project. / [By|Before] {due} we have to finish {name}. Set up the project.", Slot("name",
        "project_name,project,title,called", "title"), Slot("due", "due_date,deadline,due,finish_by", "date"),
        Slot("client", "client,for_client", "name", " for the client {value}"), kin="project"),
    _family("assign task", "assign task,delegate task,give task,hand out task,task assignment", "Assigns a task to "
        "[someone|a colleague]. / [Delegates work|Gives a task] to an employee. / Who does which task.",
        "[assign|give|hand] {person} the task: {task} / [assign|delegate] a task to {person}: {task}", "{person} has "
        "time. Assign this task: {task} / Somebody has to {task}. [Assign it|Give the task] to {person}. / {task}: "
        "that is a task for {person}. / [The next|A new] task of {person} is: {task} / I cannot {task}, so [delegate "
        "it|give this work] to {person}.", Slot("person", "assignee,colleague,employee,who,to", "name"), Slot("task",
        "task,job,work,what", "task"), Slot("by", "by,deadline,due", "date", ", by {value} / , due {value}"),
        kin="task"),
    _family("task progress", "set progress,update progress,report progress,task progress,mark progress",
        "[Sets|Updates] how far a task is done, in percent. / Progress on a task, in percent. / Notes how much work is "
        "finished.", "[set|update] the progress of task {task} to {percent} percent / [report|note] {percent} percent "
        "progress on task {task}", "Task {task} is {percent} percent done [now|already]. / I have finished {percent} "
        "percent of {task}. [Update|Note] the progress. / We are at {percent} percent with task {task}. / How far is "
        "task {task}? It is {percent} percent done, please note it.", Slot("task", "task,task_id,ticket,job_number",
        "code"), Slot("percent", "percent,progress,share_done,completion", "number"), kin="task"),
    _family("task priority", "set priority,change priority,prioritise task,task priority,update urgency",
        "[Sets|Changes] the priority of a task. / Makes a task more or less urgent. / [Priority|Urgency] of a job.",
        "[set|change] the priority of [|task ]{task} to {level} / give [task {task} {level} priority|{level} priority "
        "to {task}]", "[The boss says|We think] the priority of {task} is {level}. / A {level} priority is right for "
        "{task}. / How urgent is {task}? I would say {level}. [Set|Change] it.", Slot("task",
        "task,issue,task_id,item_number", "code"), Slot("level", "priority,urgency,level,rank",
        "low|normal|high|urgent"), kin="task"),
    _family("shift deadline", "shift deadline,move deadline,postpone deadline,change due date,deadline change",
        "[Moves|Shifts] a deadline from one day to another. / [Changes|Postpones] the due date of a project.",
        "[move|shift] the deadline of {project} [from {old} to {new}|to {new} from {old}] / postpone the deadline "
        "{old} of {project} to {new}", "{project} was due on {old}, but now the deadline is {new}. / The new deadline "
        "for {project} is {new} and no longer {old}. / We will not finish {project} by {old}. [Shift|Move] the "
        "deadline to {new}. / Instead of {old}, {project} will be due on {new}.", Slot("project",
        "project,project_name,which_project", "title"), Slot("old", "old_date,from,old_deadline,current_due", "date"),
        Slot("new", "new_date,to,new_deadline,later_date", "date"), kin="project"),
    _family("log hours", "log hours,book hours,enter time sheet,record work time,hours worked", "[Logs|Books] hours on "
        "a project. / [Enters|Records] work time in the time sheet.", "[log|book|enter] {hours} hours on {project} / "
        "put {hours} hours for {project} into the time sheet / [book|record] on {project} {hours} hours of work",
        "I worked {hours} hours on {project}. [Log|Book] them. / For {project} we needed {hours} hours, enter them in "
        "the time sheet. / {project} took [me|us] {hours} hours of work.", Slot("hours", "hours,time_spent,duration",
        "few"), Slot("project", "project,project_name,project_title", "title"), kin="timesheet"),
    _family("request leave", "request leave,book leave,apply for leave,ask for time off,annual leave",
        "[Requests|Books] leave from one day to another. / [Time off|Leave] for an employee. / Enters when someone is "
        "off.", "[request|book] leave for {person} [from {first} to {last}|until {last}, starting on {first}] / enter "
        "time off from {first} to {last} for {person}", "{person} wants to be off from {first} to {last}. "
        "[Book|Request] the leave. / The leave of {person} [begins on {first} and ends on {last}|ends on {last} and "
        "begins on {first}]. / Can {person} have time off from {first} until {last}?", _PERSON, Slot("first",
        "from,start,first_day,leaves_on", "date"), Slot("last", "to,until,last_day,ends_on", "date"), Slot("paid",
        "pay,kind_of_leave", "paid|unpaid", " as {value} leave / , {value} leave"), kin="leave"),
    _family("sick leave", "report sick,sick note,call in sick,sick leave,record illness", "Reports a worker as sick. "
        "/ Records a sick note. / [Notes|Enters] who is ill and until when.", "[report|mark] {person} as sick until "
        "{until} / record [a sick note for {person} until {until}|until {until} a sick note for {person}]",
        "{person} is ill [and stays at home|and in bed] until {until}. Report it. / Until {until} {person} is on sick "
        "leave. / A sick note came from {person}, it ends on {until}. / The doctor says {person} is sick until "
        "{until}.", _PERSON, Slot("until", "until,end_date,sick_until,back_after", "date"), kin="leave"),
    _family("hire", "hire employee,add employee,new employee,register staff,onboard worker", "[Adds|Registers] a new "
        "employee. / [Hires|Takes on] someone for a department. / New staff in a department.", "[hire|add|register] "
        "{person} for {department} from {start} on / put a new employee into {department} on {start}, {person}",
        "{person} [joins|starts in] {department} on {start}. Add the new employee. / We have a new employee in "
        "{department}: {person}, first day {start} / On {start} {person} starts in {department}, [hire and "
        "register|add to the staff].", Slot("person", "employee,person,new_hire,name", "person"), Slot("department",
        "department,unit,works_in", "sales|accounting|purchasing|production|support"), Slot("start",
        "start_date,first_day,starts_on", "date"), outcome="id:code", kin="staff"),
    _family("move desk", "move desk,change desk,desk move,relocate employee,reseat", "Moves an employee to another "
        "desk. / Changes [the desk of a worker|where someone sits]. / Old desk and new desk of a person.",
        "[move|relocate] {person} [from desk {old} to {new}|to desk {new} from {old}] / give {person} desk {new} "
        "instead of {old}", "{person} [sits at|has] desk {old} and should move to {new}. / {person} gets desk {new} "
        "and gives up {old}. / The desk of {person} was {old} and [will be|is now] {new}. / Could {person} have desk "
        "{new} and no longer {old}?", _PERSON, Slot("old", "from_desk,old_desk,leaves,seat_before", "code"), Slot("new",
        "to_desk,new_desk,destination,seat_after", "code"), kin="office seat"),
    _family("hand over shift", "hand over shift,swap shift,give shift,reassign shift,shift change", "[Hands "
        "over|Swaps] a shift from one worker to another. / Gives [someone's shift|the shift of a worker] to a "
        "colleague.", "[hand over|give] the shift of {giver} on {date} to {taker} / give {taker} the shift of {giver} "
        "on {date} / let {taker} take the shift of {giver} on {date}", "{giver} [cannot work|is away] on {date}. Give "
        "the shift to {taker}. / {taker} will do the shift of {giver} on {date}. / On {date} {taker} works the shift "
        "in place of {giver}. / The shift on {date} goes from {giver} to {taker}.", Slot("giver",
        "from_worker,giver,original,shift_of", "name"), Slot("taker", "to_worker,taker,replacement,new_worker", "name"),
        _DATE, kin="shift plan"),
    _family("deputy", "set deputy,name deputy,appoint deputy,stand in,arrange cover", "[Names|Sets] a deputy for "
        "someone who is away. / Who [stands in|covers] for an employee.", "[make|appoint] [{deputy} deputy of "
        "{absent}|for {absent} the deputy {deputy}] / let {deputy} stand in for {absent}", "{absent} is away, so "
        "{deputy} [stands in|is the deputy]. / {deputy} covers for {absent}. / While {absent} is gone, {deputy} is the "
        "deputy. / The [deputy of|stand-in for] {absent} is {deputy}.", Slot("absent",
        "absent,away,covered_person,for_whom", "person"), Slot("deputy", "deputy,substitute,stand_in,covering_person",
        "person"), Slot("until", "until,end_date", "date", " until {value}"), kin="staff"),
    _family("pay rise", "raise pay,pay rise,increase wage,grant raise,adjust pay", "[Raises|Increases] the pay of an "
        "employee. / Gives a [pay rise|raise] in percent. / Adjusts a wage from a day on.", "[raise|increase] the pay "
        "of {person} [by {percent} percent from {start}|from {start} by {percent} percent] / give a pay rise of "
        "{percent} percent to {person} from {start}", "{person} gets {percent} percent more pay from {start}. / From "
        "{start} on {person} should [have|get] {percent} percent more pay. / {person} did good work. A pay rise of "
        "{percent} percent from {start}, please.", _PERSON, Slot("percent", "percent,increase,raise_by", "few"),
        Slot("start", "from_date,valid_from,effective", "date"), kin="payroll"),
    _family("claim expenses", "claim expenses,submit expenses,add expense,report costs,expense report", "Claims "
        "expenses of an employee. / [Submits|Reports] the costs of a trip. / Adds an expense to be paid back.",
        "claim [{amount} as {purpose} expenses for {person}|for {person} {purpose} expenses of {amount}] / "
        "[submit|add] the {purpose} expense of {person}, {amount}", "{person} paid {amount} for {purpose}. "
        "[Claim|Submit] the expense. / The firm owes {person} {amount} for {purpose} expenses. / On the trip {person} "
        "had {purpose} costs of {amount}. / Can {person} claim {purpose} expenses of {amount}?", Slot("amount",
        "amount,cost,spent,paid", "price"), Slot("purpose", "category,expense_type,spent_on",
        "train|hotel|taxi|fuel|parking|food"), _PERSON, Slot("receipt", "receipt,receipt_number,proof", "code",
        " with receipt {value} / , receipt {value}"), outcome="claim:code", kin="expenses"),
    _family("ledger entry", "post entry,ledger entry,journal entry,accounting entry,post to ledger", "[Posts|Makes] an "
        "entry in the ledger. / Accounting: debit one account, credit [another|the other].", "post in the ledger: "
        "[debit {debit}, credit {credit}, amount {amount}|{amount}, credit {credit}, debit {debit}] / make an entry of "
        "{amount} that [debits {debit} and credits {credit}|credits {credit} and debits {debit}]", "[Debit {debit}, "
        "credit {credit}, {amount}.|Credit {credit} and debit {debit} with {amount}.] / {amount} goes into the ledger, "
        "[{debit} is debited, {credit} credited|{credit} is credited, {debit} debited].", Slot("debit",
        "debit,debit_account,debited", "code"), Slot("credit", "credit,credit_account,credited", "code"), Slot("amount",
        "amount,sum,value", "price"), outcome="entry:code", kin="ledger"),
    _family("overdue notice", "send overdue notice,demand payment,overdue notice,dunning letter,chase payment",
        "Sends a notice that a bill is overdue. / [Demands|Chases] a late payment. / Dunning letter to a customer.",
        "send [{customer} an overdue notice for {bill}|an overdue notice about {bill} to {customer}] / [demand|chase] "
        "the payment of bill {bill} from {customer}", "{customer} has not paid {bill}. Send an overdue notice. / Bill "
        "{bill} is overdue, [write|send a notice] to {customer}. / Where is the payment of {customer} for {bill}? "
        "[Chase|Demand] it.", _CUSTOMER, Slot("bill", "bill,bill_number,unpaid_bill,overdue_bill", "code"), Slot("fee",
        "fee,late_fee", "few", " with a late fee of {value} / , fee {value}"), kin="dunning"),
    _family("bill customer", "bill customer,write invoice,charge customer,issue bill,invoice customer", "[Writes an "
        "invoice|Issues a bill] to a customer. / [Bills|Charges] a customer for something.", "[bill|charge] {customer} "
        "{amount} for the {service} / write an invoice of {amount} to {customer} for the {service}", "{customer} "
        "[bought|ordered] our {service}. Write an invoice of {amount}. / {amount} is what {customer} has to pay, bill "
        "it: {service} / We delivered the {service}. [Bill|Charge] {customer}, the total is {amount}. / Write an "
        "invoice for a {service}, {amount}, the customer is {customer}.", _CUSTOMER, Slot("amount",
        "amount,total,sum,to_pay", "price"), Slot("service", "service,billed_for,position", "words"),
        outcome="invoice:code", kin="money"),
    finds("tax on goods", "tax rate|sales tax", "[on {item} in {land}|in {land} on {item}]", "on goods in a country",
        Slot("item", "item,goods,article,product", "word"), Slot("land", "country,land,sold_in,state", "place"),
        asks="How high is the [tax rate|sales tax] on {item} in {land}? / In {land}, [how much|what] tax is on {item}? "
        "/ I sell {item} in {land}. Which tax rate is right? / How many percent tax has {item} in {land}? / We want to "
        "sell in {land}. Which sales tax is on {item}?", outcome="percent:number"),
    _family("price quote", "make quote,price quote,write offer,send quotation,quote price", "Makes a quote for a "
        "customer. / [Quotes a price|Writes an offer] for so many pieces. / Sends a quotation.", "[make|write|send] "
        "{customer} a quote for {count} pieces of {item} / quote {customer} a price for {item}, {count} pieces",
        "{customer} asks what {count} pieces of {item} would cost. Make a [quote|quotation]. / {count} pieces of "
        "{item}, a quote for {customer}. / {customer} may need {item}, {count} pieces. Write an offer. / Send a "
        "[quote|quotation] over {count} pieces of {item} to {customer}.", _COUNT, _ITEM, _CUSTOMER, Slot("valid",
        "valid_until,offer_ends", "date", ", valid until {value}"), outcome="quote:code,price:many", kin="offers"),
    _family("set discount", "set discount,reduce price,discount,mark down,special offer", "[Sets|Gives] a discount on "
        "a product. / [Reduces|Marks down] a price until a day. / Special offer in the shop.", "[set|give] a discount "
        "of {percent} percent on {item} until {until} / reduce {item} until {until} by {percent} percent",
        "Until {until}, {item} should be {percent} percent [off|cheaper], as a special offer. / {item} does not sell. "
        "Give a discount of {percent} percent until {until}. / [Set|Make] a special offer on {item} until {until}: "
        "{percent} percent off.", Slot("percent", "percent,discount,off,reduction", "number"), Slot("item",
        "item,product,article,goods", "word"), Slot("until", "until,last_day,valid_to,offer_end", "date"),
        kin="pricing"),
    _family("change price", "change price,update price,set price,reprice,adjust price", "[Changes|Updates] the price "
        "of a product. / Sets a new price [instead of|for] the old one.", "[change|update] the price of {item} [from "
        "{old} to {new}|to {new} from {old}] / set the price {new} for {item} instead of {old}", "{item} cost {old}, "
        "now the price is {new}. / The [new price of {item} is {new}, the old one was {old}|old price of {item} was "
        "{old}, the new one is {new}]. / Instead of {old}, {item} should have the price {new}.", _ITEM, Slot("old",
        "old_price,from,before,current_price", "price"), Slot("new", "new_price,to,after,target_price", "price"),
        kin="pricing"),
    _family("redeem coupon", "redeem coupon,apply coupon,use coupon,enter coupon code,use voucher code",
        "[Redeems|Uses] a coupon on an order. / Applies a [coupon|voucher] code to a purchase.", "[redeem|use|apply] "
        "coupon {coupon} on order {order} / [use|redeem] for order {order} the coupon {coupon}", "I have a coupon, "
        "{coupon}, for [my|our] order {order}. / Order {order} should get cheaper. The coupon is {coupon}. / Can I use "
        "the voucher {coupon} with order {order}? / For order {order}, take the [coupon|voucher] {coupon}.",
        Slot("coupon", "coupon,coupon_code,voucher,promo_code", "code"), Slot("order",
        "order,order_number,purchase,for_order", "code"), kin="coupon"),
    finds("contract end", "contract end|end date", "of [contract|the contract] {contract}", "by the contract number",
        Slot("contract", "contract,contract_number,agreement", "code"), asks="When does contract {contract} [end|run "
        "out]? / How long does contract {contract} run? / Until when is contract {contract} valid? / [I want to "
        "know|Tell me] when contract {contract} [ends|is over].", outcome="end:date", kin="contracts"),
    _family("sign contract", "sign contract,contract signing,sign agreement,request signature,get contract signed",
        "[Has a contract signed|Requests a signature] by a person. / Who signs [a contract|an agreement].",
        "[let|have] {signer} sign contract {contract} / get contract {contract} signed by {signer} / [ask|request] "
        "{signer} to sign {contract}", "{signer} has to sign [contract|agreement] {contract}. / Contract {contract} "
        "needs the signature of {signer}. / Whose signature is missing on {contract}? That of {signer}. Request it. / "
        "Contract {contract} is ready, let {signer} sign it.", Slot("contract", "contract,agreement,contract_number",
        "code"), Slot("signer", "signer,signed_by,signatory,who_signs", "person"), Slot("by", "sign_by,deadline",
        "date", " by {value}"), kin="contracts"),
    _family("end contract", "end contract,terminate contract,give notice,contract notice,quit agreement",
        "[Ends|Terminates] a contract on a day. / Gives notice for [a contract|an agreement].", "[end|terminate] "
        "contract {contract} on {date} / give notice on {date} for contract {contract} / let contract {contract} end "
        "on {date}", "We no longer need contract {contract}. Give notice for {date}. / On {date} contract {contract} "
        "[has to end|is over, so give notice]. / The last day of contract {contract} [is|will be] {date}, so give "
        "notice.", Slot("contract", "contract,contract_id,agreement_number", "code"), Slot("date",
        "end_date,as_of,notice_date,stops_on", "date"), Slot("reason", "reason,why", "price|service|quality",
        ", reason {value} / because of the {value}"), kin="contracts"),
    _family("customer phone", "update customer,change customer phone,edit customer,customer data,correct customer "
        "record", "[Changes|Updates] the phone number of a customer. / [Edits|Corrects] the record of a customer.",
        "[change|update] the phone number of customer {customer} to {phone} / enter {phone} as the number of customer "
        "{customer}", "Our customer {customer} has a new number: {phone} / {phone} is the new [phone|number] of "
        "customer {customer}. / The number of customer {customer} is wrong, [it is|change it to] {phone}.", _CUSTOMER,
        Slot("phone", "phone,new_phone,phone_number,telephone", "phone"), kin="customers"),
    _family("merge customers", "merge customers,join customer records,remove duplicate customer,combine customers,"
        "customer merge", "[Merges|Joins] two records of a customer. / [Combines|Unites] a duplicate with the customer "
        "record to keep.", "[merge|combine] the duplicate {drop} into customer {keep} / [keep customer {keep} and drop "
        "the duplicate {drop}|drop the duplicate {drop} and keep customer {keep}]", "{drop} is a duplicate of customer "
        "{keep}. [Merge|Join] them. / Customer {keep} is there twice, the duplicate is {drop}. / Of the two customer "
        "records, [{keep} stays and {drop} goes|{drop} goes and {keep} stays].", Slot("keep",
        "keep,stays,main_record,survivor", "code"), Slot("drop", "duplicate,drop,goes,merge_away", "code"),
        kin="customers"),
    finds("stock level", "stock level|warehouse stock", "[of {item} in {place}|in {place} of {item}]", "of an article "
        "in a warehouse", _ITEM, Slot("place", "warehouse,location,depot,stored_in", "place"), asks="How much {item} "
        "do we have in stock in {place}? / [Is there|Do we have] any {item} in stock in {place}? / In {place}, what is "
        "the stock of {item}? / A customer needs {item}. Check the stock in {place}. / [How high|How good] is the "
        "stock of {item} in {place}?", outcome="pieces:many", kin="stock"),
    finds("shop takings", "takings|shop takings", "[of the {shop} shop from {start} to {end}|from {start} to {end} of "
        "the shop {shop}]", "of a shop between two days", Slot("shop", "shop,store,branch,outlet", "place"),
        Slot("start", "from,start_date,first_day", "date"), Slot("end", "to,end_date,last_day", "date"),
        asks="How [high|good] were the takings in {shop} from {start} to {end}? / From {start} to {end}, what takings "
        "did the shop {shop} have? / How much did the shop {shop} take between {start} and {end}? / [What|How much] "
        "were the takings up to {end}, from {start} on, in the {shop} shop?", outcome="takings:many", kin="sales"),
    finds("freight cost", "freight cost|freight rate", "[from {start} to {end} for {weight} kilos|to {end} from "
        "{start} for {weight} kilos|for {weight} kilos from {start} to {end}]", "of goods between two places",
        Slot("start", "from,origin,loading_place,shipped_from", "place"), Slot("end",
        "to,destination,unloading_place,shipped_to", "place"), Slot("weight", "weight,kilos,kg", "many"),
        Slot("express", "mode", "truck|rail|ship|plane", " by {value}"), asks="What does freight from {start} to {end} "
        "cost for {weight} kilos? / {weight} kilos of freight go to {end} from {start}. What is the cost? / We ship "
        "{weight} kilos from {start} to {end}. What is the freight [cost|rate]? / To {end} from {start}, {weight} "
        "kilos: the freight rate please. / The goods are in {start} and must get to {end}. Find the freight cost for "
        "{weight} kilos.", outcome="cost:many", kin="shipping"),
    finds("machine output", "machine output|output", "of machine {machine} on {date}", "of a machine on a day",
        Slot("machine", "machine,machine_id,press,unit_number", "code"), _DATE, asks="How many [pieces|parts] did "
        "machine {machine} make on {date}? / On {date}, how high was the output of {machine}? / [What|How much] was "
        "the output of machine {machine} on {date}? / How well did machine {machine} do on {date}? Check the output.",
        outcome="pieces:many", kin="factory"),
    finds("vote result", "vote result|result of the vote", "on motion {motion}", "on a motion", Slot("motion",
        "motion,motion_number,proposal", "code"), asks="[How|In which way] did the vote on motion {motion} end? / Who "
        "won the vote on {motion}? / Did motion {motion} pass the vote? / [Is|Was] the vote on motion {motion} a yes "
        "or a no?", outcome="yes:number,no:number", kin="votes"),
    finds("building permit", "building permit|status of the building permit", "[number|with number] {permit}",
        "by its number", Slot("permit", "permit,permit_number,application", "code"), asks="Do we have the building "
        "permit {permit}? / [May|Can] we build with permit {permit}? / Was the building permit {permit} granted? / "
        "What about the building permit {permit}? [Is it there|Has it come]?", outcome="status:open|granted|refused"),
    finds("cash machine", "cash machine|nearest cash machine", "[in|near|around] {place}", "in a place", Slot("place",
        "place,town,near,around", "place"), asks="Where is there a cash machine in {place}? / I am in {place} and "
        "[need money|have no money]. Find a cash machine. / Is there a cash machine in {place}? / [Which|What] cash "
        "machine is near {place}?", outcome="street:place"),
    finds("savings rate", "savings rate|interest on savings", "[at {bank} for {years} years|for {years} years at "
        "{bank}]", "of a bank for some years", Slot("bank", "bank,bank_name,institute", "name"), Slot("years",
        "years,term,duration", "few"), asks="[What|How much] interest does {bank} pay on savings for {years} years? / "
        "For {years} years, what is the savings rate at {bank}? / I want to put my savings in {bank} for {years} "
        "years. What [is the rate|interest do I get]? / How good is the savings rate of {bank} over {years} years?",
        outcome="percent:few", kin="bank"),
    does("goods receipt", "book in|receive|take in", "a delivery", "a delivery of {count} [pieces|boxes] of {item}",
        "into the stock", _COUNT, _ITEM, Slot("place", "warehouse,depot,into", "place",
        ", warehouse {value} / for the warehouse {value}"), asks="[A truck|The truck] brought {count} pieces of "
        "{item}. Book in the delivery. / {item}, {count} pieces, into the stock. / {count} boxes of {item} have come, "
        "take in the delivery. / The delivery of {item} is [here|there]: {count} pieces.", kin="stock"),
    does("machine maintenance", "plan|schedule|arrange", "maintenance", "[maintenance of|maintenance for] [{machine} "
        "on {date}|machine {machine} on {date}]", "of a machine", Slot("machine", "machine,machine_id,device", "code"),
        Slot("date", "date,day,service_date,planned_for", "date"), Slot("worker", "mechanic,technician,by", "name",
        " by {value} / , mechanic {value}"), asks="Machine {machine} makes noises. Plan maintenance on {date}. / On "
        "{date} machine {machine} [needs|gets] maintenance. / {machine} stands still on {date} for maintenance. / "
        "[Arrange|Schedule] on {date} the maintenance of {machine}.", kin="factory"),
    does("crane hire", "hire|order|rent", "a crane", "a crane [for the site {site} from {start} to {end}|from {start} "
        "to {end} for the site {site}]", "for a building site", Slot("site", "site,building_site,works", "place"),
        Slot("start", "from,first_day,start_date", "date"), Slot("end", "to,last_day,end_date,return_on", "date"),
        asks="We [need|want] a crane in {site} from {start} to {end}. / From {start} until {end} there should be a "
        "crane on the site {site}. / The site {site} [wants|needs] a crane until {end}, from {start} on. / Building "
        "site {site}: crane from {start} to {end}", kin="building site"),
    does("auction bid", "place|make|enter", "a bid", "[a bid of {amount} on lot {lot}|on lot {lot} a bid of {amount}]",
        "at an auction", Slot("lot", "lot,lot_number,auction_item", "code"), Slot("amount", "bid_amount,amount,offer",
        "many"), Slot("limit", "limit,highest_bid", "many", " with a limit of {value} / , limit {value}"),
        asks="I bid {amount} on lot [{lot}|number {lot}]. / On lot {lot} I [bid|would bid] {amount}. / Lot {lot} is "
        "lovely. Make a bid of {amount}. / {amount} is my bid for lot {lot}.", kin="auction"),
    does("customer complaint", "file|record|enter", "a complaint", "[a complaint from {customer} about the {fault}|the "
        "complaint from {customer} about a {fault}]", "of a customer", _CUSTOMER, Slot("fault",
        "complaint_about,reason,subject", "words"), Slot("urgency", "urgency,how_urgent", "low|normal|high",
        ", {value} urgency"), asks="{customer} is [angry|not happy] and has a complaint: {fault} / Customer {customer} "
        "[complains|has complained] about the {fault}. / The {fault}: that is what the complaint is about, from "
        "customer {customer}. / There is a complaint from {customer}, it is about the {fault}.",
        outcome="complaint:code", kin="complaints"),
    does("visitor badge", "make|issue|prepare", "a visitor badge", "a visitor badge for {visitor}, who [visits|comes "
        "to see] {host}", "for a guest of the office", Slot("visitor", "visitor,guest,badge_for", "name"), Slot("host",
        "host,visited_person,employee,receives", "name"), Slot("day", "valid_on,badge_day", "date", " on {value}"),
        asks="{visitor} [comes to see|has an appointment with] {host}. Make a visitor badge. / {host} has a visitor "
        "called {visitor}, so issue a badge. / Visitor: {visitor}, host: {host}, badge please. / [Host|Employee] "
        "{host} expects {visitor}, who needs a visitor badge.", kin="visitors"),
    does("production order", "release|create|issue", "a production order", "a production order [for {count} pieces of "
        "{item} by {due}|due {due} for {item}, {count} pieces]", "in the factory", _COUNT, _ITEM, Slot("due",
        "due_date,ready_by,deadline", "date"), Slot("line", "line,hall", "few", " on line {value} / , line {value}"),
        asks="The factory [must|has to] make {count} pieces of {item} by {due}. Release the production order. / "
        "[By|Before] {due} we need {count} pieces of {item} from production. / {item} is running out. [Start|Order] "
        "the production of {count} pieces, due {due}.", outcome="order:code", kin="factory"),
    does("lend tool", "lend|hand out|give out", "a tool", "the tool {tool} to {worker}", "to a worker", Slot("tool",
        "tool,tool_name,equipment", "word"), Slot("worker", "worker,borrower,to,mechanic", "person"), Slot("back",
        "back_by,return_date", "date", " until {value} / , back by {value}"), asks="{worker} needs a tool, the {tool}. "
        "/ {worker} [takes|borrows] the tool {tool} from the workshop. / The tool {tool} goes to {worker}. / Tool "
        "{tool}: [now with|lent to] {worker}.", kin="workshop"),
    does("shelf label", "make|write|stick", "a label", "a label for shelf {shelf} with the text {text}", "for a shelf",
        Slot("shelf", "shelf,bin,location_code,place", "code"), Slot("text", "text,label_text,wording", "words"),
        Slot("size", "size,label_size", "small|medium|large", ", {value} label / , size {value}"), asks="Shelf {shelf} "
        "[needs|gets] a label: {text} / Label for {shelf}: {text} / The label on shelf {shelf} [should say|says]: "
        "{text} / On the shelf with number {shelf} put a label with {text}.", kin="labels"),
    _family("move stock", "move stock,shift goods,relocate goods,stock transfer,change shelf", "[Moves|Takes] stock "
        "from one shelf to another. / [Shifts|Relocates] goods in the warehouse.", "[move|shift] {count} pieces of "
        "{item} [from shelf {old} to {new}|to shelf {new} from shelf {old}]", "{count} pieces of {item} are on shelf "
        "{old} and [belong on|must move to] {new}. / Shelf {new} should have {count} pieces of {item} from shelf "
        "{old}. / Shelf {old} is full. Move {count} pieces of {item} to {new}.", _COUNT, _ITEM, Slot("old",
        "from_shelf,source,taken_from", "code"), Slot("new", "to_shelf,target,put_on", "code"), kin="stock"),
    _family("stock limits", "set stock limits,stock limits,reorder levels,set minimum and maximum,limit stock",
        "[Sets|Limits] how low and how high the stock of goods may be. / [Minimum|Lowest] and maximum stock of an "
        "article.", "set the stock limits of {item} to [at least {low} and at most {high}|at most {high} and at least "
        "{low}]", "Of {item} there should be at least {low} and at most {high} in stock. / Stock of {item}: not [more "
        "than {high}, not less than {low}|less than {low}, not more than {high}] / Keep the stock of {item} between "
        "{low} and {high}.", _ITEM, Slot("low", "minimum,lowest,at_least,reorder_at", "number"), Slot("high",
        "maximum,highest,at_most,fill_up_to", "many"), kin="stock"),
    _family("defects", "report defects,defect report,log rejects,quality report,bad pieces", "[Reports|Logs] how many "
        "pieces of a batch are bad. / Defects found in a batch. / Quality report.", "[report|log] {bad} defects in "
        "{tested} tested pieces of batch {batch} / [report|log] for batch {batch} {tested} tested pieces with {bad} "
        "defects", "Of {tested} pieces in batch {batch}, {bad} are bad. / Batch {batch} has {bad} bad pieces, {tested} "
        "were tested. / We [checked|tested] {tested} pieces and found {bad} defects in batch {batch}.", Slot("bad",
        "defects,bad_pieces,rejects,faulty", "few"), Slot("tested", "tested,checked,sample_size,total", "many"),
        Slot("batch", "batch,batch_number,production_lot", "code"), kin="quality"),
    _family("concrete", "order concrete,deliver concrete,concrete delivery,send concrete,call concrete",
        "[Orders|Sends|Calls] concrete to a building site. / Concrete: how many cubic metres, where and at what time.",
        "[order|send] {volume} cubic metres of concrete [to {site} at {time}|at {time} to {site}]", "The site {site} "
        "[needs|wants] {volume} cubic metres of concrete at {time}. / At {time} we pour in {site}. Order {volume} "
        "cubic metres of concrete. / Concrete should come to {site} at {time}, {volume} cubic metres.", Slot("volume",
        "cubic_metres,volume,amount", "number"), Slot("site", "site,building_site,deliver_to", "place"), Slot("time",
        "arrival,time,at,pour_at", "clock"), kin="building site"),
    _family("standing order", "standing order,set up standing order,regular payment,repeat payment,pay regularly",
        "[Sets up|Makes] a standing order. / [Pays|Regular payment to] a person every week, month or year.",
        "set up a standing order of {amount} to {payee} every {rhythm} / [make|start] every {rhythm} a regular payment "
        "of {amount} to {payee}", "{payee} [gets|should get] {amount} every {rhythm}. Set up a standing order. / Every "
        "{rhythm} I have to pay {payee} {amount}, make it a standing order. / I want a standing order, {amount} each "
        "{rhythm}, for {payee}.", Slot("amount", "amount,sum,each_time", "price"), Slot("payee",
        "payee,to,recipient,paid_to", "person"), Slot("rhythm", "every,interval,how_often", "week|month|year"),
        Slot("first", "first_payment,starting", "date", " from {value} on"), kin="money"),
    _family("cast vote", "cast vote,vote,enter vote,record vote,count vote", "[Casts|Enters] the vote of a person. / "
        "Records who voted yes or no on a motion. / A vote on a motion.", "cast the vote of {voter} [on motion "
        "{motion} as {vote}|as {vote} on motion {motion}] / enter the vote {vote} on {motion} for {voter}",
        "{voter} votes {vote} on motion {motion}. / On motion {motion} the vote of {voter} is {vote}. / The vote on "
        "{motion} is open, and {voter} [says|chose] {vote}.", Slot("voter", "voter,member,person,who_votes", "person"),
        Slot("motion", "motion,proposal,motion_number", "code"), Slot("vote", "vote,choice,answer", "yes|no|blank"),
        kin="votes"),
    _family("survey question", "add survey question,survey question,extend survey,new question,put in survey",
        "[Adds|Writes] a question to a survey. / [Puts|Enters] a question about something into a survey.",
        "add to the survey {survey} a question about {topic} / put into the survey {survey} a question on {topic}",
        "The survey {survey} [lacks|needs] a question about {topic}. / In the survey {survey} we [also ask|should ask] "
        "about {topic}. / A new question about {topic}, survey {survey}. / We want to know what people think of "
        "{topic}. Add it to the survey {survey}.", Slot("survey", "survey,survey_name,poll,add_to", "title"),
        Slot("topic", "question_about,topic,asked_about", "topic"), kin="survey"),
    _family("minutes", "record decision,write minutes,minutes,add to minutes,note decision", "[Records|Notes] a "
        "decision in the minutes of a meeting. / [Adds to|Writes in] the minutes who will do what.", "write into the "
        "minutes under point {point} that {who} [will|has to] {decision} / note for {who} in the minutes, point "
        "{point}: {decision}", "Minutes, point {point}: {who} will {decision}. / We decided that {who} should "
        "{decision}. It belongs to point {point} of the minutes. / {who} has to {decision}, [that goes|write it] into "
        "the minutes at point {point}.", Slot("point", "agenda_point,item_number,point", "few"), Slot("who",
        "responsible,in_charge,done_by", "name"), Slot("decision", "decision,task,decided", "task"), kin="minutes"),
    _family("agenda", "add agenda item,agenda item,put on agenda,extend agenda,meeting agenda", "[Puts|Adds] a topic "
        "on the agenda. / What is to be talked about, and for how many minutes. / Agenda of the next meeting.",
        "put {minutes} minutes on the agenda for {topic} / add an agenda item of {minutes} minutes on {topic}",
        "We have to talk about {topic}. Put {minutes} minutes on the agenda. / The agenda [lacks|needs] {minutes} "
        "minutes for {topic}. / On the agenda: {topic}, {minutes} minutes.", Slot("topic", "agenda_topic,subject,about",
        "topic"), Slot("minutes", "minutes,time_needed,length", "number"), Slot("speaker", "speaker,presented_by",
        "name", ", speaker {value} / , presented by {value}"), kin="agenda"),
    _family("business letter", "write letter,business letter,dictate letter,prepare letter,type letter",
        "[Writes|Types|Dictates] a letter from one person to another. / Prepares a business letter about some topic.",
        "[write|type] a letter [from {sender} to {receiver}|to {receiver} from {sender}] about {about}", "{sender} "
        "wants to send {receiver} a letter about {about}. / {receiver} [should|must] get a letter from {sender} about "
        "{about}. / Letter to {receiver}, signed by {sender}, about {about}. / Write to {receiver} in the name of "
        "{sender}, a letter about {about}.", Slot("sender", "sender,from,signed_by,writer", "person"), Slot("receiver",
        "recipient,to,addressee,receiver", "person"), Slot("about", "subject,about,regarding", "topic"), kin="letters"),
    _family("auction lot", "put up for auction,auction item,list auction lot,start auction,offer at auction",
        "[Puts|Offers] something at auction. / [Starts|Lists] an auction with a first bid and a lowest selling price.",
        "put {item} up for auction [with the starting price {start} and the reserve price {reserve}|with the reserve "
        "price {reserve} and the starting price {start}]", "[Auction|Start the auction of] {item}, starting price "
        "{start}, reserve {reserve}. / The auction of {item} starts at {start}, and we do not sell below {reserve}. / "
        "Below {reserve} we do not sell {item}. The auction starts at {start}.", Slot("item",
        "item,article,auctioned,thing", "word"), Slot("start", "starting_price,first_bid,opening,begin_at", "price"),
        Slot("reserve", "reserve_price,lowest_sale,not_below,reserve", "price"), kin="auction"),
)))  # fmt: skip
