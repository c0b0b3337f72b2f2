// A topology on node-storm: one program holds all components, and finds out by its task which one it is.

var fs = require('fs');
var storm = require('node-storm');

function note() {
    fs.appendFileSync(process.env.JOURNAL, JSON.stringify([].slice.call(arguments)) + '\n');
}

// Emits each line of a file once, and notes what becomes of it.
var left = null, number = 0;
var lines = storm.spout(function(sync) {
    if (left === null) {
        left = fs.readFileSync(process.argv[2], 'utf8').split('\n').filter(function(line) { return line; });
    }
    if (left.length) {
        this.emit([left.shift()], {id: 'line ' + number++});
    }
    sync();
})
    .declareOutputFields(['line'])
    .on('ack', function(data) { note('acked', data.id); })
    .on('fail', function(data) { note('failed', data.id); });

var split = storm.basicbolt(function(data) {
    data.tuple[0].split(' ').forEach(function(word) {
        if (word) {
            this.emit([word]);
        }
    }, this);
}).declareOutputFields(['word']);

// Writes each word to the journal before its ack.
var count = storm.bolt(function(data) {
    note('word', data.tuple[0]);
    this.ack(data);
}).declareOutputFields(['word']);

var builder = storm.topologybuilder();
builder.setSpout('lines', lines);
builder.setBolt('split', split, 2).shuffleGrouping('lines');
builder.setBolt('count', count, 2).fieldsGrouping('split', ['word']);
storm.submit(builder.createTopology(), {}).fail(console.error);
