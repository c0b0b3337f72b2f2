// A spout on Storm's own library: emits each line of a file once, and notes what becomes of it.

const fs = require('fs');
const storm = require('./storm');

const note = (...words) => fs.appendFileSync(process.env.JOURNAL, JSON.stringify(words) + '\n');

function Lines() {
    storm.Spout.call(this);
    this.number = 0;
}

Lines.prototype = Object.create(storm.Spout.prototype);
Lines.prototype.constructor = Lines;

Lines.prototype.initialize = function(conf, context, done) {
    this.lines = fs.readFileSync(process.argv[2], 'utf8').split('\n').slice(0, -1);
    done();
};

Lines.prototype.activate = done => done();

Lines.prototype.deactivate = done => done();

Lines.prototype.nextTuple = function(done) {
    if (this.number === this.lines.length) {
        done();
        return;
    }
    const id = 'line ' + this.number;
    this.emit({tuple: [this.lines[this.number++]], id: id}, () => {});
    done();
};

Lines.prototype.ack = function(id, done) {
    note('acked', id);
    done();
};

Lines.prototype.fail = function(id, done) {
    note('failed', id);
    done();
};

new Lines().run();
