"""`examples/geocoder`: every line from somewhere reaches the receiver, in batches, also when it refuses some."""

import json
import subprocess
import sys
import threading
import time
from collections import Counter

import pytest
from repository import ROOT

FOLDER = ROOT / 'examples' / 'geocoder'
TOPOLOGY = 'geocoder/from_file.py'
WITH_REDIS = 'geocoder/topology.py'
sys.path.insert(0, str(FOLDER))
sys.path.insert(0, str(ROOT / 'tests'))

import make_log  # noqa: E402
from geoip import GeoIP, open_database  # noqa: E402
from receiver import understood  # noqa: E402
from redis_server import servers  # noqa: E402

LOCATED = 1716  # of the 2,000 lines in the log; the others are private addresses and rubbish


@pytest.fixture
def receiver(helper):
    """Starts the example's receiver on a free port. Gives its URL and a function that stops it and says what it got."""

    def start(*options):
        program = helper(sys.executable, FOLDER / 'receiver.py', '--port', '0', *options)
        url = program.first_line().split()[-1]

        def stop():
            out, err = program.stop()
            return [json.loads(line) for line in out.splitlines()], err

        return url, stop

    return start


def expected():
    """How often each place is in the log, by asking the database about the first word of each line."""
    database = open_database()
    places = Counter()
    for line in (FOLDER / 'access.log').read_text().splitlines():
        if ' - - [' in line:
            places[database.locate(line.split()[0])] += 1
    del places[None]
    return places


def received(batches):
    return Counter((place['lat'], place['long']) for batch in batches for place in batch['locations'])


def test_the_log_is_what_its_script_writes():
    assert (FOLDER / 'access.log').read_text() == ''.join(f'{line}\n' for line in make_log.lines())


def test_the_database_knows_places_and_says_where_it_does_not():
    database = open_database()
    lat, long = database.locate('130.89.1.1')
    assert (round(lat), round(long)) == (52, 7)
    assert database.locate('192.168.1.1') is None
    assert database.locate('2001:db8::1') is None


@pytest.mark.parametrize('record', [None, {}, {'country': {}}, {'location': {}}, {'location': {'time_zone': 'UTC'}}])
def test_a_record_without_coordinates_is_no_place(record):
    assert GeoIP({'8.8.8.8': record}).locate('8.8.8.8') is None


GOOD = {'task': 1, 'locations': [{'lat': 52.2, 'long': 6.9}]}


@pytest.mark.parametrize(
    'body, good',
    [
        (json.dumps(GOOD), True),
        (json.dumps({'locations': []}), True),
        ('', False),
        ('{', False),
        ('[]', False),
        ('{}', False),
        (b'\xff', False),
        (json.dumps({'locations': None}), False),
        (json.dumps({'locations': [{'lat': 52.2}]}), False),
        (json.dumps({'locations': [{'lat': 'north', 'long': 6.9}]}), False),
        (json.dumps({'locations': [{'lat': 90.1, 'long': 6.9}]}), False),
    ],
)
def test_the_receiver_takes_nothing_but_batches(body, good):
    assert (understood(body) is not None) == good


def test_every_located_line_is_received_in_batches(stormhost, receiver):
    url, stop = receiver()
    run = stormhost(TOPOLOGY, '--to', url)
    batches, said = stop()
    assert run.status == 0, run.err
    places = expected()
    assert sum(places.values()) == LOCATED
    assert received(batches) == places
    assert f'{LOCATED} locations in {len(batches)} batches' in said
    assert all(1 <= len(batch['locations']) <= 200 for batch in batches)
    # Fields grouping: a place is pushed by one task only.
    pushers = {(place['lat'], place['long'], batch['task']) for batch in batches for place in batch['locations']}
    assert len(pushers) == len(places)
    assert len({task for *_, task in pushers}) > 1


def test_what_is_refused_comes_again(stormhost, receiver):
    url, stop = receiver('--refuse-first', '2')  # a line has three tries
    run = stormhost(TOPOLOGY, '--to', url)
    batches, _ = stop()
    assert run.status == 0, run.err
    assert received(batches) == expected()


def test_a_receiver_that_refuses_for_good_is_told_by_the_status(stormhost, receiver, tmp_path):
    log = tmp_path / 'short.log'
    log.write_text('130.89.1.1 - - [30/Mar/2026:00:00:30 +0000] "GET / HTTP/1.1" 200 15822\n')
    url, stop = receiver('--refuse-first', '1000')
    run = stormhost(TOPOLOGY, '--to', url, log)
    batches, _ = stop()
    assert (run.status, batches) == (3, []), run.err
    assert '503' in run.err


def test_a_missing_database_ends_the_run_and_says_what_to_install(stormhost, python_without_packages):
    run = stormhost(TOPOLOGY, python=python_without_packages)
    assert run.status == 4, run.err
    assert 'requirements.txt' in run.err


@pytest.fixture
def redis(tmp_path):
    """A Redis with the lines of the log in the list that the topology reads."""
    for server in servers(tmp_path):
        server.push('access_log', (FOLDER / 'access.log').read_text().splitlines())
        yield server


def test_lines_come_from_a_real_redis(stormhost, receiver, redis):
    url, stop = receiver()
    run = stormhost(WITH_REDIS, '--to', url, options=['--set', 'redis:redis.drain=true'], env={'REDIS_URL': redis.url})
    batches, _ = stop()
    assert run.status == 0, run.err
    assert received(batches) == expected()
    assert [key for key in redis.ask('keys', '*') if key] == []  # each line is taken out when its tree is done


def test_no_line_is_lost_when_redis_is_restarted_under_it(stormhost, receiver, redis):
    url, stop = receiver()
    restarts = []

    def restart_when_under_way():
        deadline = time.monotonic() + 60
        for part in (400, 1000):
            while redis.length('access_log') > 2000 - part and time.monotonic() < deadline:
                time.sleep(0.02)
            redis.kill()
            redis.start()
            restarts.append(redis.length('access_log'))

    restarter = threading.Thread(target=restart_when_under_way)
    restarter.start()
    slowly = ['--set', 'redis:redis.drain=true', '--set', 'topology.max.spout.pending=300']
    run = stormhost(WITH_REDIS, '--to', url, options=slowly, env={'REDIS_URL': redis.url})
    restarter.join()
    batches, _ = stop()
    assert run.status == 0, run.err
    assert len(restarts) == 2 and restarts[1] > 0, 'it was through before Redis was restarted'
    assert 'is there again' in run.err
    missing = expected() - received(batches)
    assert not missing, run.err


def test_the_readmes_way_to_fill_the_list(redis):
    redis.ask('del', 'access_log')
    readme = (FOLDER / 'README.md').read_text()
    line = next(line for line in readme.splitlines() if line.startswith('sed '))
    line = line.replace('redis-cli', f'redis-cli -s {redis.socket}')
    subprocess.run(['sh', '-c', line], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    log = (FOLDER / 'access.log').read_text().splitlines()
    assert redis.ask('lrange', 'access_log', 0, -1) == log[::-1]
