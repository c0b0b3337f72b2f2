// A bolt of all trades on Storm's own library: does what each tuple orders.

const storm = require('./storm');

function Jack() {
    storm.BasicBolt.call(this);
    this.held = [];
}

Jack.prototype = Object.create(storm.BasicBolt.prototype);
Jack.prototype.constructor = Jack;

Jack.prototype.initialize = function(conf, context, done) {
    const components = context['task->component'];
    this.tasks = Object.keys(components).filter(task => components[task] === 'see').map(Number).sort((a, b) => a - b);
    // Before `done`, and so before the pid.
    this.log('conf ' + conf['jack.of']);
    done();
};

Jack.prototype.process = function(tup, done) {
    const ignore = () => {};
    if (tup.isTickTuple()) {
        this.emit({tuple: ['tick ' + tup.values[0]]}, ignore);
        done();
        return;
    }
    const [order, n] = tup.values;
    if (order === 'direct') {
        this.emitDirect({tuple: ['direct ' + n], stream: 'chosen', task: this.tasks[n % this.tasks.length], anchorTupleId: tup.id});
    } else if (order === 'streams') {
        this.emit({tuple: ['default ' + n], anchorTupleId: tup.id}, ignore);
        this.emit({tuple: ['late ' + n, true], stream: 'late', anchorTupleId: tup.id}, ignore);
    } else if (order === 'told') {
        this.emit({tuple: ['told ' + n], anchorTupleId: tup.id}, told => {
            this.emit({tuple: ['went to [' + told + ']'], anchorTupleId: tup.id}, ignore);
            done();
        });
        return;
    } else if (order === 'log') {
        for (const say of ['logTrace', 'logDebug', 'logInfo', 'logWarn', 'logError']) {
            this[say]('said', say);
        }
    } else if (order === 'join') {
        const ids = this.held.map(held => held.id);
        this.emit({tuple: ['twice on one and once on ' + ids.length], anchorTupleId: [tup.id, tup.id, ...ids]}, ignore);
    } else if (order === 'hold') {
        this.held.push({id: tup.id, done: done});
        return;
    } else if (order === 'release') {
        this.held.reverse().forEach(held => held.done());
        this.held = [];
    } else if (order === 'never') {
        return;
    } else if (order === 'fail') {
        done(new Error('as ordered'));
        return;
    }
    done();
};

new Jack().run();
