// A bolt on Storm's own library: notes what it gets, and from where.

const fs = require('fs');
const storm = require('./storm');

function See() {
    storm.BasicBolt.call(this);
}

See.prototype = Object.create(storm.BasicBolt.prototype);
See.prototype.constructor = See;

See.prototype.initialize = function(conf, context, done) {
    this.me = [context.componentid, context.taskid];
    done();
};

See.prototype.process = function(tup, done) {
    fs.appendFileSync(process.env.JOURNAL, JSON.stringify(['saw', ...this.me, tup.stream, ...tup.values]) + '\n');
    done();
};

new See().run();
