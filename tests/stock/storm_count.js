// A bolt on Storm's own library; writes each word to the journal before its ack.

const fs = require('fs');
const storm = require('./storm');

function Count() {
    storm.BasicBolt.call(this);
}

Count.prototype = Object.create(storm.BasicBolt.prototype);
Count.prototype.constructor = Count;

Count.prototype.process = function(tup, done) {
    fs.appendFileSync(process.env.JOURNAL, JSON.stringify(['word', tup.values[0]]) + '\n');
    done();
};

new Count().run();
