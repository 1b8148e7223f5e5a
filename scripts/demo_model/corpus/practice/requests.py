"""More ways to put a wish for a tool, and to name several things at once."""

from __future__ import annotations

from demo_model.corpus.tool_family import ways

THING_FRAMES = ways(
    "[Say|Report|Read out|Print|Display|Fetch|Bring|Look for|Search for|Tell us|Show us|Give us|Return] {}. / [I "
    "need you to|I ask you to|I want you to|Your task is to|Your job is to|It is your task to] [tell me|find|get|"
    "report|look up] {}. / [I wonder about|I am interested in|I must know|I have no idea of|My question is "
    "about] {}. / [First|Then|Next|Now then|After that|Second|Finally|Also|Quickly|Again], [|please |kindly "
    "][find|get|tell me|check|look up|show me] {}. / [First|Next|Then|Finally], [I need|I want|we need|give me|"
    "please give me] {}. / [Is it possible to|Are you able to|Would it be possible to|Might you|May I ask you "
    "to] [see|get|find|tell me|look up] {}? / [Would you be so kind and|Would you kindly|Could you quickly|Can "
    "you just] [tell me|find|get|check] {}? / [Wanted|Question|Needed|Task|To do|Request|Query]: {}. / [I forgot|"
    "We forgot|Remind me of|Nobody knows|He asks for|She wants|They need|Everybody asks for|My friend wants|My "
    "mother needs|My teacher wants to know] {}. / [Dear assistant|Computer|Assistant|Model|Friend], [please |"
    "][tell me|find|get|give me|I need] {}. / [The thing that I need is|What I need is|What I want is|All I need "
    "is|All I want is] {}."
)
"""What one wants to be told goes into the braces."""
DEED_FRAMES = ways(
    "[I need you to|I ask you to|Your task is to|Your job is to|It is your task to|You have to|You need to|Try "
    "to|Make sure to|Go and|Go ahead and|Would it be possible to] {}. / [First|Then|Next|Now then|After that|"
    "Second|Finally|Also|Quickly|Again|Well], [|please |kindly |I want to |you can |we must ]{}. / [Would you "
    "kindly|Would you mind to|Are you able to|Could you quickly|Can you just|Could you perhaps|Might you|Do you "
    "want to|Could somebody] {}? / [Task|To do|Request|Job|Order|Wish|Command]: {}. / [Dear assistant|Computer|"
    "Assistant|Model|Friend], [please |]{}. / [My boss wants me to|My friend asks me to|I promised to|I was told "
    "to|Somebody has to|We should|I had better|I am going to|Let us|Let me|Help me to|It is necessary to|It "
    "would be good to|It would be nice to|Today we] {}. / [What I need is to|What I want is to|All I want is to|"
    "All you have to do is to|The plan is to] {}."
)
"""What is to be done goes into the braces."""
AFTER = (
    " straight away", " quickly", " again", " soon", " kindly", ", would you", ", will you", ", dear assistant",
    " as soon as you can", " this time", " for us", " for my friend", ", it is urgent", " immediately", ", my friend",
    " first", " one more time", " without asking", ", cheers",
)  # fmt: skip
OPENERS = ways(
    "[Sorry|Excuse me|Listen|Look|Alright|Fine|Great|Perfect|Wonderful|Very good|Computer|Assistant|Dear "
    "assistant|Another task|A new task|The next task|A question|A wish|Next task|Here is a task|Here is what I "
    "need|Back to work|Now to something else|First of all|It is me again|I am back|I am tired|I am at work|We "
    "are at home|It is late|Good to see you|You again|Wait|Hold on|Back again|Nice day today|I think you can "
    "help me|You know what I need|I do not know how to do this|Do this for me|This is for my boss|Let us begin|"
    "Ready|Now listen|Okay then][.|!] / [Are you there|Are you ready|Can you help me|May I ask something|Do you "
    "have a minute|One thing more]?"
)
CLOSERS = ways(
    "[Do not wait|Do it at once|Quick|I wait|I am waiting|No questions|Take your time|My friend waits for it|I "
    "hope that works|I hope you can|It is urgent|It is not urgent|It would be great|I would be glad|Then we are "
    "done|After that you can rest|I count on you|You know how|That is what I need|That is my wish|Tell me when "
    "it is done|Cheers|Thanks in advance|And be quick|Use the right tool|You have a tool for it|My boss wants it|"
    "It is for my mother][.|!]"
)
LEADS = ("report", "say", "read out", "search for", "look for", "tell us", "I need", "I want", "fetch", "bring me")
CONNECTORS = (
    " and next ", "; then ", "; ", " as well as ", ", next ", " and finally ", ", after that ", ". Then ", ". And ",
    " but first ", ", plus ", "; also ", " and at the same time ", ", and next ", ". Next, ",
)  # fmt: skip
LINKS = (" Furthermore: ", " Second: ", "\n", " Plus: ", " Besides: ", " One more: ", " Next, ", "\n- ", " Moreover: ")
AGAIN = (
    "{}, too.", "{} as well.", "{} as well, please.", "Next: {}.", "Next, {}.", "Then {}.", "Try {}.", "Also {}.",
    "Repeat it for {}.", "Also for {}.", "Next comes {}.", "Another one: {}.", "Same with {}.", "Then the same for {}.",
    "Please repeat that for {}.", "I need it for {} too.", "I also need it for {}.", "Can you do it for {} too?",
    "What if it was {}?", "{} next.", "This time for {}.", "Let us try {}.", "Once again, with {}.", "Then take {}.",
)  # fmt: skip
LISTS = (
    "{}, and {}", "{} as well as {}", "{} and also {}", "{} plus {}", "{}, then {}", "{} & {}", "{}; {}",
    "{} and, after that, {}", "{} together with {}", "{} and {} too", "{} and finally {}",
)  # fmt: skip
"""How the last of several is joined to those before it."""
