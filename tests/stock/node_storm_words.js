// The parts of a word count on node-storm. Arguments: the role, and for the spout a text.

var fs = require('fs');
var storm = require('node-storm');

var role = process.argv[2], text = process.argv[3];

function note() {
    fs.appendFileSync(process.env.JOURNAL, JSON.stringify([].slice.call(arguments)) + '\n');
}

var left = null, number = 0;
var parts = {
    spout: function() {
        return storm.spout(function(sync) {
            left = left || fs.readFileSync(text, 'utf8').split('\n').slice(0, -1);
            if (left.length) {
                this.emit([left.shift()], {id: 'line ' + number++});
            }
            sync();
        })
            .on('ack', function(data) { note('acked', data.id); })
            .on('fail', function(data) { note('failed', data.id); });
    },
    split: function() {
        return storm.basicbolt(function(data) {
            data.tuple[0].split(' ').filter(Boolean).forEach(function(word) { this.emit([word]); }, this);
        });
    },
    count: function() {
        return storm.bolt(function(data) {
            note('word', data.tuple[0]);
            this.ack(data);
        });
    },
    relay: function() {
        return storm.basicbolt(function(data) { this.emit(data.tuple); });
    },
    odd: function() {
        return storm.basicbolt(function(data) {
            var line = data.tuple[0];
            if (line === '!raise') {
                throw new Error('odd on purpose');
            } else if (line === '!exit') {
                process.exit(7);
            } else if (line === '!wide') {
                this.emit(['one', 'too many']);
            } else if (line === '!nowhere') {
                this.emit(['lost'], {stream: 'nowhere'});
            } else {
                if (line.indexOf('!print') === 0) {
                    console.log('printed by the odd one');
                }
                this.emit([line]);
            }
        });
    },
};

var part = parts[role]();
var topology = storm.topologybuilder().createTopology();
// Whatever its component is called, it is this one.
topology.tasks = new Proxy({}, {get: function() { return part; }});
storm.submit(topology, {}).fail(console.error);
