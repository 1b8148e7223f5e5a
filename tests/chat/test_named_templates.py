"""The named templates give the prompts that their models were published with."""

import pytest

from server.chat.messages import Message
from server.chat.named_templates import DEFAULT, names, source
from server.chat.template import ChatTemplate

TALK = [Message("system", "S"), Message("user", "U1"), Message("assistant", "A1"), Message("user", "U2")]
SPECIAL = {"bos_token": "<s>", "eos_token": "</s>"}

EXPECTED = {
    "chatml": (
        "<|im_start|>system\nS<|im_end|>\n<|im_start|>user\nU1<|im_end|>\n<|im_start|>assistant\nA1<|im_end|>\n"
        "<|im_start|>user\nU2<|im_end|>\n<|im_start|>assistant\n"
    ),
    "zephyr": "<|system|>\nS</s>\n<|user|>\nU1</s>\n<|assistant|>\nA1</s>\n<|user|>\nU2</s>\n<|assistant|>\n",
    "llama-2": "<s>[INST] <<SYS>>\nS\n<</SYS>>\n\nU1 [/INST] A1 </s><s>[INST] U2 [/INST]",
    "llama-3": (
        "<s><|start_header_id|>system<|end_header_id|>\n\nS<|eot_id|>"
        "<|start_header_id|>user<|end_header_id|>\n\nU1<|eot_id|>"
        "<|start_header_id|>assistant<|end_header_id|>\n\nA1<|eot_id|>"
        "<|start_header_id|>user<|end_header_id|>\n\nU2<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n"
    ),
    "mistral": "<s>[INST] S\n\nU1 [/INST] A1</s>[INST] U2 [/INST]",
    "alpaca": "S\n\n### Instruction:\nU1\n\n### Response:\nA1\n\n### Instruction:\nU2\n\n### Response:\n",
    "vicuna": "S USER: U1 ASSISTANT: A1</s>USER: U2 ASSISTANT:",
    "gemma": (
        "<s><start_of_turn>user\nS\n\nU1<end_of_turn>\n<start_of_turn>model\nA1<end_of_turn>\n"
        "<start_of_turn>user\nU2<end_of_turn>\n<start_of_turn>model\n"
    ),
    "phi": "<|system|>\nS<|end|>\n<|user|>\nU1<|end|>\n<|assistant|>\nA1<|end|>\n<|user|>\nU2<|end|>\n<|assistant|>\n",
    "command-r": (
        "<s><|START_OF_TURN_TOKEN|><|SYSTEM_TOKEN|>S<|END_OF_TURN_TOKEN|>"
        "<|START_OF_TURN_TOKEN|><|USER_TOKEN|>U1<|END_OF_TURN_TOKEN|>"
        "<|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|>A1<|END_OF_TURN_TOKEN|>"
        "<|START_OF_TURN_TOKEN|><|USER_TOKEN|>U2<|END_OF_TURN_TOKEN|><|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|>"
    ),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_named_template_gives_its_published_form(name: str) -> None:
    assert ChatTemplate(source(name), special_tokens=SPECIAL).render(TALK).text == EXPECTED[name]


@pytest.mark.parametrize("name", names())
def test_every_name_and_alias_renders_and_keeps_the_system_text(name: str) -> None:
    template = ChatTemplate(source(name), special_tokens=SPECIAL)
    assert not template.folds_system
    text = template.render([Message("system", "Sys-words"), Message("user", "User-words")]).text
    assert text.index("Sys-words") < text.index("User-words")


@pytest.mark.parametrize("name", ["alpaca", "vicuna"])
def test_the_published_preamble_stands_where_no_system_message_does(name: str) -> None:
    text = ChatTemplate(source(name)).render([Message("user", "U")]).text
    assert text.startswith(
        {
            "alpaca": "Below is an instruction that describes a task. Write a response that appropriately completes "
            "the request.\n\n### Instruction:\nU",
            "vicuna": "A chat between a curious user and an artificial intelligence assistant. The assistant gives "
            "helpful, detailed, and polite answers to the user's questions. USER: U",
        }[name]
    )


def test_without_a_generation_prompt_the_answer_is_not_opened() -> None:
    text = ChatTemplate(source("chatml")).render([Message("user", "U")], add_generation_prompt=False).text
    assert text == "<|im_start|>user\nU<|im_end|>\n"


def test_aliases_are_the_same_template_in_any_case() -> None:
    assert source("llama2") == source("Llama-2")
    assert source("mistral-instruct") == source("mistral")
    assert source("phi-3") == source("phi")
    assert DEFAULT in names()


def test_an_unknown_name_says_which_there_are() -> None:
    with pytest.raises(ValueError, match=r"no template named 'nonesuch'.*alpaca.*zephyr"):
        source("nonesuch")
    with pytest.raises(ValueError, match="no template named"):
        source("../messages")
