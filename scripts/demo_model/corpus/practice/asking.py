"""More of what stands around a question, whatever it is about."""

from __future__ import annotations

from demo_model.corpus.ways import ways

OPENERS = ways(
    "<Quick|Simple|Easy|Small|Little|Important|Last|Second|First|New> question<|, please>: ", "Hmm, ", "Look, ",
    "Wait, ",
    "<I am|I'm> <curious|interested|not sure>: ", "<Help me|Answer me|Do tell me|Say|Explain>: ", "Yes, and ",
    "Sure, but ",
    "<Can|May|Could> I ask <you |>something<|, please>? ", "<Dear|My> <friend|assistant>, ", "Fine, then ",
    "Great, and ",
    "<My|Our> <friend|boss|mother|child|teacher> <asks|wants to know>: ", "<Next|Then|Also|Finally|First|Again>: ",
    "<Good morning|Good evening|Good day|Nice to meet you|Nice to see you|Thank you|Great|Interesting|I see>. ",
    "<Since you are here|While you are here|If I may ask|If you do not mind|If you know|To be sure>, ", "Pardon, ",
    "<Back to|Now to> my question: ", "<Let us talk|We talked> about this: ", "<Oh well|Very good|Sounds good|Aha>, ",
)  # fmt: skip
CLOSERS = ways(
    " <Say it|Answer|Reply> <quickly|clearly|simply|now|in few words>.",
    " <It is|This is> <important|for a form|a game>.",
    " I <forgot|cannot remember|must know|have to write it down|have no idea|hope you know|was just thinking>.",
    " <My friend|My boss|My mother|Somebody|A visitor> <asked|wants to know|asks me>.",
    " Please be <quick|exact|honest>.",
    " <Thanks a million|Cheers|Many thanks|Thank you very much|Thank you, dear|Big thanks>.",
    " <One|A single> word will do.",
    " <Only|Just> <the answer|that|tell me that>, please.", " <That would help|It would help me|I need it for a list>.",
)  # fmt: skip
FRAMES = ways(
    "<Remind|Inform|Teach> me {}.", "<Remember|Explain|Reveal|Answer|State|Write> {}.", "I <forgot|cannot recall> {}.",
    "I <have to|must> <know|find out|write down> {}.", "I am <curious|interested|keen to know> {}.",
    "<Could|Can|Would|Will> you <kindly |quickly |just ><explain|reveal|inform me|remind me|answer me> {}?",
    "<My friend|My boss|My mother|Somebody|The visitor> <asks|wants to know|would like to know> {}.", "Guess {}.",
    "<It is not clear to me|Nobody told me|You did not say|You have not told me> {}.", "Let us hear {}.",
    "<Would you mind telling me|How about telling me|Is it okay to ask> {}?", "<First|Next|Then>, tell me {}.",
    "<Are you allowed|Are you willing|Is it possible> to say {}?", "<What I want to know|The question> is {}.",
)  # fmt: skip
