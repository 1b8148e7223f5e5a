"""Hostile templates end in time, in little memory, with an error that says which bound they outran."""

import resource
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from server.chat.sandbox import Bounds, Program
from server.errors import TemplateFailed

BOUNDS = Bounds(seconds=1.0, output_bytes=1 << 20)


def again(expression: str, start: str, times: int = 99) -> str:
    """A template that makes `ns.x` of `ns.x` so many times."""
    return (
        f"{{% set ns = namespace(x={start}) %}}"
        f"{{% for i in range({times}) %}}{{% set ns.x = {expression} %}}{{% endfor %}}"
    )


HOSTILE = {
    "nested loops": "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
    "filtered loop": "{% for a in range(99999) %}{% for b in range(99999) if false %}{% endfor %}{% endfor %}",
    "huge range": "{% for a in range(10 ** 9) %}{% endfor %}",
    "string times": "{{ 'x' * 10 ** 10 }}",
    "times string": "{% set a = 10 ** 10 * 'x' %}",
    "list times": "{% set a = [1] * 10 ** 9 %}",
    "times, step by step": again("ns.x * 9", "'x'"),
    "doubling": again("ns.x + ns.x", "'x'"),
    "doubling with ~": again("ns.x ~ ns.x", "'x'"),
    "doubling a list": again("ns.x + ns.x", "[1]"),
    "held texts": (
        "{% set ns = namespace(l=[]) %}{% set t = 'x' * 999999 %}"
        "{% for i in range(99999) %}{% set ns.l = ns.l + [t ~ i] %}{% endfor %}"
    ),
    "held slices": (
        "{% set ns = namespace(l=[]) %}{% set t = 'x' * 999999 %}"
        "{% for i in range(99999) %}{% set ns.l = ns.l + [t[i:]] %}{% endfor %}"
    ),
    "held arguments": (
        "{% set ns = namespace(l=[]) %}{% set t = range(99999) | list %}"
        "{% for i in range(9999) %}{% set ns.l = ns.l + [cycler(*t)] %}{% endfor %}"
    ),
    "power": "{{ 10 ** (10 ** 10) }}",
    "big numbers": again("ns.x * ns.x", "3"),
    "printf width": "{{ '%1000000000d' % 1 }}",
    "printf star": "{{ '%*d' % (1000000000, 1) }}",
    "printf precision": "{{ '%.1000000000f' % 1.5 }}",
    "printf filter": "{{ '%1000000000d' | format(1) }}",
    "printf key in parentheses": "{{ '%((a))1000000000s' % {'(a)': 'x'} }}",
    "printf key and precision": "{{ '%((a)).1000000000f' % {'(a)': 1.5} }}",
    "printf filter and key": "{{ '%((a))1000000000s' | format(**{'(a)': 'x'}) }}",
    "printf mapping": "{{ ('%(a)s' * 1000) % {'a': 'x' * 999999} }}",
    "format width": "{{ '{:1000000000}'.format(1) }}",
    "format nested width": "{{ '{:{}}'.format(1, 1000000000) }}",
    "format repeats": "{{ ('{0}' * 3000).format('x' * 999999) }}",
    "format_map": "{{ ('{a}' * 3000).format_map({'a': 'x' * 999999}) }}",
    "ljust": "{{ 'x'.ljust(10 ** 10) }}",
    "rjust": "{{ 'x'.rjust(10 ** 10) }}",
    "center method": "{{ 'x'.center(10 ** 10) }}",
    "zfill": "{{ 'x'.zfill(10 ** 10) }}",
    "expandtabs": "{{ '\t\t'.expandtabs(10 ** 9) }}",
    "replace method": "{{ ('x' * 99999).replace('x', 'y' * 99999) }}",
    "replace nothing": "{{ ('x' * 99999).replace('', 'y' * 99999) }}",
    "join method": "{{ ('x' * 99999).join('y' * 99999) }}",
    "split to pieces": (
        "{% set ns = namespace(l=[]) %}"
        "{% for i in range(9999) %}{% set ns.l = ns.l + [('ab ' * 300000).split()] %}{% endfor %}"
    ),
    "center filter": "{{ 'x' | center(10 ** 10) }}",
    "indent filter": "{{ ('x\n' * 99999) | indent(99999) }}",
    "replace filter": "{{ ('x' * 99999) | replace('x', 'y' * 99999) }}",
    "join filter": "{{ ('x' * 99999) | join('y' * 99999) }}",
    "list filter": "{% for i in range(99999) %}{% set a = ('x' * 999999) | list %}{% endfor %}",
    "sum of lists": "{% set a = ([[1] * 99] * 9999) | sum(start=[]) %}",
    "round": "{{ 1.5 | round(10 ** 9, 'ceil') }}",
    "sort": "{% set a = (['x' * 9999 ~ 1, 'x' * 9999 ~ 2] * 50000) | sort %}",
    "sort characters": "{% set a = ('ab' * 500000) | sort %}",
    "title": "{{ ('a ' * 500000) | title }}",
    "map": "{% set a = range(99999) | map('string') | map('center', 99999) | list %}",
    "json bomb": again("[ns.x, ns.x]", "[1]") + "{{ ns.x | tojson }}",
    "repr bomb": again("[ns.x, ns.x]", "[1]") + "{{ ns.x }}",
    "tuple bomb": again("(ns.x, ns.x)", "(1, 1)") + "{{ {ns.x: 1} }}",
    "varargs bomb": (
        "{% set ns = namespace(a=1, b=1) %}{% macro m() %}{% set ns.a = varargs %}{% endmacro %}"
        "{% for i in range(60) %}{% set _ = m(ns.a, ns.a) %}{% endfor %}{{ ns.a == ns.b }}{{ ns.a }}"
    ),
    "comparison bomb": (
        "{% set ns = namespace(a=[1], b=[1]) %}{% for i in range(60) %}"
        "{% set ns.a = [ns.a, ns.a] %}{% set ns.b = [ns.b, ns.b] %}{% endfor %}{{ ns.a == ns.b }}"
    ),
    "namespace bomb": (
        "{% set o = namespace(n=namespace(x=1)) %}{% for i in range(60) %}"
        "{% set m = namespace(l=[o.n, o.n]) %}{% set o.n = m %}{% endfor %}{{ o.n.l }}"
    ),
    "deep data": again("[ns.x]", "[]", 9999) + "{{ ns.x }}",
    "json indent": "{{ [[[1]]] | tojson(indent=1000000000) }}",
    "macro recursion": "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "macro tree": "{% macro m(n) %}{% if n %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}{% endmacro %}{{ m(90) }}",
    "macro output": "{% macro m() %}{% for i in range(99999) %}"
    + "x" * 9999
    + "{% endfor %}{% endmacro %}{% set a = m() %}",
    "loop recursion": "{% for a in [1] recursive %}{{ loop([1]) }}{% endfor %}",
    "caller recursion": "{% macro m() %}{% call m() %}{{ caller() }}{% endcall %}{% endmacro %}{{ m() }}",
    "output": "{% for i in range(99999) %}" + "x" * 999 + "{% endfor %}",
    "set block": "{% set a %}{% for i in range(99999) %}" + "x" * 999 + "{% endfor %}{% endset %}",
    "filter block": "{% filter upper %}{% for i in range(99999) %}" + "x" * 999 + "{% endfor %}{% endfilter %}",
    "strftime": "{{ strftime_now('%c' * 99999) }}",
    "in": "{% for i in range(99999) %}{{ 'y' in 'x' * 999999 }}{% endfor %}",
    "division": "{{ 0x" + "f" * 20_000 + " // 0x" + "f" * 10_000 + " }}",
    "decimal": "{{ ('9' * 999999) | int + 1 if ('f' * 99999) | int(base=16) else 10 ** (10 ** 9) }}",
    "out of the sandbox": "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "out by attr": "{{ ('' | attr('__class__')).__mro__ }}",
    "out by format": "{{ '{0.__class__.__mro__}'.format(1) | length // 0 }}",
    "out by a function": "{{ raise_exception.__globals__['json'] }}",
    "out by a loop": "{% for a in [1] %}{{ loop.__init__.__globals__ }}{% endfor %}",
    "changing a message": "{{ messages.append(1) }}",
    "changing a mapping": "{{ messages[0].update({'role': 'x'}) }}",
    "bytes": "{{ (5).to_bytes(10 ** 9, 'big') }}",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_template_ends_in_time_with_an_error(name: str) -> None:
    started = time.monotonic()
    with pytest.raises(TemplateFailed) as failure:
        Program(HOSTILE[name]).run({"messages": [{"role": "user", "content": "hi"}]}, BOUNDS)
    assert time.monotonic() - started < 2.5, "1 s is what it may take; the rest is a busy machine's"
    assert failure.value.status == 400
    assert len(failure.value.message) < 700


def test_all_of_them_together_need_little_memory() -> None:
    """Each in turn in one child process, whose greatest size is measured."""
    code = (
        "import resource, sys\n"
        "from tests_of_templates import HOSTILE, BOUNDS; from server.chat.sandbox import Program\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "for source in HOSTILE.values():\n"
        "    try: Program(source).run({'messages': []}, BOUNDS)\n"
        "    except Exception as error: assert type(error).__name__ == 'TemplateFailed', error\n"
        "print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)\n"
    )
    loader = (
        "import importlib.util, sys\n"
        f"spec = importlib.util.spec_from_file_location('tests_of_templates', {str(Path(__file__))!r})\n"
        "module = importlib.util.module_from_spec(spec); sys.modules['tests_of_templates'] = module\n"
        "spec.loader.exec_module(module)\n"
    )
    done = subprocess.run([sys.executable, "-c", loader + code], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 130, f"{done.stdout} MB"


COMPILE = {
    "not a template": "{% if %}",
    "unclosed": "{% for a in b %}",
    "too long": "x" * (256 * 1024 + 1),
    "too many tokens": "{{ a }}" * 30_000,
    "parentheses": "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}",
    "brackets": "{{ " + "[" * 3000 + "]" * 3000 + " }}",
    "deep sum": "{{ a" + " + a" * 1000 + " }}",
    "deep attributes": "{{ a" + ".b" * 1000 + " }}",
    "deep blocks": "{% if a %}" * 120 + "{% endif %}" * 120,
    "long number": "{{ " + "9" * 9000 + " }}",
    "include": "{% include 'a' %}",
    "import": "{% import 'a' as b %}",
    "extends": "{% extends 'a' %}",
    "block": "{% block a %}{% endblock %}",
    "unknown tag": "{% nonesuch %}",
}


@pytest.mark.parametrize("name", COMPILE)
def test_an_absurd_source_is_refused_before_it_runs(name: str) -> None:
    started = time.monotonic()
    with pytest.raises(TemplateFailed):
        Program(COMPILE[name])
    assert time.monotonic() - started < 1.5


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("{% for i in range(9) %}{% if i == 3 %}{% break %}{% endif %}{{ i }}{% endfor %}", "012"),
        ("{% for i in range(4) %}{% if i == 1 %}{% continue %}{% endif %}{{ i }}{% endfor %}", "023"),
        (
            "{% for a in 'abc' %}{{ loop.index0 }}{{ a }}{{ loop.length }}{{ ',' if not loop.last }}{% endfor %}",
            "0a3,1b3,2c3",
        ),
        ("{% for k, v in {'a': 1, 'b': 2}.items() %}{{ k }}={{ v }};{% endfor %}", "a=1;b=2;"),
        ("{% for a in [[1, [2]], [3]] recursive %}{{ a if a is number else loop(a) }}{% endfor %}", "123"),
        ("{% for a in [] %}x{% else %}none{% endfor %}", "none"),
        ("{{ 'a' ~ 1 ~ none ~ 2.5 ~ true }}", "a1None2.5True"),
        ("{{ [1, 2, 3][1:] }}{{ 'abc'[:-1] }}{{ 'abc'[::-1] }}", "[2, 3]abcba"),
        ("{{ 1 < 2 < 3 }}{{ 1 == 1 != 2 }}{{ 'a' in 'abc' }}{{ 3 not in [1, 2] }}", "TrueTrueTrueTrue"),
        ("{{ {'a': [1, 'ü<&>']} | tojson }}", '{"a": [1, "ü<&>"]}'),
        ("{{ {'b': 1, 'a': none} | tojson(indent=2, sort_keys=true) }}", '{\n  "a": null,\n  "b": 1\n}'),
        ("{{ [1, 2] | tojson(separators=(',', ':')) }}", "[1,2]"),
        ("{{ '<b>' | safe + '<c>' }}{{ '<' | escape }}", "<b><c>&lt;"),
        ("{{ '%s-%03d' | format('a', 7) }}{{ '%s' % 'b' }}{{ '{:>3}|{x!r}'.format(1, x='y') }}", "a-007b  1|'y'"),
        ("{{ 'a\nb\n\nc' | indent(2) }}", "a\n  b\n\n  c"),
        ("{{ ' a b ' | trim | upper | replace('A', 'c') }}", "c B"),
        ("{{ [3, 1, 2] | sort | join('-') }}{{ [1, 2] | sum }}{{ [1, 1] | unique | list }}", "1-2-33[1]"),
        ("{{ messages | map(attribute='role') | join(',') }}", "user,assistant"),
        ("{{ (messages | selectattr('role', 'equalto', 'user') | list)[-1].content }}", "hi"),
        ("{% set ns = namespace(n=0) %}{% for m in messages %}{% set ns.n = ns.n + 1 %}{% endfor %}{{ ns.n }}", "2"),
        ("{% macro m(a, b=2) %}<{{ a }}{{ b }}{{ kwargs }}>{% endmacro %}{{ m(1, c=3) }}", "<12{'c': 3}>"),
        ("{% macro m() %}[{{ caller() }}]{% endmacro %}{% call m() %}x{% endcall %}", "[x]"),
        ("{% set x %}a{{ 1 }}{% endset %}{{ x | length }}{% filter upper %}b{% endfilter %}", "2B"),
        ("{% generation %}{{ 'said' }}{% endgeneration %}", "said"),
        ("a\n  {% if true %}\n  b\n  {% endif %}\nc", "a\n  b\nc"),
        ("{{ missing }}{{ missing is defined }}{{ missing | default('d') }}", "Falsed"),
        (
            "{{ '7' | int + 1 }}{{ 'x' | int }}{{ '2.7' | int }}{{ 2.5 | round }}{{ 1.21 | round(1, 'ceil') }}",
            "8022.01.3",
        ),
        (
            "{{ strftime_now('%Y') | int > 2000 }}{{ '5'.zfill(3) }}{{ 'a,b'.split(',') }}{{ '-'.join(['a', 'b']) }}",
            "True005['a', 'b']a-b",
        ),
        ("{{ dict(a=1).get('a') }}{{ cycler('x', 'y').next() }}{% set j = joiner(';') %}{{ j() }}1{{ j() }}2", "1x1;2"),
        ("{{ messages[0].get('nonesuch', 'd') }}{{ messages[0]['content'].startswith('h') }}", "dTrue"),
    ],
)
def test_what_chat_templates_use_works_as_in_jinja(source: str, text: str) -> None:
    messages = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "ho"}]
    assert Program(source).run({"messages": messages}, BOUNDS) == text


def test_the_output_may_be_its_input_and_a_mebibyte() -> None:
    program = Program("{{ text }}{{ 'x' * n }}")
    assert len(program.run({"text": "y" * 500, "n": 1 << 20}, BOUNDS)) == (1 << 20) + 500
    with pytest.raises(TemplateFailed, match="bytes of output"):
        Program("{% for i in range(3) %}{{ 'x' * 500000 }}{% endfor %}").run({}, BOUNDS)


def test_a_long_conversation_is_no_attack() -> None:
    source = (
        "{% set ns = namespace(kept=[]) %}{% for m in messages %}{% set ns.kept = ns.kept + [m] %}{% endfor %}"
        "{% for m in ns.kept %}{{ m.role }}: {{ m.content.split('</think>')[-1] | trim }}\n{% endfor %}"
    )
    messages = [{"role": "user", "content": "words " * 50} for _ in range(1500)]
    text = Program(source).run({"messages": messages}, BOUNDS)
    assert text.count("user: words") == 1500


def test_threads_share_a_program_and_keep_their_own_meters() -> None:
    program = Program("{% for i in range(n) %}{{ i }},{% endfor %}")
    results: dict[int, str] = {}

    def run(n: int) -> None:
        results[n] = program.run({"n": n}, Bounds(seconds=10))

    threads = [threading.Thread(target=run, args=(n,)) for n in range(200, 208)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {n: text.count(",") for n, text in results.items()} == {n: n for n in range(200, 208)}


def test_no_memory_is_kept_after_an_overrun() -> None:
    program = Program(HOSTILE["held texts"])
    for _ in range(3):
        with pytest.raises(TemplateFailed):
            program.run({}, BOUNDS)
    first = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(5):
        with pytest.raises(TemplateFailed):
            program.run({}, BOUNDS)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - first < 60_000
