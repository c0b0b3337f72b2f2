// A bolt on Storm's own library: passes on what it gets.

const storm = require('./storm');

function Relay() {
    storm.BasicBolt.call(this);
}

Relay.prototype = Object.create(storm.BasicBolt.prototype);
Relay.prototype.constructor = Relay;

Relay.prototype.process = function(tup, done) {
    this.emit({tuple: tup.values, anchorTupleId: tup.id}, () => {});
    done();
};

new Relay().run();
