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

// Does what each tuple orders.
var held = [];
var jack = storm.bolt(function(data) {
    var self = this, order = data.tuple[0], n = data.tuple.length > 1 ? data.tuple[1] : order, tasks = this.context().downstreamTasks('chosen').map(Number);
    if (data.comp === '__system') {
        this.emit(['tick ' + n], {anchors: []});
        this.ack(data);
        return;
    }
    if (order === 'direct') {
        this.emit(['direct ' + n], {stream: 'chosen', task: tasks[n % tasks.length], anchors: [data.id]});
    } else if (order === 'streams') {
        this.emit(['default ' + n], {anchors: [data.id]});
        this.emit(['late ' + n, true], {stream: 'late', anchors: [data.id]});
    } else if (order === 'told') {
        this.emit(['told ' + n], {anchors: [data.id]}).then(function(told) {
            self.emit(['went to [' + told + ']'], {anchors: [data.id]});
            self.ack(data);
        });
        return;
    } else if (order === 'log') {
        this.log('said logInfo');
    } else if (order === 'join') {
        var ids = held.map(function(one) { return one.id; });
        this.emit(['twice on one and once on ' + ids.length], {anchors: [data.id, data.id].concat(ids)});
    } else if (order === 'hold') {
        held.push(data);
        return;
    } else if (order === 'release') {
        held.reverse().forEach(function(one) { self.ack(one); });
        held = [];
    } else if (order === 'never') {
        return;
    } else if (order === 'fail') {
        this.fail(data);
        return;
    }
    this.ack(data);
})
    .declareOutputFields(['what'])
    .declareStream('late', false, ['what', 'late'])
    .declareStream('chosen', true, ['what'])
    .on('prepare', function(context) { this.collector.log('conf ' + context.config('jack.of')); });

// Only so that the library knows who listens to the stream `chosen`.
var see = storm.bolt(function() {}).declareOutputFields(['nothing']);

var builder = storm.topologybuilder();
builder.setSpout('lines', lines);
builder.setBolt('split', split, 2).shuffleGrouping('lines');
builder.setBolt('count', count, 2).fieldsGrouping('split', ['word']);
builder.setBolt('jack', jack);
builder.setBolt('see', see, 3).directGrouping('jack', 'chosen');
storm.submit(builder.createTopology(), {}).fail(console.error);
