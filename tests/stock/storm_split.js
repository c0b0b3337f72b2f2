// A bolt on Storm's own library, which acks by itself and anchors by hand.

const storm = require('./storm');

function Split() {
    storm.BasicBolt.call(this);
}

Split.prototype = Object.create(storm.BasicBolt.prototype);
Split.prototype.constructor = Split;

Split.prototype.process = function(tup, done) {
    for (const word of tup.values[0].split(' ')) {
        if (word) {
            this.emit({tuple: [word], anchorTupleId: tup.id}, () => {});
        }
    }
    done();
};

new Split().run();
