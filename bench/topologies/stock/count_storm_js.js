// A counter as users of Storm write it, on Storm's own storm.js. `BENCH_MULTILANG`: the folder where that lies.

const storm = require(process.env.BENCH_MULTILANG + '/storm');

function Count() {
    storm.BasicBolt.call(this);
    this.counts = new Map();
}

Count.prototype = Object.create(storm.BasicBolt.prototype);
Count.prototype.constructor = Count;

Count.prototype.process = function(tup, done) {
    const word = tup.values[0];
    const n = (this.counts.get(word) || 0) + 1;
    this.counts.set(word, n);
    this.emit({tuple: [word, n], anchorTupleId: tup.id}, () => {});
    done();
};

new Count().run();
