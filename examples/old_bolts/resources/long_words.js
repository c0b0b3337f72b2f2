// For storm.js: its BasicBolt acks by itself when `done` is called, and anchors by hand.

var storm = require('./storm');

function LongWordsBolt() {
    storm.BasicBolt.call(this);
}

LongWordsBolt.prototype = Object.create(storm.BasicBolt.prototype);
LongWordsBolt.prototype.constructor = LongWordsBolt;

LongWordsBolt.prototype.initialize = function(conf, context, done) {
    this.least = conf['long_words.least'];
    this.log('words of', this.least, 'letters and more');
    done();
};

LongWordsBolt.prototype.process = function(tup, done) {
    var word = tup.values[0];
    if (word.length < this.least) {
        done();
        return;
    }
    this.emit({tuple: [word], anchorTupleId: tup.id}, function(taskIds) {
        done();
    });
};

new LongWordsBolt().run();
