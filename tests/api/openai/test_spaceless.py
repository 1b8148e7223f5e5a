"""What is written without spaces is found by its words, in files and in conversations, on every database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, NamedTuple

import pytest
import pytest_asyncio

from tests.api.scripted import say
from tests.api.served import Served, serving
from tests.store.conftest import empty_store, kinds

pytestmark = pytest.mark.asyncio(loop_scope="module")


class Language(NamedTuple):
    """Five lines about an office, and what is asked about them: each with the number of the line that answers."""

    lines: tuple[str, ...]
    asked: tuple[tuple[str, int], ...]


LANGUAGES = {
    "Chinese": Language(
        (
            "市立图书馆每天早上九点开门，晚上六点关门。",
            "备用钥匙由前台的王小姐保管，请提前一天预约。",
            "每位员工每年有二十七天的带薪假期。",
            "咖啡机在二楼的厨房里，每周五清洗一次。",
            "请使用Python编写报告，并保存为PDF文件。",
        ),
        (
            ("图书馆几点关门？", 0),
            ("谁保管钥匙", 1),
            ("员工有多少天假期？", 2),
            ("咖啡机", 3),
            ("python", 4),
            ("厨", 3),
            ("馆", 0),
        ),
    ),
    "Japanese": Language(
        (
            "市立図書館は毎朝九時に開館し、夕方六時に閉館します。",
            "予備の鍵は受付の田中さんが管理しています。",
            "社員には年に二十七日の有給休暇があります。",
            "コーヒーメーカーは二階の台所に置いてあります。",
            "報告書はPythonで作成し、PDFで保存してください。",
        ),
        (
            ("図書館は何時に開館しますか？", 0),
            ("鍵を管理しているのは誰ですか", 1),
            ("休暇は何日ありますか？", 2),
            ("ｺｰﾋｰﾒｰｶｰ", 3),
            ("python 報告書", 4),
            ("鍵", 1),
        ),
    ),
    "Korean": Language(
        (
            "시립도서관은 매일 아침 아홉 시에 문을 엽니다.",
            "예비 열쇠는 안내 데스크의 김 선생님이 보관합니다.",
            "모든 직원에게는 매년 스물일곱 날의 휴가가 있습니다.",
            "커피머신은 이층 부엌에 있습니다.",
            "보고서는 Python으로 작성하고 PDF로 저장하세요.",
        ),
        (
            ("도서관이 몇 시에 여나요?", 0),
            ("열쇠를 누가 보관해요?", 1),
            ("직원 휴가", 2),
            ("부엌", 3),
            ("python", 4),
            ("쇠", 1),
        ),
    ),
    "Thai": Language(
        (
            "ห้องสมุดเมืองเปิดทุกวันเวลาเก้าโมงเช้า",
            "กุญแจสำรองอยู่กับคุณมาลีที่แผนกต้อนรับ",
            "พนักงานทุกคนลาพักร้อนได้ปีละยี่สิบเจ็ดวัน",
            "เครื่องชงกาแฟตั้งอยู่ในครัวชั้นสอง",
            "กรุณาเขียนรายงานด้วยPythonแล้วบันทึกเป็นPDF",
        ),
        (
            ("ห้องสมุดเปิดกี่โมง", 0),
            ("ใครเก็บกุญแจสำรอง", 1),
            ("ลาพักร้อน", 2),
            ("กาแฟ", 3),
            ("python", 4),
            ("ญ", 1),
        ),
    ),
}

NOTES = "The city library opens at nine.\n\nMarlene keeps the spare keys.\n\nReports are written in Python.\n"


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=kinds())
async def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    folder = tmp_path_factory.mktemp("served")
    with empty_store(request.param, folder) as store:
        async with serving(folder, store__url=store.store.url) as one:
            yield one


async def filled(served: Served, **files: str) -> str:
    """The id of a store in which each paragraph is a passage."""
    client = served.openai()
    store = (await client.vector_stores.create()).id
    for name, text in files.items():
        file = await client.files.create(file=(f"{name}.md", text.encode()), purpose="assistants")
        made = await client.vector_stores.files.create_and_poll(file.id, vector_store_id=store, poll_interval_ms=20)
        assert made.status == "completed", made.last_error
    return store


def headed(lines: tuple[str, ...]) -> str:
    """A document with a passage for each line: its heading is a number."""
    return "\n\n".join(f"# {number}\n\n{line}" for number, line in enumerate(lines))


async def found(served: Served, store: str, query: str) -> list[str]:
    result = await served.openai().vector_stores.search(store, query=query)
    return [each.content[0].text for each in result.data]


async def said(served: Served, *texts: str) -> str:
    items = [{"type": "message", "role": "user", "content": text} for text in texts]
    made = await served.http.post("/v1/conversations", json={"items": items})
    return str(made.json()["id"])


async def heard(served: Served, query: str) -> list[dict[str, Any]]:
    """What a search of conversations brings."""
    answer = await served.http.get("/v1/conversations/search", params={"query": query})
    assert answer.status_code == 200, answer.text
    return list(answer.json()["data"])


@pytest.mark.parametrize("name", LANGUAGES)
async def test_questions_find_the_passage_that_answers(served: Served, name: str) -> None:
    language = LANGUAGES[name]
    store = await filled(served, office=headed(language.lines))
    best = {query: (await found(served, store, query))[:1] for query, _ in language.asked}
    assert best == {query: [language.lines[line]] for query, line in language.asked}


async def test_languages_stand_beside_each_other_in_one_store(served: Served) -> None:
    store = await filled(served, notes=NOTES, **{name: headed(LANGUAGES[name].lines) for name in LANGUAGES})
    for language in LANGUAGES.values():
        for query, line in language.asked[:4]:
            assert (await found(served, store, query))[0] == language.lines[line]
    assert (await found(served, store, "Who keeps the keys?")) == [NOTES.strip()]
    in_all = await found(served, store, "python")
    assert set(in_all) == {NOTES.strip(), *(language.lines[4] for language in LANGUAGES.values())}
    assert (await found(served, store, "Python 報告書"))[0] == LANGUAGES["Japanese"].lines[4]
    assert (await found(served, store, "library 钥匙"))[:2] in (
        [NOTES.strip(), LANGUAGES["Chinese"].lines[1]],
        [LANGUAGES["Chinese"].lines[1], NOTES.strip()],
    )


@pytest.mark.parametrize("name", LANGUAGES)
async def test_what_was_said_is_found_by_its_words(served: Served, name: str) -> None:
    id = await said(served, *LANGUAGES[name].lines)
    words = {
        "Chinese": (
            ("图书馆", 0),
            ("备用钥匙 王小姐", 1),
            ("假期", 2),
            ("咖啡机 厨房", 3),
            ("报告 PYTH", 4),
            ("匙", 1),
        ),
        "Japanese": (("図書館", 0), ("予備の鍵", 1), ("有給休暇", 2), ("ｺｰﾋｰﾒｰｶｰ", 3), ("報告書 PYTH", 4), ("鍵", 1)),
        "Korean": (("도서관", 0), ("열쇠 보관", 1), ("휴가", 2), ("커피 부엌", 3), ("보고서 PYTH", 4), ("쇠", 1)),
        "Thai": (("ห้องสมุด", 0), ("กุญแจ มาลี", 1), ("พักร้อน", 2), ("กาแฟ ครัว", 3), ("รายงาน PYTH", 4), ("ญ", 1)),
    }[name]
    for query, line in words:
        matches = [each["snippet"] for each in await heard(served, query) if each["conversation"]["id"] == id]
        assert matches == [LANGUAGES[name].lines[line]], query


async def test_a_short_question_is_searched_with_the_one_before_it(served: Served) -> None:
    store = await filled(served, office=headed(LANGUAGES["Japanese"].lines))
    for last, several in (("何時に開きますか？", True), ("予備の鍵を管理しているのは誰ですか？", False)):
        answer = await served.openai().responses.create(
            model="tiny",
            input=[{"role": "user", "content": "図書館はありますか？"}, {"role": "user", "content": last}],
            tools=[{"type": "file_search", "vector_store_ids": [store]}],
        )
        search = answer.output[0]
        assert search.type == "file_search_call"
        assert search.queries == ([last, f"図書館はありますか？ {last}"] if several else [last])


CITED = {
    "Chinese": ("备用钥匙由王小姐保管。咖啡机在二楼的厨房里。很高兴为您服务！", [(11, "1"), (22, "3")]),
    "Japanese": ("予備の鍵は田中さんが管理しています。有給休暇は二十七日あります。", [(18, "1"), (32, "2")]),
    "Korean": ("예비 열쇠는 김 선생님이 보관합니다. 커피머신은 부엌에 있습니다.", [(20, "1"), (36, "3")]),
    "Thai": ("กุญแจสำรองอยู่กับคุณมาลี\nเครื่องชงกาแฟอยู่ในครัว", [(24, "1"), (48, "3")]),
}


@pytest.mark.parametrize("name", CITED)
async def test_an_answer_cites_what_it_comes_from(served: Served, name: str) -> None:
    text, places = CITED[name]
    language = LANGUAGES[name]
    store = await filled(served, office=headed(language.lines))
    served.backend.steps = say(text)
    answer = await served.openai().responses.create(
        model="tiny",
        input=" ".join(query for query, _ in language.asked[1:4]),
        tools=[{"type": "file_search", "vector_store_ids": [store]}],
    )
    served.backend.reset()
    part: Any = answer.output[-1]
    cited = [(each.index, each.model_extra["llm_api"]["heading"]) for each in part.content[0].annotations]
    assert cited == places


async def test_letters_that_stand_apart_are_no_word(served: Served) -> None:
    await said(served, "北京大学在东边的城里。", "京都と東北に行きました。", "ที่นี่มีแม่น้ำ")
    assert [each["snippet"] for each in await heard(served, "京都")] == ["京都と東北に行きました。"]
    assert await heard(served, "東京") == []
    assert await heard(served, "นมแม่") == []


async def test_voiced_and_unvoiced_are_different_words(served: Served) -> None:
    await said(served, "橋のそばにバスが止まります。", "ハスの花が咲きました。")
    assert [each["snippet"] for each in await heard(served, "バス")] == ["橋のそばにバスが止まります。"]
    assert [each["snippet"] for each in await heard(served, "ハ\u3099ス")] == ["橋のそばにバスが止まります。"]


async def test_a_snippet_shows_the_word_within_a_long_run(served: Served) -> None:
    await said(served, "これはとても長い文章です" * 40 + "潜水艦が沈みました" + "そのあとも続きます" * 40)
    (match,) = await heard(served, "潜水艦")
    assert "潜水艦が沈みました" in match["snippet"]
    assert len(match["snippet"]) < 200


async def test_a_question_is_counted_by_its_words(served: Served) -> None:
    long = "明日の午後三時に駅前の喫茶店で友人と会って旅行の計画について相談するつもりです" * 3
    await said(served, long)
    assert [each["snippet"] for each in await heard(served, long)] == [long]
    refused = await served.http.get("/v1/conversations/search", params={"query": "鍵 " * 17})
    assert refused.status_code == 400
    assert refused.json()["error"]["message"] == "query: expected 1 to 16 words, found 17."


ODD = {
    "marks alone": "\u0e34\u0e48" * 50,
    "a mark of sound": "\u3099",
    "a letter under a heap": "ก" + "\u0e48" * 3000,
    "endless": "鍵" * 5000,
    "a rare letter": "\U00020bb7野家",
    "parts of syllables": "ㅋㅋㅋ",
    "signs of the databases": "館'\"* | & :*",
}


@pytest.mark.parametrize("what", ODD)
async def test_any_letters_may_be_asked_for(served: Served, what: str) -> None:
    query = ODD[what]
    store = await filled(served, office=headed((query, *LANGUAGES["Chinese"].lines)))
    await said(served, query)
    assert (await found(served, store, query))[0] in query
    assert await heard(served, query)


async def test_what_is_deleted_is_found_no_more(served: Served) -> None:
    store = await filled(served, office=headed(("潜望鏡を磨いてください。",)))
    assert await found(served, store, "潜望鏡")
    client = served.openai()
    (file,) = [each async for each in client.vector_stores.files.list(vector_store_id=store)]
    await client.vector_stores.files.delete(file.id, vector_store_id=store)
    await client.files.delete(file.id)
    assert await found(served, store, "潜望鏡") == []
    id = await said(served, "潜望鏡を磨いてください。")
    assert len(await heard(served, "潜望鏡")) == 1
    await served.http.delete(f"/v1/conversations/{id}")
    assert await heard(served, "潜望鏡") == []
