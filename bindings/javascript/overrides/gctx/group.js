// group.js: functions that run at the same time
//
// Copyright 2026 the GCtx authors
//
// SPDX-License-Identifier: LGPL-2.1-or-later

/* exported install */

const { inDefaultContext, race, start, translate } = imports.overrides.gctx.promises;
const { describe, toGError } = imports.overrides.gctx.util;

// The methods by which a program returns on a task.
const RETURNS = ['return_boolean', 'return_error', 'return_error_if_cancelled', 'return_int',
    'return_new_error_literal', 'return_pointer', 'return_value'];

// A task takes one return, and does not say whether it had it.
const returns = new WeakMap();

function watchReturns(task) {
    returns.set(task, { returned: false, failed: false });
    for (const name of RETURNS.filter(known => typeof task[known] === 'function')) {
        const func = task[name];
        task[name] = function (...args) {
            return returnOn(this, () => func.apply(this, args));
        };
    }
}

// What comes after failTask() is dropped; false is from those that did not return.
function returnOn(task, func) {
    const state = returns.get(task) ?? {};
    if (state.failed)
        return true;
    const result = func();
    state.returned ||= result !== false;
    return result;
}

// Who waits should not have to wait for the collector, which lets a task fail that
// nobody returned on.
function failTask(task, error) {
    const state = returns.get(task);
    if (!state.returned) {
        task.return_error(toGError(error));
        state.failed = true;
    }
}

// gjs itself would do so at the end of the program, and without the message.
function report(error) {
    logError(typeof error === 'object' && error !== null ? error : new Error(toGError(error).message));
}

function installGroup(GCtx) {
    const { start: startTask } = GCtx.Group.prototype;
    const { task_return_if_done } = GCtx;

    GCtx.task_return_if_done = task => returnOn(task, () => task_return_if_done(task));

    Object.assign(GCtx.Group.prototype, {
        /**
         * Runs an asynchronous operation as one of the group's: it ends as the
         * task does.
         *
         * @param {Function} func - is given a Gio.Task to return on, and a context
         *   of its own below the group's. What it throws is reported, and fails
         *   the task if nothing was returned on that; so does what a promise that
         *   it gives rejects with
         */
        start(func) {
            startTask.call(this, (task, context) => {
                watchReturns(task);
                try {
                    const promise = func(task, context);
                    if (promise instanceof Promise) {
                        promise.catch(error => {
                            failTask(task, error);
                            report(error);
                        });
                    }
                } catch (error) {
                    failTask(task, error);
                    throw error;
                }
            });
        },

        /**
         * Runs an async function as one of the group's: its failure ends the
         * group's context, and wait_async() waits for it.
         *
         * @param {Function} func - is given a context of its own below the
         *   group's
         * @returns {Promise} settles as the function does, or rejects with the
         *   error of the group's context as soon as that is done; who leaves
         *   the wait to the group need not look at it
         */
        run(func) {
            if (typeof func !== 'function')
                throw new TypeError(`A function that is given the context was expected, and not ${describe(func)}`);

            const place = new Error();
            const running = new Promise((resolve, reject) => {
                inDefaultContext(() => startTask.call(this, (task, context) => {
                    start(context, func, context, place).then(value => {
                        task.return_boolean(true);
                        resolve(value);
                    }, error => {
                        task.return_error(toGError(translate(context, error, place)));
                        reject(error);
                    });
                }));
            });
            const outcome = race(this.get_context(), running);
            outcome.catch(() => {});
            return outcome;
        },
    });
}

// gjs crashes where C calls it in another thread, or drops a function there.
function installThreads(GCtx) {
    const refuse = (name, instead) => () => {
        throw new Error(`${name}() cannot be used in JavaScript, which has one thread: use ${instead}`);
    };

    GCtx.Group.prototype.run_in_thread = refuse('run_in_thread', 'run(async context => …)');
    for (const name of ['task_run_in_thread', 'task_run_in_thread_sync'])
        GCtx[name] = refuse(name, 'an async function and task.return_value()');
}

function install(GCtx) {
    installGroup(GCtx);
    installThreads(GCtx);
}
