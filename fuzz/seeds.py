"""Writes the seeds of the corpus, from the conversations in tests/wire and the Flux example: `target/venv/bin/python fuzz/seeds.py`.

What a fuzzer found since lies beside them, under the names that it gave.
"""

import json
import struct
from pathlib import Path

import msgpack

FUZZ = Path(__file__).parent
ROOT = FUZZ.parent


def write(target: str, name: str, content: bytes) -> None:
    folder = FUZZ / 'corpus' / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f'seed_{name}').write_bytes(content)


def frame(kind: str, payload: bytes) -> bytes:
    return b'\xffSH' + kind.encode() + struct.pack('<I', len(payload)) + payload


def results(consumed: int, blocks: list[tuple[int, bool, list[bytes], int]], flags: int = 0, rest: bytes = b'') -> bytes:
    """Blocks are stream, tracked, columns and rows."""
    payload = struct.pack('<QIIH', consumed, flags, sum(rows for *_, rows in blocks), len(blocks))
    for stream, tracked, columns, rows in blocks:
        payload += struct.pack('<HHII', stream, len(columns), rows, tracked)
        for column in columns:
            payload += struct.pack('<I', len(column)) + column
    return payload + rest


def storm() -> None:
    for name in ('bolt', 'spout', 'lines', 'split'):
        lines = (ROOT / 'tests/wire' / f'{name}.jsonl').read_text().splitlines()
        said = [turn['message'] for turn in map(json.loads, lines) if turn['from'] == 'child']
        write('storm_json', name, ''.join(f'{json.dumps(message)}\nend\n' for message in said).encode())
        write('storm_msgpack', name, b''.join(map(msgpack.packb, said)))
    write('storm_json', 'prints', b'a print\n{"pid": 1}\r\nend\r\n{\n"command":\n"sync"}\nend\n{"command": "log", "msg": "\\ud83d\\ude00"}\nend\n')
    write('storm_msgpack', 'prints', b'a print\n\x81\xa3pid\x01\xc3\xa9\n\x81\xa7command\xa4sync')


def frames() -> None:
    marks = struct.pack('<III', 2, 1, 2)
    anchors = struct.pack('<IQ', 1, 0)
    acks = struct.pack('<IQQ', 2, 0, 1)
    fails = b'[[0,"no"]]'
    plain = results(2, [(0, False, [b'["a","b"]'], 2)], 2, marks)
    by_hand = results(2, [(0, False, [b'[1]'], 1)], 4 + 16, anchors + acks)
    failing = results(1, [], 32, struct.pack('<I', len(fails)) + fails)
    several = results(0, [(0, True, [b'[1,2]'], 2), (1, False, [], 1)], 1 + 8, b'\0\1\0' + struct.pack('<III', 0, 2, 0))
    packed = results(0, [(0, False, [msgpack.packb(['a', 1.5]), msgpack.packb([None, {'k': []}])], 2)])
    message = b'{"command":"log","msg":"hi","level":2}'
    write('frames', 'results', frame('R', plain) + b'a print\n' + frame('R', by_hand) + frame('M', message))
    for name, payload in {'by_hand': by_hand, 'failing': failing, 'several': several, 'packed': packed}.items():
        write('frames', name, payload)
    write('frames', 'near', b'\xffS\xffSHx\xffSHR\xff\xff\xff\xff')
    # Who is hostile and how it speaks; then what happens, in the order of `Scene::next`.
    spout, fill, others = b'\x07\x02abc', b'\x08', b'\x09'
    say = {'json': b'\x03\x20{"command":"emit","tuple":[1],"x":', 'ack': b'\x03\x1c{"command":"ack","id":"0"}  '}
    write('conversation', 'frames', bytes([13, 0]) + spout + fill + bytes([3, len(plain)]) + plain + others)
    write('conversation', 'by_hand', bytes([25, 8]) + spout + fill + bytes([3, len(by_hand)]) + by_hand + others + b'\x0d\0' + fill)
    write('conversation', 'fitting', bytes([13, 16]) + spout + fill + b'\x05\0\3\2\0\1\1\0\0\0\1\0\0\0\0\1' + others)
    write('conversation', 'storm_bolt', bytes([1, 32]) + spout + fill + say['ack'] + say['json'] + others + b'\x0c\x0c')
    write('conversation', 'storm_spout', bytes([0, 1]) + fill + b'\x03\x32{"command":"emit","tuple":[1],"id":7,"stream":"to"}' + others + b'\x03\x12{"command":"sync"}' + others + fill)
    write('conversation', 'lines', bytes([7, 4]) + spout + fill + b'\0\x0aone\ntwo\nx\n' + others + b'\x08\x20' + others)
    write('conversation', 'line_spout', bytes([9, 2]) + b'\0\x0fone\n[2]\n{"x":3}' + others + b'\x0f\0' + others)
    message = b'{"command":"dead_letter","tuple":[1],"msg":"m"}'
    write('conversation', 'messages', bytes([12, 0]) + bytes([4, len(message)]) + message + b'\x04\x13{"command":"done"}  ' + others + b'\x0b\0\x0e\x0c')


def lines() -> None:
    write('lines', 'json', b'\x04{"f0":1,"f1":"\\u00e9"}\n[1, [2]]\n{"f1":{}}\n\n"x"\n')
    write('lines', 'json_one', b'\0{"f0":1}\n[]\n"x"\n1e5\nnull\n\xff\n')
    write('lines', 'words', b'\x09a b c\n1  3\n\xff x y\na b\n')
    write('lines', 'whole', b'\x02one\tline\n\nthree \r\n\xff\n' + b'x' * 300)


def files() -> None:
    component = {'id': 'a', 'kind': 'bolt', 'command': ['a'], 'parallelism': 2, 'streams': {'default': {'fields': ['x', 'y']}, 'to': {'direct': True}},
                 'env': {'A': 'b'}, 'serializer': 'msgpack', 'conf': {'topology.tasks': 4}, 'at': {'file': 't.py', 'line': 3}}
    spout = {'id': 's', 'kind': 'spout', 'shell': {'run': 'cat', 'as': 'lines', 'separator': ','}, 'replay': 'host', 'streams': {'default': {'fields': ['x']}}}
    sink = {'id': 'p', 'kind': 'bolt', 'builtin': 'print', 'options': {}}
    arrows = [{'to': 'a', 'from': 's', 'grouping': 'fields', 'fields': ['x']}, {'to': 'a', 'from': 'a', 'stream': 'to', 'grouping': 'direct'},
              {'to': 'p', 'from': 'a', 'grouping': 'partial_key', 'fields': ['y']}]
    whole = {'version': 1, 'name': 'T', 'file': 't.py', 'language': 'python', 'conf': {'topology.max.spout.pending': 9, 'topology.message.timeout.secs': 3},
             'components': [component, spout, sink], 'subscriptions': arrows, 'mistakes': []}
    write('ir', 'whole', json.dumps(whole).encode())
    mistake = {'message': 'wrong', 'hint': 'try', 'severity': 'warning', 'at': {'file': 't.py', 'line': 1}}
    write('ir', 'mistakes', json.dumps({**whole, 'components': [], 'mistakes': [mistake]}).encode())
    redis = {'id': 'r', 'kind': 'spout', 'java_class': 'RedisSpout', 'conf': {'redis.key': 'k', 'redis.url': 'redis://h:6379/0'}, 'streams': {'default': {'fields': ['m']}}}
    write('ir', 'redis', json.dumps({**whole, 'components': [redis, {**sink, 'builtin': 'redis', 'options': {'key': 'k'}}], 'subscriptions': []}).encode())
    example = ROOT / 'examples/flux_word_count'
    text = '\n'.join(line for line in (example / 'topology.yaml').read_text().splitlines() if not line.lstrip().startswith('#'))
    write('flux', 'example', text.encode())
    write('flux', 'filtered', b'a=1\nb: [x, y]\n%%\nname: "${a}"\nconfig: {k: ${b[1]}, n: ${ENV-A}}\nspouts:\n  - &s {id: s, className: X, parallelism: 2}\nbolts: [*s]\n')
    write('flux', 'beans', b'components:\n  - id: "c"\n    className: "a.B"\n    constructorArgs: [1, ref: "d"]\n    properties: [{name: "x", value: 1}]\n'
          b'spouts: [{id: s, className: a.S, constructorArgs: [{ref: c}]}]\nstreams: [{from: s, to: t, grouping: {type: CUSTOM, customClass: {className: x}}}]\n')
    letter = {'time': 'now', 'why': 'given_up', 'component': 'a', 'from': 's', 'stream': 'default', 'values': [1, 'x', {'$bytes': 'AP8='}, {'$msgpack': 'gQEC'}], 'deaths': 1}
    write('letters', 'bytes', json.dumps(letter).encode())
    write('letters', 'escaped', json.dumps({**letter, 'values': [{'$json': {'$bytes': 1}}, [{'a': 1.5}]]}).encode())
    write('letters', 'option', b'a:topology.tasks={"x": [1]}')
    write('letters', 'command', b"A=b grep -v 'a b' \"c\" | sort")


if __name__ == '__main__':
    storm()
    frames()
    lines()
    files()
