// For node-storm: one program describes the topology for Storm, and is every component of it. Here only one of them runs.

var storm = require('node-storm');

var lengths = storm.basicbolt(function(data) {
    var word = data.tuple[0], count = data.tuple[1];
    this.emit([word, count, word.length]);
}).declareOutputFields(['word', 'count', 'letters']);

var builder = storm.topologybuilder();
builder.setBolt('lengths', lengths).shuffleGrouping('count');
storm.submit(builder.createTopology(), {}).fail(console.error);
