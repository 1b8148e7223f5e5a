"""The reader of answers, against a server that is scripted down to the byte."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from bench.load import Ask, Probe, play, run_play
from bench.wire import Answer, parse

Script = Callable[[socket.socket, dict[str, object]], None]


def event(**fields: object) -> bytes:
    return b"data: " + json.dumps(fields).encode() + b"\n\n"


def text_event(text: str, finish: str | None = None) -> bytes:
    return event(choices=[{"index": 0, "text": text, "finish_reason": finish}])


def chat_event(**delta: object) -> bytes:
    return event(choices=[{"index": 0, "delta": delta, "finish_reason": None}], usage=None)


def chunk(data: bytes) -> bytes:
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
END = b"0\r\n\r\n"
DONE = b"data: [DONE]\n\n"


@contextmanager
def scripted(script: Script) -> Iterator[int]:
    """A server on a port that reads each request and leaves the answering to `script`."""

    def serve(connection: socket.socket) -> None:
        with connection:
            data = b""
            while b"\r\n\r\n" not in data:
                data += connection.recv(65536)
            head, _, body = data.partition(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            while len(body) < length:
                body += connection.recv(65536)
            script(connection, json.loads(body))

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
    thread.join()


def ask(**body: object) -> Ask:
    return Ask("/v1/completions", body)


def test_a_stream_is_read_to_its_end() -> None:
    def script(connection: socket.socket, body: dict[str, object]) -> None:
        usage = {"completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": 5}}
        connection.sendall(CHUNKED + chunk(text_event("Grüße")) + chunk(text_event(", ")))
        connection.sendall(chunk(text_event("you", "length")) + chunk(event(choices=[], usage=usage)))
        connection.sendall(chunk(DONE) + END)

    with scripted(script) as port:
        [answer] = play("127.0.0.1", port, [ask(prompt="x")]).answers
    assert (answer.status, answer.text, answer.finish, answer.done) == (200, "Grüße, you", "length", True)
    assert (answer.token_count(99), answer.cached, len(answer.times)) == (3, 5, 3)
    assert answer.first is not None
    assert answer.started <= answer.times[0] <= answer.times[-1] <= answer.ended


def test_many_streams_at_once_in_a_process_of_its_own() -> None:
    together = threading.Barrier(8, timeout=30)

    def script(connection: socket.socket, body: dict[str, object]) -> None:
        together.wait()  # nobody is answered before everybody has asked
        connection.sendall(CHUNKED + chunk(text_event(f"answer to {body['prompt']}")) + chunk(DONE) + END)

    with scripted(script) as port:
        played = run_play("127.0.0.1", port, [ask(prompt=n) for n in range(8)], timeout=60)
    assert [answer.text for answer in played.answers] == [f"answer to {n}" for n in range(8)]
    assert 0 < played.cpu_seconds < played.wall_seconds + 1


def test_a_late_ask_waits_for_the_streams_before_it_and_ends_the_play() -> None:
    order: list[str] = []

    def script(connection: socket.socket, body: dict[str, object]) -> None:
        order.append(str(body["prompt"]))
        connection.sendall(CHUNKED)
        if body["prompt"] == "late":
            connection.sendall(chunk(text_event("here")) + chunk(DONE) + END)
            return
        with suppress(OSError):  # the reader hangs up when the late one has its answer
            while True:
                connection.sendall(chunk(text_event("on and on ")))

    late = Ask("/v1/completions", {"prompt": "late"}, after_reads=5)
    with scripted(script) as port:
        played = play("127.0.0.1", port, [ask(prompt="first"), late], stop_after=1, timeout=60)
    first, second = played.answers
    assert order == ["first", "late"]
    assert second.done
    assert not first.done
    assert first.times[0] < second.started


def test_a_refusal_is_an_answer() -> None:
    def script(connection: socket.socket, body: dict[str, object]) -> None:
        error = b'{"error": {"message": "Too many.", "code": "busy"}}'
        head = f"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 2\r\nContent-Length: {len(error)}\r\n"
        connection.sendall(head.encode() + b"Content-Type: application/json\r\n\r\n" + error)

    with scripted(script) as port:
        [answer] = play("127.0.0.1", port, [ask()]).answers
    assert (answer.status, answer.headers["retry-after"], answer.error) == (429, "2", "Too many.")


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    [answer] = play("127.0.0.1", port, [ask()]).answers
    assert (answer.status, answer.first) == (0, None)


def test_an_error_inside_a_stream_and_a_stream_that_breaks_off() -> None:
    broken = parse(0.0, [(1.0, HEAD + b"\r\n" + text_event("so f") + event(error={"message": "engine died"}))])
    assert broken.text == "so f"
    assert "engine died" in str(broken.error)
    assert not broken.done
    cut = parse(0.0, [(1.0, CHUNKED + chunk(text_event("half")) + b'40\r\ndata: {"choi'), (2.0, b"")])
    assert (cut.text, cut.done, cut.ended) == ("half", False, 2.0)


WIRES = {
    "an event a chunk": chunk(chat_event(role="assistant", content=""))
    + chunk(chat_event(content="ä"))
    + chunk(chat_event(content="b"))
    + chunk(DONE)
    + END,
    "all in one chunk": chunk(chat_event(content="ä") + chat_event(content="b") + DONE) + END,
    "a chunk a byte": b"".join(
        chunk(bytes([byte])) for byte in chat_event(content="ä") + b": still here\n\n" + chat_event(content="b") + DONE
    )
    + END,
}


@pytest.mark.parametrize("wire", WIRES.values(), ids=WIRES)
def test_the_same_answer_however_it_is_cut(wire: bytes) -> None:
    data = CHUNKED + wire
    for cut in range(1, len(data)):
        answer = parse(0.0, [(1.0, data[:cut]), (2.0, data[cut:])])
        assert (answer.texts, answer.done, answer.ended) == (["ä", "b"], True, 2.0)
        assert answer.times == sorted(answer.times)


def test_an_event_has_come_when_its_last_byte_has() -> None:
    first, second = chunk(text_event("a")), chunk(text_event("b"))
    for size in range(1, len(first)):
        data = CHUNKED + first[:size]
        answer = parse(0.0, [(1.0, data), (2.0, first[size:] + second), (3.0, chunk(DONE) + END)])
        line_came_whole = size >= len(first) - 3  # what ends the event and the chunk may still be on its way
        assert answer.times == [1.0 if line_came_whole else 2.0, 2.0]


def test_tokens_are_counted_as_the_server_counts_them_else_as_they_were_limited() -> None:
    told = Answer(0.0, 1.0, 200, times=[1.0], texts=["a"], usage={"completion_tokens": 7}, finish="length")
    assert told.token_count(9) == 7
    assert Answer(0.0, 1.0, 200, times=[1.0], texts=["a"], finish="length").token_count(9) == 9
    assert Answer(0.0, 1.0, 200, times=[1.0], texts=["a"], finish="stop").token_count(9) == 1


def test_the_probe_counts_until_its_block_ends() -> None:
    answered = threading.Event()

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            for _ in range(3):
                connection.recv(65536)
                for piece in (b"HTTP/1.1 200 OK\r\nContent-", b"Length: 2\r\n\r\n", b"o", b"k"):
                    connection.sendall(piece)
            answered.set()
            while connection.recv(65536):
                connection.sendall(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        with Probe("127.0.0.1", listener.getsockname()[1]) as probe:
            assert answered.wait(30)
        thread.join(30)
    assert len(probe.pulse.latencies) - probe.pulse.failures == 3
    assert all(latency >= 0 for latency in probe.pulse.latencies)
