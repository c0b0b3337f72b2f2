// A bolt on Storm's own storm.js: lets a count pass only if it is a record of its word, and every tick of the clock says how many words there are.

const storm = require('./storm');

function Records() {
    storm.BasicBolt.call(this);
    this.highest = new Map();
}

Records.prototype = Object.create(storm.BasicBolt.prototype);
Records.prototype.constructor = Records;

Records.prototype.process = function(tup, done) {
    if (tup.isTickTuple()) {
        this.log('words so far:', this.highest.size);
        done();
        return;
    }
    const [word, count] = tup.values;
    if (count <= (this.highest.get(word) || 0)) {
        done();
        return;
    }
    this.highest.set(word, count);
    // The callback is told which tasks got the tuple; only then this one is acked.
    this.emit({tuple: [word, count], anchorTupleId: tup.id}, () => done());
};

new Records().run();
