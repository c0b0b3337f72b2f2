// A bolt on Storm's own library: does what its lines order, which it should not.

const storm = require('./storm');

function Odd() {
    storm.BasicBolt.call(this);
}

Odd.prototype = Object.create(storm.BasicBolt.prototype);
Odd.prototype.constructor = Odd;

Odd.prototype.process = function(tup, done) {
    const line = tup.values[0];
    const emit = details => this.emit({...details, anchorTupleId: tup.id}, () => {});
    if (line === '!raise') {
        throw new Error('odd on purpose');
    } else if (line === '!exit') {
        process.exit(7);
    } else if (line === '!wide') {
        emit({tuple: ['one', 'too many']});
    } else if (line === '!nowhere') {
        emit({tuple: ['lost'], stream: 'nowhere'});
    } else {
        if (line.startsWith('!print')) {
            console.log('printed by the odd one');
        }
        emit({tuple: [line]});
    }
    done();
};

new Odd().run();
